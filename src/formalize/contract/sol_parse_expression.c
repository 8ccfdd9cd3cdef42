/* Types and expressions, by sixteen levels: what binds tightest is a name, a number, something in brackets with calls,
 * members and places behind it (1), then prefixes (2), ** (3), * / % (4), + - (5), shifts (6), & (7), ^ (8), | (9),
 * < > <= >= (10), == != (11), && (12), || (13), ?: (14), assignments (15); the comma (16) only stands in brackets. */
#include "formalize/contract/sol_parse_internal.h"

static struct sol_node *prefixed(struct sol_parser *p);

/* ---- types */

bool sol_is_elementary(const struct sol_parser *p, uint32_t ahead) {
    const struct sol_token *t = sol_look(p, ahead);
    return t->kind == SOL_WORD && (t->word == W_var || sol_is_elementary_name(p->names, t->word));
}

bool sol_is_location(const struct sol_parser *p, uint32_t ahead) {
    return sol_is_word(p, ahead, W_memory) || sol_is_word(p, ahead, W_storage) || sol_is_word(p, ahead, W_calldata);
}

/* The tokens from an opening bracket to behind its match; 0: it has none within a line or so. */
static uint32_t scan_brackets(const struct sol_parser *p, uint32_t ahead) {
    enum { TOKENS_MOST = 4096 };
    int open = 0;
    for (uint32_t n = 0; n < TOKENS_MOST; n++) {
        const struct sol_token *t = sol_look(p, ahead + n);
        if (t->kind == SOL_END || (t->kind == SOL_OP && (t->word == ';' || t->word == '{'))) return 0;
        if (t->kind != SOL_OP || t->len != 1) continue;
        if (t->word == '(' || t->word == '[') open++;
        if ((t->word == ')' || t->word == ']') && --open == 0) return n + 1;
    }
    return 0;
}

uint32_t sol_scan_type(const struct sol_parser *p, uint32_t ahead) {
    uint32_t at = ahead, n;
    if (sol_is_word(p, at, W_mapping) || sol_is_word(p, at, W_function)) {
        if (!sol_is_op(p, at + 1, "(") || !(n = scan_brackets(p, at + 1))) return 0;
        at += 1 + n;
    } else if (sol_look(p, at)->kind == SOL_WORD) {
        bool address = sol_is_word(p, at, W_address);
        at++;
        if (address && sol_is_word(p, at, W_payable) && !sol_is_op(p, at + 1, "(")) at++;
        while (sol_is_op(p, at, ".") && sol_look(p, at + 1)->kind == SOL_WORD) at += 2;
    } else
        return 0;
    while (sol_is_op(p, at, "[")) {
        if (!(n = scan_brackets(p, at))) return 0;
        at += n;
    }
    return at - ahead;
}

static struct sol_node *mapping_type(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_MAPPING);
    p->at++;
    sol_want_op(p, "(");
    sol_add(p, node, sol_type(p));
    if (sol_look(p, 0)->kind == SOL_WORD) p->at++; /* the name of a key, since 0.8.18 */
    sol_want_op(p, "=>");
    if (!p->lost) sol_add(p, node, sol_type(p));
    if (sol_look(p, 0)->kind == SOL_WORD) p->at++;
    sol_want_op(p, ")");
    return sol_close(p, node);
}

static struct sol_node *function_type(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_FUNCTION_TYPE);
    p->at++;
    if (sol_is_op(p, 0, "(")) sol_skip_balanced(p);
    while (sol_is_word(p, 0, W_internal) || sol_is_word(p, 0, W_external) || sol_is_word(p, 0, W_pure) ||
           sol_is_word(p, 0, W_view) || sol_is_word(p, 0, W_payable) || sol_is_word(p, 0, W_constant))
        p->at++;
    if (sol_take_word(p, W_returns) && sol_is_op(p, 0, "(")) sol_skip_balanced(p);
    return sol_close(p, node);
}

static struct sol_node *simple_type(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_TYPE);
    bool address = sol_is_word(p, 0, W_address);
    if (sol_look(p, 0)->kind != SOL_WORD) {
        p->lost = true;
        return node;
    }
    node->word = sol_look(p, 0)->word;
    p->at++;
    if (address && sol_is_word(p, 0, W_payable)) {
        p->at++;
        node->flags |= SOL_PAYABLE;
    }
    while (sol_is_op(p, 0, ".") && sol_look(p, 1)->kind == SOL_WORD) {
        node->word = sol_look(p, 1)->word;
        p->at += 2;
    }
    return sol_close(p, node);
}

