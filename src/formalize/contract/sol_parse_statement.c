/* Statements, and what is called in assembly. */
#include "formalize/contract/sol_parse_internal.h"

static struct sol_node *statement(struct sol_parser *p);

/* ---- declarations of variables */

static struct sol_node *variable(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_PARAM);
    sol_add(p, node, sol_type(p));
    for (; sol_is_location(p, 0); p->at++) node->flags |= sol_is_word(p, 0, W_storage) ? SOL_STORAGE : SOL_MEMORY;
    if (!p->lost && sol_look(p, 0)->kind == SOL_WORD) {
        node->word = sol_look(p, 0)->word;
        p->at++;
    }
    return sol_close(p, node);
}

/* TYPE [LOCATION] NAME, where no expression begins so. */
static bool is_variable(const struct sol_parser *p, uint32_t ahead) {
    uint32_t n = sol_scan_type(p, ahead);
    if (!n) return false;
    if (sol_is_location(p, ahead + n)) return true;
    return sol_look(p, ahead + n)->kind == SOL_WORD && !sol_is_word(p, ahead, W_delete) &&
           !sol_is_word(p, ahead, W_new) && !sol_is_word(p, ahead, W_emit) && !sol_is_word(p, ahead, W_return);
}

/* (bool ok, bytes memory data) = .. : one of what stands between the commas is a variable. */
static bool is_variables(const struct sol_parser *p) {
    if (sol_is_word(p, 0, W_var) && sol_is_op(p, 1, "(")) return true;
    if (!sol_is_op(p, 0, "(")) return false;
    uint32_t at = 1;
    while (sol_is_op(p, at, ",")) at++;
    return is_variable(p, at);
}

static void valued(struct sol_parser *p, struct sol_node *node) {
    if (p->lost || !sol_take_op(p, "=")) return;
    node->flags |= SOL_VALUED;
    sol_add(p, node, sol_expression(p));
}

static struct sol_node *variables(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_VAR);
    bool untyped = sol_take_word(p, W_var);
    sol_want_op(p, "(");
    while (!p->lost && !sol_is_op(p, 0, ")")) {
        if (sol_is_op(p, 0, ","))
            sol_add(p, node, sol_open(p, N_PARAM));
        else if (untyped) {
            struct sol_node *one = sol_open(p, N_PARAM);
            one->word = sol_look(p, 0)->word;
            p->at++;
            sol_add(p, node, sol_close(p, one));
        } else
            sol_add(p, node, variable(p));
        if (!sol_take_op(p, ",")) break;
        if (sol_is_op(p, 0, ")")) sol_add(p, node, sol_open(p, N_PARAM));
    }
    sol_want_op(p, ")");
    valued(p, node);
    return sol_close(p, node);
}

/* What can stand in the first place of a for, without its semicolon. */
static struct sol_node *simple(struct sol_parser *p) {
    if (is_variables(p)) return variables(p);
    struct sol_node *node = sol_open(p, is_variable(p, 0) ? N_VAR : N_EXPRESSION);
    if (node->kind == N_VAR) {
        sol_add(p, node, variable(p));
        valued(p, node);
    } else
        sol_add(p, node, sol_expression(p));
    return sol_close(p, node);
}

/* ---- assembly */

static struct sol_node *assembly(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_ASSEMBLY);
    p->at++;
    while (sol_look(p, 0)->kind == SOL_QUOTED) p->at++;
    if (sol_is_op(p, 0, "(")) sol_skip_balanced(p);
    if (!sol_is_op(p, 0, "{")) {
        p->lost = true;
        return node;
    }
    int open = 0;
    do {
        if (sol_is_op(p, 0, "{")) open++;
        if (sol_is_op(p, 0, "}")) open--;
        if (sol_look(p, 0)->kind == SOL_END) break;
        if (sol_look(p, 0)->kind == SOL_WORD && sol_is_op(p, 1, "(")) {
            struct sol_node *call = sol_open(p, N_YUL);
            call->word = sol_look(p, 0)->word;
            call->to = call->from + 1;
            sol_add(p, node, call);
        }
        p->at++;
    } while (open > 0);
    p->lost = open > 0;
    return sol_close(p, node);
}

/* ---- statements with statements in them */

static void condition(struct sol_parser *p, struct sol_node *node) {
    sol_want_op(p, "(");
    if (!p->lost) sol_add(p, node, sol_expression(p));
    sol_want_op(p, ")");
}

static struct sol_node *branch(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_IF);
    p->at++;
    condition(p, node);
    if (!p->lost) sol_add(p, node, statement(p));
    if (!p->lost && sol_take_word(p, W_else)) sol_add(p, node, statement(p));
    return sol_close(p, node);
}

static struct sol_node *for_loop(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_FOR);
    p->at++;
    sol_want_op(p, "(");
    sol_add(p, node, sol_is_op(p, 0, ";") ? sol_none(p) : simple(p));
    sol_want_op(p, ";");
    if (!p->lost) sol_add(p, node, sol_is_op(p, 0, ";") ? sol_none(p) : sol_expression(p));
    sol_want_op(p, ";");
    if (!p->lost) sol_add(p, node, sol_is_op(p, 0, ")") ? sol_none(p) : sol_expression(p));
    sol_want_op(p, ")");
    if (!p->lost) sol_add(p, node, statement(p));
    return sol_close(p, node);
}

