/* See hedge.h. */
#include "measure/causal/hedge.h"

#include <math.h>
#include <string.h>

static const double NOISE = 0.25, AGREE = 1e-12, DIFFER = 1e-6;

/* ---- the law of a model ---- */

static double chance(const struct hedge_rule *r, uint64_t v, uint64_t coins, bool one) {
    bool parity = (graph_count(v & r->parents) + graph_count(coins & r->coins)) % 2;
    return parity == one ? 1 - r->turned : r->turned;
}

/* Coins one after the other, variables in their order; what has no chance is not followed. */
static void follow(const struct hedge_model *m, const size_t *order, size_t at, graph_set x, uint64_t v, uint64_t coins,
                   double p, double *out) {
    if (p == 0) return;
    if (at == m->n) {
        out[v] += p;
        return;
    }
    size_t node = order[at];
    if (x & graph_one(node)) {
        follow(m, order, at + 1, x, v, coins, p, out);
        return;
    }
    double one = chance(&m->rule[node], v, coins, true);
    follow(m, order, at + 1, x, v | graph_one(node), coins, p * one, out);
    follow(m, order, at + 1, x, v & ~graph_one(node), coins, p * (1 - one), out);
}

void hedge_law(const struct hedge_model *m, const size_t *order, graph_set x, uint64_t values, double *out) {
    memset(out, 0, sizeof *out << m->n);
    for (uint64_t coins = 0; coins < (uint64_t)1 << m->coins; coins++)
        follow(m, order, 0, x, values & x, coins, ldexp(1, -(int)m->coins), out);
}

/* ---- the two models ---- */

/* Coins of a tree of bidirected edges that joins `s`, grown from what is joined already. */
static void grow_tree(const struct graph *g, graph_set s, graph_set *joined, struct hedge_model *m) {
    if (!*joined) *joined = s & -s;
    for (bool grown = true; grown;) {
        grown = false;
        for (graph_set rest = *joined & s; rest; rest &= rest - 1) {
            size_t a = graph_first(rest);
            graph_set more = g->siblings[a] & s & ~*joined;
            for (; more; more &= more - 1, grown = true) {
                size_t b = graph_first(more);
                m->rule[a].coins |= (uint64_t)1 << m->coins;
                m->rule[b].coins |= (uint64_t)1 << m->coins;
                m->coins++;
                *joined |= graph_one(b);
            }
        }
    }
}

/* Each node of s but the roots feeds one child inside s. */
static void grow_forest(const struct graph *g, graph_set s, graph_set within, struct hedge_model *m) {
    for (; s; s &= s - 1) {
        size_t a = graph_first(s);
        graph_set children = g->children[a] & within;
        if (children) m->rule[graph_first(children)].parents |= graph_one(a);
    }
}

/* From the roots on to y, along ways that do not go through x or the hedge; each node feeds one child. */
static bool lead_to(const struct graph *g, graph_set roots, graph_set y, graph_set barred, struct hedge_model *m) {
    graph_set done = 0;
    while (roots & ~done) {
        size_t a = graph_first(roots & ~done);
        done |= graph_one(a);
        if (y & graph_one(a)) continue;
        struct graph open = graph_among(g, graph_all(g) & ~(barred & ~graph_one(a)));
        graph_set next = open.children[a] & graph_ancestors(&open, y & ~barred);
        if (!next) return false;
        size_t b = graph_first(next);
        m->rule[b].parents |= graph_one(a);
        m->rule[b].turned = NOISE / 2;
        roots |= graph_one(b);
    }
    return true;
}

