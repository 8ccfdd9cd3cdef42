/* Edges and ranks: see moral_rank.h. */
#include "set/moral_rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- edges ---- */

static double entropy_of(const uint32_t count[5]) {
    double sum = 0, h = 0;
    for (size_t i = 0; i < 5; i++) sum += count[i];
    for (size_t i = 0; i < 5; i++)
        if (count[i]) h -= count[i] / sum * log2(count[i] / sum);
    return sum > 0 ? h : (double)NAN;
}

static struct moral_edge edge_of(const moral_votes_of votes, uint8_t back) {
    const uint32_t *ahead = votes[back], *behind = votes[!back];
    struct moral_edge e = {.back = back,
                           .w = ahead[MORAL_UPGRADE],
                           .n = ahead[MORAL_NO_UPGRADE],
                           .u = ahead[MORAL_NOT_SURE],
                           .l = behind[MORAL_UPGRADE]};
    for (size_t i = 0; i < MORAL_SAYS; i++) e.i += ahead[i] + behind[i];
    double total = (double)e.w + e.n + e.u + e.l;
    e.p = total > 0 ? ((double)e.w - e.l) / total : (double)NAN;
    e.entropy = total > 0 ? entropy_of((uint32_t[]){e.w, e.n, e.l, e.u, e.i}) : (double)NAN;
    e.kept = e.w >= MORAL_W_LEAST && e.p >= MORAL_P_LEAST && e.entropy <= MORAL_H_MOST;
    return e;
}

struct moral_edge moral_edge_of(const struct moral_pair *pair, uint8_t back) {
    struct moral_edge e = edge_of(pair->votes, back);
    e.from = back ? pair->b : pair->a;
    e.to = back ? pair->a : pair->b;
    return e;
}

