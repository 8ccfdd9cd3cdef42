/* Standings: see moral_standing.h. */
#include "set/moral_standing.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MOST = 1 << 26 };

/* What a thread ranks with. */
struct worker {
    struct moral_ranker ranker;
    moral_votes_of *votes;
    struct moral_arc *arc;
    uint32_t *weight;
};
struct resampling {
    const struct moral *m;
    const struct moral_standing_settings *settings;
    uint32_t context;
    const struct moral_place_of *out;
    struct worker *worker;
    double *drawn; /* [nodes][resamples] */
    size_t *top;   /* [resamples]; SIZE_MAX: no node at all */
};

static bool worker_init(struct worker *w, const struct moral *m, struct arena *arena, struct error *err) {
    w->votes = arena_alloc(arena, m->n_pairs + 1, sizeof *w->votes, err);
    w->arc = w->votes ? arena_new(arena, struct moral_arc, m->n_pairs + 1, err) : NULL;
    w->weight = w->arc ? arena_new(arena, uint32_t, m->n_voters + 1, err) : NULL;
    return w->weight && moral_ranker_init(&w->ranker, m->n_values, m->n_pairs, arena, err);
}

static size_t rank_again(struct worker *w, const struct moral *m, uint32_t context, const uint32_t *weight) {
    moral_count(m, context, weight, w->votes);
    size_t n = moral_arcs(m, (const moral_votes_of *)w->votes, w->arc);
    moral_rank_arcs(&w->ranker, w->arc, n);
    return n;
}

static void resample(void *context, size_t b, size_t worker) {
    struct resampling *r = context;
    struct worker *w = &r->worker[worker];
    struct rng rng = rng_stream(r->settings->seed, "moral/voters", b);
    memset(w->weight, 0, r->m->n_voters * sizeof *w->weight);
    for (size_t i = 0; i < r->m->n_voters; i++) w->weight[rng_below(&rng, r->m->n_voters)]++;
    rank_again(w, r->m, r->context, w->weight);
    r->top[b] = moral_top(&w->ranker);
    for (size_t i = 0; i < r->out->n_nodes; i++)
        r->drawn[i * r->settings->resamples + b] = w->ranker.rank[r->out->standing[i].value];
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between the two nearest values, which are sorted. */
static double quantile(const double *x, size_t n, double q) {
    double at = q * (double)(n - 1);
    size_t below = (size_t)at;
    return below + 1 < n ? x[below] + (at - (double)below) * (x[below + 1] - x[below]) : x[below];
}

static void put_intervals(struct resampling *r, struct moral_place_of *out) {
    size_t n = r->settings->resamples;
    double tail = (1 - r->settings->confidence) / 2;
    for (size_t i = 0; i < out->n_nodes; i++) {
        struct moral_standing *s = &out->standing[i];
        double *x = r->drawn + i * n;
        size_t first = 0;
        for (size_t b = 0; b < n; b++) first += r->top[b] == s->value;
        qsort(x, n, sizeof *x, by_size);
        s->lo = quantile(x, n, tail);
        s->hi = quantile(x, n, 1 - tail);
        s->first = (double)first / (double)n;
    }
}

static bool bootstrap(const struct moral *m, const struct moral_standing_settings *settings, struct arena *arena,
                      struct moral_place_of *out, struct error *err) {
    struct resampling r = {.m = m, .settings = settings, .context = out->context, .out = out};
    size_t n = settings->resamples, threads = pool_threads(settings->pool);
    if (!n || !m->n_voters || !out->n_nodes) return true;
    if (n > CELLS_MOST / out->n_nodes)
        return error_set(err, ERROR_USAGE, "--bootstrap: at most %zu resamples of %zu values",
                         CELLS_MOST / out->n_nodes, out->n_nodes);
    r.worker = arena_new(arena, struct worker, threads, err);
    for (size_t i = 0; r.worker && i < threads; i++)
        if (!worker_init(&r.worker[i], m, arena, err)) return false;
    r.drawn = memory_alloc(n * out->n_nodes * sizeof *r.drawn);
    r.top = memory_alloc(n * sizeof *r.top);
    bool ok = r.worker && ((r.drawn && r.top) || error_memory(err, "resamples"));
    if (ok) {
        pool_run(settings->pool, n, resample, &r);
        put_intervals(&r, out);
    }
    memory_free(r.drawn);
    memory_free(r.top);
    return ok;
}

/* ---- the estimate ---- */

static int by_rank(const void *a, const void *b) {
    const struct moral_standing *x = a, *y = b;
    if (x->rank != y->rank) return x->rank > y->rank ? -1 : 1;
    return x->value < y->value ? -1 : x->value > y->value;
}

static bool count_people(const struct moral *m, const moral_votes_of *votes, struct arena *arena,
                         struct moral_place_of *out, struct error *err) {
    bool *seen = arena_new(arena, bool, m->n_voters + 1, err);
    if (!seen) return false;
    for (size_t i = 0; i < m->n_pairs; i++)
        for (size_t k = 0; k < 2 * MORAL_SAYS; k++) out->votes += votes[i][k / MORAL_SAYS][k % MORAL_SAYS];
    for (size_t i = 0; i < m->n_votes; i++) {
        const struct moral_vote *v = &m->vote[i];
        if ((out->context != MORAL_ALL && v->context != out->context) || seen[v->voter]) continue;
        seen[v->voter] = true;
        out->voters++;
    }
    return true;
}

static bool estimate(const struct moral *m, struct arena *arena, struct moral_place_of *out, struct error *err) {
    struct worker w;
    if (!worker_init(&w, m, arena, err)) return false;
    out->n_edges = rank_again(&w, m, out->context, NULL);
    out->n_nodes = w.ranker.n_nodes;
    out->compat_sum = w.ranker.compat_sum;
    out->standing = arena_new(arena, struct moral_standing, out->n_nodes + 1, err);
    if (!out->standing) return false;
    for (size_t i = 0; i < out->n_nodes; i++) {
        size_t v = w.ranker.nodes[i];
        out->standing[i] = (struct moral_standing){
            .value = v, .rank = w.ranker.rank[v], .compat = w.ranker.compat[v], .lo = NAN, .hi = NAN, .first = NAN};
    }
    if (out->n_nodes) qsort(out->standing, out->n_nodes, sizeof *out->standing, by_rank);
    return count_people(m, (const moral_votes_of *)w.votes, arena, out, err);
}

bool moral_stand(const struct moral *m, uint32_t context, const struct moral_standing_settings *settings,
                 struct arena *arena, struct moral_place_of *out, struct error *err) {
    *out = (struct moral_place_of){.context = context};
    return estimate(m, arena, out, err) && bootstrap(m, settings, arena, out, err);
}
