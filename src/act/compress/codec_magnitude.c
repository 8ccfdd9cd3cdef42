/* Magnitude pruning: the smallest weights become zero, without looking at activations (section 2.4). */
#include "act/compress/mask.h"

#include "base/arena.h"

#include <math.h>

static const struct option_def options[] = {MASK_OPTION_ROWS};

/* Every weight at most the one at place floor(p n) of all in order. */
static bool zero_share(struct codec_matrix *m, double share, struct error *err) {
    size_t n = m->rows * m->columns, at = (size_t)floor(share * (double)n);
    double *sizes = memory_alloc(n * sizeof *sizes);
    if (!sizes) return error_memory(err, m->name);
    for (size_t i = 0; i < n; i++) sizes[i] = fabs((double)m->w[i]);
    double limit = mask_nth(sizes, n, at);
    for (size_t i = 0; i < n; i++)
        if (fabs((double)m->w[i]) <= limit) m->w[i] = 0;
    memory_free(sizes);
    return true;
}

static void zero_pattern(struct codec_matrix *m, struct mask_rule rule) {
    double sizes[64];
    bool zero[64];
    for (size_t at = 0; at < m->rows * m->columns; at += rule.of) {
        for (size_t i = 0; i < rule.of; i++) sizes[i] = fabs((double)m->w[at + i]);
        mask_least(sizes, rule.of, rule.zeros, zero);
        for (size_t i = 0; i < rule.of; i++)
            if (zero[i]) m->w[at + i] = 0;
    }
}

static bool compress(const struct option_value *o, struct codec_matrix *m, struct pool *pool, struct error *err) {
    struct mask_rule rule = mask_rule_of(o);
    (void)pool;
    if (!rule.of) return zero_share(m, rule.share, err);
    zero_pattern(m, rule);
    return true;
}

const struct codec codec_magnitude = {
    .name = "magnitude",
    .summary = "zeros the smallest weights",
    .source = "Han et al. 2015",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .prunes = true,
    .check = mask_check,
    .fits = mask_fits,
    .compress = compress,
    .bits = mask_bits,
};
