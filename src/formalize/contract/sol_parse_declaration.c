/* Contracts and what stands in them, and what stands beside them in a file. */
#include "formalize/contract/sol_parse_internal.h"

/* ---- functions */

static uint16_t modifier_flag(uint32_t word) {
    switch (word) {
    case W_public:
        return SOL_PUBLIC;
    case W_private:
        return SOL_PRIVATE;
    case W_internal:
        return SOL_INTERNAL;
    case W_external:
        return SOL_EXTERNAL;
    case W_pure:
        return SOL_PURE;
    case W_view:
    case W_constant:
        return SOL_VIEW;
    case W_payable:
        return SOL_PAYABLE;
    default:
        return 0;
    }
}

struct sol_node *sol_params(struct sol_parser *p, enum sol_kind kind) {
    struct sol_node *node = sol_open(p, kind);
    sol_want_op(p, "(");
    while (!p->lost && !sol_is_op(p, 0, ")")) {
        struct sol_node *one = sol_open(p, N_PARAM);
        sol_add(p, one, sol_type(p));
        while (sol_is_location(p, 0) || sol_is_word(p, 0, W_indexed)) {
            if (!sol_is_word(p, 0, W_indexed)) one->flags |= sol_is_word(p, 0, W_storage) ? SOL_STORAGE : SOL_MEMORY;
            p->at++;
        }
        if (!p->lost && sol_look(p, 0)->kind == SOL_WORD) {
            one->word = sol_look(p, 0)->word;
            p->at++;
        }
        sol_add(p, node, sol_close(p, one));
        if (!sol_take_op(p, ",")) break;
    }
    sol_want_op(p, ")");
    return sol_close(p, node);
}

/* A.B(x): a modifier, or the constructor of a base. */
static struct sol_node *use(struct sol_parser *p, enum sol_kind kind) {
    struct sol_node *node = sol_open(p, kind);
    node->word = sol_look(p, 0)->word;
    if (sol_look(p, 0)->kind != SOL_WORD) p->lost = true;
    p->at++;
    while (sol_is_op(p, 0, ".") && sol_look(p, 1)->kind == SOL_WORD) {
        node->word = sol_look(p, 1)->word;
        p->at += 2;
    }
    if (!p->lost && sol_is_op(p, 0, "(")) sol_arguments(p, node);
    return sol_close(p, node);
}

static void function_head(struct sol_parser *p, struct sol_node *node) {
    while (!p->lost && sol_look(p, 0)->kind == SOL_WORD) {
        uint32_t word = sol_look(p, 0)->word;
        uint16_t flag = modifier_flag(word);
        if (flag) {
            node->flags |= flag;
            p->at++;
        } else if (word == W_virtual)
            p->at++;
        else if (word == W_override) {
            p->at++;
            if (sol_is_op(p, 0, "(")) sol_skip_balanced(p);
        } else if (word == W_returns) {
            p->at++;
            sol_add(p, node, sol_params(p, N_RETURNS));
        } else
            sol_add(p, node, use(p, N_USE));
    }
}

/* What `function` does not begin: constructor, fallback, receive, modifier. */
static uint16_t special(const struct sol_parser *p) {
    uint32_t word = sol_look(p, 0)->kind == SOL_WORD ? sol_look(p, 0)->word : 0;
    bool round = sol_is_op(p, 1, "(");
    if (word == W_modifier && sol_look(p, 1)->kind == SOL_WORD) return SOL_MODIFIER;
    return !round                  ? 0
           : word == W_constructor ? SOL_CONSTRUCTOR
           : word == W_fallback    ? SOL_FALLBACK
           : word == W_receive     ? SOL_RECEIVE
                                   : 0;
}

static struct sol_node *function(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_FUNCTION);
    node->flags = special(p);
    p->at++;
    bool named = !node->flags || node->flags == SOL_MODIFIER;
    if (named && sol_look(p, 0)->kind == SOL_WORD) {
        node->word = sol_look(p, 0)->word;
        p->at++;
    } else if (named)
        node->flags = SOL_FALLBACK;
    sol_add(p, node,
            node->flags == SOL_MODIFIER && !sol_is_op(p, 0, "(") ? sol_open(p, N_PARAMS) : sol_params(p, N_PARAMS));
    function_head(p, node);
    if (!p->lost && sol_is_op(p, 0, "{"))
        sol_add(p, node, sol_block(p));
    else
        sol_want_op(p, ";");
    return sol_close(p, node);
}

/* ---- smaller declarations */

static struct sol_node *structure(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_STRUCT);
    node->word = sol_look(p, 1)->word;
    p->at += 2;
    sol_want_op(p, "{");
    while (!p->lost && !sol_is_op(p, 0, "}")) {
        struct sol_node *one = sol_open(p, N_PARAM);
        sol_add(p, one, sol_type(p));
        one->word = sol_look(p, 0)->word;
        if (sol_look(p, 0)->kind != SOL_WORD) p->lost = true;
        p->at++;
        sol_add(p, node, sol_close(p, one));
        sol_want_op(p, ";");
    }
    sol_want_op(p, "}");
    return sol_close(p, node);
}

static struct sol_node *enumeration(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_ENUM);
    node->word = sol_look(p, 1)->word;
    p->at += 2;
    sol_want_op(p, "{");
    while (!p->lost && sol_look(p, 0)->kind == SOL_WORD) {
        struct sol_node *one = sol_open(p, N_NAME);
        one->word = sol_look(p, 0)->word;
        p->at++;
        sol_add(p, node, sol_close(p, one));
        if (!sol_take_op(p, ",")) break;
    }
    sol_want_op(p, "}");
    return sol_close(p, node);
}