/* Votes stand by context. */
static size_t first_of(const struct moral *m, uint32_t context) {
    size_t low = 0, high = m->n_votes;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (m->vote[mid].context < context)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void moral_count(const struct moral *m, uint32_t context, const uint32_t *weight, moral_votes_of *votes) {
    bool pairs = m->counts || (context == MORAL_ALL && !weight);
    memset(votes, 0, m->n_pairs * sizeof *votes);
    for (size_t i = 0; pairs && i < m->n_pairs; i++) {
        const struct moral_pair *p = &m->pair[i];
        bool in = context == MORAL_ALL;
        for (size_t c = 0; c < p->n_contexts; c++) in |= m->pair_context[p->context + c] == context;
        if (in) memcpy(votes[i], p->votes, sizeof *votes);
    }
    size_t i = pairs || context == MORAL_ALL ? 0 : first_of(m, context);
    for (; !pairs && i < m->n_votes; i++) {
        const struct moral_vote *v = &m->vote[i];
        if (context != MORAL_ALL && v->context != context) break;
        votes[v->pair][v->back][v->says] += weight ? weight[v->voter] : 1;
    }
}

static int by_from(const void *p, const void *q) {
    const struct moral_arc *x = p, *y = q;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

size_t moral_arcs(const struct moral *m, const moral_votes_of *votes, struct moral_arc *arc) {
    size_t n = 0;
    for (size_t i = 0; i < m->n_pairs; i++)
        for (uint8_t back = 0; back < 2; back++) {
            const uint32_t *ahead = votes[i][back];
            if (ahead[MORAL_UPGRADE] < MORAL_W_LEAST) continue;
            struct moral_edge e = edge_of(votes[i], back);
            if (e.kept)
                arc[n++] =
                    (struct moral_arc){back ? m->pair[i].b : m->pair[i].a, back ? m->pair[i].a : m->pair[i].b, e.p};
        }
    if (n) qsort(arc, n, sizeof *arc, by_from);
    return n;
}

/* ---- ranks ---- */

bool moral_ranker_init(struct moral_ranker *r, size_t n_values, size_t most_arcs, struct arena *arena,
                       struct error *err) {
    *r = (struct moral_ranker){.n_values = n_values, .most_arcs = most_arcs};
    return (r->compat = arena_new(arena, double, n_values + 1, err)) &&
           (r->rank = arena_new(arena, double, n_values + 1, err)) &&
           (r->nodes = arena_new(arena, uint32_t, n_values + 1, err)) &&
           (r->place = arena_new(arena, uint32_t, n_values + 1, err)) &&
           (r->begin = arena_new(arena, uint32_t, n_values + 2, err)) &&
           (r->source = arena_new(arena, uint32_t, most_arcs + 1, err)) &&
           (r->share = arena_new(arena, double, most_arcs + 1, err)) &&
           (r->out = arena_new(arena, double, n_values + 1, err)) &&
           (r->now = arena_new(arena, double, n_values + 1, err)) &&
           (r->next = arena_new(arena, double, n_values + 1, err));
}

static void find_nodes(struct moral_ranker *r, const struct moral_arc *arc, size_t n) {
    memset(r->place, 0, r->n_values * sizeof *r->place);
    for (size_t i = 0; i < n; i++) r->place[arc[i].from] = r->place[arc[i].to] = 1;
    r->n_nodes = 0;
    for (size_t v = 0; v < r->n_values; v++) {
        if (!r->place[v]) continue;
        r->nodes[r->n_nodes++] = (uint32_t)v;
        r->place[v] = (uint32_t)r->n_nodes;
    }
}

/* Arcs by the node they run into; within it in the order of their sources, so that sums have one order. */
static void turn_arcs(struct moral_ranker *r, const struct moral_arc *arc, size_t n) {
    memset(r->begin, 0, (r->n_nodes + 1) * sizeof *r->begin);
    memset(r->out, 0, r->n_nodes * sizeof *r->out);
    for (size_t i = 0; i < n; i++) {
        r->out[r->place[arc[i].from] - 1] += arc[i].p;
        r->begin[r->place[arc[i].to]]++;
    }
    for (size_t v = 0; v < r->n_nodes; v++) r->begin[v + 1] += r->begin[v];
    for (size_t i = 0; i < n; i++) {
        uint32_t from = r->place[arc[i].from] - 1, at = r->begin[r->place[arc[i].to] - 1]++;
        r->source[at] = from;
        r->share[at] = arc[i].p / r->out[from];
    }
    for (size_t v = r->n_nodes; v > 0; v--) r->begin[v] = r->begin[v - 1];
    r->begin[0] = 0;
}

/* One step; the largest change of a mass. */
static double step(struct moral_ranker *r) {
    double base = (1 - MORAL_DAMPING) / (double)r->n_nodes, change = 0, *swap = r->now;
    for (size_t v = 0; v < r->n_nodes; v++) {
        double sum = 0;
        for (uint32_t i = r->begin[v]; i < r->begin[v + 1]; i++) sum += r->now[r->source[i]] * r->share[i];
        r->next[v] = base + MORAL_DAMPING * sum;
        change = fmax(change, fabs(r->next[v] - r->now[v]));
    }
    r->now = r->next;
    r->next = swap;
    return change;
}

static double put_out(const struct moral_ranker *r, double *out) {
    double sum = 0;
    memset(out, 0, r->n_values * sizeof *out);
    for (size_t v = 0; v < r->n_nodes; v++) {
        out[r->nodes[v]] = r->now[v];
        sum += r->now[v];
    }
    return sum;
}

void moral_rank_arcs(struct moral_ranker *r, const struct moral_arc *arc, size_t n) {
    enum { STEPS_MOST = 400 }; /* 0.85^400 is below 1e-28 */
    int steps = 0;
    double change = 1;
    find_nodes(r, arc, n);
    turn_arcs(r, arc, n);
    for (size_t v = 0; v < r->n_nodes; v++) r->now[v] = 1 / (double)r->n_nodes;
    for (; change > 0 && steps < MORAL_STEPS; steps++) change = step(r); /* without a change none follows */
    r->compat_sum = put_out(r, r->compat);
    for (; change > 1e-17 && steps < STEPS_MOST; steps++) change = step(r);
    double sum = put_out(r, r->rank);
    for (size_t v = 0; v < r->n_nodes; v++) r->rank[r->nodes[v]] /= sum;
}

size_t moral_top(const struct moral_ranker *r) {
    size_t top = SIZE_MAX;
    for (size_t i = 0; i < r->n_nodes; i++)
        if (top == SIZE_MAX || r->rank[r->nodes[i]] > r->rank[top]) top = r->nodes[i];
    return top;
}
