/* The bootstrap of clusters within strata: see statistics.h. Resample b draws from its own stream (seed, name, b), so
 * its weights are the same whatever else is computed, and by whom. Many clusters are drawn block by block: how many of
 * the draws fall into a block is a binomial number, and inside it a draw is twelve random bits. The law is the same. */
#include "measure/statistics/statistics.h"

#include "base/rng_words.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct bootstrap {
    size_t n_rows, n_clusters;
    const uint32_t *cluster, *stratum;
    uint32_t *order; /* clusters, those of a stratum together; NULL: one stratum, clusters in their order */
    uint32_t *drawn; /* one draw of each stratum after the other */
    uint32_t *taken; /* how often each cluster is drawn */
    uint32_t *weights;
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

static bool prepare(struct bootstrap *s, struct error *err) {
    for (size_t i = 0; s->cluster && i < s->n_rows; i++)
        if (s->cluster[i] >= s->n_clusters)
            return error_set(err, ERROR_DATA, "bootstrap: row %zu is of cluster %" PRIu32 ", there are %zu clusters", i,
                             s->cluster[i], s->n_clusters);
    s->taken = memory_grow(NULL, s->n_clusters, sizeof *s->taken);
    s->drawn = memory_grow(NULL, s->n_clusters, sizeof *s->drawn);
    s->weights = s->cluster ? memory_grow(NULL, s->n_rows, sizeof *s->weights) : s->taken;
    if (!s->taken || !s->drawn || !s->weights) return error_memory(err, "resamples of a bootstrap");
    return sort_strata(s, err);
}

static void finish(struct bootstrap *s) {
    if (s->cluster) memory_free(s->weights);
    memory_free(s->taken);
    memory_free(s->drawn);
    memory_free(s->order);
}

static void spread_weights(struct bootstrap *s) {
    for (size_t i = 0; s->cluster && i < s->n_rows; i++) s->weights[i] = s->taken[s->cluster[i]];
}

enum { BLOCK_BITS = 12, BLOCK = 1 << BLOCK_BITS, MANY = 2 * BLOCK, WORDS = 64, PIECES = 64 / BLOCK_BITS };

/* The draws of one word of random bits. */
static void draw_word(uint32_t *taken, uint64_t word, unsigned pieces) {
    for (unsigned p = 0; p < pieces; p++, word >>= BLOCK_BITS) taken[word & (BLOCK - 1)]++;
}

/* k draws from a whole block. */
static void draw_block(struct rng *rng, uint32_t *taken, uint64_t k) {
    uint64_t words[WORDS];
    for (; k >= WORDS * PIECES; k -= WORDS * PIECES) {
        rng_words(rng, words, WORDS);
        for (size_t i = 0; i < WORDS; i++) draw_word(taken, words[i], PIECES);
    }
    size_t n = (size_t)(k + PIECES - 1) / PIECES;
    rng_words(rng, words, n + n % 2); /* whole blocks of the stream */
    for (size_t i = 0; i < n; i++, k -= k < PIECES ? k : PIECES)
        draw_word(taken, words[i], k < PIECES ? (unsigned)k : PIECES);
}

/* n draws of n, with replacement. */
static void draw_many(struct rng *rng, uint32_t *taken, size_t n) {
    uint64_t left = n;
    for (size_t from = 0; n - from >= BLOCK; from += BLOCK) {
        uint64_t k = n - from == BLOCK ? left : stat_draw_binomial(rng, left, (double)BLOCK / (double)(n - from));
        draw_block(rng, taken + from, k);
        left -= k;
    }
    for (size_t rest = n % BLOCK; left; left--) taken[n - rest + rng_below(rng, rest)]++;
}

/* Draws as many clusters of each stratum as it has, with replacement. */
static void draw(struct bootstrap *s, struct rng *rng) {
    memset(s->taken, 0, s->n_clusters * sizeof *s->taken);
    if (!s->order && s->n_clusters >= MANY) {
        draw_many(rng, s->taken, s->n_clusters);
        spread_weights(s);
        return;
    }
    for (size_t from = 0, to; from < s->n_clusters; from = to) {
        to = s->n_clusters;
        if (s->order)
            for (to = from + 1; to < s->n_clusters && s->stratum[s->order[to]] == s->stratum[s->order[from]];) to++;
        rng_below_many(rng, to - from, s->drawn + from, to - from);
        for (size_t i = from; i < to; i++) {
            size_t at = from + s->drawn[i];
            s->taken[s->order ? s->order[at] : at]++;
        }
    }
    spread_weights(s);
}

