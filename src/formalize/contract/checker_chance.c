/* What others know or set: timestamp, randomness, front-run. */
#include "formalize/contract/checker_internal.h"

#include <stdio.h>

/* ---- timestamp */

/* A condition on the time of a block that a few seconds change: equality, or a bound that is no stored moment and no
 * span of a quarter of an hour. Numbers of blocks are no clock. */
static const char *decides(const struct flow_guard *g) {
    uint32_t any = g->left.from | g->right.from;
    bool order = g->op && g->op != sol_op("==") && g->op != sol_op("!=");
    if (any & FLOW_HEIGHT && any & FLOW_STATE && order) return "the number of a block is taken for the time";
    if (!(any & FLOW_TIME) || any & FLOW_SPAN) return NULL;
    if (!order) return "the exact time of a block decides a payment";
    return any & FLOW_STATE ? NULL : "the time of a block decides a payment within moments";
}

bool check_timestamp(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; checker_acts(flow) && k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            for (const struct flow_guard *g = checker_pays(e) ? e->guards : NULL; g; g = g->up) {
                if (!decides(g) || g->any & FLOW_CHANCE) continue;
                const struct checker_step steps[] = {{NULL, g, "the condition"}, {e, NULL, "the payment"}};
                if (!checker_tell(c, e->in, g->file, sol_line(g->file, g->node), decides(g), steps, 2, err))
                    return false;
            }
        }
    }
    return true;
}

/* ---- randomness */

static bool is_guessable(const struct flow_event *e) {
    bool hashed = e->left.from & FLOW_HASH;
    if (e->kind != FLOW_MODULUS) return false;
    if (e->left.from & FLOW_CHANCE) return true;
    if (!(e->left.from & (FLOW_TIME | FLOW_HEIGHT))) return false;
    return hashed || !(e->right.from & FLOW_SPAN);
}

bool check_randomness(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            const struct checker_step steps[] = {{e, NULL, "made of what is known of the block"}};
            if (is_guessable(e) && !checker_tell_at(c, e, FINDING_ERROR,
                                                    "chance made of the hash, number, time or miner of a block, which "
                                                    "everybody in it knows",
                                                    steps, 1, err))
                return false;
        }
    }
    return true;
}

/* ---- front-run */

static bool is_drawn_by_others(const struct check *c, const struct sol_state *s) {
    for (size_t i = 0; i < c->n_flows; i++)
        for (size_t k = 0; k < c->flows[i].n; k++) {
            const struct flow_event *e = &c->flows[i].at[k];
            if (e->kind == FLOW_WRITE && e->state == s && e->keys[0] & FLOW_PARAM && e->keys[1] & FLOW_SENDER)
                return true;
        }
    return false;
}

/* An allowance that is overwritten: who may draw sees the change coming, and draws both. */
static bool is_allowance(const struct check *c, const struct flow_event *e) {
    if (e->kind != FLOW_WRITE || e->op != '=' || e->state->type->kind != N_MAPPING) return false;
    if (!(e->keys[0] & FLOW_SENDER) || !(e->keys[1] & FLOW_PARAM) || e->right.from != FLOW_PARAM) return false;
    for (const struct flow_guard *g = e->guards; g; g = g->up)
        if (g->left.form == e->left.form || g->right.form == e->left.form) return false;
    return is_drawn_by_others(c, e->state);
}

/* Pays whoever names what is stored (or what has its hash): who sees the answer first is paid. */
static const struct flow_guard *is_riddle(const struct flow_event *e) {
    if (e->kind != FLOW_CALL || !e->sends || !(e->left.from & FLOW_SENDER) || checker_about(e->guards, FLOW_SENDER))
        return NULL;
    for (const struct flow_guard *g = e->guards; g; g = g->up) {
        if (g->op != sol_op("==") || g->any & FLOW_VALUE) continue;
        uint32_t a = g->left.from, b = g->right.from;
        if ((a & FLOW_PARAM && b & FLOW_STATE && !(b & FLOW_PARAM)) ||
            (b & FLOW_PARAM && a & FLOW_STATE && !(a & FLOW_PARAM)))
            return g;
    }
    return NULL;
}

bool check_front_run(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; checker_acts(flow) && k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            const struct flow_guard *g = is_riddle(e);
            const struct checker_step riddle[] = {{NULL, g, "the answer, for all to see"}, {e, NULL, "pays for it"}};
            const struct checker_step allowance[] = {{e, NULL, "overwrites it"}};
            if (g && !checker_tell_at(c, e, FINDING_WARNING, "pays whoever gives the answer first", riddle, 2, err))
                return false;
            if (is_allowance(c, e) &&
                !checker_tell_at(c, e, FINDING_WARNING,
                                 "an allowance is overwritten: who sees it coming draws the old one and the new one",
                                 allowance, 1, err))
                return false;
        }
    }
    return true;
}
