/* The algorithm ID: see identify.h. Its lines are numbered as in the paper. */
#include "measure/causal/identify.h"

#include <stdio.h>

/* The distribution of a call: of the nodes of its graph, as it can be had from what is observed. Three forms: the
 * observed one itself of an ancestral set (plain); a product of one factor for each node, in topological order; any
 * formula. */
struct law {
    graph_set nodes;
    bool plain;
    const struct estimand *factor[GRAPH_NODES_MOST]; /* of each node, where there are factors */
    const struct estimand *whole;                    /* NULL: plain or factors */
};
struct work {
    const struct graph *whole;
    size_t place[GRAPH_NODES_MOST]; /* of each node in the topological order */
    struct arena *arena;
    struct identify_result *out;
    struct error *err;
};

/* ---- formulas ---- */

static struct estimand *node_of(struct work *w, enum estimand_kind kind, size_t parts) {
    struct estimand *f = arena_new(w->arena, struct estimand, 1, w->err);
    if (!f) return NULL;
    f->kind = kind;
    f->part = parts ? arena_new(w->arena, const struct estimand *, parts, w->err) : NULL;
    return parts && !f->part ? NULL : f;
}

static const struct estimand *sum_over(struct work *w, graph_set of, const struct estimand *f) {
    if (!f || !of) return f;
    if (f->kind == ESTIMAND_SUM && !(f->of & of)) of |= f->of, f = f->part[0];
    struct estimand *sum = node_of(w, ESTIMAND_SUM, 1);
    if (!sum) return NULL;
    sum->of = of;
    sum->part[sum->n++] = f;
    return sum;
}

static const struct estimand *conditional(struct work *w, graph_set of, graph_set given) {
    struct estimand *f = node_of(w, ESTIMAND_CONDITIONAL, 0);
    if (f) f->of = of, f->given = given;
    return f;
}

static const struct estimand *ratio(struct work *w, const struct estimand *over, const struct estimand *under) {
    struct estimand *f = over && under ? node_of(w, ESTIMAND_RATIO, 2) : NULL;
    if (f) f->part[0] = over, f->part[1] = under, f->n = 2;
    return f;
}

/* Nodes of s before (or, later, behind) a node in the order. */
static graph_set before(const struct work *w, graph_set s, size_t node) {
    graph_set out = 0;
    for (; s; s &= s - 1)
        if (w->place[graph_first(s)] < w->place[node]) out |= s & -s;
    return out;
}

/* The nodes of a set, the first in the order first. */
static size_t in_order(const struct work *w, graph_set s, size_t out[GRAPH_NODES_MOST]) {
    size_t n = 0;
    for (; s; s &= s - 1) {
        size_t k = n++;
        for (; k > 0 && w->place[out[k - 1]] > w->place[graph_first(s)]; k--) out[k] = out[k - 1];
        out[k] = graph_first(s);
    }
    return n;
}

static const struct estimand *product_of_factors(struct work *w, const struct law *law, graph_set nodes) {
    size_t order[GRAPH_NODES_MOST], n = in_order(w, nodes, order);
    struct estimand *f = node_of(w, ESTIMAND_PRODUCT, n);
    for (size_t i = n; f && i-- > 0;) f->part[f->n++] = law->factor[order[i]];
    return f && f->n == 1 ? f->part[0] : f;
}

/* The law as one formula. */
static const struct estimand *law_formula(struct work *w, const struct law *law) {
    if (law->plain) return conditional(w, law->nodes, 0);
    return law->whole ? law->whole : product_of_factors(w, law, law->nodes);
}

/* P(node | the nodes before it) in the law. */
static const struct estimand *factor_of(struct work *w, const struct law *law, size_t node) {
    graph_set earlier = before(w, law->nodes, node), later = law->nodes & ~earlier & ~graph_one(node);
    if (law->plain) return conditional(w, graph_one(node), earlier);
    if (!law->whole) return law->factor[node];
    return ratio(w, sum_over(w, later, law->whole), sum_over(w, later | graph_one(node), law->whole));
}

/* The law of fewer nodes. Factors of the last nodes sum to 1; others must be summed out. */
static bool marginal(struct work *w, const struct law *law, graph_set keep, struct law *out) {
    graph_set gone = law->nodes & ~keep, amid = 0;
    *out = *law;
    out->nodes = keep;
    if (law->plain) return true;
    for (graph_set s = keep; s; s &= s - 1) amid |= before(w, gone, graph_first(s));
    if (!law->whole && !amid) return true;
    out->whole =
        sum_over(w, law->whole ? gone : amid, law->whole ? law->whole : product_of_factors(w, law, keep | amid));
    return out->whole != NULL;
}

/* ---- steps ---- */

static bool say(struct work *w, int depth, int line, const char *format, ...) PRINTF_LIKE(4, 5);
static bool say(struct work *w, int depth, int line, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (w->out->n_steps == IDENTIFY_STEPS_MOST)
        return error_set(w->err, ERROR_DATA, "%s: more than %d steps", w->whole->file, IDENTIFY_STEPS_MOST);
    struct identify_step *s = &w->out->step[w->out->n_steps++];
    *s = (struct identify_step){depth, line, text_copy(w->arena, text_of(text), w->err)};
    return s->what != NULL;
}

/* The names of a set, for one message. */
struct names {
    char at[256];
};
static struct names names_of(const struct work *w, graph_set s) {
    struct names out = {""};
    size_t len = 0;
    for (; s; s &= s - 1) {
        const char *name = w->whole->name[graph_first(s)];
        int more = snprintf(out.at + len, sizeof out.at - len, "%s%s", len ? ", " : "", name);
        len += (size_t)more;
        if (len >= sizeof out.at) break;
    }
    return out;
}
#define NAMES(set) names_of(w, set).at

