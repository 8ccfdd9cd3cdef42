/* Wanda (Sun et al. 2024): of each row the weights become zero that are smallest times the norm of their input; the
 * others stay as they are (section 2.4). */
#include "act/compress/mask.h"

#include "base/arena.h"

#include <math.h>

static const struct option_def options[] = {MASK_OPTION_ROWS};

struct wanda {
    struct codec_matrix *m;
    size_t run, zeros; /* weights that are compared with one another, and how many of them go */
    double *norms;     /* [columns] */
    double *scores;    /* [workers, 2, columns] */
};

/* Zeros those of a run that are among the least: below the limit, and of those at it the first. */
static void zero_run(const struct wanda *a, float *w, size_t column, double *scores) {
    double limit, *sorted = scores + a->m->columns;
    size_t below = 0;
    for (size_t i = 0; i < a->run; i++) sorted[i] = scores[i] = fabs((double)w[i]) * a->norms[column + i];
    if (!a->zeros) return;
    limit = mask_nth(sorted, a->run, a->zeros - 1);
    for (size_t i = 0; i < a->run; i++) below += scores[i] < limit;
    for (size_t i = 0, equal = a->zeros - below; i < a->run; i++)
        if (scores[i] < limit || (scores[i] == limit && equal && equal--)) w[i] = 0;
}

static void zero_row(void *context, size_t row, size_t worker) {
    const struct wanda *a = context;
    double *scores = a->scores + worker * 2 * a->m->columns;
    for (size_t at = 0; at < a->m->columns; at += a->run) zero_run(a, a->m->w + row * a->m->columns + at, at, scores);
}

static bool compress(const struct option_value *o, struct codec_matrix *m, struct pool *pool, struct error *err) {
    struct mask_rule rule = mask_rule_of(o);
    struct wanda a = {m, rule.of ? rule.of : m->columns, rule.of ? rule.zeros : 0, NULL, NULL};
    if (!rule.of) a.zeros = (size_t)floor(rule.share * (double)m->columns);
    a.norms = memory_alloc(m->columns * sizeof *a.norms);
    a.scores = memory_zeroed(pool_threads(pool), 2 * m->columns * sizeof *a.scores);
    bool ok = (a.norms && a.scores) || error_memory(err, m->name);
    for (size_t j = 0; ok && j < m->columns; j++) a.norms[j] = sqrt(m->inputs->squares[j] / (double)m->inputs->rows);
    if (ok) pool_run(pool, m->rows, zero_row, &a);
    memory_free(a.norms);
    memory_free(a.scores);
    return ok;
}

static void plain(const struct option_value *o, struct codec_matrix *m) {
    struct error ignored;
    (void)codec_magnitude.compress(o, m, NULL, &ignored);
}

const struct codec codec_wanda = {
    .name = "wanda",
    .summary = "zeros the weights that are smallest times the norm of their input",
    .source = "Sun et al. 2024",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .needs = CODEC_NEEDS_SQUARES,
    .prunes = true,
    .check = mask_check,
    .fits = mask_fits,
    .compress = compress,
    .plain = plain,
    .bits = mask_bits,
};
