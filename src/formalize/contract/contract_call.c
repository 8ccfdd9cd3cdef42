/* Calls: of the language's own functions, of other contracts, of functions of the program. */
#include "formalize/contract/contract_flow_internal.h"

#include <string.h>

enum { ARGS_MOST = 12 };

struct call {
    const struct sol_node *node, *what; /* what is called, without its options */
    struct flow_value args[ARGS_MOST], all;
    size_t n;
    struct flow_value sent; /* {value: x} or .value(x) */
    bool sends, fixed_gas;
};

/* ---- options and arguments */

static bool is_old_option(const struct sol_node *call) {
    return call->kind == N_CALL && call->first && call->first->kind == N_MEMBER &&
           (call->first->word == W_value || call->first->word == W_gas) && call->first->first->kind == N_MEMBER;
}

/* Strips {value: x, gas: g}, .value(x) and .gas(g) from what is called. */
static const struct sol_node *strip(struct walker *w, struct flow_frame *f, const struct sol_node *what,
                                    struct call *c) {
    while (what->kind == N_OPTIONS || is_old_option(what)) {
        bool old = what->kind == N_CALL;
        for (const struct sol_node *o = what->first->next; o; o = o->next) {
            uint32_t word = old ? what->first->word : o->word;
            struct flow_value v = flow_expression(w, f, o);
            if (word == W_value) {
                c->sends = true;
                c->sent = v;
            }
            if (word == W_gas) c->fixed_gas = true;
        }
        what = old ? what->first->first : what->first;
    }
    while (what->kind == N_TUPLE && what->first && !what->first->next) what = what->first;
    return what;
}

static void arguments(struct walker *w, struct flow_frame *f, struct call *c) {
    for (const struct sol_node *a = c->node->first->next; a; a = a->next) {
        struct flow_value v = flow_expression(w, f, a);
        if (c->n < ARGS_MOST) c->args[c->n++] = v;
        c->all = flow_unite(c->all, v, flow_form(N_CALL, c->all.form, v.form));
    }
}

static struct flow_value answer(struct walker *w, const struct call *c, uint32_t more) {
    struct flow_value v = c->all;
    v.from = (v.from & ~(uint32_t)(FLOW_RESULT | FLOW_FIXED | FLOW_CHECKED)) | more;
    v.form = ++w->fresh;
    v.state = NULL;
    return v;
}

/* ---- the language's own functions */

static bool is_check(uint32_t word) {
    return word == W_require || word == W_assert;
}

static bool is_hash(uint32_t word) {
    return word == W_keccak256 || word == W_sha3 || word == W_sha256 || word == W_ripemd160;
}

static void tell_call(struct walker *w, struct flow_frame *f, const struct call *c, enum flow_call kind,
                      struct flow_value target) {
    struct flow_event *e = flow_tell(w, f, FLOW_CALL, c->node);
    if (!e) return;
    e->call = kind;
    e->left = target;
    e->right = kind == CALL_SEND || kind == CALL_TRANSFER ? c->args[0] : c->sent;
    e->sends = c->sends || kind == CALL_SEND || kind == CALL_TRANSFER;
    e->fixed_gas = c->fixed_gas;
    e->word = c->what->word;
    e->keys[0] = c->all.from;
}

/* A number made of a hash: uint(keccak256(..)). */
static void tell_number(struct walker *w, struct flow_frame *f, const struct call *c) {
    struct text name = sol_name_text(&w->program->names, c->what->word);
    bool number = text_starts(name, TEXT("uint")) || text_starts(name, TEXT("int"));
    struct flow_event *e =
        number && c->all.from & (FLOW_HASH | FLOW_CHANCE) ? flow_tell(w, f, FLOW_MODULUS, c->node) : NULL;
    if (e) e->left = c->all;
}

/* The hash of a block is known to who calls, but for one that was chosen before: its number lies in the contract. */
static struct flow_value hash_of_block(struct walker *w, const struct call *c) {
    bool chosen = c->n && c->args[0].from & FLOW_STATE && !(c->args[0].from & FLOW_HEIGHT);
    return (struct flow_value){.from = chosen ? FLOW_OTHER : FLOW_CHANCE, .form = ++w->fresh};
}

static bool known(struct walker *w, struct flow_frame *f, struct call *c, struct flow_value *out) {
    uint32_t word = c->what->word;
    *out = answer(w, c, 0);
    if (is_hash(word)) {
        out->from |= FLOW_HASH;
        out->form = flow_form(N_CALL, word, c->all.form);
    } else if (word == W_blockhash)
        *out = hash_of_block(w, c);
    else if (word == W_selfdestruct || word == W_suicide) {
        struct flow_event *e = flow_tell(w, f, FLOW_DESTROY, c->node);
        if (e) e->left = c->args[0];
    } else if (word == W_ecrecover) /* who signed is not chosen by who calls */
        *out = (struct flow_value){.from = FLOW_OTHER, .form = ++w->fresh};
    else if (word == W__msgSender)
        *out = (struct flow_value){.from = FLOW_SENDER, .form = flow_sender_form()};
    else
        return false;
    return true;
}