/* ---- the algorithm ---- */

struct call {
    graph_set y, x, v; /* v: the nodes of the graph */
    const struct law *law;
    int depth;
};
static const struct estimand *solve(struct work *w, struct call c);

static size_t districts(const struct graph *g, graph_set v, graph_set out[GRAPH_NODES_MOST]) {
    size_t n = 0;
    for (graph_set rest = v; rest; rest &= ~out[n++]) out[n] = graph_district(g, v, graph_first(rest));
    return n;
}

static const struct estimand *line_4(struct work *w, struct call c, const graph_set *part, size_t n) {
    struct estimand *product = node_of(w, ESTIMAND_PRODUCT, n);
    if (!product || !say(w, c.depth, 4,
                         "without {%s} what hidden causes join falls into %zu parts: the effect is the product of "
                         "theirs, summed over what is neither asked for nor set",
                         NAMES(c.x), n))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        struct call inner = {part[i], c.v & ~part[i], c.v, c.law, c.depth + 1};
        const struct estimand *f = solve(w, inner);
        if (!f) return NULL;
        product->part[product->n++] = f;
    }
    return sum_over(w, c.v & ~(c.y | c.x), product);
}

static const struct estimand *line_6(struct work *w, struct call c, graph_set s) {
    struct law law = {.nodes = s};
    if (!say(w, c.depth, 6, "{%s} shares no hidden cause with others: each of it given what comes before it", NAMES(s)))
        return NULL;
    for (graph_set k = s; k; k &= k - 1)
        if (!(law.factor[graph_first(k)] = factor_of(w, c.law, graph_first(k)))) return NULL;
    return sum_over(w, s & ~c.y, product_of_factors(w, &law, s));
}

static const struct estimand *line_7(struct work *w, struct call c, graph_set s, graph_set around) {
    struct law law = {.nodes = around};
    if (!say(w, c.depth, 7, "{%s} shares hidden causes with {%s}: go on within both, where only {%s} is still set",
             NAMES(s), NAMES(around & ~s), NAMES(c.x & around)))
        return NULL;
    for (graph_set k = around; k; k &= k - 1)
        if (!(law.factor[graph_first(k)] = factor_of(w, c.law, graph_first(k)))) return NULL;
    return solve(w, (struct call){c.y, c.x & around, around, &law, c.depth + 1});
}

/* One part only is left without x. */
static const struct estimand *one_part(struct work *w, struct call c, const struct graph *g, graph_set s) {
    graph_set around = graph_district(g, c.v, graph_first(s));
    if (around == c.v) {
        w->out->hedge = c.v, w->out->inside = s;
        if (say(w, c.depth, 5, "hidden causes join all of {%s}, with {%s} and without: a hedge; no formula exists",
                NAMES(c.v), NAMES(c.x)))
            error_clear(w->err);
        return NULL;
    }
    return around == s ? line_6(w, c, s) : line_7(w, c, s, around);
}

static const struct estimand *solve(struct work *w, struct call c) {
    struct graph g = graph_among(w->whole, c.v);
    graph_set ancestors = graph_ancestors(&g, c.y), part[GRAPH_NODES_MOST];
    struct law smaller;
    if (!c.x) {
        if (!say(w, c.depth, 1, "nothing is set: {%s} as it is observed", NAMES(c.y)) ||
            !marginal(w, c.law, c.y, &smaller))
            return NULL;
        return law_formula(w, &smaller);
    }
    if (c.v & ~ancestors) {
        if (!say(w, c.depth, 2, "{%s} comes before none of {%s} and is left out", NAMES(c.v & ~ancestors),
                 NAMES(c.y)) ||
            !marginal(w, c.law, ancestors, &smaller))
            return NULL;
        return solve(w, (struct call){c.y, c.x & ancestors, ancestors, &smaller, c.depth});
    }
    struct graph set = graph_without_in(&g, c.x);
    graph_set idle = c.v & ~c.x & ~graph_ancestors(&set, c.y);
    if (idle) {
        if (!say(w, c.depth, 3, "with {%s} set, {%s} has no influence: it may be set, too (rule 3)", NAMES(c.x),
                 NAMES(idle)))
            return NULL;
        return solve(w, (struct call){c.y, c.x | idle, c.v, c.law, c.depth});
    }
    size_t n = districts(&g, c.v & ~c.x, part);
    return n > 1 ? line_4(w, c, part, n) : one_part(w, c, &g, part[0]);
}

bool identify(const struct graph *g, graph_set x, graph_set y, struct arena *arena, struct identify_result *out,
              struct error *err) {
    struct error own = {.kind = ERROR_NONE};
    struct work w = {.whole = g, .arena = arena, .out = out, .err = err ? err : &own};
    struct law law = {.nodes = graph_all(g), .plain = true};
    size_t order[GRAPH_NODES_MOST];
    *out = (struct identify_result){.identifiable = false};
    if (!x || !y || (x & y))
        return error_set(err, ERROR_USAGE, "%s: treatment and outcome must be different nodes", g->file);
    if (!(out->step = arena_new(arena, struct identify_step, IDENTIFY_STEPS_MOST, err))) return false;
    error_clear(w.err);
    graph_order(g, order);
    for (size_t i = 0; i < g->n; i++) w.place[order[i]] = i;
    out->formula = solve(&w, (struct call){y, x, graph_all(g), &law, 0});
    out->identifiable = out->formula != NULL;
    return out->identifiable || w.err->kind == ERROR_NONE;
}
