/* See sol_normal.h. */
#include "formalize/contract/sol_normal.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

enum role { ROLE_OTHER, ROLE_PARAM, ROLE_LOCAL, ROLE_STATE, ROLE_FUNCTION, ROLE_TYPE, ROLE_EVENT, ROLES };

/* The names of a function with their role, and the number of each among those of its role. */
struct roles {
    struct {
        uint32_t word;
        enum role role;
        unsigned number;
    } * at;
    size_t n, room;
    unsigned used[ROLES];
};

static void own_names(struct roles *r, const struct sol_node *node, enum role role) {
    for (const struct sol_node *c = node->first; c; c = c->next) {
        enum role inner = c->kind == N_PARAMS                        ? ROLE_PARAM
                          : c->kind == N_RETURNS || c->kind == N_VAR ? ROLE_LOCAL
                                                                     : role;
        if (c->kind == N_PARAM && c->word && r->n < r->room) {
            r->at[r->n].word = c->word;
            r->at[r->n].number = 0;
            r->at[r->n++].role = role;
        }
        own_names(r, c, inner);
    }
}

static enum role outer_role(const struct sol_program *p, const struct sol_function *f, uint32_t word) {
    if (contract_state(f->contract, word)) return ROLE_STATE;
    if (contract_function(f->contract, 0, word, SIZE_MAX, false) ||
        contract_function(f->contract, 0, word, SIZE_MAX, true))
        return ROLE_FUNCTION;
    if (word == f->word) return ROLE_FUNCTION;
    if (contract_find(p, f->file, word) || contract_declared(p, f->contract, f->file, N_STRUCT, word) ||
        contract_declared(p, f->contract, f->file, N_ENUM, word))
        return ROLE_TYPE;
    return contract_declared(p, f->contract, f->file, N_EVENT, word) ? ROLE_EVENT : ROLE_OTHER;
}

/* The place of a name in the list, put there when it is first asked for. */
static size_t place_of(struct roles *r, const struct sol_program *p, const struct sol_function *f, uint32_t word) {
    for (size_t i = 0; i < r->n; i++)
        if (r->at[i].word == word) return i;
    if (r->n == r->room) return r->n - 1;
    r->at[r->n].word = word;
    r->at[r->n].number = 0;
    r->at[r->n].role = outer_role(p, f, word);
    return r->n++;
}

struct normal {
    const struct sol_program *program;
    const struct sol_function *f;
    struct roles roles;
    bool names, numbers;
    void (*put)(void *context, struct text word);
    void *context;
};

static void put_role(struct normal *n, uint32_t word) {
    static const char *const letters[ROLES] = {"other", "param", "local", "state", "fn", "type", "event"};
    char name[32];
    size_t i = place_of(&n->roles, n->program, n->f, word);
    enum role role = n->roles.at[i].role;
    if (!n->roles.at[i].number) n->roles.at[i].number = ++n->roles.used[role];
    int len = n->numbers ? snprintf(name, sizeof name, "%s%u", letters[role], n->roles.at[i].number)
                         : snprintf(name, sizeof name, "%s", letters[role]);
    n->put(n->context, (struct text){name, (size_t)len});
}

static void put_token(struct normal *n, const struct sol_token *t) {
    struct text source = text_part(n->f->file->text, t->at, (size_t)t->at + t->len);
    if (t->kind == SOL_DIGITS)
        n->put(n->context, n->names ? source : TEXT("0"));
    else if (t->kind == SOL_QUOTED)
        n->put(n->context, TEXT("\"\""));
    else if (t->kind != SOL_WORD || t->word < SOL_WORDS || n->names ||
             sol_is_elementary_name(&n->program->names, t->word))
        n->put(n->context, source);
    else
        put_role(n, t->word);
}

/* The head: what says who sees it and what it may do comes in a fixed order. */
static void put_head(struct normal *n, uint32_t from, uint32_t to) {
    static const uint32_t fixed[] = {W_public, W_external, W_internal, W_private, W_pure,
                                     W_view,   W_constant, W_payable,  W_virtual, W_override};
    const struct sol_token *t = n->f->file->tokens.at;
    bool seen[sizeof fixed / sizeof *fixed] = {false};
    int open = 0;
    for (uint32_t i = from; i < to; i++) {
        bool held = false;
        if (t[i].kind == SOL_OP && t[i].word == '(') open++;
        if (t[i].kind == SOL_OP && t[i].word == ')') open--;
        for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
            if (!open && t[i].kind == SOL_WORD && t[i].word == fixed[k]) seen[k] = held = true;
        if (!held) put_token(n, &t[i]);
    }
    for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
        if (seen[k]) n->put(n->context, sol_name_text(&n->program->names, fixed[k]));
}

static bool normal(struct normal *n, struct error *err) {
    const struct sol_node *node = n->f->node;
    uint32_t body = n->f->body ? n->f->body->from : node->to;
    n->roles.room = (size_t)(node->to - node->from) + 1;
    if (!(n->roles.at = calloc(n->roles.room, sizeof *n->roles.at))) return error_memory(err, "normal form");
    own_names(&n->roles, node, ROLE_LOCAL);
    put_head(n, node->from, body);
    for (uint32_t i = body; i < node->to; i++) put_token(n, &n->f->file->tokens.at[i]);
    free(n->roles.at);
    return true;
}

/* ---- as text */

static void put_text(void *context, struct text word) {
    struct buffer *out = context;
    if (out->len) buffer_put_char(out, ' ');
    buffer_put_text(out, word);
}

bool sol_normal(const struct sol_program *program, const struct sol_function *f, bool names, struct buffer *out,
                struct error *err) {
    struct normal n = {.program = program, .f = f, .names = names, .numbers = true, .put = put_text, .context = out};
    return normal(&n, err) && buffer_check(out, "normal form", err);
}

bool sol_normal_hash(const struct sol_program *program, const struct sol_function *f, char hex[SOL_HASH_HEX],
                     struct error *err) {
    struct buffer text;
    buffer_init(&text, 64 << 20);
    bool ok = sol_normal(program, f, false, &text, err);
    if (ok) snprintf(hex, SOL_HASH_HEX, "%016llx", (unsigned long long)hash_xxh3(text.at, text.len));
    buffer_done(&text);
    return ok;
}

/* ---- as pairs */

struct pairs {
    uint16_t *bins;
    uint64_t before;
    size_t n;
};

static void put_pair(void *context, struct text word) {
    struct pairs *p = context;
    uint64_t here = hash_xxh3(word.at, word.len), both[2] = {p->before, here};
    if (p->before) {
        uint16_t *bin = &p->bins[hash_xxh3(both, sizeof both) % SOL_BINS];
        if (*bin < UINT16_MAX) ++*bin;
        p->n++;
    }
    p->before = here;
}

bool sol_bigrams(const struct sol_program *program, const struct sol_function *f, bool names, uint16_t *bins,
                 size_t *pairs, struct error *err) {
    struct pairs p = {.bins = bins};
    struct normal n = {.program = program, .f = f, .names = names, .put = put_pair, .context = &p};
    bool ok = normal(&n, err);
    *pairs = p.n;
    return ok;
}