/* The k-th smallest and the k-th largest of n values, k = floor((n + 1) (1 - confidence) / 2), at least the first
 * (Efron & Tibshirani 1993, section 12.5). */
void stat_percentiles(double *values, size_t n, double confidence, double *lo, double *hi) {
    double tail = (1 - confidence) / 2;
    size_t k = (size_t)floor((double)(n + 1) * tail * (1 + 1e-12)); /* 0.025 x 2000 is meant to be 50 */
    if (k < 1) k = 1;
    qsort(values, n, sizeof *values, by_size);
    *lo = values[k - 1];
    *hi = values[n - k];
}

double stat_expanded_confidence(double confidence, size_t m) {
    if (m < 2) return confidence;
    double t = -stat_t_quantile((1 - confidence) / 2, (double)(m - 1)) * sqrt((double)m / (double)(m - 1));
    return fmin(1 - 2 * stat_normal_cdf(-t), 1 - 1e-12); /* of two clusters it would be 1 */
}

static bool countable(uint64_t resamples, struct error *err) {
    return (resamples >= 2 && resamples <= 100000000) ||
           error_set(err, ERROR_USAGE, "bootstrap: %" PRIu64 " resamples; give 2 to 100000000", resamples);
}

static bool check_confidence(double confidence, struct error *err) {
    return (confidence > 0 && confidence < 1) ||
           error_set(err, ERROR_USAGE, "bootstrap: a confidence of %g; give a number between 0 and 1", confidence);
}

static bool check_source(size_t n_rows, size_t n_clusters, uint64_t resamples, struct error *err) {
    if (n_rows == 0 || n_clusters == 0) return error_set(err, ERROR_DATA, "bootstrap: there are no rows");
    if (n_clusters > UINT32_MAX)
        return error_set(err, ERROR_DATA, "bootstrap: more than %" PRIu32 " clusters", UINT32_MAX);
    return countable(resamples, err);
}

bool stat_resample(size_t n_rows, const uint32_t *cluster, size_t n_clusters, const uint32_t *stratum,
                   stat_visit *visit, void *context, uint64_t resamples, uint64_t seed, const char *name,
                   struct error *err) {
    struct bootstrap s = {
        .n_rows = n_rows, .n_clusters = cluster ? n_clusters : n_rows, .cluster = cluster, .stratum = stratum};
    if (!check_source(n_rows, s.n_clusters, resamples, err)) return false;
    bool ok = prepare(&s, err);
    for (size_t c = 0; ok && c < s.n_clusters; c++) s.taken[c] = 1;
    if (ok) {
        spread_weights(&s);
        visit(context, s.weights, n_rows);
    }
    for (uint64_t b = 0; ok && b < resamples; b++) {
        struct rng rng = rng_stream(seed, name, b);
        draw(&s, &rng);
        visit(context, s.weights, n_rows);
    }
    finish(&s);
    return ok;
}

/* The statistic of each resample that determines it. */
struct values {
    stat_function *function;
    void *context;
    bool begun; /* the first visit is the sample itself */
    double estimate, *kept;
    size_t n;
};

static void keep_value(void *context, const uint32_t *weights, size_t n_rows) {
    struct values *v = context;
    double value = v->function(v->context, weights, n_rows);
    if (!v->begun)
        v->estimate = value;
    else if (!isnan(value))
        v->kept[v->n++] = value;
    v->begun = true;
}

/* ---- of many rows, by several threads */

/* Each resample has its own stream and its number, so nothing depends on who makes it. */
struct shared {
    struct bootstrap *own; /* one a worker */
    stat_visit_at *visit;
    void *context;
    uint64_t resamples, seed;
    const char *name;
};

enum { PARTS = 64 };

static void resample_part(void *context, size_t part, size_t worker) {
    struct shared *w = context;
    struct bootstrap *s = &w->own[worker];
    uint64_t to = w->resamples * (part + 1) / PARTS;
    for (uint64_t b = w->resamples * part / PARTS; b < to; b++) {
        struct rng rng = rng_stream(w->seed, w->name, b);
        draw(s, &rng);
        w->visit(w->context, b + 1, worker, s->weights, s->n_rows);
    }
}

