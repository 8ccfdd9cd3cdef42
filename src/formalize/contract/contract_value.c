/* What expressions stand for: see contract_flow.h. Calls are in contract_call.c. */
#include "formalize/contract/contract_flow_internal.h"

#include "base/hash.h"

static struct flow_value unknown(struct walker *w) {
    return (struct flow_value){.from = FLOW_OTHER, .form = ++w->fresh};
}

/* ---- types */

static const struct sol_node *element(const struct sol_node *type) {
    if (type && type->kind == N_MAPPING) return sol_child(type, 1);
    return type && type->kind == N_ARRAY ? type->first : NULL;
}

static const struct sol_node *field(const struct walker *w, const struct flow_frame *f, const struct sol_node *type,
                                    uint32_t word) {
    if (!type || type->kind != N_TYPE) return NULL;
    const struct sol_node *s = contract_declared(w->program, w->contract, f->function->file, N_STRUCT, type->word);
    for (const struct sol_node *p = s ? s->first : NULL; p; p = p->next)
        if (p->word == word) return p->first;
    return NULL;
}

/* ---- leaves */

/* Time units that span a quarter of an hour: minutes from 15 of them on, and whatever is longer. */
static uint32_t number_from(const struct flow_frame *f, const struct sol_node *node) {
    const struct sol_token *t = &f->function->file->tokens.at[node->from];
    struct text digits = text_part(f->function->file->text, t->at, (size_t)t->at + t->len);
    uint64_t n = 0;
    bool whole = text_to_u64(digits, &n);
    bool long_enough = (node->word >= W_hours && node->word <= W_years) || (node->word == W_minutes && n >= 15) ||
                       (node->word == W_seconds && n >= 900);
    return whole && long_enough ? FLOW_SPAN : 0;
}

static uint64_t source_form(const struct flow_frame *f, const struct sol_node *node) {
    struct text source = sol_source(f->function->file, node);
    return hash_xxh3(source.at, source.len);
}

/* A state variable as it is, at no place in it. What one that nothing writes is declared with is part of it. */
static struct flow_value state_value(struct walker *w, struct flow_frame *f, const struct sol_state *s,
                                     const struct sol_node *node) {
    bool fixed = !s->written || s->node->flags & (SOL_CONSTANT | SOL_IMMUTABLE);
    struct flow_value v = {.from = FLOW_STATE | (fixed ? FLOW_FIXED : 0u),
                           .form = flow_form(N_STATE, (uint64_t)(uintptr_t)s, 0),
                           .state = s,
                           .type = s->type};
    struct flow_event *e = flow_tell(w, f, FLOW_READ, node);
    if (e) e->state = s;
    if (s->value && s->value->height < 16 && !s->grows && w->silent < 8) {
        w->silent += 8;
        struct flow_frame at = {.function = f->function, .level = f->level, .up = f->up};
        if (s->file == f->function->file)
            v.from |= flow_expression(w, &at, s->value).from & (FLOW_TIME | FLOW_HEIGHT | FLOW_CHANCE | FLOW_SPAN);
        w->silent -= 8;
    }
    return v;
}

static struct flow_value name_value(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    const struct flow_local *local = flow_local(f, node->word);
    if (local) {
        struct flow_event *e = local->points ? flow_tell(w, f, FLOW_READ, node) : NULL;
        if (e) {
            e->state = local->value.state;
            e->keys[0] = e->keys[1] = local->value.keys;
        }
        return local->value;
    }
    const struct sol_state *s = contract_state(w->contract, node->word);
    if (s) return state_value(w, f, s, node);
    if (node->word == W_now) return (struct flow_value){.from = FLOW_TIME, .form = W_now};
    if (node->word == W_this) return (struct flow_value){.from = FLOW_THIS, .form = W_this};
    return (struct flow_value){.form = flow_form(N_NAME, node->word, 0), .type = node};
}

