/* Events, conditions and locals: see contract_flow.h. */
#include "formalize/contract/contract_flow_internal.h"

#include "base/hash.h"

#include <string.h>

const char *const flow_call_names[] = {"call", "send", "transfer", "delegatecall", "staticcall", "a call", "new"};

uint32_t flow_line(const struct flow_event *event) {
    return sol_line(event->file, event->node);
}

/* ---- values */

uint64_t flow_form(uint64_t kind, uint64_t a, uint64_t b) {
    const uint64_t all[3] = {kind, a, b};
    return hash_xxh3(all, sizeof all);
}

uint64_t flow_sender_form(void) {
    return 0x5E4DE5;
}

struct flow_value flow_constant(uint64_t form) {
    return (struct flow_value){.form = form};
}

struct flow_value flow_unite(struct flow_value a, struct flow_value b, uint64_t form) {
    return (struct flow_value){
        .from = (a.from | b.from) & ~(uint32_t)FLOW_FIXED, .keys = a.keys | b.keys, .form = form};
}

/* ---- events */

/* NULL: nothing is to be told here. */
struct flow_event *flow_tell(struct walker *w, const struct flow_frame *f, enum flow_kind kind,
                             const struct sol_node *node) {
    struct flow *flow = w->flow;
    if (w->silent || w->failed || (w->guards && w->guards->dead)) return NULL;
    if (flow->n == FLOW_EVENTS_MOST) {
        flow->cut = true;
        return NULL;
    }
    if (flow->n == flow->room) {
        size_t room = flow->room ? flow->room * 2 : 64;
        struct flow_event *at = arena_new(w->arena, struct flow_event, room, w->err);
        if (!at) return w->failed = true, NULL;
        if (flow->n) memcpy(at, flow->at, flow->n * sizeof *at);
        flow->at = at;
        flow->room = room;
    }
    struct flow_event *e = &flow->at[flow->n++];
    *e = (struct flow_event){.kind = kind,
                             .file = f->function->file,
                             .node = node,
                             .in = f->function,
                             .guards = w->guards,
                             .level = f->level,
                             .loops = w->loops,
                             .loop = w->loop};
    return e;
}

/* ---- locals */

struct flow_local *flow_local(struct flow_frame *f, uint32_t word) {
    for (size_t i = f->n; i-- > 0;)
        if (f->locals[i].word == word) return &f->locals[i];
    return NULL;
}

static bool is_storage(const struct sol_node *param, struct flow_value value) {
    if (param->flags & SOL_MEMORY || !value.state) return false;
    if (param->flags & SOL_STORAGE || !param->first) return true;
    return false;
}

void flow_declare(struct walker *w, struct flow_frame *f, const struct sol_node *param, struct flow_value value) {
    if (!param->word) return;
    if (f->n == f->room) {
        size_t room = f->room ? f->room * 2 : 16;
        struct flow_local *locals = arena_new(w->arena, struct flow_local, room, w->err);
        if (!locals) {
            w->failed = true;
            return;
        }
        if (f->n) memcpy(locals, f->locals, f->n * sizeof *locals);
        f->locals = locals;
        f->room = room;
    }
    bool points = is_storage(param, value);
    if (param->first) value.type = param->first;
    f->locals[f->n++] = (struct flow_local){param->word, points, value};
}

/* ---- conditions */

