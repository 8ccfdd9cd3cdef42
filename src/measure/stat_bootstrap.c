/* The bootstrap of clusters within strata: see statistics.h. Resample b draws from its own stream (seed, name, b), so
 * its weights are the same whatever else is computed, and by whom. */
#include "measure/statistics.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct bootstrap {
    size_t n_rows, n_clusters;
    const uint32_t *cluster, *stratum;
    uint32_t *order; /* clusters, those of a stratum together; NULL: one stratum, clusters in their order */
    uint32_t *taken; /* how often each cluster is drawn */
    uint32_t *weights;
    double *values;
};

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool sort_strata(struct bootstrap *s, struct error *err) {
    if (!s->stratum) return true;
    uint64_t *keys = memory_grow(NULL, s->n_clusters, sizeof *keys);
    s->order = memory_grow(NULL, s->n_clusters, sizeof *s->order);
    if (keys && s->order) {
        for (size_t c = 0; c < s->n_clusters; c++) keys[c] = (uint64_t)s->stratum[c] << 32 | c;
        qsort(keys, s->n_clusters, sizeof *keys, by_number);
        for (size_t c = 0; c < s->n_clusters; c++) s->order[c] = (uint32_t)keys[c];
    }
    bool ok = keys && s->order;
    memory_free(keys);
    return ok || error_memory(err, "strata of a bootstrap");
}

static bool prepare(struct bootstrap *s, uint64_t resamples, struct error *err) {
    for (size_t i = 0; s->cluster && i < s->n_rows; i++)
        if (s->cluster[i] >= s->n_clusters)
            return error_set(err, ERROR_DATA, "bootstrap: row %zu is of cluster %" PRIu32 ", there are %zu clusters", i,
                             s->cluster[i], s->n_clusters);
    s->taken = memory_grow(NULL, s->n_clusters, sizeof *s->taken);
    s->weights = s->cluster ? memory_grow(NULL, s->n_rows, sizeof *s->weights) : s->taken;
    s->values = memory_grow(NULL, resamples, sizeof *s->values);
    if (!s->taken || !s->weights || !s->values) return error_memory(err, "resamples of a bootstrap");
    return sort_strata(s, err);
}

static void finish(struct bootstrap *s) {
    if (s->cluster) memory_free(s->weights);
    memory_free(s->taken);
    memory_free(s->values);
    memory_free(s->order);
}

static void spread_weights(struct bootstrap *s) {
    for (size_t i = 0; s->cluster && i < s->n_rows; i++) s->weights[i] = s->taken[s->cluster[i]];
}

/* Draws as many clusters of each stratum as it has, with replacement. */
static void draw(struct bootstrap *s, struct rng *rng) {
    memset(s->taken, 0, s->n_clusters * sizeof *s->taken);
    for (size_t from = 0, to; from < s->n_clusters; from = to) {
        to = s->n_clusters;
        if (s->order)
            for (to = from + 1; to < s->n_clusters && s->stratum[s->order[to]] == s->stratum[s->order[from]];) to++;
        for (size_t i = from; i < to; i++) {
            size_t at = from + rng_below(rng, to - from);
            s->taken[s->order ? s->order[at] : at]++;
        }
    }
    spread_weights(s);
}

/* The k-th smallest and the k-th largest of n values, k = floor((n + 1) (1 - confidence) / 2), at least the first
 * (Efron & Tibshirani 1993, section 12.5). */
static void percentiles(double *values, size_t n, double confidence, struct interval *out) {
    double tail = (1 - confidence) / 2;
    size_t k = (size_t)floor((double)(n + 1) * tail * (1 + 1e-12)); /* 0.025 x 2000 is meant to be 50 */
    if (k < 1) k = 1;
    qsort(values, n, sizeof *values, by_size);
    out->lo = values[k - 1];
    out->hi = values[n - k];
}

bool stat_bootstrap(size_t n_rows, const uint32_t *cluster, size_t n_clusters, const uint32_t *stratum,
                    stat_function *function, void *context, uint64_t resamples, double confidence, uint64_t seed,
                    const char *name, struct interval *out, struct error *err) {
    struct bootstrap s = {
        .n_rows = n_rows, .n_clusters = cluster ? n_clusters : n_rows, .cluster = cluster, .stratum = stratum};
    *out = (struct interval){NAN, NAN, NAN};
    if (n_rows == 0 || s.n_clusters == 0) return error_set(err, ERROR_DATA, "bootstrap: there are no rows");
    if (s.n_clusters > UINT32_MAX)
        return error_set(err, ERROR_DATA, "bootstrap: more than %" PRIu32 " clusters", UINT32_MAX);
    if (resamples < 2 || resamples > 100000000)
        return error_set(err, ERROR_USAGE, "bootstrap: %" PRIu64 " resamples; give 2 to 100000000", resamples);
    if (!(confidence > 0 && confidence < 1))
        return error_set(err, ERROR_USAGE, "bootstrap: a confidence of %g; give a number between 0 and 1", confidence);
    bool ok = prepare(&s, resamples, err);
    size_t kept = 0;
    for (size_t c = 0; ok && c < s.n_clusters; c++) s.taken[c] = 1;
    if (ok) {
        spread_weights(&s);
        out->estimate = function(context, s.weights, n_rows);
    }
    for (uint64_t b = 0; ok && b < resamples; b++) {
        struct rng rng = rng_stream(seed, name, b);
        draw(&s, &rng);
        double value = function(context, s.weights, n_rows);
        if (!isnan(value)) s.values[kept++] = value;
    }
    if (ok && !isnan(out->estimate) && kept >= 2 && kept >= resamples / 2) percentiles(s.values, kept, confidence, out);
    finish(&s);
    return ok;
}