static struct sol_node *while_loop(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_WHILE);
    p->at++;
    condition(p, node);
    if (!p->lost) sol_add(p, node, statement(p));
    return sol_close(p, node);
}

static struct sol_node *do_loop(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_DO);
    p->at++;
    sol_add(p, node, statement(p));
    if (!p->lost && sol_take_word(p, W_while))
        condition(p, node);
    else
        p->lost = true;
    sol_want_op(p, ";");
    return sol_close(p, node);
}

static struct sol_node *attempt(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_TRY);
    p->at++;
    sol_add(p, node, sol_expression(p));
    if (!p->lost && sol_take_word(p, W_returns)) sol_add(p, node, sol_params(p, N_RETURNS));
    if (!p->lost) sol_add(p, node, sol_block(p));
    while (!p->lost && sol_is_word(p, 0, W_catch)) {
        struct sol_node *rescue = sol_open(p, N_CATCH);
        p->at++;
        if (sol_look(p, 0)->kind == SOL_WORD) p->at++;
        if (sol_is_op(p, 0, "(")) sol_add(p, rescue, sol_params(p, N_PARAMS));
        if (!p->lost) sol_add(p, rescue, sol_block(p));
        sol_add(p, node, sol_close(p, rescue));
    }
    return sol_close(p, node);
}

/* ---- the others */

static struct sol_node *leaf(struct sol_parser *p, enum sol_kind kind, bool more) {
    struct sol_node *node = sol_open(p, kind);
    node->word = sol_look(p, 0)->word;
    p->at++;
    if (more && !sol_is_op(p, 0, ";")) sol_add(p, node, sol_expression(p));
    sol_want_op(p, ";");
    return sol_close(p, node);
}

static struct sol_node *simple_statement(struct sol_parser *p) {
    struct sol_node *node = simple(p);
    sol_want_op(p, ";");
    return sol_close(p, node);
}

static struct sol_node *unchecked(struct sol_parser *p) {
    struct sol_node *node;
    p->at++;
    node = sol_block(p);
    node->kind = N_UNCHECKED;
    node->from--;
    return node;
}

static struct sol_node *by_word(struct sol_parser *p) {
    switch (sol_look(p, 0)->word) {
    case W_if:
        return branch(p);
    case W_for:
        return for_loop(p);
    case W_while:
        return while_loop(p);
    case W_do:
        return do_loop(p);
    case W_return:
        return leaf(p, N_RETURN, true);
    case W_break:
    case W_continue:
    case W_throw:
        return leaf(p, N_JUMP, false);
    case W__:
        return sol_is_op(p, 1, ";") ? leaf(p, N_JUMP, false) : simple_statement(p);
    case W_assembly:
        return assembly(p);
    case W_try:
        return attempt(p);
    case W_emit:
        return sol_look(p, 1)->kind == SOL_WORD ? leaf(p, N_EMIT, true) : simple_statement(p);
    case W_revert:
        return sol_look(p, 1)->kind == SOL_WORD ? leaf(p, N_REVERT, true) : simple_statement(p);
    case W_unchecked:
        return sol_is_op(p, 1, "{") ? unchecked(p) : simple_statement(p);
    default:
        return simple_statement(p);
    }
}

static struct sol_node *statement(struct sol_parser *p) {
    if (sol_is_op(p, 0, "{")) return sol_block(p);
    if (!sol_deeper(p)) return sol_none(p);
    struct sol_node *node = sol_look(p, 0)->kind == SOL_WORD ? by_word(p) : simple_statement(p);
    p->depth--;
    return node;
}

/* What cannot stand in a block: a brace was forgotten before it. */
static bool begins_declaration(const struct sol_parser *p) {
    uint32_t word = sol_look(p, 0)->kind == SOL_WORD ? sol_look(p, 0)->word : W_NONE;
    bool named = sol_look(p, 1)->kind == SOL_WORD;
    if (word == W_function) return named && sol_is_op(p, 2, "(");
    if (word == W_contract || word == W_library || word == W_interface)
        return named && (sol_is_op(p, 2, "{") || sol_is_word(p, 2, W_is));
    return word == W_modifier && named && (sol_is_op(p, 2, "(") || sol_is_op(p, 2, "{"));
}

static void end_block(struct sol_parser *p, const struct sol_node *node) {
    if (p->lost || sol_take_op(p, "}") || p->dead) return;
    struct sol_fault fault = {sol_line(p->file, node), sol_look(p, 0)->line, "a block without its closing brace"};
    if (!sol_fault_add(&p->file->faults, p->arena, fault, p->err)) p->dead = true;
}

struct sol_node *sol_block(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_BLOCK);
    if (!sol_deeper(p)) return node;
    sol_want_op(p, "{");
    while (!p->lost && !sol_is_op(p, 0, "}") && sol_look(p, 0)->kind != SOL_END && !begins_declaration(p)) {
        uint32_t from = p->at;
        unsigned depth = p->depth;
        if (sol_take_op(p, ";")) continue;
        struct sol_node *one = statement(p);
        if (p->lost) {
            one = sol_open(p, N_SKIPPED);
            one->from = from;
            p->depth = depth;
            sol_recover(p, from, "a statement that cannot be read");
            sol_close(p, one);
        }
        sol_add(p, node, one);
    }
    end_block(p, node);
    p->depth--;
    return sol_close(p, node);
}
