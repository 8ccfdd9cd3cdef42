/* Who may: access, tx-origin, selfdestruct, wrong-constructor. */
#include "formalize/contract/checker_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- tx-origin */

bool check_tx_origin(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            const struct flow_guard *g = e->kind == FLOW_GUARD ? e->guards : NULL;
            if (!g || !((g->left.from | g->right.from) & FLOW_ORIGIN) || g->any & FLOW_SENDER) continue;
            const struct checker_step steps[] = {{e, NULL, "the test"}};
            if (!checker_tell_at(c, e, FINDING_ERROR, "tx.origin decides who may: any contract on the way keeps it",
                                 steps, 1, err))
                return false;
        }
    }
    return true;
}

/* ---- access */

/* Writes who may do something. */
static bool takes_role(const struct flow *flow, const struct flow_event *e) {
    return e->kind == FLOW_WRITE && e->state->is_role && !(e->keys[0] & FLOW_SENDER) && e->op != SOL_DELETE &&
           !checker_about(e->guards, FLOW_VALUE) && !checker_once(flow, e) &&
           e->right.from & (FLOW_SENDER | FLOW_PARAM);
}

/* A place that a condition (or a subtraction that cannot wrap) takes the paid amount from. */
static bool is_taken_from(const struct flow *flow, const struct flow_event *pay) {
    for (size_t k = 0; k < flow->n; k++) {
        const struct flow_event *w = &flow->at[k];
        if (w->kind != FLOW_WRITE || !w->state->sums || !(w->keys[0] & FLOW_SENDER)) continue;
        if (w->op == sol_op("-=") && contract_wraps(w->file)) continue; /* it may wrap: only a condition helps */
        return true;
    }
    return checker_at_most(pay->guards, pay->right);
}

/* Is what was paid out struck off? */
static bool is_struck_off(const struct flow *flow, const struct flow_event *pay) {
    for (size_t k = 0; k < flow->n; k++) {
        const struct flow_event *w = &flow->at[k];
        if (w->kind == FLOW_WRITE && (w->left.form == pay->right.form || w->keys[0] & FLOW_SENDER)) return true;
    }
    return false;
}

static const char *drains(const struct flow *flow, const struct flow_event *e) {
    const uint32_t known = FLOW_STATE | FLOW_SENDER | FLOW_VALUE | FLOW_CHECKED | FLOW_OTHER | FLOW_ORIGIN;
    if (e->kind != FLOW_CALL || !e->sends || !(e->left.from & (FLOW_SENDER | FLOW_PARAM | FLOW_ORIGIN))) return NULL;
    if (e->right.from & FLOW_BALANCE)
        return checker_about(e->guards, known) ? NULL : "anybody may take all that the contract holds";
    if (e->right.from & FLOW_STATE && e->right.keys & FLOW_SENDER && !(e->right.from & FLOW_PARAM))
        return is_struck_off(flow, e) ? NULL : "pays out what a record says, and never strikes it off";
    if (e->right.from & FLOW_PARAM && !(e->right.from & (FLOW_STATE | FLOW_VALUE)))
        return is_taken_from(flow, e) || checker_about(e->guards, FLOW_VALUE) ? NULL
                                                                              : "a caller chooses how much is paid out";
    return NULL;
}

static bool is_untested(const struct flow_event *e) {
    return !checker_about(e->guards, FLOW_SENDER | FLOW_VALUE | FLOW_CHECKED | FLOW_ORIGIN);
}

/* Does something else in the call depend on who calls: a record that is lowered, a payment that came? */
static bool is_settled(const struct flow *flow) {
    for (size_t k = 0; k < flow->n; k++) {
        const struct flow_event *w = &flow->at[k];
        if (w->kind == FLOW_WRITE && ((w->keys[0] | w->keys[1]) & FLOW_SENDER || w->right.from & FLOW_VALUE))
            return true;
        if (w->kind == FLOW_CALL && w->call == CALL_OTHER) return true; /* a token that is drawn in, perhaps */
    }
    return false;
}

static bool is_total(const struct flow *flow, const struct flow_event *mint) {
    for (size_t k = 0; k < flow->n; k++) {
        const struct flow_event *w = &flow->at[k];
        if (w->kind == FLOW_WRITE && w->state->sums && w->state->type->kind == N_TYPE && w->right.from & FLOW_PARAM &&
            w != mint && w->state != mint->state)
            return true;
    }
    return false;
}

/* A sum at a place that a caller names, by an amount that a caller names. */
static const char *conjures(const struct flow *flow, const struct flow_event *e) {
    bool named = e->kind == FLOW_WRITE && e->state->sums && e->state->type->kind == N_MAPPING &&
                 e->keys[0] & FLOW_PARAM && !(e->keys[0] & FLOW_SENDER) && e->right.from & FLOW_PARAM;
    if (!named || !is_untested(e) || is_settled(flow)) return NULL;
    if (e->op == sol_op("-=")) return "a caller takes from a record that is not theirs";
    return is_total(flow, e) ? "anybody may create value" : NULL;
}

