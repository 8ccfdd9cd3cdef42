/* Numbers: overflow, price-read. */
#include "formalize/contract/checker_internal.h"

#include <stdio.h>

/* ---- overflow */

static bool is_order(uint32_t op) {
    return op == '<' || op == '>' || op == sol_op("<=") || op == sol_op(">=");
}

static bool sides(const struct flow_guard *g, uint64_t a, uint64_t b) {
    return (g->left.form == a && g->right.form == b) || (g->left.form == b && g->right.form == a);
}

/* a >= b holds where a - b is computed. */
static bool is_greater(const struct flow_guard *guards, struct flow_value a, struct flow_value b) {
    for (const struct flow_guard *g = guards; g; g = g->up) {
        bool more = g->op == '>' || g->op == sol_op(">="), less = g->op == '<' || g->op == sol_op("<=");
        if (more && g->left.form == a.form && g->right.form == b.form) return true;
        if (less && g->left.form == b.form && g->right.form == a.form) return true;
    }
    return false;
}

/* A condition that looks at the result: c >= a behind c = a + b, c / a == b behind c = a * b. */
static bool looks_back(const struct flow_guard *g, const struct flow_event *e) {
    uint64_t r = e->result.form, a = e->left.form, b = e->right.form;
    if (is_order(g->op) && (sides(g, r, a) || sides(g, r, b) || (e->op != '*' && sides(g, a, b)))) return true;
    if (e->op != '*') return false;
    uint64_t by_a = flow_form('/', r, a), by_b = flow_form('/', r, b);
    return g->left.form == by_a || g->right.form == by_a || g->left.form == by_b || g->right.form == by_b;
}

static bool is_proved(const struct flow *flow, size_t at) {
    const struct flow_event *e = &flow->at[at];
    for (const struct flow_guard *g = e->guards; g; g = g->up)
        if (e->op != '-' && looks_back(g, e)) return true;
    for (size_t k = at + 1; k < flow->n; k++)
        if (flow->at[k].kind == FLOW_GUARD && flow->at[k].guards && looks_back(flow->at[k].guards, e)) return true;
    return false;
}

static bool is_chosen(struct flow_value v) {
    return v.from & FLOW_PARAM;
}

static bool is_bounded(const struct flow_event *e, struct flow_value v) {
    return !is_chosen(v) || checker_at_most(e->guards, v);
}

static bool is_quotient(const struct sol_node *node) {
    while (node && node->kind == N_TUPLE && node->first && !node->first->next) node = node->first;
    return node && node->kind == N_BINARY && (node->word == '/' || node->word == '%');
}

static bool is_constant(struct flow_value v) {
    return v.from == 0 || v.from & FLOW_FIXED;
}

static bool wraps_around(const struct flow *flow, size_t at) {
    const struct flow_event *e = &flow->at[at];
    if (e->kind != FLOW_ARITH || !e->wraps || (!is_chosen(e->left) && !is_chosen(e->right))) return false;
    if (e->op == '-')
        return !is_constant(e->right) && !is_greater(e->guards, e->left, e->right) && !is_proved(flow, at);
    if (e->op != '+' && e->op != '*') return false;
    if (e->op == '+' &&
        (is_constant(e->left) || is_constant(e->right) || is_quotient(e->node->last) || is_quotient(e->node->first)))
        return false;
    return !(is_bounded(e, e->left) && is_bounded(e, e->right)) && !is_proved(flow, at);
}

bool check_overflow(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; flow->function->is_entry && k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            if (!wraps_around(flow, k)) continue;
            char what[160];
            snprintf(what, sizeof what, "'%s' of a number that a caller chooses wraps around unseen",
                     e->op == '+'   ? "+"
                     : e->op == '-' ? "-"
                                    : "*");
            const struct checker_step steps[] = {{e, NULL, "no condition bounds it"}};
            if (!checker_tell_at(c, e, FINDING_ERROR, what, steps, 1, err)) return false;
        }
    }
    return true;
}

/* ---- price-read */

static bool spends(const struct flow_event *e) {
    if (e->kind == FLOW_WRITE) return e->right.from & FLOW_SPOT && e->state->sums;
    if (e->kind != FLOW_CALL) return false;
    return (e->sends && e->right.from & FLOW_SPOT) || (e->call == CALL_OTHER && e->keys[0] & FLOW_SPOT);
}

bool check_price_read(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; checker_acts(flow) && k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            const struct checker_step steps[] = {{e, NULL, "the amount"}};
            if (spends(e) && !flow_checked(e->guards) &&
                !checker_tell_at(c, e, FINDING_WARNING, "a price or balance of this very moment decides an amount",
                                 steps, 1, err))
                return false;
        }
    }
    return true;
}