/* msg.sender, block.number, ..; false: it is none of them. */
static bool global_member(const struct sol_node *node, struct flow_value *out) {
    static const struct {
        uint32_t of, word, from;
    } table[] = {
        {W_msg, W_sender, FLOW_SENDER},       {W_msg, W_value, FLOW_VALUE},       {W_msg, W_data, FLOW_PARAM},
        {W_msg, W_sig, FLOW_OTHER},           {W_msg, W_gas, FLOW_OTHER},         {W_tx, W_origin, FLOW_ORIGIN},
        {W_block, W_timestamp, FLOW_TIME},    {W_block, W_number, FLOW_HEIGHT},   {W_block, W_difficulty, FLOW_CHANCE},
        {W_block, W_prevrandao, FLOW_CHANCE}, {W_block, W_coinbase, FLOW_CHANCE}, {W_block, W_gaslimit, FLOW_CHANCE},
    };
    if (node->first->kind != N_NAME) return false;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (node->first->word == table[i].of && node->word == table[i].word) {
            *out = (struct flow_value){.from = table[i].from, .form = flow_form(N_MEMBER, table[i].of, table[i].word)};
            if (table[i].from == FLOW_SENDER) out->form = flow_sender_form();
            if (table[i].from == FLOW_TIME) out->form = W_now;
            return true;
        }
    return false;
}

static struct flow_value member_value(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    struct flow_value v, of;
    if (!flow_local(f, node->first->word) && global_member(node, &v)) return v;
    of = flow_expression(w, f, node->first);
    v = of;
    v.form = flow_form(N_MEMBER, of.form, node->word);
    v.type = field(w, f, of.type, node->word);
    v.from &= ~(uint32_t)FLOW_FIXED;
    if (node->word == W_balance && !v.type)
        return (struct flow_value){.from = of.from & FLOW_THIS ? FLOW_BALANCE : FLOW_OTHER, .form = v.form};
    if (node->word != W_length || v.type) return v;
    bool dynamic = of.type && of.type->kind == N_ARRAY && !sol_child(of.type, 1);
    v = (struct flow_value){.from = of.from & ~(uint32_t)FLOW_FIXED, .form = v.form};
    if (of.state && of.state->grows && dynamic) v.from |= FLOW_LENGTH;
    if (!of.state && of.from & FLOW_PARAM && dynamic) v.from |= FLOW_INPUTS;
    return v;
}

static struct flow_value index_value(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    struct flow_value of = flow_expression(w, f, node->first), key = flow_constant(0);
    for (const struct sol_node *k = node->first->next; k; k = k->next)
        if (k->kind != N_NONE) key = flow_expression(w, f, k);
    of.keys |= key.from & ~(uint32_t)FLOW_FIXED;
    if (!of.state) of.from |= key.from & (FLOW_CHANCE | FLOW_TIME | FLOW_HEIGHT);
    of.from &= ~(uint32_t)FLOW_FIXED;
    of.form = flow_form(N_INDEX, of.form, key.form);
    of.type = element(of.type);
    return of;
}

/* ---- operators */

static bool is_arithmetic(uint32_t op) {
    return op == '+' || op == '-' || op == '*' || op == sol_op("**");
}

static void tell_arithmetic(struct walker *w, struct flow_frame *f, const struct sol_node *node, uint32_t op,
                            struct flow_value left, struct flow_value right, struct flow_value result) {
    struct flow_event *e = is_arithmetic(op) ? flow_tell(w, f, FLOW_ARITH, node) : NULL;
    if (e) {
        e->op = op;
        e->left = left;
        e->right = right;
        e->result = result;
        e->wraps = f->wraps;
    }
    e = op == '%' ? flow_tell(w, f, FLOW_MODULUS, node) : NULL;
    if (e) {
        e->left = left;
        e->right = right;
    }
}

static bool commutes(uint32_t op) {
    return op == '+' || op == '*' || op == '&' || op == '|' || op == '^' || op == sol_op("==") || op == sol_op("!=");
}

static struct flow_value operate(uint32_t op, struct flow_value a, struct flow_value b) {
    bool swap = commutes(op) && a.form > b.form;
    struct flow_value v = flow_unite(a, b, flow_form(op, swap ? b.form : a.form, swap ? a.form : b.form));
    v.from &= ~(uint32_t)(FLOW_RESULT | FLOW_CHECKED);
    return v;
}

