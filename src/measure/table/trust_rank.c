/* Ranking generators under uncertainty: see trust_index.h. */
#include "measure/table/trust_index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const double trust_alphas[TRUST_ALPHAS] = {0, 0.1, 1};
static const double CLEAR = 0.8;

/* Candidates by generator and fold: cell[g][f] is a run of `taus`. */
struct cells {
    size_t generators, folds;
    const char **name;
    uint64_t *fold;
    size_t *begin; /* [generators * folds + 1] */
    double *tau;
};

static size_t place_of_name(const struct cells *c, const char *name) {
    size_t g = 0;
    while (g < c->generators && strcmp(c->name[g], name) != 0) g++;
    return g;
}

static size_t place_of_fold(const struct cells *c, uint64_t fold) {
    size_t f = 0;
    while (f < c->folds && c->fold[f] != fold) f++;
    return f;
}

static bool cells_of(const struct trust_cohort *cohort, const double *tau, struct arena *arena, struct cells *c,
                     struct error *err) {
    *c = (struct cells){.name = arena_new(arena, const char *, cohort->n + 1, err),
                        .fold = arena_new(arena, uint64_t, cohort->n + 1, err),
                        .tau = arena_new(arena, double, cohort->n + 1, err)};
    if (!c->name || !c->fold || !c->tau) return false;
    for (size_t i = 0; i < cohort->n; i++) {
        const struct trust_candidate *one = &cohort->candidate[i];
        if (one->anchor) continue;
        if (place_of_name(c, one->generator) == c->generators) c->name[c->generators++] = one->generator;
        if (place_of_fold(c, one->fold) == c->folds) c->fold[c->folds++] = one->fold;
    }
    if (!(c->begin = arena_new(arena, size_t, c->generators * c->folds + 1, err))) return false;
    size_t n = 0;
    for (size_t g = 0; g < c->generators; g++)
        for (size_t f = 0; f < c->folds; f++) {
            c->begin[g * c->folds + f] = n;
            for (size_t i = 0; i < cohort->n; i++) {
                const struct trust_candidate *one = &cohort->candidate[i];
                if (!one->anchor && one->fold == c->fold[f] && strcmp(one->generator, c->name[g]) == 0)
                    c->tau[n++] = tau[i];
            }
        }
    c->begin[c->generators * c->folds] = n;
    return true;
}

static struct trust_rank summed_up(const struct cells *c, size_t g) {
    const double *tau = c->tau + c->begin[g * c->folds];
    struct trust_rank r = {
        .generator = c->name[g], .n = c->begin[(g + 1) * c->folds] - c->begin[g * c->folds], .sd = NAN, .first = NAN};
    double squares = 0;
    for (size_t i = 0; i < r.n; i++) r.mean += tau[i] / (double)r.n;
    for (size_t i = 0; i < r.n; i++) squares += (tau[i] - r.mean) * (tau[i] - r.mean);
    if (r.n > 1) r.sd = sqrt(squares / (double)(r.n - 1));
    for (size_t a = 0; a < TRUST_ALPHAS; a++)
        r.risk[a] = trust_alphas[a] > 0 ? r.mean - trust_alphas[a] * r.sd : r.mean;
    return r;
}

/* One resample: mean of each generator over drawn folds and, within, drawn seeds; NaN: nothing was drawn for it. */
static void resample(const struct cells *c, struct rng *rng, double *sum, size_t *count) {
    memset(sum, 0, c->generators * sizeof *sum);
    memset(count, 0, c->generators * sizeof *count);
    for (size_t drawn = 0; drawn < c->folds; drawn++) {
        size_t f = (size_t)rng_below(rng, c->folds);
        for (size_t g = 0; g < c->generators; g++) {
            size_t begin = c->begin[g * c->folds + f], n = c->begin[g * c->folds + f + 1] - begin;
            for (size_t i = 0; i < n; i++) sum[g] += c->tau[begin + rng_below(rng, n)];
            count[g] += n;
        }
    }
}

static void share_first(const double *sum, const size_t *count, size_t n, double *first) {
    double best = -INFINITY;
    size_t same = 0;
    for (size_t g = 0; g < n; g++)
        if (count[g]) best = fmax(best, sum[g] / (double)count[g]);
    for (size_t g = 0; g < n; g++) same += count[g] && sum[g] / (double)count[g] == best;
    for (size_t g = 0; g < n; g++)
        if (count[g] && sum[g] / (double)count[g] == best) first[g] += 1 / (double)same;
}

static bool bootstrap(const struct cells *c, uint64_t resamples, uint64_t seed, struct trust_rank *rows,
                      struct arena *arena, struct error *err) {
    double *sum = arena_new(arena, double, 2 * c->generators + 1, err), *first = sum + c->generators;
    size_t *count = arena_new(arena, size_t, c->generators + 1, err);
    if (!sum || !count) return false;
    for (uint64_t b = 0; b < resamples; b++) {
        struct rng rng = rng_stream(seed, "data audit/first", b);
        resample(c, &rng, sum, count);
        share_first(sum, count, c->generators, first);
    }
    for (size_t g = 0; g < c->generators && resamples; g++) rows[g].first = first[g] / (double)resamples;
    return true;
}

/* Mean tau of every generator in a fold; NaN: it has none there. */
static double fold_mean(const struct cells *c, size_t g, size_t f) {
    size_t begin = c->begin[g * c->folds + f], end = c->begin[g * c->folds + f + 1];
    double sum = 0;
    for (size_t i = begin; i < end; i++) sum += c->tau[i];
    return sum / (double)(end - begin);
}

static bool agreement(const struct cells *c, struct arena *arena, double *out, struct error *err) {
    double *x = arena_new(arena, double, 2 * c->generators + 1, err), *y = x + c->generators, sum = 0;
    size_t pairs = 0;
    if (!x) return false;
    for (size_t f = 0; f < c->folds; f++)
        for (size_t e = 0; e < f; e++) {
            size_t n = 0;
            for (size_t g = 0; g < c->generators; g++) {
                x[n] = fold_mean(c, g, e), y[n] = fold_mean(c, g, f);
                if (!isnan(x[n]) && !isnan(y[n])) n++;
            }
            double b = stat_kendall_b(x, y, n);
            if (isnan(b)) continue;
            sum += b;
            pairs++;
        }
    *out = pairs ? sum / (double)pairs : NAN;
    return true;
}

static int by_mean(const void *a, const void *b) {
    const struct trust_rank *x = a, *y = b;
    if (x->mean != y->mean) return x->mean > y->mean ? -1 : 1;
    return strcmp(x->generator, y->generator);
}

bool trust_rank_of(const struct trust_cohort *cohort, const double *tau, uint64_t resamples, uint64_t seed,
                   struct arena *arena, struct trust_ranking *out, struct error *err) {
    struct cells c;
    bool repeated = true;
    if (!cells_of(cohort, tau, arena, &c, err)) return false;
    *out = (struct trust_ranking){
        .row = arena_new(arena, struct trust_rank, c.generators + 1, err), .n = c.generators, .kendall = NAN};
    if (!out->row) return false;
    for (size_t g = 0; g < c.generators; g++) {
        out->row[g] = summed_up(&c, g);
        repeated = repeated && out->row[g].n > 1;
    }
    if (repeated && c.generators > 1 && !bootstrap(&c, resamples, seed, out->row, arena, err)) return false;
    if (!agreement(&c, arena, &out->kendall, err)) return false;
    qsort(out->row, out->n, sizeof *out->row, by_mean);
    out->clear_winner = out->n > 0 && out->row[0].first >= CLEAR;
    return true;
}