/* uint8(x), address(x), IToken(x): the value itself, as another type. */
static bool cast(struct walker *w, struct flow_frame *f, struct call *c, struct flow_value *out) {
    uint32_t word = c->what->word;
    bool elementary = word == W_payable || sol_is_elementary_name(&w->program->names, word);
    if (c->n != 1 || (!elementary && !contract_find(w->program, f->function->file, word))) return false;
    *out = c->args[0];
    out->type = c->what;
    tell_number(w, f, c);
    return true;
}

/* ---- functions of the program */

static struct flow_value inside(struct walker *w, struct flow_frame *f, struct call *c,
                                const struct sol_function *called) {
    struct flow_event *e = flow_tell(w, f, FLOW_INTERNAL, c->node);
    if (e) e->called = called;
    uint32_t loop = w->loop;
    const struct sol_node *results = sol_child_of(called->node, N_RETURNS);
    struct flow_value v = flow_enter(w, f, called, c->args, c->n, c->node);
    w->loop = loop;
    v.type = results && results->first ? results->first->first : NULL;
    return v;
}

static struct flow_value named_call(struct walker *w, struct flow_frame *f, struct call *c) {
    struct flow_value v;
    uint32_t word = c->what->word;
    const struct sol_function *called = contract_function(w->contract, 0, word, c->n, false);
    if (!called) called = contract_free_function(w->program, word, c->n);
    if (called) return inside(w, f, c, called);
    if (known(w, f, c, &v) || cast(w, f, c, &v)) return v;
    return answer(w, c, contract_declared(w->program, w->contract, f->function->file, N_EVENT, word) ? 0 : FLOW_OTHER);
}

/* require(c), assert(c): from here on it holds. */
static struct flow_value check_call(struct walker *w, struct flow_frame *f, struct call *c) {
    const struct sol_node *condition = c->node->first->next;
    if (condition) flow_suppose(w, f, condition, true, FLOW_REVERTS);
    for (const struct sol_node *more = condition ? condition->next : NULL; more; more = more->next)
        flow_expression(w, f, more);
    return flow_constant(0);
}

/* ---- members: other contracts, libraries, arrays, addresses */