static bool build(const struct graph *g, graph_set x, graph_set y, const struct identify_result *r,
                  struct hedge_pair *out) {
    graph_set joined = 0, inner = r->inside, outer = r->hedge, roots = 0;
    struct hedge_model *a = &out->model[0], *b = &out->model[1];
    *a = (struct hedge_model){.n = g->n};
    for (size_t i = 0; i < g->n; i++) a->rule[i].turned = outer & graph_one(i) ? 0 : 0.5;
    grow_tree(g, inner, &joined, a);
    grow_forest(g, inner, inner, a);
    *b = *a; /* within the inner forest both are the same; only one hears of the outer */
    grow_tree(g, outer, &joined, a);
    grow_forest(g, outer & ~inner, outer, a);
    for (graph_set s = outer & ~inner; s; s &= s - 1) b->rule[graph_first(s)] = a->rule[graph_first(s)];
    b->coins = a->coins;
    for (graph_set s = inner; s; s &= s - 1)
        if (!(g->children[graph_first(s)] & inner)) roots |= s & -s;
    a->rule[graph_first(roots)].turned = b->rule[graph_first(roots)].turned = NOISE;
    return lead_to(g, roots, y, x | outer, a) && lead_to(g, roots, y, x | outer, b);
}

/* ---- are they what they must be? ---- */

static double outcome_chance(const double *law, size_t n, graph_set y, uint64_t values) {
    double sum = 0;
    for (uint64_t v = 0; v < (uint64_t)1 << n; v++)
        if (((v ^ values) & y) == 0) sum += law[v];
    return sum;
}

/* The k-th assignment of a set. */
static uint64_t spread(graph_set s, uint64_t k) {
    uint64_t out = 0;
    for (; s; s &= s - 1, k >>= 1)
        if (k & 1) out |= s & -s;
    return out;
}

static void compare(const size_t *order, graph_set x, graph_set y, double *law[2], struct hedge_pair *out) {
    double most = -1;
    size_t n = out->model[0].n;
    for (uint64_t k = 0; k < (uint64_t)1 << graph_count(x); k++) {
        uint64_t set = spread(x, k);
        for (size_t i = 0; i < 2; i++) hedge_law(&out->model[i], order, x, set, law[i]);
        for (uint64_t j = 0; j < (uint64_t)1 << graph_count(y); j++) {
            uint64_t seen = spread(y, j);
            double one = outcome_chance(law[0], n, y, seen), other = outcome_chance(law[1], n, y, seen);
            if (fabs(one - other) <= most) continue;
            most = fabs(one - other);
            out->x = set, out->y = seen, out->effect[0] = one, out->effect[1] = other;
        }
    }
}

bool hedge_models(const struct graph *g, graph_set x, graph_set y, const struct identify_result *result,
                  struct arena *arena, struct hedge_pair *out, struct error *err) {
    size_t order[GRAPH_NODES_MOST], bits = g->n + graph_count(result->hedge);
    double *law[2];
    error_clear(err);
    if (bits + graph_count(x) > HEDGE_BITS_MOST || !build(g, x, y, result, out)) return false;
    for (size_t i = 0; i < 2; i++)
        if (!(law[i] = arena_new(arena, double, (size_t)1 << g->n, err))) return false;
    graph_order(g, order);
    for (size_t i = 0; i < 2; i++) hedge_law(&out->model[i], order, 0, 0, law[i]);
    out->observed = 0;
    bool positive = true;
    for (uint64_t v = 0; v < (uint64_t)1 << g->n; v++) {
        out->observed = fmax(out->observed, fabs(law[0][v] - law[1][v]));
        positive &= law[0][v] > 0;
    }
    compare(order, x, y, law, out);
    return positive && out->observed <= AGREE && fabs(out->effect[0] - out->effect[1]) > DIFFER;
}

bool hedge_put(struct buffer *out, const struct graph *g, const struct hedge_model *m) {
    for (size_t i = 0; i < m->n; i++) {
        const struct hedge_rule *r = &m->rule[i];
        const char *between = "";
        buffer_printf(out, "%s = ", g->name[i]);
        for (graph_set s = r->parents; s; s &= s - 1, between = " xor ")
            buffer_printf(out, "%s%s", between, g->name[graph_first(s)]);
        for (uint64_t s = r->coins; s; s &= s - 1, between = " xor ")
            buffer_printf(out, "%scoin %zu", between, graph_first(s) + 1);
        if (!r->parents && !r->coins) buffer_put_c(out, r->turned == 0.5 ? "a coin of its own" : "0");
        if (r->turned != 0.5 && r->turned > 0) buffer_printf(out, ", turned over with chance %g", r->turned);
        buffer_put_char(out, '\n');
    }
    return !out->failed;
}
