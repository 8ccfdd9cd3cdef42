/* Where a rank comes from: see moral_explain.h. */
#include "set/moral_explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MOST = 12 };

const char *moral_why_not(const struct moral_edge *e) {
    if (isnan(e->p)) return "no votes";
    if (e->w < MORAL_W_LEAST) return "W < 2";
    return e->p < MORAL_P_LEAST ? "p < 0.33" : "H > 1.69";
}

struct ranked {
    struct moral_ranker ranker;
    struct moral_arc *arc;
    moral_votes_of *votes;
    double *out; /* sum of p of the arcs out of each value */
    size_t n;
};

static bool rank_all(const struct moral *m, uint32_t context, struct arena *arena, struct ranked *r,
                     struct error *err) {
    r->votes = arena_alloc(arena, m->n_pairs + 1, sizeof *r->votes, err);
    r->arc = r->votes ? arena_new(arena, struct moral_arc, m->n_pairs + 1, err) : NULL;
    r->out = r->arc ? arena_new(arena, double, m->n_values + 1, err) : NULL;
    if (!r->out || !moral_ranker_init(&r->ranker, m->n_values, m->n_pairs, arena, err)) return false;
    moral_count(m, context, NULL, r->votes);
    r->n = moral_arcs(m, (const moral_votes_of *)r->votes, r->arc);
    moral_rank_arcs(&r->ranker, r->arc, r->n);
    for (size_t i = 0; i < r->n; i++) r->out[r->arc[i].from] += r->arc[i].p;
    return true;
}

static int by_weight(const void *a, const void *b) {
    const struct moral_part *x = a, *y = b;
    double p = isnan(x->brings) ? -1 : x->brings, q = isnan(y->brings) ? -1 : y->brings;
    if (p != q) return p > q ? -1 : 1;
    if (x->edge.kept != y->edge.kept) return x->edge.kept ? -1 : 1;
    if (x->edge.w != y->edge.w) return x->edge.w > y->edge.w ? -1 : 1;
    return x->edge.from != y->edge.from ? (x->edge.from < y->edge.from ? -1 : 1)
                                        : (x->edge.to > y->edge.to) - (x->edge.to < y->edge.to);
}

static void put_parts(const struct moral *m, const struct ranked *r, struct moral_explained *out) {
    for (size_t i = 0; i < m->n_pairs; i++)
        for (uint8_t back = 0; back < 2; back++) {
            struct moral_pair pair = m->pair[i];
            if (pair.a != out->value && pair.b != out->value) continue;
            memcpy(pair.votes, r->votes[i], sizeof pair.votes);
            struct moral_part part = {moral_edge_of(&pair, back), NAN};
            bool into = part.edge.to == out->value;
            if (!part.edge.i || (!part.edge.w && !part.edge.n && !part.edge.u)) continue;
            part.edge.pair = (uint32_t)i;
            if (into && part.edge.kept)
                part.brings =
                    MORAL_DAMPING * r->ranker.rank[part.edge.from] * part.edge.p / r->out[part.edge.from] / out->rank;
            if (into)
                out->into[out->n_into++] = part;
            else
                out->out_of[out->n_out_of++] = part;
        }
    if (out->n_into) qsort(out->into, out->n_into, sizeof *out->into, by_weight);
    if (out->n_out_of) qsort(out->out_of, out->n_out_of, sizeof *out->out_of, by_weight);
    out->even = out->rank > 0 ? 1 : 0;
    for (size_t i = 0; i < out->n_into; i++)
        if (out->into[i].edge.kept) out->even -= out->into[i].brings;
}

/* The source that brings most to v; SIZE_MAX: none. */
static size_t strongest(const struct ranked *r, size_t v) {
    size_t best = SIZE_MAX;
    double most = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct moral_arc *a = &r->arc[i];
        double brings = r->ranker.rank[a->from] * a->p / r->out[a->from];
        if (a->to != v || brings <= most) continue;
        most = brings;
        best = a->from;
    }
    return best;
}

static void put_chain(const struct ranked *r, struct moral_explained *out) {
    bool again = false;
    for (size_t v = out->value; v != SIZE_MAX && !again && out->n_chain < CHAIN_MOST; v = strongest(r, v)) {
        for (size_t i = 0; i < out->n_chain; i++) again |= out->chain[i] == v;
        out->chain[out->n_chain++] = v;
    }
}

bool moral_explain(const struct moral *m, uint32_t context, size_t value, struct arena *arena,
                   struct moral_explained *out, struct error *err) {
    struct ranked r;
    *out = (struct moral_explained){.value = value};
    if (!rank_all(m, context, arena, &r, err)) return false;
    out->into = arena_new(arena, struct moral_part, m->n_pairs + 1, err);
    out->out_of = arena_new(arena, struct moral_part, m->n_pairs + 1, err);
    out->chain = arena_new(arena, size_t, CHAIN_MOST, err);
    if (!out->into || !out->out_of || !out->chain) return false;
    out->rank = r.ranker.rank[value];
    out->position = out->rank > 0;
    for (size_t i = 0; out->rank > 0 && i < r.ranker.n_nodes; i++) {
        size_t v = r.ranker.nodes[i];
        double x = r.ranker.rank[v];
        out->position += x > out->rank || (x == out->rank && v < value);
    }
    put_parts(m, &r, out);
    put_chain(&r, out);
    return true;
}
