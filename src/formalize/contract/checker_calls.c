/* Calls that leave the contract: reentrancy, unchecked-call, dos-loop, delegatecall. */
#include "formalize/contract/checker_internal.h"

#include <stdio.h>

/* ---- reentrancy */

/* Hands over control: a call with all the gas to somebody that is not fixed, this contract left out. */
static bool hands_over(const struct flow_event *e) {
    if (e->kind != FLOW_CALL || e->left.from & (FLOW_THIS | FLOW_FIXED)) return false;
    if (e->call == CALL_LOW) return !e->fixed_gas;
    return e->call == CALL_OTHER && e->left.from & (FLOW_PARAM | FLOW_SENDER | FLOW_STATE | FLOW_OTHER);
}

static const struct flow_event *read_before(const struct flow *flow, size_t call, const struct sol_state *s) {
    for (size_t i = 0; i < call; i++)
        if (flow->at[i].kind == FLOW_READ && flow->at[i].state == s) return &flow->at[i];
    return NULL;
}

static bool reenter(struct check *c, const struct flow *flow, size_t call, struct error *err) {
    const struct flow_event *e = &flow->at[call], *read;
    for (size_t k = call + 1; k < flow->n; k++) {
        const struct flow_event *w = &flow->at[k];
        if (w->kind != FLOW_WRITE || !(read = read_before(flow, call, w->state)) || !checker_together(e, w)) continue;
        const struct checker_step steps[] = {
            {read, NULL, "reads it"}, {e, NULL, "hands over control"}, {w, NULL, "writes it, too late"}};
        char what[200];
        snprintf(what, sizeof what, "'%.*s' is written after %s that hands over control, and was read before it",
                 TEXT_ARG(sol_name_text(&c->program->names, w->state->word)),
                 e->call == CALL_LOW ? "a call" : "a call of another contract");
        return checker_tell_at(c, e, e->call == CALL_LOW ? FINDING_ERROR : FINDING_WARNING, what, steps, 3, err);
    }
    return true;
}

bool check_reentrancy(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; checker_acts(flow) && k < flow->n; k++)
            if (hands_over(&flow->at[k]) && !checker_locked(flow, k) && !reenter(c, flow, k, err)) return false;
    }
    return true;
}

/* ---- unchecked-call */

bool check_unchecked_call(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        const struct flow_event *call = NULL;
        for (size_t k = 0; k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            if (e->kind == FLOW_CALL) call = e;
            if (e->kind != FLOW_DROPPED) continue;
            char what[160];
            snprintf(what, sizeof what, "whether '%s' went well is never looked at",
                     call ? flow_call_names[call->call] : "the call");
            const struct checker_step steps[] = {{call, NULL, "the call"}};
            if (!checker_tell_at(c, e, FINDING_WARNING, what, steps, call != NULL, err)) return false;
        }
    }
    return true;
}

/* ---- dos-loop */

/* A payment within a loop: one receiver that refuses stops it for all. */
static bool payments(struct check *c, const struct flow *flow, struct error *err) {
    for (size_t k = 0; k < flow->n; k++) {
        const struct flow_event *e = &flow->at[k];
        if (e->kind != FLOW_CALL || !e->loops || !e->sends || e->loop >= flow->n) continue;
        const struct checker_step steps[] = {{&flow->at[e->loop], NULL, "the loop"}, {e, NULL, "pays within it"}};
        if (!checker_tell_at(c, e, FINDING_WARNING, "pays within a loop: one receiver that refuses stops all of them",
                             steps, 2, err))
            return false;
    }
    return true;
}

/* The number of rounds of `i < 350`; 0: it is not a number. */
static uint64_t rounds(const struct flow_event *loop) {
    const struct sol_node *condition = loop->node->kind == N_FOR ? sol_child(loop->node, 1) : NULL;
    const struct sol_node *right = condition && condition->kind == N_BINARY ? condition->last : NULL;
    uint64_t n = 0;
    if (!right || right->kind != N_NUMBER || !text_to_u64(sol_source(loop->file, right), &n)) return 0;
    return n;
}

