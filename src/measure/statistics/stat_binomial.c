/* Binomial numbers, and resamples of kinds of rows made of them: see statistics.h. */
#include "measure/statistics/statistics.h"

#include <inttypes.h>
#include <math.h>

/* Counts up the distribution; the expected n p is small. */
static uint64_t invert(struct rng *rng, uint64_t n, double p) {
    double q = 1 - p, odds = p / q, chance = exp((double)n * log1p(-p)), u = rng_unit(rng);
    for (uint64_t k = 0; k < n; k++) {
        if (u < chance) return k;
        u -= chance;
        chance *= odds * (double)(n - k) / (double)(k + 1);
    }
    return n;
}

static double log_factorial(double k) {
    int sign;
    return lgamma_r(k + 1, &sign);
}

/* Transformed rejection, p at most 1/2 and n p at least 10; the constants are those of the paper. */
static uint64_t reject(struct rng *rng, double n, double p) {
    double spread = sqrt(n * p * (1 - p)), b = 1.15 + 2.53 * spread, a = -0.0873 + 0.0248 * b + 0.01 * p;
    double centre = n * p + 0.5, accept = 0.92 - 4.2 / b, alpha = (2.83 + 5.1 / b) * spread;
    double mode = floor((n + 1) * p), log_odds = log(p / (1 - p)),
           at_mode = log_factorial(mode) + log_factorial(n - mode);
    for (;;) {
        double v = rng_unit(rng), u = rng_unit(rng) - 0.5, us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + centre);
        if (us >= 0.07 && v <= accept) return (uint64_t)k;
        if (!(k >= 0 && k <= n)) continue;
        double height = log(v * alpha / (a / (us * us) + b));
        if (height <= at_mode - log_factorial(k) - log_factorial(n - k) + (k - mode) * log_odds) return (uint64_t)k;
    }
}

uint64_t stat_draw_binomial(struct rng *rng, uint64_t n, double p) {
    if (n == 0 || !(p > 0)) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - stat_draw_binomial(rng, n, 1 - p);
    return (double)n * p < 10 ? invert(rng, n, p) : reject(rng, (double)n, p);
}

/* Of what is left to be drawn, kind k gets its share of the kinds that are left. */
static void draw_kinds(struct rng *rng, const uint32_t *times, size_t n_kinds, uint64_t n, uint32_t *out) {
    uint64_t left = n, rows = n;
    for (size_t k = 0; k < n_kinds; k++) {
        uint64_t drawn = times[k] == rows ? left : stat_draw_binomial(rng, left, (double)times[k] / (double)rows);
        out[k] = (uint32_t)drawn;
        left -= drawn;
        rows -= times[k];
    }
}

bool stat_resample_kinds(const uint32_t *times, size_t n_kinds, stat_visit *visit, void *context, uint64_t resamples,
                         uint64_t seed, const char *name, struct error *err) {
    uint32_t *drawn = memory_grow(NULL, n_kinds + 1, sizeof *drawn);
    uint64_t n = 0;
    if (!drawn) return error_memory(err, "resamples of a bootstrap");
    for (size_t k = 0; k < n_kinds; k++) n += times[k];
    bool ok = n > 0 || error_set(err, ERROR_DATA, "bootstrap: there are no rows");
    if (ok) visit(context, times, n_kinds);
    for (uint64_t b = 0; ok && b < resamples; b++) {
        struct rng rng = rng_stream(seed, name, b);
        draw_kinds(&rng, times, n_kinds, n, drawn);
        visit(context, drawn, n_kinds);
    }
    memory_free(drawn);
    return ok;
}