struct sol_node *sol_type(struct sol_parser *p) {
    if (!sol_deeper(p)) return sol_none(p);
    struct sol_node *node = sol_is_word(p, 0, W_mapping)    ? mapping_type(p)
                            : sol_is_word(p, 0, W_function) ? function_type(p)
                                                            : simple_type(p);
    while (!p->lost && sol_is_op(p, 0, "[")) {
        struct sol_node *array = sol_open_at(p, N_ARRAY, node);
        p->at++;
        sol_add(p, array, node);
        if (!sol_is_op(p, 0, "]")) sol_add(p, array, sol_expression(p));
        sol_want_op(p, "]");
        node = sol_close(p, array);
    }
    p->depth--;
    return node;
}

/* ---- level 1 */

void sol_named(struct sol_parser *p, struct sol_node *parent) {
    sol_want_op(p, "{");
    while (!p->lost && !sol_is_op(p, 0, "}")) {
        struct sol_node *named = sol_open(p, N_NAMED);
        named->word = sol_look(p, 0)->word;
        if (sol_look(p, 0)->kind != SOL_WORD) p->lost = true;
        p->at++;
        sol_want_op(p, ":");
        if (!p->lost) sol_add(p, named, sol_expression(p));
        sol_add(p, parent, sol_close(p, named));
        if (!sol_take_op(p, ",")) break;
    }
    sol_want_op(p, "}");
}

void sol_arguments(struct sol_parser *p, struct sol_node *parent) {
    sol_want_op(p, "(");
    if (!p->lost && sol_is_op(p, 0, "{"))
        sol_named(p, parent);
    else
        while (!p->lost && !sol_is_op(p, 0, ")")) {
            sol_add(p, parent, sol_expression(p));
            if (!sol_take_op(p, ",")) break;
        }
    sol_want_op(p, ")");
}

/* (a, , b) and [a, b] */
static struct sol_node *bracketed(struct sol_parser *p, enum sol_kind kind, const char *end) {
    struct sol_node *node = sol_open(p, kind);
    p->at++;
    while (!p->lost && !sol_is_op(p, 0, end)) {
        sol_add(p, node, sol_is_op(p, 0, ",") ? sol_none(p) : sol_expression(p));
        if (!sol_take_op(p, ",")) break;
        if (sol_is_op(p, 0, end)) sol_add(p, node, sol_none(p));
    }
    sol_want_op(p, end);
    return sol_close(p, node);
}

static struct sol_node *number(struct sol_parser *p) {
    struct sol_node *node = sol_open(p, N_NUMBER);
    p->at++;
    const struct sol_token *unit = sol_look(p, 0);
    if (unit->kind == SOL_WORD && unit->word >= W_wei && unit->word <= W_years) {
        node->word = unit->word;
        p->at++;
    }
    return sol_close(p, node);
}

static struct sol_node *primary(struct sol_parser *p) {
    const struct sol_token *t = sol_look(p, 0);
    struct sol_node *node;
    if (sol_is_op(p, 0, "(")) return bracketed(p, N_TUPLE, ")");
    if (sol_is_op(p, 0, "[")) return bracketed(p, N_LIST, "]");
    if (t->kind == SOL_DIGITS) return number(p);
    if (t->kind == SOL_QUOTED) {
        node = sol_open(p, N_TEXT);
        while (sol_look(p, 0)->kind == SOL_QUOTED) p->at++;
        return sol_close(p, node);
    }
    if (sol_is_word(p, 0, W_new)) {
        node = sol_open(p, N_NEW);
        p->at++;
        sol_add(p, node, sol_type(p));
        return sol_close(p, node);
    }
    node = sol_open(p, N_NAME);
    if (t->kind != SOL_WORD || (t->word >= W_if && t->word <= W_unchecked && t->word != W_revert)) {
        p->lost = true;
        return node;
    }
    node->word = t->word;
    p->at++;
    return sol_close(p, node);
}

static struct sol_node *indexed(struct sol_parser *p, struct sol_node *of) {
    struct sol_node *node = sol_open_at(p, N_INDEX, of);
    p->at++;
    sol_add(p, node, of);
    bool from = !sol_is_op(p, 0, ":") && !sol_is_op(p, 0, "]");
    if (from) sol_add(p, node, sol_expression(p));
    if (!p->lost && sol_take_op(p, ":")) {
        node->kind = N_SLICE;
        if (!from) sol_add(p, node, sol_none(p));
        sol_add(p, node, sol_is_op(p, 0, "]") ? sol_none(p) : sol_expression(p));
    }
    sol_want_op(p, "]");
    return sol_close(p, node);
}

static struct sol_node *member(struct sol_parser *p, struct sol_node *of) {
    struct sol_node *node = sol_open_at(p, N_MEMBER, of);
    p->at++;
    sol_add(p, node, of);
    node->word = sol_look(p, 0)->word;
    if (sol_look(p, 0)->kind != SOL_WORD)
        p->lost = true;
    else
        p->at++;
    return sol_close(p, node);
}

/* {value: x} behind something that is called, not the block of a try. */
static bool is_options(const struct sol_parser *p) {
    return sol_is_op(p, 0, "{") && sol_look(p, 1)->kind == SOL_WORD && sol_is_op(p, 2, ":");
}