static bool is_comparison(uint32_t op) {
    return op == '<' || op == '>' || op == sol_op("<=") || op == sol_op(">=") || op == sol_op("==") ||
           op == sol_op("!=");
}

static struct flow_value binary_value(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    const struct sol_node *left = sol_child(node, 0), *right = sol_child(node, 1);
    struct flow_value a = flow_expression(w, f, left);
    /* What stands behind && and || is only reached when the left side says so. */
    const struct flow_guard *before = w->guards;
    bool lazy = node->word == sol_op("&&") || node->word == sol_op("||");
    if (lazy) {
        w->silent++;
        flow_suppose(w, f, left, node->word == sol_op("&&"), FLOW_FALLS);
        w->silent--;
    }
    struct flow_value b = flow_expression(w, f, right), v = operate(node->word, a, b);
    w->guards = before;
    if (is_comparison(node->word)) {
        struct flow_guard g = {.op = node->word, .left = a, .right = b};
        if (flow_guard_is_check(&g)) v.from |= FLOW_CHECKED;
    }
    if (lazy) v.from |= (a.from | b.from) & (FLOW_CHECKED | FLOW_RESULT);
    tell_arithmetic(w, f, node, node->word, a, b, v);
    return v;
}

static struct flow_value unary_value(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    if (node->word == SOL_DELETE) {
        flow_assign(w, f, node->first, flow_constant(0), SOL_DELETE, node);
        return flow_constant(0);
    }
    bool steps = node->word == sol_op("++") || node->word == sol_op("--");
    struct flow_value v = flow_expression(w, f, node->first);
    if (steps) flow_assign(w, f, node->first, operate('+', v, flow_constant(1)), node->word, node);
    v.form = flow_form(N_UNARY, node->word, v.form);
    v.from &= ~(uint32_t)FLOW_CHECKED;
    return v;
}

/* ---- assignments */

/* The name at the root of what is written to, and the sources of the first and the last place in brackets. */
static const struct sol_node *root_of(struct walker *w, struct flow_frame *f, const struct sol_node *to,
                                      struct flow_value *place, uint32_t keys[2]) {
    const struct sol_node *root = to;
    bool any = false;
    for (; root->kind == N_INDEX || root->kind == N_MEMBER; root = root->first) {
        const struct sol_node *key = root->kind == N_INDEX ? root->first->next : NULL;
        if (!key) continue;
        w->silent++;
        struct flow_value k = flow_expression(w, f, key);
        w->silent--;
        keys[0] = k.from & ~(uint32_t)FLOW_FIXED;
        if (!any) keys[1] = keys[0];
        any = true;
    }
    w->silent++;
    *place = flow_expression(w, f, to);
    w->silent--;
    return root;
}

void flow_write(struct walker *w, struct flow_frame *f, const struct sol_node *to, struct flow_value value, uint32_t op,
                const struct sol_node *node) {
    struct flow_value place;
    uint32_t keys[2] = {0, 0};
    const struct sol_node *root = root_of(w, f, to, &place, keys);
    struct flow_local *local = root->kind == N_NAME ? flow_local(f, root->word) : NULL;
    if (local && local->points && keys[0] == 0 && keys[1] == 0) keys[0] = keys[1] = local->value.keys;
    const struct sol_state *s = local                  ? (local->points ? local->value.state : NULL)
                                : root->kind == N_NAME ? contract_state(w->contract, root->word)
                                                       : place.state;
    struct flow_event *e = s ? flow_tell(w, f, FLOW_WRITE, node) : NULL;
    if (!e) return;
    e->state = s;
    e->op = op;
    e->left = place;
    e->right = value;
    e->keys[0] = keys[0];
    e->keys[1] = keys[1];
}