bool stat_resample_rows(struct pool *pool, size_t n_rows, stat_visit_at *visit, void *context, uint64_t resamples,
                        uint64_t seed, const char *name, struct error *err) {
    size_t workers = pool_threads(pool);
    struct shared w = {.visit = visit, .context = context, .resamples = resamples, .seed = seed, .name = name};
    if (!check_source(n_rows, n_rows, resamples, err)) return false;
    bool ok = (w.own = memory_zeroed(workers, sizeof *w.own)) || error_memory(err, "resamples of a bootstrap");
    for (size_t i = 0; ok && i < workers; i++) {
        w.own[i] = (struct bootstrap){.n_rows = n_rows, .n_clusters = n_rows};
        ok = prepare(&w.own[i], err);
    }
    if (ok) {
        for (size_t c = 0; c < n_rows; c++) w.own[0].taken[c] = 1;
        visit(context, 0, 0, w.own[0].weights, n_rows);
        pool_run(pool, PARTS, resample_part, &w);
    }
    for (size_t i = 0; w.own && i < workers; i++) finish(&w.own[i]);
    memory_free(w.own);
    return ok;
}

/* The statistic of the sample and of each resample. */
struct numbered {
    stat_function *function;
    void *context;
    double estimate, *values; /* [resamples] */
};

static void number_value(void *context, uint64_t number, size_t worker, const uint32_t *weights, size_t n_rows) {
    struct numbered *v = context;
    (void)worker;
    *(number ? &v->values[number - 1] : &v->estimate) = v->function(v->context, weights, n_rows);
}

/* The values that are known, in the order of their resamples. */
static size_t drop_unknown(double *values, uint64_t n) {
    size_t kept = 0;
    for (uint64_t b = 0; b < n; b++)
        if (!isnan(values[b])) values[kept++] = values[b];
    return kept;
}

bool stat_bootstrap_rows(struct pool *pool, size_t n_rows, stat_function *function, void *context, uint64_t resamples,
                         double confidence, uint64_t seed, const char *name, struct interval *out, struct error *err) {
    struct numbered v = {.function = function, .context = context};
    *out = (struct interval){NAN, NAN, NAN};
    if (!check_confidence(confidence, err) || !countable(resamples, err)) return false;
    if (!(v.values = memory_grow(NULL, resamples, sizeof *v.values)))
        return error_memory(err, "resamples of a bootstrap");
    bool ok = stat_resample_rows(pool, n_rows, number_value, &v, resamples, seed, name, err);
    size_t n = ok ? drop_unknown(v.values, resamples) : 0;
    if (ok) out->estimate = v.estimate;
    if (ok && !isnan(v.estimate) && n >= 2 && n >= resamples / 2)
        stat_percentiles(v.values, n, confidence, &out->lo, &out->hi);
    memory_free(v.values);
    return ok;
}

/* What resamples to visit. */
struct source {
    size_t n_rows, n_clusters;
    const uint32_t *cluster, *stratum;
    const uint32_t *times; /* of kinds, n_rows of them; NULL: rows */
};

static bool bootstrap_of(const struct source *from, stat_function *function, void *context, uint64_t resamples,
                         double confidence, uint64_t seed, const char *name, struct interval *out, struct error *err) {
    struct values v = {.function = function, .context = context};
    *out = (struct interval){NAN, NAN, NAN};
    if (!check_confidence(confidence, err) || !countable(resamples, err)) return false;
    if (!(v.kept = memory_grow(NULL, resamples, sizeof *v.kept))) return error_memory(err, "resamples of a bootstrap");
    bool ok = from->times ? stat_resample_kinds(from->times, from->n_rows, keep_value, &v, resamples, seed, name, err)
                          : stat_resample(from->n_rows, from->cluster, from->n_clusters, from->stratum, keep_value, &v,
                                          resamples, seed, name, err);
    if (ok) out->estimate = v.estimate;
    if (ok && !isnan(v.estimate) && v.n >= 2 && v.n >= resamples / 2)
        stat_percentiles(v.kept, v.n, confidence, &out->lo, &out->hi);
    memory_free(v.kept);
    return ok;
}

bool stat_bootstrap(size_t n_rows, const uint32_t *cluster, size_t n_clusters, const uint32_t *stratum,
                    stat_function *function, void *context, uint64_t resamples, double confidence, uint64_t seed,
                    const char *name, struct interval *out, struct error *err) {
    const struct source from = {n_rows, n_clusters, cluster, stratum, NULL};
    return bootstrap_of(&from, function, context, resamples, confidence, seed, name, out, err);
}

bool stat_bootstrap_kinds(const uint32_t *times, size_t n_kinds, stat_function *function, void *context,
                          uint64_t resamples, double confidence, uint64_t seed, const char *name, struct interval *out,
                          struct error *err) {
    const struct source from = {.n_rows = n_kinds, .times = times};
    return bootstrap_of(&from, function, context, resamples, confidence, seed, name, out, err);
}