static bool is_low(uint32_t word, enum flow_call *kind) {
    static const struct {
        uint32_t word;
        enum flow_call kind;
    } table[] = {
        {W_call, CALL_LOW}, {W_delegatecall, CALL_DELEGATE}, {W_callcode, CALL_DELEGATE}, {W_staticcall, CALL_STATIC}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (word == table[i].word) return *kind = table[i].kind, true;
    return false;
}

static bool is_spot(const struct call *c) {
    uint32_t word = c->what->word;
    return word == W_getReserves || word == W_slot0 || word == W_getAmountsOut || word == W_getAmountOut ||
           word == W_get_virtual_price || (word == W_balanceOf && c->n == 1 && !(c->args[0].from & FLOW_SENDER));
}

static bool is_sum(uint32_t word) {
    return word >= W_add && word <= W_mod;
}

/* A library that the contract uses for values of any type. */
static const struct sol_function *attached(const struct walker *w, const struct flow_frame *f, uint32_t word,
                                           size_t n) {
    const struct sol_contract *c = w->contract;
    for (size_t i = 0; c && i < c->n_order; i++)
        for (const struct sol_node *d = c->order[i]->node->first; d; d = d->next) {
            if (d->kind != N_USING) continue;
            const struct sol_contract *library = contract_find(w->program, f->function->file, d->word);
            const struct sol_function *found = contract_function(library, 0, word, n + 1, false);
            if (found) return found;
        }
    return NULL;
}

static struct flow_value attached_call(struct walker *w, struct flow_frame *f, struct call *c,
                                       const struct sol_function *called, struct flow_value of) {
    if (c->n == ARGS_MOST) c->n--;
    memmove(c->args + 1, c->args, c->n * sizeof *c->args);
    c->args[0] = of;
    c->n++;
    return inside(w, f, c, called);
}

/* Lib.f(x), Base.f(x), super.f(x) */
static const struct sol_function *qualified(const struct walker *w, const struct flow_frame *f, const struct call *c) {
    const struct sol_node *of = c->what->first;
    if (of->kind != N_NAME) return NULL;
    const struct sol_contract *own = f->function->contract;
    if (of->word == W_super) {
        size_t i = 0;
        while (w->contract && i < w->contract->n_order && w->contract->order[i] != own) i++;
        return contract_function(w->contract, i + 1, c->what->word, c->n, false);
    }
    return contract_function(contract_find(w->program, f->function->file, of->word), 0, c->what->word, c->n, false);
}

static bool is_elementary_type(const struct walker *w, const struct sol_node *type) {
    return type && type->kind == N_TYPE && sol_is_elementary_name(&w->program->names, type->word);
}

static struct flow_value low_call(struct walker *w, struct flow_frame *f, struct call *c, enum flow_call kind,
                                  struct flow_value target) {
    tell_call(w, f, c, kind, target);
    return (struct flow_value){.from = FLOW_RESULT | FLOW_OTHER, .form = ++w->fresh};
}

static bool address_call(struct walker *w, struct flow_frame *f, struct call *c, struct flow_value of,
                         struct flow_value *out) {
    enum flow_call kind;
    uint32_t word = c->what->word;
    if (is_low(word, &kind))
        *out = low_call(w, f, c, kind, of);
    else if ((word == W_send || word == W_transfer) && c->n == 1) {
        tell_call(w, f, c, word == W_send ? CALL_SEND : CALL_TRANSFER, of);
        *out = (struct flow_value){.from = word == W_send ? FLOW_RESULT | FLOW_OTHER : 0, .form = ++w->fresh};
    } else
        return false;
    return true;
}

static struct flow_value array_call(struct walker *w, struct flow_frame *f, struct call *c) {
    struct flow_value v = answer(w, c, 0);
    flow_write(w, f, c->what->first, v, c->what->word == W_push ? SOL_PUSH : SOL_POP, c->node);
    return v;
}

/* What a function of another contract gives, where its declaration is known. */
static const struct sol_node *result_type(const struct walker *w, const struct flow_frame *f,
                                          const struct sol_node *type, uint32_t word) {
    const struct sol_contract *c = contract_find(w->program, f->function->file, type->word);
    for (size_t i = 0; c && i < c->n_functions; i++) {
        const struct sol_node *results = sol_child_of(c->functions[i].node, N_RETURNS);
        if (c->functions[i].word == word && results && results->first) return results->first->first;
    }
    return NULL;
}

static struct flow_value member_call(struct walker *w, struct flow_frame *f, struct call *c) {
    uint32_t word = c->what->word;
    const struct sol_node *of_node = c->what->first;
    const struct sol_function *called = qualified(w, f, c);
    struct flow_value of, out;
    if (called) return inside(w, f, c, called);
    if (of_node->kind == N_NAME && of_node->word == W_abi) return answer(w, c, 0);
    if (of_node->kind == N_NAME && of_node->word == W_block && word == W_blockhash) return hash_of_block(w, c);
    of = flow_expression(w, f, of_node);
    if (word == W_push || word == W_pop) return array_call(w, f, c);
    if ((called = attached(w, f, word, c->n))) return attached_call(w, f, c, called, of);
    if (is_spot(c)) {
        out = answer(w, c, FLOW_SPOT | FLOW_OTHER);
        return out;
    }
    if (address_call(w, f, c, of, &out)) return out;
    if ((is_sum(word) && c->n <= 2) || is_elementary_type(w, of.type))
        return flow_unite(of, c->all, flow_form(word, of.form, c->all.form));
    if (of.from & FLOW_THIS || (of_node->kind == N_NAME && of.type == of_node)) return answer(w, c, FLOW_OTHER);
    out = answer(w, c, FLOW_OTHER);
    if (of.type) tell_call(w, f, c, CALL_OTHER, of);
    if (of.type) out.type = result_type(w, f, of.type, word);
    return out;
}

struct flow_value flow_call_value(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    struct call *c = arena_new(w->arena, struct call, 1, w->err);
    if (!c || !node->first) {
        w->failed |= !c;
        return (struct flow_value){.from = FLOW_OTHER};
    }
    c->node = node;
    if (node->first->kind == N_NAME && is_check(node->first->word) && !flow_local(f, node->first->word)) {
        c->what = node->first;
        return check_call(w, f, c);
    }
    c->what = strip(w, f, node->first, c);
    arguments(w, f, c);
    if (c->what->kind == N_NAME) return named_call(w, f, c);
    if (c->what->kind == N_MEMBER) return member_call(w, f, c);
    if (c->what->kind == N_NEW) return answer(w, c, FLOW_OTHER);
    flow_expression(w, f, c->what);
    return answer(w, c, FLOW_OTHER);
}