static void set_local(struct walker *w, const struct flow_frame *f, struct flow_local *local, struct flow_value value) {
    struct flow_value old = local->value;
    if (w->silent) return;
    value.type = old.type;
    if (f->branch && old.form != value.form) {
        value.from = (value.from | old.from) & ~(uint32_t)FLOW_FIXED;
        value.keys |= old.keys;
        value.form = flow_form(N_CHOICE, ++w->fresh, value.form);
        value.state = old.state == value.state ? value.state : NULL;
    }
    local->value = value;
}

void flow_assign(struct walker *w, struct flow_frame *f, const struct sol_node *to, struct flow_value value,
                 uint32_t op, const struct sol_node *node) {
    while (to->kind == N_TUPLE && to->first && !to->first->next) to = to->first;
    if (to->kind == N_TUPLE) {
        for (const struct sol_node *one = to->first; one; one = one->next)
            if (one->kind != N_NONE) {
                value.form = flow_form(N_TUPLE, value.form, ++w->fresh);
                flow_assign(w, f, one, value, op, node);
                value.from &= ~(uint32_t)FLOW_RESULT;
            }
        return;
    }
    struct flow_local *local = to->kind == N_NAME ? flow_local(f, to->word) : NULL;
    if (local)
        set_local(w, f, local, value);
    else
        flow_write(w, f, to, value, op, node);
}

static struct flow_value assign_value(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    const struct sol_node *left = sol_child(node, 0), *right = sol_child(node, 1);
    struct flow_value b = flow_expression(w, f, right), v = b;
    if (node->word != '=') {
        uint32_t op = node->word & 0xFF; /* +=, -=, *=, ..; of <<= and >>= no more than that they are not arithmetic */
        struct flow_value a = flow_expression(w, f, left);
        v = operate(op, a, b);
        tell_arithmetic(w, f, node, op, a, b, v);
    } else if (left->kind == N_INDEX)
        for (const struct sol_node *k = left->first->next; k; k = k->next) flow_expression(w, f, k);
    flow_assign(w, f, left, v, node->word, node);
    return v;
}

/* ---- all */

static struct flow_value several(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    struct flow_value v = flow_constant(node->kind);
    if (node->kind == N_TUPLE && node->first && !node->first->next) return flow_expression(w, f, node->first);
    for (const struct sol_node *one = node->first; one; one = one->next) {
        struct flow_value value = one->kind == N_NONE ? flow_constant(0) : flow_expression(w, f, one);
        v = flow_unite(v, value, flow_form(node->kind, v.form, value.form));
    }
    return v;
}

static struct flow_value choice(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    struct flow_value test = flow_expression(w, f, node->first), a, b;
    f->branch++;
    a = flow_expression(w, f, sol_child(node, 1));
    b = flow_expression(w, f, sol_child(node, 2));
    f->branch--;
    struct flow_value v = flow_unite(a, b, flow_form(N_CHOICE, a.form, b.form));
    v.from |= test.from & (FLOW_TIME | FLOW_CHANCE | FLOW_HEIGHT);
    return v;
}

struct flow_value flow_expression(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    if (!node || w->failed || ++w->steps > FLOW_STEPS_MOST) {
        w->flow->cut |= node && !w->failed;
        return unknown(w);
    }
    switch (node->kind) {
    case N_NAME:
        return name_value(w, f, node);
    case N_NUMBER:
        return (struct flow_value){.from = number_from(f, node), .form = source_form(f, node)};
    case N_TEXT:
        return flow_constant(source_form(f, node));
    case N_TUPLE:
    case N_LIST:
        return several(w, f, node);
    case N_CALL:
        return flow_call_value(w, f, node);
    case N_OPTIONS:
        return flow_expression(w, f, node->first);
    case N_MEMBER:
        return member_value(w, f, node);
    case N_INDEX:
    case N_SLICE:
        return index_value(w, f, node);
    case N_UNARY:
    case N_POSTFIX:
        return unary_value(w, f, node);
    case N_BINARY:
        return binary_value(w, f, node);
    case N_ASSIGN:
        return assign_value(w, f, node);
    case N_CHOICE:
        return choice(w, f, node);
    case N_NAMED:
        return flow_expression(w, f, node->first);
    default:
        return unknown(w);
    }
}