/* What grows by more than a block has gas for: 20,000 a new slot (Ethereum yellow paper, G_sset), at 3,000,000. */
static bool growth(struct check *c, const struct flow *flow, struct error *err) {
    enum { SLOTS_MOST = 150 };
    for (size_t k = 0; k < flow->n; k++) {
        const struct flow_event *e = &flow->at[k];
        if (e->kind != FLOW_WRITE || e->op != SOL_PUSH || e->loop >= flow->n) continue;
        const struct flow_event *loop = &flow->at[e->loop];
        if (rounds(loop) < SLOTS_MOST) continue;
        const struct checker_step steps[] = {{loop, NULL, "the loop"}, {e, NULL, "a new slot each round"}};
        if (!checker_tell_at(c, loop, FINDING_WARNING, "a loop that fills more slots than a block has gas for", steps,
                             2, err))
            return false;
    }
    return true;
}

static bool lists(struct check *c, const struct flow *flow, struct error *err) {
    for (size_t k = 0; k < flow->n; k++) {
        const struct flow_event *e = &flow->at[k];
        if (e->kind != FLOW_LOOP || !(e->left.from & FLOW_LENGTH)) continue;
        const struct checker_step steps[] = {{e, NULL, "goes through all of it"}};
        if (!checker_tell_at(c, e, FINDING_WARNING, "goes through a stored list that grows without a bound", steps, 1,
                             err))
            return false;
    }
    return true;
}

/* Must a payment go well? transfer always; send and call where a condition says so. */
static bool must_go_well(const struct flow *flow, size_t call) {
    const struct flow_event *e = &flow->at[call];
    if (e->call == CALL_TRANSFER) return true;
    for (size_t k = call + 1; k < flow->n && k < call + 4; k++) {
        const struct flow_event *g = &flow->at[k];
        if (g->kind == FLOW_GUARD && g->guards && g->guards->left.from & FLOW_RESULT) return true;
    }
    return false;
}

/* A payment to whoever stands in a variable, which a caller then takes over: who refuses it stays there. */
static bool throne(struct check *c, const struct flow *flow, struct error *err) {
    for (size_t k = 0; k < flow->n; k++) {
        const struct flow_event *e = &flow->at[k];
        if (e->kind != FLOW_CALL || !e->sends || !e->left.state || e->left.keys || !must_go_well(flow, k)) continue;
        for (size_t j = 0; j < flow->n; j++) {
            const struct flow_event *w = &flow->at[j];
            if (w->kind != FLOW_WRITE || w->state != e->left.state || !(w->right.from & (FLOW_SENDER | FLOW_PARAM)) ||
                flow_checked(w->guards))
                continue;
            const struct checker_step steps[] = {{e, NULL, "pays whoever stood there"},
                                                 {w, NULL, "a caller takes the place"}};
            if (!checker_tell_at(c, e, FINDING_WARNING, "who refuses this payment keeps the place for good", steps, 2,
                                 err))
                return false;
            break;
        }
    }
    return true;
}

bool check_dos_loop(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        if (!checker_acts(flow)) continue;
        if (!payments(c, flow, err) || !growth(c, flow, err) || !lists(c, flow, err) || !throne(c, flow, err))
            return false;
    }
    return true;
}

/* ---- delegatecall */

static const char *chosen(const struct flow_event *e) {
    if (e->left.from & (FLOW_PARAM | FLOW_SENDER)) return "a caller chooses whose code runs as this contract";
    if (e->left.state && !(e->left.from & FLOW_FIXED) && e->left.state->opened)
        return "anybody may set whose code runs as this contract";
    return NULL;
}

bool check_delegatecall(struct check *c, struct error *err) {
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct flow *flow = &c->flows[i];
        for (size_t k = 0; flow->function->is_entry && k < flow->n; k++) {
            const struct flow_event *e = &flow->at[k];
            if (e->kind != FLOW_CALL || e->call != CALL_DELEGATE || flow_checked(e->guards) || !chosen(e)) continue;
            const struct checker_step steps[] = {{e, NULL, "runs it"}};
            if (!checker_tell_at(c, e, FINDING_ERROR, chosen(e), steps, 1, err)) return false;
        }
    }
    return true;
}