static uint32_t contrary(uint32_t op) {
    static const char *const pairs[][2] = {{"<", ">="}, {">", "<="}, {"==", "!="},
                                           {"<=", ">"}, {">=", "<"}, {"!=", "=="}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (op == sol_op(pairs[i][0])) return sol_op(pairs[i][1]);
    return op ? 0 : '!';
}

static bool compares(uint32_t op) {
    return op && contrary(op) != 0;
}

/* Is a state variable that nothing writes compared with a number, and never equal to it? */
static bool never(const struct walker *w, const struct flow_guard *g, const struct sol_node *node) {
    const struct sol_node *left = sol_child(node, 0), *right = sol_child(node, 1);
    const struct sol_state *s = g->left.state;
    if (g->maybe || node->kind != N_BINARY || !s || s->written || !s->value || s->value->kind != N_NUMBER) return false;
    if (left->kind != N_NAME || right->kind != N_NUMBER || s->type->kind != N_TYPE) return false;
    (void)w;
    bool same = sol_same(s->file, s->value, g->file, right);
    return (g->op == sol_op("==") && !same) || (g->op == sol_op("!=") && same);
}

static void suppose_one(struct walker *w, struct flow_frame *f, const struct sol_node *node, struct flow_guard g) {
    struct flow_guard *kept;
    if (w->failed || !(kept = arena_new(w->arena, struct flow_guard, 1, w->err))) {
        w->failed = true;
        return;
    }
    *kept = g;
    kept->up = w->guards;
    kept->file = f->function->file;
    kept->node = node;
    kept->at = (uint32_t)w->flow->n;
    kept->dead = (w->guards && w->guards->dead) || never(w, kept, node);
    struct flow_event *e = flow_tell(w, f, FLOW_GUARD, node);
    w->guards = kept;
    if (e) e->guards = kept;
}

static void suppose(struct walker *w, struct flow_frame *f, const struct sol_node *node, bool holds, bool maybe,
                    enum flow_end end) {
    struct flow_guard g = {.maybe = maybe, .end = end};
    while (node->kind == N_TUPLE && node->first && !node->first->next) node = node->first;
    if (node->kind == N_UNARY && node->word == '!') {
        suppose(w, f, node->first, !holds, maybe, end);
        return;
    }
    bool and = node->kind == N_BINARY && node->word == sol_op("&&");
    if (and || (node->kind == N_BINARY && node->word == sol_op("||"))) {
        suppose(w, f, sol_child(node, 0), holds, maybe || and != holds, end);
        suppose(w, f, sol_child(node, 1), holds, maybe || and != holds, end);
        return;
    }
    if (node->kind == N_BINARY && compares(node->word)) {
        g.left = flow_expression(w, f, sol_child(node, 0));
        g.right = flow_expression(w, f, sol_child(node, 1));
        g.op = holds ? node->word : contrary(node->word);
    } else {
        g.left = flow_expression(w, f, node);
        g.op = holds ? 0 : '!';
    }
    g.any = g.left.from | g.right.from | g.left.keys | g.right.keys;
    suppose_one(w, f, node, g);
}

void flow_suppose(struct walker *w, struct flow_frame *f, const struct sol_node *condition, bool holds,
                  enum flow_end end) {
    suppose(w, f, condition, holds, false, end);
}

/* ---- who calls */

static bool is_sender(struct flow_value v) {
    return v.form == flow_sender_form();
}

/* Stands msg.sender where only some do? A sum of money is no such place: everybody who paid has one. */
static bool is_listed(struct flow_value v) {
    return v.state && v.keys & FLOW_SENDER && !v.state->sums;
}

static bool is_nothing(struct flow_value v) {
    return v.from == 0;
}

bool flow_guard_is_check(const struct flow_guard *g) {
    bool stored =
        (g->left.from | g->right.from) & (FLOW_STATE | FLOW_OTHER) || is_nothing(g->left) || is_nothing(g->right);
    if ((is_sender(g->left) || is_sender(g->right)) && !((g->left.from | g->right.from) & FLOW_ORIGIN))
        return g->op == sol_op("==") && stored;
    if (!g->op)
        return g->left.from & FLOW_CHECKED || is_listed(g->left) ||
               (g->left.from & FLOW_SENDER && g->left.from & FLOW_OTHER && !g->left.state);
    if (g->op == sol_op("!=") || g->op == sol_op(">") || g->op == sol_op("=="))
        return (is_listed(g->left) && (is_nothing(g->right) || g->right.from & FLOW_FIXED)) ||
               (g->op != sol_op(">") && is_listed(g->right) && is_nothing(g->left));
    return g->op != '!' && is_listed(g->left) && is_nothing(g->right);
}

bool flow_checked(const struct flow_guard *guards) {
    for (const struct flow_guard *g = guards; g; g = g->up)
        if (flow_guard_is_check(g)) return true;
    return false;
}

/* ---- functions */

bool contract_flow(const struct sol_program *program, const struct sol_contract *contract,
                   const struct sol_function *function, struct arena *arena, struct flow *out, struct error *err) {
    struct walker w = {
        .flow = out, .program = program, .contract = contract, .arena = arena, .err = err, .loop = UINT32_MAX};
    *out = (struct flow){.program = program, .contract = contract, .function = function};
    if (!function->body) return true;
    size_t n = 0;
    struct flow_value *args = arena_new(arena, struct flow_value, function->n_params + 1, err);
    if (!args) return false;
    for (const struct sol_node *p = function->params->first; p; p = p->next, n++)
        args[n] = (struct flow_value){.from = function->is_entry ? FLOW_PARAM : FLOW_OTHER,
                                      .form = flow_form(N_PARAM, p->word, n),
                                      .type = p->first};
    flow_enter(&w, NULL, function, args, n, function->node);
    return !w.failed;
}
