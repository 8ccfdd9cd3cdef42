/* See contract_facts.h. */
#include "formalize/contract/contract_facts.h"

struct facts {
    const struct sol_contract *contract;
    const struct sol_function *function;
};

static struct sol_state *state_of(const struct facts *f, const struct sol_node *node) {
    while (node && (node->kind == N_INDEX || node->kind == N_MEMBER ||
                    (node->kind == N_TUPLE && node->first && !node->first->next)))
        node = node->first;
    if (!node || node->kind != N_NAME) return NULL;
    return (struct sol_state *)contract_state(f->contract, node->word);
}

static bool is_sender(const struct sol_node *node) {
    while (node->kind == N_TUPLE && node->first && !node->first->next) node = node->first;
    if (node->kind == N_CALL && node->first && node->first->next && !node->first->next->next)
        return is_sender(node->first->next); /* address(msg.sender) */
    if (node->kind == N_CALL) return node->first && node->first->kind == N_NAME && node->first->word == W__msgSender;
    return node->kind == N_MEMBER && node->word == W_sender && node->first->kind == N_NAME &&
           node->first->word == W_msg;
}

/* ---- what is written */

static void wrote(const struct facts *f, const struct sol_node *to, uint32_t op) {
    struct sol_state *s;
    if (to->kind == N_TUPLE)
        for (const struct sol_node *one = to->first; one; one = one->next) wrote(f, one, op);
    if (!(s = state_of(f, to))) return;
    s->written |= !f->function->is_constructor;
    s->sums |= op == sol_op("+=") || op == sol_op("-=") || op == sol_op("++") || op == sol_op("--");
    s->grows |= op == SOL_PUSH || (to->kind == N_MEMBER && to->word == W_length);
}

/* x = x + y, x = x.add(y) */
static bool is_sum(const struct facts *f, const struct sol_node *value, const struct sol_state *of) {
    if (!value) return false;
    if (value->kind == N_BINARY && (value->word == '+' || value->word == '-'))
        return state_of(f, value->first) == of || state_of(f, value->last) == of;
    if (value->kind != N_CALL || !value->first) return false;
    const struct sol_node *what = value->first;
    if (what->kind == N_MEMBER && what->word >= W_add && what->word <= W_mod)
        return state_of(f, what->first) == of || state_of(f, what->next) == of;
    return false;
}

static void assigned(const struct facts *f, const struct sol_node *node) {
    const struct sol_state *s = state_of(f, node->first);
    wrote(f, node->first, node->word);
    if (s && is_sum(f, node->last, s)) ((struct sol_state *)s)->sums = true;
}

/* ---- who may */

static void roles(const struct facts *f, const struct sol_node *node, bool holds) {
    struct sol_state *s;
    if (node->kind == N_UNARY && node->word == '!') {
        roles(f, node->first, !holds);
        return;
    }
    if (node->kind == N_BINARY && (node->word == sol_op("==") || node->word == sol_op("!="))) {
        if (is_sender(node->first) && (s = state_of(f, node->last))) s->is_role = true;
        if (is_sender(node->last) && (s = state_of(f, node->first))) s->is_role = true;
    }
    if (node->kind == N_INDEX && holds && node->last != node->first && is_sender(node->last) &&
        (s = state_of(f, node)) && !s->sums)
        s->is_role = true;
    for (const struct sol_node *c = node->first; c; c = c->next) roles(f, c, holds);
}

static bool is_require(const struct sol_node *node) {
    return node->kind == N_CALL && node->first && node->first->kind == N_NAME && node->first->next &&
           (node->first->word == W_require || node->first->word == W_assert);
}

static void visit(const struct facts *f, const struct sol_node *node, bool second) {
    if (!second && node->kind == N_ASSIGN) assigned(f, node);
    if (!second && node->kind == N_UNARY && node->word == SOL_DELETE) wrote(f, node->first, SOL_DELETE);
    if (!second && (node->kind == N_UNARY || node->kind == N_POSTFIX) &&
        (node->word == sol_op("++") || node->word == sol_op("--")))
        wrote(f, node->first, node->word);
    if (!second && node->kind == N_CALL && node->first && node->first->kind == N_MEMBER &&
        (node->first->word == W_push || node->first->word == W_pop))
        wrote(f, node->first->first, node->first->word == W_push ? SOL_PUSH : SOL_POP);
    if (second && is_require(node)) roles(f, node->first->next, true);
    if (second && (node->kind == N_IF || node->kind == N_RETURN) && node->first) roles(f, node->first, true);
    for (const struct sol_node *c = node->first; c; c = c->next) visit(f, c, second);
}

void contract_facts(const struct sol_program *program) {
    for (int second = 0; second < 2; second++) /* what is an amount must be known before who may */
        for (size_t i = 0; i < program->n_functions; i++) {
            const struct facts f = {program->all[i]->contract, program->all[i]};
            if (f.function->body) visit(&f, f.function->body, second);
        }
}

void contract_open_facts(const struct flow *flows, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; flows[i].function->is_entry && k < flows[i].n; k++) {
            const struct flow_event *e = &flows[i].at[k];
            if (e->kind == FLOW_WRITE && !flow_checked(e->guards)) ((struct sol_state *)e->state)->opened = true;
        }
}