bool check_access(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; checker_acts(flow) && k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            if (flow_checked(e->guards)) continue;
            const char *what = takes_role(flow, e) ? "anybody may write who may do what"
                               : drains(flow, e)   ? drains(flow, e)
                                                   : conjures(flow, e);
            const struct checker_step steps[] = {{e, NULL, "no test of msg.sender stands before it"}};
            if (what && !checker_tell_at(c, e, FINDING_ERROR, what, steps, 1, err)) return false;
        }
    }
    return true;
}

/* ---- selfdestruct */

static bool has_constructor(const struct sol_contract *c) {
    for (size_t i = 0; i < c->n_order; i++)
        for (size_t k = 0; k < c->order[i]->n_functions; k++)
            if (c->order[i]->functions[k].is_constructor) return true;
    return false;
}

/* A function that anybody may call once, and that remembers who did. */
static const struct flow_event *first_come(const struct check *c) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; checker_acts(flow) && k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            if (e->kind == FLOW_WRITE && (e->keys[0] | e->right.from) & FLOW_SENDER && checker_once(flow, e) &&
                !flow_checked(e->guards))
                return e;
        }
    }
    return NULL;
}

static bool end_of(struct check *c, const struct flow_event *e, const struct flow_event *first, struct error *err) {
    const struct checker_step steps[] = {{first, NULL, "remembers who called first"}, {e, NULL, "ends the contract"}};
    if (!flow_checked(e->guards))
        return checker_tell_at(c, e, FINDING_ERROR, "anybody may end the contract", steps + 1, 1, err);
    return !first || checker_tell_at(c, e, FINDING_ERROR,
                                     "without a constructor, whoever calls first owns the contract and may end it",
                                     steps, 2, err);
}

bool check_selfdestruct(struct check *c, struct error *err) {
    const struct flow_event *first = has_constructor(c->contract) ? NULL : first_come(c);
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; flow->function->is_entry && k < flow->n; k++)
            if (flow->at[k].kind == FLOW_DESTROY && !end_of(c, &flow->at[k], first, err)) return false;
    }
    return true;
}

/* ---- wrong-constructor */

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static size_t distance(struct text a, struct text b) {
    enum { MOST = 64 };
    size_t row[MOST + 1];
    if (a.len > MOST || b.len > MOST) return MOST;
    for (size_t k = 0; k <= b.len; k++) row[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t change = corner + (lower(a.at[i - 1]) != lower(b.at[k - 1])), least;
            corner = row[k];
            least = row[k] < row[k - 1] ? row[k] + 1 : row[k - 1] + 1;
            row[k] = change < least ? change : least;
        }
    }
    return row[b.len];
}

static bool holds_nocase(struct text t, struct text part) {
    for (size_t i = 0; part.len && i + part.len <= t.len; i++)
        if (text_equal_nocase(text_part(t, i, i + part.len), part)) return true;
    return false;
}

/* But for case, one letter (two of a long name), or something before or behind it, the name of the contract. */
static bool is_meant(struct text name, struct text contract) {
    if (contract.len < 3) return text_equal_nocase(name, contract);
    return distance(name, contract) <= (contract.len > 6 ? 2u : 1u) ||
           (contract.len > 4 && name.len <= contract.len + 4 && holds_nocase(name, contract));
}

static bool has_own_constructor(const struct sol_contract *c) {
    for (size_t k = 0; k < c->n_functions; k++)
        if (c->functions[k].is_constructor) return true;
    return false;
}

/* Sets an address to who calls, without any test. */
static const struct flow_event *sets_owner(const struct flow *flow) {
    for (size_t k = 0; k < flow->n; k++) {
        const struct flow_event *e = &flow->at[k];
        if (e->kind == FLOW_WRITE && !e->guards && e->op == '=' && e->right.from & FLOW_SENDER &&
            e->state->type->kind == N_TYPE)
            return e;
    }
    return NULL;
}

bool check_wrong_constructor(struct check *c, struct error *err) {
    struct text contract = sol_name_text(&c->program->names, c->contract->word);
    if (c->contract->file->version >= 5000 || has_own_constructor(c->contract)) return true;
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        const struct flow_event *e = flow->function->is_entry && flow->function->word ? sets_owner(flow) : NULL;
        struct text name = sol_name_text(&c->program->names, flow->function->word);
        if (!e || !is_meant(name, contract)) continue;
        char what[200];
        snprintf(what, sizeof what, "'%.*s' is not the constructor of '%.*s', and sets its owner", TEXT_ARG(name),
                 TEXT_ARG(contract));
        const struct checker_step steps[] = {{e, NULL, "sets it to whoever calls"}};
        if (!checker_tell(c, flow->function, flow->function->file, sol_line(flow->function->file, flow->function->node),
                          what, steps, 1, err))
            return false;
    }
    return true;
}