/* Up to the semicolon, with the name behind the first word. */
static struct sol_node *until_semicolon(struct sol_parser *p, enum sol_kind kind) {
    struct sol_node *node = sol_open(p, kind);
    node->word = sol_look(p, 1)->kind == SOL_WORD ? sol_look(p, 1)->word : 0;
    p->at++;
    while (!sol_is_op(p, 0, ";") && !sol_is_op(p, 0, "}") && sol_look(p, 0)->kind != SOL_END) {
        if (sol_is_op(p, 0, "(") || sol_is_op(p, 0, "{"))
            sol_skip_balanced(p);
        else if (kind == N_IMPORT && sol_look(p, 0)->kind == SOL_QUOTED) {
            struct sol_node *path = sol_open(p, N_TEXT);
            p->at++;
            sol_add(p, node, sol_close(p, path));
        } else
            p->at++;
    }
    sol_want_op(p, ";");
    return sol_close(p, node);
}

static struct sol_node *state(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_STATE);
    sol_add(p, node, sol_type(p));
    while (!p->lost && sol_look(p, 0)->kind == SOL_WORD) {
        uint32_t word = sol_look(p, 0)->word;
        uint16_t flag = word == W_constant ? SOL_CONSTANT : word == W_immutable ? SOL_IMMUTABLE : modifier_flag(word);
        bool last = sol_is_op(p, 1, ";") || sol_is_op(p, 1, "=");
        if (flag && !last)
            node->flags |= flag;
        else if (word == W_override && !last) {
            if (sol_is_op(p, 1, "(")) p->at++, sol_skip_balanced(p), p->at--;
        } else if (word != W_transient || last) {
            node->word = word;
            p->at++;
            break;
        }
        p->at++;
    }
    if (!node->word) p->lost = true;
    if (!p->lost && sol_take_op(p, "=")) {
        node->flags |= SOL_VALUED;
        sol_add(p, node, sol_expression(p));
    }
    sol_want_op(p, ";");
    return sol_close(p, node);
}

/* ---- contracts, files */

static struct sol_node *member_of(struct sol_parser *p) {
    bool named = sol_look(p, 1)->kind == SOL_WORD;
    if (special(p)) return function(p);
    switch (sol_look(p, 0)->kind == SOL_WORD ? sol_look(p, 0)->word : W_NONE) {
    case W_function:
        return named || sol_is_op(p, 1, "(") ? function(p) : state(p);
    case W_struct:
        return structure(p);
    case W_enum:
        return enumeration(p);
    case W_event:
        return until_semicolon(p, N_EVENT);
    case W_error:
        return named && sol_is_op(p, 2, "(") ? until_semicolon(p, N_ERROR) : state(p);
    case W_using:
        return until_semicolon(p, N_USING);
    case W_type:
        return named ? until_semicolon(p, N_TYPEDEF) : state(p);
    case W_NONE:
        p->lost = true;
        return sol_none(p);
    default:
        return state(p);
    }
}

static bool begins_contract(const struct sol_parser *p) {
    uint32_t at = sol_is_word(p, 0, W_abstract);
    return (sol_is_word(p, at, W_contract) || sol_is_word(p, at, W_library) || sol_is_word(p, at, W_interface)) &&
           sol_look(p, at + 1)->kind == SOL_WORD;
}

/* One declaration, or what could not be read as one. In the body of a contract another one means that a brace was
 * forgotten before it. */
static void declaration(struct sol_parser *p, struct sol_node *parent, struct sol_node *(*read)(struct sol_parser *)) {
    uint32_t from = p->at;
    unsigned depth = p->depth;
    struct sol_node *one = read(p);
    if (p->lost) {
        one = sol_open(p, N_SKIPPED);
        one->from = from;
        p->depth = depth;
        sol_recover(p, from, "a declaration that cannot be read");
        sol_close(p, one);
    }
    sol_add(p, parent, one);
}

static struct sol_node *contract(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_CONTRACT);
    if (sol_take_word(p, W_abstract)) node->flags |= SOL_ABSTRACT;
    node->flags |= sol_is_word(p, 0, W_library) ? SOL_LIBRARY : sol_is_word(p, 0, W_interface) ? SOL_INTERFACE : 0;
    node->word = sol_look(p, 1)->word;
    p->at += 2;
    if (sol_take_word(p, W_is)) do
            sol_add(p, node, use(p, N_BASE));
        while (!p->lost && sol_take_op(p, ","));
    if (sol_take_word(p, W_layout)) {
        sol_take_word(p, W_at);
        sol_expression(p);
    }
    sol_want_op(p, "{");
    while (!p->lost && !sol_is_op(p, 0, "}") && sol_look(p, 0)->kind != SOL_END && !begins_contract(p))
        if (!sol_take_op(p, ";")) declaration(p, node, member_of);
    if (!p->lost && !sol_take_op(p, "}") && !p->dead) {
        struct sol_fault fault = {sol_look(p, 0)->line, sol_look(p, 0)->line, "a contract without its closing brace"};
        if (!sol_fault_add(&p->file->faults, p->arena, fault, p->err)) p->dead = true;
    }
    return sol_close(p, node);
}

static struct sol_node *top(struct sol_parser *p) {
    if (begins_contract(p)) return contract(p);
    if (sol_is_word(p, 0, W_pragma)) return until_semicolon(p, N_PRAGMA);
    if (sol_is_word(p, 0, W_import)) return until_semicolon(p, N_IMPORT);
    return member_of(p);
}

void sol_declarations(struct sol_parser *p, struct sol_node *file) {
    while (sol_look(p, 0)->kind != SOL_END)
        if (!sol_take_op(p, ";")) declaration(p, file, top);
}
