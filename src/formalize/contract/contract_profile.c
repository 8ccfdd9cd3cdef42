/* See contract_profile.h. */
#include "formalize/contract/contract_profile.h"

#include "formalize/contract/contract_facts.h"

#include <stdlib.h>
#include <string.h>

const char *const contract_feature_names[FEATURES] = {
#define X(group, name) #name,
    CONTRACT_FEATURES(X)
#undef X
};
const unsigned char contract_feature_groups[FEATURES] = {
#define X(group, name) group,
    CONTRACT_FEATURES(X)
#undef X
};

/* ---- from the head and the tree */

static void from_head(const struct sol_function *f, uint32_t *n) {
    unsigned flags = f->node->flags;
    n[FEATURE_public] = (flags & SOL_PUBLIC) != 0 || (f->is_entry && !(flags & SOL_EXTERNAL));
    n[FEATURE_external] = (flags & SOL_EXTERNAL) != 0;
    n[FEATURE_internal] = (flags & SOL_INTERNAL) != 0;
    n[FEATURE_private] = (flags & SOL_PRIVATE) != 0;
    n[FEATURE_payable] = (flags & SOL_PAYABLE) != 0;
    n[FEATURE_view] = (flags & SOL_VIEW) != 0;
    n[FEATURE_pure] = (flags & SOL_PURE) != 0;
    n[FEATURE_constructor] = f->is_constructor;
    n[FEATURE_fallback] = !f->is_constructor && (flags & (SOL_FALLBACK | SOL_RECEIVE)) && !f->is_modifier;
    n[FEATURE_inherited] = contract_function(f->contract, 1, f->word, f->n_params, f->is_modifier) != NULL;
    n[FEATURE_inputs] = (uint32_t)f->n_params;
    n[FEATURE_lines] = sol_end_line(f->file, f->node) - sol_line(f->file, f->node) + 1;
    n[FEATURE_tokens] = f->node->to - f->node->from;
    const struct sol_node *results = sol_child_of(f->node, N_RETURNS);
    for (const struct sol_node *c = results ? results->first : NULL; c; c = c->next) n[FEATURE_outputs]++;
    for (const struct sol_node *c = f->node->first; c; c = c->next) n[FEATURE_modifiers] += c->kind == N_USE;
}

static bool is_quotient(const struct sol_node *node) {
    while (node && node->kind == N_TUPLE && node->first && !node->first->next) node = node->first;
    return node && node->kind == N_BINARY && node->word == '/';
}

static void from_tree(const struct sol_node *node, uint32_t *n, uint32_t depth) {
    bool branches = node->kind == N_IF || node->kind == N_FOR || node->kind == N_WHILE || node->kind == N_DO ||
                    node->kind == N_CHOICE || node->kind == N_CATCH;
    bool lazy = node->kind == N_BINARY && (node->word == sol_op("&&") || node->word == sol_op("||"));
    n[FEATURE_statements] += node->kind >= N_IF && node->kind <= N_SKIPPED;
    n[FEATURE_cyclomatic] += branches || lazy;
    n[FEATURE_names] += node->kind == N_NAME;
    n[FEATURE_events] += node->kind == N_EMIT;
    n[FEATURE_deletes] += node->kind == N_UNARY && node->word == SOL_DELETE;
    if (node->kind == N_BINARY && node->word == '*')
        n[FEATURE_divides_before_product] += is_quotient(node->first) || is_quotient(node->last);
    if (node->kind == N_BLOCK && depth > n[FEATURE_depth]) n[FEATURE_depth] = depth;
    for (const struct sol_node *c = node->first; c; c = c->next) from_tree(c, n, depth + (node->kind == N_BLOCK));
}

/* ---- from what happens */

static void from_call(const struct flow_event *e, uint32_t *n) {
    static const int by_kind[] = {FEATURE_low_calls,     FEATURE_sends,        FEATURE_transfers,
                                  FEATURE_delegatecalls, FEATURE_static_calls, FEATURE_contract_calls,
                                  FEATURE_contract_calls};
    n[by_kind[e->call]]++;
    n[FEATURE_calls_with_value] += e->sends;
    n[FEATURE_calls_with_gas] += e->fixed_gas;
    n[FEATURE_calls_in_loops] += e->loops > 0;
    n[FEATURE_payments_in_loops] += e->loops > 0 && e->sends;
    n[FEATURE_delegates_to_input] += e->call == CALL_DELEGATE && (e->left.from & FLOW_PARAM);
    n[FEATURE_spot_payments] += ((e->sends ? e->right.from : 0) | e->keys[0]) & FLOW_SPOT ? 1 : 0;
}

