/* SparseGPT (Frantar and Alistarh 2023): zeros weights column by column, and the columns still free make up for it. A
 * weight's score is what zeroing it costs, w^2 / U_cc^2 (section 2.4). */
#include "act/compress/mask.h"
#include "act/compress/sweep.h"

#include "base/arena.h"

#include <math.h>

enum { DAMP = MASK_OPTIONS, BLOCK };
static const struct option_def options[] = {
    MASK_OPTION_ROWS,
    {"damp", OPTION_REAL, "0.01", 0, 10, NULL, "share of the mean that is added to the diagonal of second moments"},
    {"block", OPTION_INT, "128", 1, 4096, NULL, "columns after which the others are made to follow"},
};

static bool check(const struct option_value *o, struct error *err) {
    size_t of = mask_rule_of(o).of;
    if (of && (size_t)o[BLOCK].integer % of)
        return error_set(err, ERROR_USAGE, "--codec: block=%lld is no whole number of patterns of %zu",
                         (long long)o[BLOCK].integer, of);
    return mask_check(o, err);
}

struct sparse {
    struct mask_rule rule;
    const char *name;
    size_t rows, columns, block;
    const double *w, *u; /* as the sweep has them */
    bool *zero;          /* [rows, block] */
    double *scores;      /* [rows, block] */
};

static double score(const struct sparse *s, double w, size_t column) {
    double cost = w / s->u[column * s->columns + column];
    return cost * cost;
}

/* One mask for all rows of a block: every score at most the one at place floor(p n) of them in order. */
static bool begin(void *context, size_t from, size_t to, struct error *err) {
    struct sparse *s = context;
    size_t n = to - from, count = s->rows * n;
    (void)err;
    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < n; j++) s->scores[i * n + j] = score(s, s->w[i * s->columns + from + j], from + j);
    double limit = mask_nth(s->scores, count, (size_t)floor(s->rule.share * (double)count));
    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < n; j++)
            s->zero[i * s->block + j] = score(s, s->w[i * s->columns + from + j], from + j) <= limit;
    return true;
}

static double choose(void *context, size_t row, size_t column, const double *row_w, const double *now, size_t left) {
    const struct sparse *s = context;
    size_t of = s->rule.of, place = column % s->block;
    bool *zero = s->zero + row * s->block + place;
    double scores[64];
    (void)row_w;
    if (of && column % of == 0) {
        for (size_t i = 0; i < of && i < left; i++) scores[i] = score(s, now[i], column + i);
        mask_least(scores, of, s->rule.zeros, zero);
    }
    return *zero ? 0 : now[0];
}

static bool compress(const struct option_value *o, struct codec_matrix *m, struct pool *pool, struct error *err) {
    size_t n = m->rows * m->columns;
    struct sparse s = {mask_rule_of(o), m->name, m->rows, m->columns, (size_t)o[BLOCK].integer};
    if (!moments_factor(m->inputs, pool, o[DAMP].real, false, err)) return error_wrap(err, "tensor '%s'", m->name);
    double *w = memory_aligned(64, n * sizeof *w);
    s.zero = memory_zeroed(m->rows, s.block * sizeof *s.zero);
    s.scores = memory_zeroed(m->rows, s.block * sizeof *s.scores);
    s.w = w;
    s.u = m->inputs->factor;
    bool ok = (w && s.zero && s.scores) || error_memory(err, m->name);
    for (size_t i = 0; ok && i < n; i++) w[i] = m->inputs->squares[i % m->columns] == 0 ? 0 : (double)m->w[i];
    const struct sweep sweep = {m->rows, m->columns, s.block, w, s.u, &s, s.rule.of ? NULL : begin, choose};
    ok = ok && sweep_run(&sweep, pool, err);
    for (size_t i = 0; ok && i < n; i++) m->w[i] = (float)w[i];
    memory_free(w);
    memory_free(s.zero);
    memory_free(s.scores);
    return ok;
}

static void plain(const struct option_value *o, struct codec_matrix *m) {
    struct error ignored;
    (void)codec_magnitude.compress(o, m, NULL, &ignored);
}

const struct codec codec_sparsegpt = {
    .name = "sparsegpt",
    .summary = "zeros weights column by column; columns still free make up for the error",
    .source = "Frantar and Alistarh 2023",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .needs = CODEC_NEEDS_PRODUCTS,
    .prunes = true,
    .check = check,
    .fits = mask_fits,
    .compress = compress,
    .plain = plain,
    .bits = mask_bits,
};