static struct sol_node *called(struct sol_parser *p, struct sol_node *what) {
    struct sol_node *node = sol_open_at(p, sol_is_op(p, 0, "(") ? N_CALL : N_OPTIONS, what);
    sol_add(p, node, what);
    if (node->kind == N_CALL)
        sol_arguments(p, node);
    else
        sol_named(p, node);
    return sol_close(p, node);
}

static struct sol_node *postfixed(struct sol_parser *p) {
    struct sol_node *node = primary(p);
    while (!p->lost && !p->dead) {
        if (sol_is_op(p, 0, "["))
            node = indexed(p, node);
        else if (sol_is_op(p, 0, "."))
            node = member(p, node);
        else if (sol_is_op(p, 0, "(") || is_options(p))
            node = called(p, node);
        else if (sol_is_op(p, 0, "++") || sol_is_op(p, 0, "--")) {
            struct sol_node *step = sol_open_at(p, N_POSTFIX, node);
            step->word = sol_look(p, 0)->word;
            p->at++;
            sol_add(p, step, node);
            node = sol_close(p, step);
        } else
            break;
    }
    return node;
}

/* ---- levels 2 to 15 */

static bool is_prefix(const struct sol_parser *p) {
    return sol_is_op(p, 0, "!") || sol_is_op(p, 0, "~") || sol_is_op(p, 0, "-") || sol_is_op(p, 0, "+") ||
           sol_is_op(p, 0, "++") || sol_is_op(p, 0, "--") || sol_is_word(p, 0, W_delete) ||
           (sol_is_word(p, 0, W_after) && !sol_is_op(p, 1, "(") && !sol_is_op(p, 1, ")"));
}

static struct sol_node *prefixed(struct sol_parser *p) {
    if (!is_prefix(p)) return postfixed(p);
    struct sol_node *node = sol_open(p, N_UNARY);
    if (!sol_deeper(p)) return node;
    const struct sol_token *t = sol_look(p, 0);
    node->word = t->kind == SOL_OP ? t->word : SOL_DELETE; /* `after` of old drafts is one, too */
    p->at++;
    sol_add(p, node, prefixed(p));
    p->depth--;
    return sol_close(p, node);
}

/* How tightly what stands here binds two sides: 13 for **, 1 for ||; 0: it does not. */
static int strength(const struct sol_token *t) {
    static const struct {
        char op[4];
        int strength;
    } table[] = {{"**", 11}, {"*", 10},  {"/", 10}, {"%", 10}, {"+", 9},  {"-", 9}, {"<<", 8},
                 {">>", 8},  {">>>", 8}, {"&", 7},  {"^", 6},  {"|", 5},  {"<", 4}, {">", 4},
                 {"<=", 4},  {">=", 4},  {"==", 3}, {"!=", 3}, {"&&", 2}, {"||", 1}};
    if (t->kind != SOL_OP) return 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (t->word == sol_op(table[i].op)) return table[i].strength;
    return 0;
}

static struct sol_node *binary(struct sol_parser *p, int least) {
    if (!sol_deeper(p)) return sol_none(p);
    struct sol_node *left = prefixed(p);
    for (int s; !p->lost && (s = strength(sol_look(p, 0))) >= least && s;) {
        struct sol_node *node = sol_open_at(p, N_BINARY, left);
        node->word = sol_look(p, 0)->word;
        p->at++;
        sol_add(p, node, left);
        sol_add(p, node, binary(p, s == 11 ? s : s + 1));
        left = sol_close(p, node);
    }
    p->depth--;
    return left;
}

static bool is_assignment(const struct sol_token *t) {
    if (t->kind != SOL_OP || t->word == sol_op("==") || t->word == sol_op("<=") || t->word == sol_op(">=") ||
        t->word == sol_op("!=") || t->word == sol_op("=>") || t->word == sol_op(":="))
        return false;
    return (t->word >> 8 * (t->len - 1) & 255) == '=';
}

struct sol_node *sol_expression(struct sol_parser *p) {
    if (!sol_deeper(p)) return sol_none(p);
    struct sol_node *left = binary(p, 1);
    if (!p->lost && sol_is_op(p, 0, "?")) {
        struct sol_node *node = sol_open_at(p, N_CHOICE, left);
        p->at++;
        sol_add(p, node, left);
        sol_add(p, node, sol_expression(p));
        sol_want_op(p, ":");
        if (!p->lost) sol_add(p, node, sol_expression(p));
        left = sol_close(p, node);
    }
    if (!p->lost && is_assignment(sol_look(p, 0))) {
        struct sol_node *node = sol_open_at(p, N_ASSIGN, left);
        node->word = sol_look(p, 0)->word;
        p->at++;
        sol_add(p, node, left);
        sol_add(p, node, sol_expression(p));
        left = sol_close(p, node);
    }
    p->depth--;
    return left;
}
