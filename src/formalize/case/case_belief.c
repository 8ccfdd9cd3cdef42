/* Belief in the nodes of a case, from below, and the splits that are checked by it. See case_trust.h. */
#include "formalize/case/case_order.h"
#include "formalize/case/case_theorem.h"
#include "formalize/case/case_trust.h"

#include <math.h>
#include <stdio.h>

static bool said(const struct case_node *n, struct trust *t) {
    if (isnan(n->belief) && isnan(n->disbelief)) return false;
    *t = (struct trust){isnan(n->belief) ? 0 : n->belief, isnan(n->disbelief) ? 0 : n->disbelief};
    return trust_valid(*t);
}

/* Of all that support it; false: of one of them nothing is known. *who: the first of those. */
static bool from_below(const struct case_checker *k, const struct case_node *n, struct trust *out, size_t *who) {
    for (size_t i = 0; i < n->n_supported_by; i++) {
        const struct case_node_result *r = &k->report.nodes[n->supported_by[i]];
        struct trust t = {r->belief, r->disbelief};
        *who = n->supported_by[i];
        if (isnan(t.b)) return false;
        *out = i == 0 ? t : n->join == CASE_OR ? trust_or(*out, t) : trust_and(*out, t);
    }
    return n->n_supported_by > 0;
}

static bool explain(struct case_checker *k, struct case_node_result *r, enum case_status status, const char *format,
                    double b, double d) {
    r->status = status;
    r->why = arena_printf(&k->now, k->err, format, b, d);
    return r->why != NULL;
}

/* "b >= 0.9" and the like over b, d and u. */
struct numbers {
    struct arena *arena;
    struct error *err;
    double b, d;
};

static bool look_up(void *context, struct text name, const struct value *argument, size_t n, struct value *out) {
    const struct numbers *x = context;
    double u = 1 - x->b - x->d;
    (void)argument;
    if (n > 0 || name.len != 1 || (name.at[0] != 'b' && name.at[0] != 'd' && name.at[0] != 'u')) return false;
    *out = (struct value){.kind = VALUE_NUMBER};
    out->number = rational_from_f64(x->arena, name.at[0] == 'b' ? x->b : name.at[0] == 'd' ? x->d : u, x->err);
    return out->number != NULL;
}

static bool check_lines(struct case_checker *k, const struct case_node *n, struct case_node_result *r) {
    struct numbers x = {&k->now, k->err, r->belief, r->disbelief};
    r->status = CASE_HOLDS;
    for (size_t i = 0; i < n->n_formal; i++) {
        size_t column;
        struct error why = {0};
        struct value v = {.truth = false};
        const struct formula *f = formula_read(&k->now, n->formal[i].text, &column, &why);
        bool ok = f && formula_evaluate(&k->now, f, look_up, &x, &v, &why) && v.kind == VALUE_TRUTH;
        if (why.kind == ERROR_ENVIRONMENT) return error_set(k->err, why.kind, "%s", why.message);
        if (!ok) {
            r->status = CASE_ERROR;
            r->why = arena_printf(&k->now, k->err, "line %zu: %s (names here are b, d and u)", i + 1,
                                  *why.message ? why.message : "no claim");
            return r->why != NULL;
        }
        if (!v.truth) return explain(k, r, CASE_REFUTED, "belief %.6g, disbelief %.6g", r->belief, r->disbelief);
    }
    return true;
}

static bool check(struct case_checker *k, size_t node, bool known, size_t who) {
    const struct case_node *n = &k->c->nodes[node];
    struct case_node_result *r = &k->report.nodes[node];
    struct trust claim;
    if (!known) {
        r->status = CASE_UNKNOWN;
        r->why = arena_printf(&k->now, k->err, "nothing is said of the belief in %s", k->c->nodes[who].id);
        return r->why != NULL;
    }
    if (n->n_formal > 0) return check_lines(k, n, r);
    if (!said(n, &claim)) return true;
    /* A claim of no disbelief is what files say that mention none. */
    bool enough = r->belief >= claim.b - 1e-12 && (claim.d == 0 || r->disbelief <= claim.d + 1e-12);
    r->status = enough ? CASE_HOLDS : CASE_REFUTED;
    return enough || explain(k, r, CASE_REFUTED, "belief %.6g, disbelief %.6g", r->belief, r->disbelief);
}

bool case_believe(struct case_checker *k) {
    size_t n, *order = case_order(k->c, k->report.root, &k->now, &n, k->err);
    for (size_t i = 0; order && i < n; i++) {
        const struct case_node *node = &k->c->nodes[order[i]];
        struct case_node_result *r = &k->report.nodes[order[i]];
        struct trust t = {NAN, NAN}, own;
        size_t who = order[i];
        bool known = from_below(k, node, &t, &who);
        if (node->n_supported_by == 0) known = said(node, &t);
        /* A strategy is a step of the argument: what is said of it is how far the step itself is believed. */
        if (known && node->kind == CASE_STRATEGY && node->n_supported_by > 0 && said(node, &own))
            t = trust_discount(t, own.b);
        if (known) r->belief = t.b, r->disbelief = t.d;
        if (node->reason == CASE_TRUST && node->n_supported_by > 0 && !check(k, order[i], known, who)) return false;
    }
    return order != NULL;
}