static void from_condition(const struct flow_guard *g, uint32_t *n) {
    n[FEATURE_conditions]++;
    n[FEATURE_sender_tests] += flow_guard_is_check(g);
    n[FEATURE_sender_conditions] += (g->any & FLOW_SENDER) != 0;
    n[FEATURE_origin_conditions] += (g->any & FLOW_ORIGIN) != 0;
    n[FEATURE_time_conditions] += (g->any & FLOW_TIME) != 0;
    n[FEATURE_height_conditions] += (g->any & FLOW_HEIGHT) != 0;
    n[FEATURE_chance_conditions] += (g->any & FLOW_CHANCE) != 0;
    n[FEATURE_balance_conditions] += (g->any & FLOW_BALANCE) != 0;
    n[FEATURE_results_tested] += (g->left.from & FLOW_RESULT) != 0;
}

static void from_event(const struct flow_event *e, uint32_t *n) {
    const uint32_t known = FLOW_CHANCE | FLOW_TIME | FLOW_HEIGHT;
    switch (e->kind) {
    case FLOW_READ:
        n[FEATURE_reads]++;
        break;
    case FLOW_WRITE:
        n[FEATURE_writes]++;
        n[FEATURE_role_writes] += e->state->is_role;
        break;
    case FLOW_CALL:
        from_call(e, n);
        break;
    case FLOW_ARITH:
        n[FEATURE_arithmetic]++;
        n[FEATURE_arithmetic_wraps] += e->wraps;
        n[FEATURE_arithmetic_inputs] += ((e->left.from | e->right.from) & FLOW_PARAM) != 0;
        n[FEATURE_products] += e->op == '*';
        n[FEATURE_differences] += e->op == '-';
        break;
    case FLOW_GUARD:
        from_condition(e->guards, n);
        break;
    case FLOW_LOOP:
        n[FEATURE_loops]++;
        n[FEATURE_loops_over_lists] += (e->left.from & FLOW_LENGTH) != 0;
        n[FEATURE_loops_over_inputs] += (e->left.from & FLOW_INPUTS) != 0;
        break;
    case FLOW_DESTROY:
        n[FEATURE_ends_contract]++;
        break;
    case FLOW_MODULUS:
        n[FEATURE_chance_moduli] += (e->left.from & known) != 0;
        break;
    case FLOW_INTERNAL:
        n[FEATURE_internal_calls]++;
        break;
    case FLOW_DROPPED:
        n[FEATURE_results_dropped]++;
        break;
    default:
        break;
    }
    n[FEATURE_spot_reads] += e->kind == FLOW_WRITE && (e->right.from & FLOW_SPOT);
}

/* State that is read before the first call and written after it. */
static void late_writes(const struct flow *flow, struct contract_profile *out) {
    size_t call = 0;
    while (call < flow->n && (flow->at[call].kind != FLOW_CALL || flow->at[call].call == CALL_STATIC)) call++;
    for (size_t i = 0; call < flow->n && i < flow->n; i++) {
        const struct flow_event *e = &flow->at[i];
        out->features[FEATURE_reads_before_call] += i < call && e->kind == FLOW_READ;
        if (i <= call || e->kind != FLOW_WRITE) continue;
        out->features[FEATURE_writes_after_call]++;
        for (size_t k = 0; k < call; k++) {
            if (flow->at[k].kind != FLOW_READ || flow->at[k].state != e->state) continue;
            uint32_t n = out->features[FEATURE_late_writes]++;
            if (n < CONTRACT_LATE_MOST)
                out->late[n] = (struct contract_late){e->state->word, flow_line(&flow->at[k]),
                                                      flow_line(&flow->at[call]), flow_line(e)};
            break;
        }
    }
}

static bool is_tested(const struct flow *flow, uint64_t form) {
    for (size_t i = 0; i < flow->n; i++)
        if (flow->at[i].kind == FLOW_GUARD && flow->at[i].guards &&
            (flow->at[i].guards->left.form == form || flow->at[i].guards->right.form == form))
            return true;
    return false;
}

static void untested(const struct flow *flow, uint32_t *n) {
    size_t i = 0;
    for (const struct sol_node *p = flow->function->params->first; p; p = p->next, i++) {
        if (!p->first || p->first->kind != N_TYPE || !p->word) continue;
        bool address = p->first->word == W_address, tested = is_tested(flow, flow_form(N_PARAM, p->word, i));
        n[FEATURE_addresses_untested] += address && !tested;
        n[FEATURE_numbers_untested] += !address && !tested;
    }
}

/* ---- who calls whom */

struct edges {
    struct contract_edge *at;
    size_t n, room;
    struct arena *arena;
    struct error *err;
};

static bool put_edge(struct edges *e, struct contract_edge edge) {
    for (size_t i = e->n; i-- > 0 && e->at[i].from == edge.from;)
        if (e->at[i].to == edge.to && e->at[i].word == edge.word && e->at[i].type == edge.type) return true;
    if (e->n == e->room) {
        size_t room = e->room ? e->room * 2 : 256;
        struct contract_edge *at = arena_new(e->arena, struct contract_edge, room, e->err);
        if (!at) return false;
        if (e->n) memcpy(at, e->at, e->n * sizeof *at);
        e->at = at;
        e->room = room;
    }
    e->at[e->n++] = edge;
    return true;
}

static bool edge_of(const struct flow *flow, const struct flow_event *e, struct edges *edges) {
    struct contract_edge edge = {.from = flow->function->index, .to = UINT32_MAX, .line = flow_line(e)};
    if (e->level || (e->kind != FLOW_INTERNAL && (e->kind != FLOW_CALL || e->call != CALL_OTHER))) return true;
    if (e->kind == FLOW_INTERNAL) {
        edge.to = e->called->index;
        edge.word = e->called->word;
        edge.type = e->called->contract ? e->called->contract->word : 0;
        return put_edge(edges, edge);
    }
    const struct sol_contract *c = e->left.type ? contract_find(flow->program, e->file, e->left.type->word) : NULL;
    const struct sol_function *f = NULL;
    for (size_t i = 0; c && !f && i < c->n_functions; i++) /* an interface has no bodies */
        if (c->functions[i].word == e->word) f = &c->functions[i];
    if (!f && c) f = contract_function(c, 0, e->word, SIZE_MAX, false);
    edge.external = true;
    edge.word = e->word;
    edge.type = c ? c->word : e->left.type ? e->left.type->word : 0;
    if (f) edge.to = f->index;
    return put_edge(edges, edge);
}

/* ---- all */

static bool profile(const struct flow *flow, struct contract_profile *out, struct edges *edges) {
    for (size_t i = 0; i < flow->n; i++) {
        from_event(&flow->at[i], out->features);
        if (!edge_of(flow, &flow->at[i], edges)) return false;
    }
    late_writes(flow, out);
    untested(flow, out->features);
    out->cut = flow->cut;
    return true;
}

bool contract_profiles(const struct sol_program *program, struct arena *arena, struct contract_profiles *out,
                       struct error *err) {
    enum { FLOW_BYTES_MOST = 256 << 20 };
    struct arena scratch;
    struct edges edges = {.arena = arena, .err = err};
    bool ok = true;
    *out = (struct contract_profiles){.n = program->n_functions};
    if (!(out->at = arena_new(arena, struct contract_profile, program->n_functions + 1, err))) return false;
    arena_init(&scratch, FLOW_BYTES_MOST);
    contract_facts(program);
    for (size_t i = 0; ok && i < program->n_functions; i++) {
        const struct sol_function *f = program->all[i];
        struct flow flow;
        from_head(f, out->at[i].features);
        if (!f->body) continue;
        out->at[i].features[FEATURE_cyclomatic] = 1;
        from_tree(f->body, out->at[i].features, 1);
        arena_reset(&scratch);
        ok = contract_flow(program, f->contract, f, &scratch, &flow, err) && profile(&flow, &out->at[i], &edges);
    }
    arena_done(&scratch);
    out->edges = edges.at;
    out->n_edges = edges.n;
    return ok;
}
