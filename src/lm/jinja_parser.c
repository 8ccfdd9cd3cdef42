/* Jinja's grammar: recursive descent from tokens to a tree. Depth is limited; what is not supported is refused here. */
#include "lm/jinja_internal.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 200

struct parser {
    struct jinja *jinja;
    const struct jinja_token *tokens;
    size_t at, n;
    int depth;
    int loops; /* for loops around the current statement */
    struct error *err;
};

static const struct jinja_token *now(const struct parser *p) {
    return &p->tokens[p->at];
}

static bool parse_error(struct parser *p, const char *format, ...) {
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(p->err, ERROR_DATA, "%s:%zu:%zu: template: %s", p->jinja->name, now(p)->line, now(p)->column, what);
}

static bool is_operator(const struct parser *p, const char *op) {
    return now(p)->kind == TOK_OPERATOR && text_equal_c(now(p)->text, op);
}

static bool is_word(const struct parser *p, const char *word) {
    return now(p)->kind == TOK_NAME && text_equal_c(now(p)->text, word);
}

static bool accept_operator(struct parser *p, const char *op) {
    return is_operator(p, op) && ++p->at;
}

static bool accept_word(struct parser *p, const char *word) {
    return is_word(p, word) && ++p->at;
}

static bool expect_operator(struct parser *p, const char *op) {
    return accept_operator(p, op) || parse_error(p, "expected '%s'", op);
}

static struct node *new_node(struct parser *p, enum node_kind kind) {
    struct node *node = arena_new(&p->jinja->arena, struct node, 1, p->err);
    if (!node) return NULL;
    node->kind = kind;
    node->line = now(p)->line;
    node->column = now(p)->column;
    return node;
}

/* Appends to a growing array on the arena: capacity is the next power of two. */
static bool push(struct parser *p, void *list_at, size_t *n, size_t size, const void *item) {
    char **list = list_at;
    if ((*n & (*n - 1)) == 0) { /* 0, 1, 2, 4, 8, ... */
        char *more = arena_alloc(&p->jinja->arena, *n ? *n * 2 : 1, size, p->err);
        if (!more) return false;
        if (*n) memcpy(more, *list, *n * size);
        *list = more;
    }
    memcpy(*list + *n * size, item, size);
    (*n)++;
    return true;
}

static bool push_node(struct parser *p, struct node ***list, size_t *n, struct node *node) {
    return node && push(p, list, n, sizeof node, &node);
}

static bool push_name(struct parser *p, struct node *node, struct text name) {
    return push(p, &node->names, &node->n_names, sizeof name, &name);
}

static struct node *new_constant(struct parser *p, json_t *value) {
    struct jinja *j = p->jinja;
    struct node *node = value ? new_node(p, NODE_CONSTANT) : NULL;
    if (j->n_constants == j->constants_capacity) {
        size_t wanted = j->constants_capacity ? j->constants_capacity * 2 : 64;
        json_t **more = memory_grow(j->constants, wanted, sizeof *more);
        if (more) {
            j->constants = more;
            j->constants_capacity = wanted;
        }
    }
    if (!node || j->n_constants == j->constants_capacity) {
        json_decref(value);
        if (!node && p->err && p->err->kind) return NULL;
        return error_memory(p->err, "template constant"), NULL;
    }
    j->constants[j->n_constants++] = value;
    node->constant = value;
    return node;
}

static struct node *parse_expression(struct parser *p);
static struct node *parse_unary(struct parser *p);

static bool enter(struct parser *p) {
    return ++p->depth <= DEPTH_MAX || parse_error(p, "nested too deeply");
}

/* ( a, b, key=c ) behind a name; the opening bracket was read. */
static bool parse_arguments(struct parser *p, struct node *call) {
    while (!accept_operator(p, ")")) {
        if ((call->n || call->n_more) && !expect_operator(p, ",")) return false;
        if (accept_operator(p, ")")) break;
        bool keyword = now(p)->kind == TOK_NAME && p->tokens[p->at + 1].kind == TOK_OPERATOR &&
                       text_equal_c(p->tokens[p->at + 1].text, "=");
        if (keyword) {
            if (!push_name(p, call, now(p)->text)) return false;
            p->at += 2;
            if (!push_node(p, &call->more, &call->n_more, parse_expression(p))) return false;
        } else if (call->n_more) {
            return parse_error(p, "positional argument behind a keyword argument");
        } else if (is_operator(p, "*")) {
            return parse_error(p, "argument unpacking is not supported");
        } else if (!push_node(p, &call->list, &call->n, parse_expression(p))) {
            return false;
        }
    }
    return true;
}

static struct node *parse_list(struct parser *p, const char *close) {
    struct node *list = new_node(p, NODE_LIST);
    while (list && !accept_operator(p, close)) {
        if (list->n && !expect_operator(p, ",")) return NULL;
        if (accept_operator(p, close)) break;
        if (!push_node(p, &list->list, &list->n, parse_expression(p))) return NULL;
    }
    return list;
}

static struct node *parse_dict(struct parser *p) {
    struct node *dict = new_node(p, NODE_DICT);
    while (dict && !accept_operator(p, "}")) {
        if (dict->n && !expect_operator(p, ",")) return NULL;
        if (accept_operator(p, "}")) break;
        if (!push_node(p, &dict->list, &dict->n, parse_expression(p)) || !expect_operator(p, ":") ||
            !push_node(p, &dict->more, &dict->n_more, parse_expression(p)))
            return NULL;
    }
    return dict;
}

/* (a) is a; (a, b) a list. */
static struct node *parse_parenthesis(struct parser *p) {
    if (accept_operator(p, ")")) return new_node(p, NODE_LIST);
    struct node *first = parse_expression(p);
    if (!first || accept_operator(p, ")")) return first;
    struct node *list = new_node(p, NODE_LIST);
    if (!list || !push_node(p, &list->list, &list->n, first)) return NULL;
    while (!accept_operator(p, ")")) {
        if (!expect_operator(p, ",")) return NULL;
        if (accept_operator(p, ")")) break;
        if (!push_node(p, &list->list, &list->n, parse_expression(p))) return NULL;
    }
    return list;
}

static struct node *parse_name(struct parser *p) {
    struct text t = now(p)->text;
    p->at++;
    if (text_equal_c(t, "true") || text_equal_c(t, "True")) return new_constant(p, json_true());
    if (text_equal_c(t, "false") || text_equal_c(t, "False")) return new_constant(p, json_false());
    if (text_equal_c(t, "none") || text_equal_c(t, "None") || text_equal_c(t, "null")) return new_constant(p, json_null());
    p->at--;
    struct node *node = new_node(p, NODE_NAME);
    p->at++;
    if (node) node->text = t;
    return node;
}

static struct node *parse_primary(struct parser *p) {
    const struct jinja_token *t = now(p);
    switch (t->kind) {
    case TOK_NAME: return parse_name(p);
    case TOK_INTEGER: return p->at++, new_constant(p, json_integer(t->integer));
    case TOK_REAL: return p->at++, new_constant(p, json_real(t->real));
    case TOK_STRING: {
        struct buffer joined; /* neighbouring literals are one */
        buffer_init(&joined, (size_t)1 << 20);
        while (now(p)->kind == TOK_STRING) {
            buffer_put_text(&joined, now(p)->text);
            p->at++;
        }
        struct node *node = new_constant(p, joined.failed ? NULL : json_from_text(buffer_text(&joined)));
        buffer_done(&joined);
        return node;
    }
    default: break;
    }
    if (accept_operator(p, "(")) return parse_parenthesis(p);
    if (accept_operator(p, "[")) return parse_list(p, "]");
    if (accept_operator(p, "{")) return parse_dict(p);
    parse_error(p, "expected an expression");
    return NULL;
}

/* x[i], x[a:b:c]; the opening bracket was read. */
static struct node *parse_subscript(struct parser *p, struct node *object) {
    struct node *parts[3] = {NULL, NULL, NULL};
    int colons = 0;
    struct node *node = new_node(p, NODE_ITEM);
    if (!node) return NULL;
    while (!is_operator(p, "]")) {
        if (accept_operator(p, ":")) {
            if (++colons > 2) return parse_error(p, "expected ']'"), NULL;
        } else if (parts[colons] || !(parts[colons] = parse_expression(p))) {
            if (parts[colons]) parse_error(p, "expected ']'");
            return NULL;
        }
    }
    p->at++;
    node->a = object;
    if (colons == 0 && !parts[0]) return parse_error(p, "expected an index"), NULL;
    if (colons == 0) {
        node->b = parts[0];
        return node;
    }
    node->kind = NODE_SLICE;
    node->n = 3;
    node->list = arena_new(&p->jinja->arena, struct node *, 3, p->err);
    if (!node->list) return NULL;
    memcpy(node->list, parts, sizeof parts);
    return node;
}

static const char *const mutating[] = {"append", "pop", "update", "insert", "extend", "remove", "clear", "setdefault"};

static struct node *parse_attribute(struct parser *p, struct node *object) {
    struct node *node = new_node(p, NODE_ATTRIBUTE);
    if (!node) return NULL;
    if (now(p)->kind != TOK_NAME && now(p)->kind != TOK_INTEGER) return parse_error(p, "expected a name behind '.'"), NULL;
    node->a = object;
    node->text = now(p)->text;
    for (size_t i = 0; i < sizeof mutating / sizeof *mutating; i++)
        if (text_equal_c(node->text, mutating[i])) p->jinja->mutates = true;
    p->at++;
    return node;
}

static struct node *parse_filter(struct parser *p, struct node *input) {
    struct node *node = new_node(p, NODE_FILTER);
    if (!node) return NULL;
    if (now(p)->kind != TOK_NAME) return parse_error(p, "expected the name of a filter"), NULL;
    if (!jinja_filter_known(now(p)->text))
        return parse_error(p, "filter '%.*s' is not supported", TEXT_ARG(now(p)->text)), NULL;
    node->a = input;
    node->text = now(p)->text;
    p->at++;
    if (accept_operator(p, "(") && !parse_arguments(p, node)) return NULL;
    return node;
}

static bool starts_operand(const struct parser *p) {
    const struct jinja_token *t = now(p);
    if (t->kind == TOK_STRING || t->kind == TOK_INTEGER || t->kind == TOK_REAL) return true;
    if (t->kind == TOK_OPERATOR) return text_equal_c(t->text, "[") || text_equal_c(t->text, "{");
    static const char *const no[] = {"and", "or", "not", "if", "else", "is", "in"};
    if (t->kind != TOK_NAME) return false;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (text_equal_c(t->text, no[i])) return false;
    return true;
}

static struct node *parse_test(struct parser *p, struct node *input) {
    struct node *node = new_node(p, NODE_TEST);
    if (!node) return NULL;
    node->a = input;
    node->flag = accept_word(p, "not");
    if (now(p)->kind != TOK_NAME) return parse_error(p, "expected the name of a test"), NULL;
    if (!jinja_test_known(now(p)->text))
        return parse_error(p, "test '%.*s' is not supported", TEXT_ARG(now(p)->text)), NULL;
    node->text = now(p)->text;
    p->at++;
    if (accept_operator(p, "(")) return parse_arguments(p, node) ? node : NULL;
    if (starts_operand(p) && !push_node(p, &node->list, &node->n, parse_unary(p))) return NULL;
    return node;
}

/* What follows an operand; filters and tests bind looser than a sign before it. */
static struct node *parse_postfix(struct parser *p, struct node *node, bool with_filters) {
    while (node) {
        if (accept_operator(p, ".")) {
            node = parse_attribute(p, node);
        } else if (accept_operator(p, "[")) {
            node = parse_subscript(p, node);
        } else if (accept_operator(p, "(")) {
            struct node *call = new_node(p, NODE_CALL);
            if (!call || !parse_arguments(p, call)) return NULL;
            call->a = node;
            node = call;
        } else if (with_filters && accept_operator(p, "|")) {
            node = parse_filter(p, node);
        } else if (with_filters && accept_word(p, "is")) {
            node = parse_test(p, node);
        } else {
            return node;
        }
    }
    return NULL;
}

static struct node *parse_signed(struct parser *p, bool with_filters) {
    if (!enter(p)) return NULL;
    struct node *node = NULL;
    if (is_operator(p, "-") || is_operator(p, "+")) {
        struct node *operation = new_node(p, NODE_UNARY);
        if (operation) {
            operation->text = now(p)->text;
            p->at++;
            operation->a = parse_signed(p, false);
            node = operation->a ? operation : NULL;
        }
    } else {
        node = parse_primary(p);
    }
    p->depth--;
    return parse_postfix(p, node, with_filters);
}

static struct node *parse_unary(struct parser *p) {
    return parse_signed(p, true);
}

/* Left-associative levels, tightest first: ** (right), * / // %, ~, + -. */
static const char *const levels[][5] = {{"**", NULL}, {"*", "/", "//", "%", NULL}, {"~", NULL}, {"+", "-", NULL}};

static struct node *parse_level(struct parser *p, int level) {
    if (level < 0) return parse_unary(p);
    struct node *left = parse_level(p, level - 1);
    while (left) {
        const char *found = NULL;
        for (const char *const *op = levels[level]; *op; op++)
            if (is_operator(p, *op)) found = *op;
        if (!found) return left;
        struct node *node = new_node(p, NODE_BINARY);
        if (!node) return NULL;
        node->text = now(p)->text;
        p->at++;
        node->a = left;
        node->b = parse_level(p, level - 1);
        left = node->b ? node : NULL;
    }
    return NULL;
}

static struct node *parse_compare(struct parser *p) {
    static const char *const operators[] = {"==", "!=", "<", ">", "<=", ">="};
    struct node *left = parse_level(p, 3), *all = NULL;
    while (left) {
        struct node *node = new_node(p, NODE_BINARY);
        if (!node) return NULL;
        bool found = false;
        for (size_t i = 0; i < 6 && !found; i++)
            if (is_operator(p, operators[i])) found = true;
        if (found) {
            node->text = now(p)->text;
            p->at++;
        } else if (accept_word(p, "in")) {
            node->text = TEXT("in");
        } else if (is_word(p, "not") && p->tokens[p->at + 1].kind == TOK_NAME &&
                   text_equal_c(p->tokens[p->at + 1].text, "in")) {
            node->text = TEXT("not in");
            p->at += 2;
        } else {
            return all ? all : left;
        }
        node->a = left;
        if (!(node->b = parse_level(p, 3))) return NULL;
        if (all) { /* a < b < c is a < b and b < c */
            struct node *both = new_node(p, NODE_AND);
            if (!both) return NULL;
            both->a = all;
            both->b = node;
            all = both;
        } else {
            all = node;
        }
        left = node->b;
    }
    return NULL;
}

static struct node *parse_not(struct parser *p) {
    if (!is_word(p, "not")) return parse_compare(p);
    if (!enter(p)) return NULL;
    struct node *node = new_node(p, NODE_NOT);
    p->at++;
    if (node && !(node->a = parse_not(p))) node = NULL;
    p->depth--;
    return node;
}

static struct node *parse_logic(struct parser *p, bool any) {
    struct node *left = any ? parse_logic(p, false) : parse_not(p);
    while (left && is_word(p, any ? "or" : "and")) {
        struct node *node = new_node(p, any ? NODE_OR : NODE_AND);
        p->at++;
        if (!node) return NULL;
        node->a = left;
        node->b = any ? parse_logic(p, false) : parse_not(p);
        left = node->b ? node : NULL;
    }
    return left;
}

static struct node *parse_expression(struct parser *p) {
    if (!enter(p)) return NULL;
    struct node *value = parse_logic(p, true);
    while (value && is_word(p, "if")) {
        struct node *node = new_node(p, NODE_TERNARY);
        p->at++;
        if (!node || !(node->b = parse_logic(p, true))) {
            value = NULL;
            break;
        }
        node->a = value;
        if (accept_word(p, "else")) {
            if (!(node->c = parse_expression(p))) node = NULL;
        } else {
            node->flag = true;
        }
        value = node;
    }
    p->depth--;
    return value;
}

/* ---- statements ---- */

struct body {
    struct node **list;
    size_t n;
};

static bool parse_nodes(struct parser *p, struct body *body, const char *const *closers, const char **closed);

static bool end_block(struct parser *p) {
    if (now(p)->kind != TOK_BLOCK_END) return parse_error(p, "expected '%%}'");
    p->at++;
    return true;
}

static struct node *parse_if(struct parser *p) {
    static const char *const closers[] = {"elif", "else", "endif", NULL};
    static const char *const only_end[] = {"endif", NULL};
    struct node *node = new_node(p, NODE_IF);
    struct body body = {0}, other = {0};
    const char *closed;
    if (!enter(p)) return NULL;
    if (!node || !(node->a = parse_expression(p)) || !end_block(p) || !parse_nodes(p, &body, closers, &closed)) return NULL;
    node->list = body.list;
    node->n = body.n;
    if (strcmp(closed, "elif") == 0) {
        struct node *next = parse_if(p);
        if (!push_node(p, &other.list, &other.n, next)) return NULL;
    } else if (!end_block(p) || (strcmp(closed, "else") == 0 && (!parse_nodes(p, &other, only_end, &closed) || !end_block(p)))) {
        return NULL;
    }
    node->more = other.list;
    node->n_more = other.n;
    p->depth--;
    return node;
}

static bool parse_targets(struct parser *p, struct node *node) {
    bool bracket = accept_operator(p, "(");
    do {
        if (now(p)->kind != TOK_NAME) return parse_error(p, "expected a variable name");
        if (!push_name(p, node, now(p)->text)) return false;
        p->at++;
    } while (accept_operator(p, ","));
    return !bracket || expect_operator(p, ")");
}

static struct node *parse_for(struct parser *p) {
    static const char *const closers[] = {"else", "endfor", NULL};
    static const char *const only_end[] = {"endfor", NULL};
    struct node *node = new_node(p, NODE_FOR);
    struct body body = {0}, other = {0};
    const char *closed;
    if (!node || !parse_targets(p, node)) return NULL;
    if (!accept_word(p, "in")) return parse_error(p, "expected 'in'"), NULL;
    if (!(node->a = parse_logic(p, true))) return NULL; /* `if` belongs to the loop */
    if (accept_word(p, "if") && !(node->b = parse_expression(p))) return NULL;
    if (is_word(p, "recursive")) return parse_error(p, "recursive loops are not supported"), NULL;
    p->loops++;
    bool ok = end_block(p) && parse_nodes(p, &body, closers, &closed) && end_block(p);
    p->loops--;
    if (!ok || (strcmp(closed, "else") == 0 && (!parse_nodes(p, &other, only_end, &closed) || !end_block(p)))) return NULL;
    node->list = body.list;
    node->n = body.n;
    node->more = other.list;
    node->n_more = other.n;
    return node;
}

static struct node *parse_set(struct parser *p) {
    static const char *const closers[] = {"endset", NULL};
    struct node *node = new_node(p, NODE_SET);
    const char *closed;
    if (!node || !parse_targets(p, node)) return NULL;
    if (accept_operator(p, ".")) {
        if (now(p)->kind != TOK_NAME) return parse_error(p, "expected a member name"), NULL;
        node->flag = true;
        node->text = now(p)->text;
        p->at++;
    }
    if (accept_operator(p, "=")) {
        node->a = parse_expression(p);
        if (node->a && is_operator(p, ",")) { /* a, b = 1, 2 */
            struct node *list = new_node(p, NODE_LIST);
            if (!list || !push_node(p, &list->list, &list->n, node->a)) return NULL;
            while (accept_operator(p, ","))
                if (!push_node(p, &list->list, &list->n, parse_expression(p))) return NULL;
            node->a = list;
        }
        return node->a && end_block(p) ? node : NULL;
    }
    struct body body = {0};
    node->kind = NODE_SET_BLOCK;
    while (accept_operator(p, "|"))
        if (!(node->b = parse_filter(p, node->b))) return NULL;
    if (!end_block(p) || !parse_nodes(p, &body, closers, &closed) || !end_block(p)) return NULL;
    node->list = body.list;
    node->n = body.n;
    return node;
}

static struct node *parse_macro(struct parser *p) {
    static const char *const closers[] = {"endmacro", NULL};
    struct node *node = new_node(p, NODE_MACRO);
    struct body body = {0};
    const char *closed;
    if (!node) return NULL;
    if (now(p)->kind != TOK_NAME) return parse_error(p, "expected the name of the macro"), NULL;
    node->text = now(p)->text;
    p->at++;
    if (!expect_operator(p, "(")) return NULL;
    while (!accept_operator(p, ")")) {
        if (node->n_names && !expect_operator(p, ",")) return NULL;
        if (now(p)->kind != TOK_NAME) return parse_error(p, "expected a parameter name"), NULL;
        if (!push_name(p, node, now(p)->text)) return NULL;
        p->at++;
        struct node *initial = NULL;
        if (accept_operator(p, "=") && !(initial = parse_expression(p))) return NULL;
        if (!push(p, &node->more, &node->n_more, sizeof initial, &initial)) return NULL;
    }
    int loops = p->loops;
    p->loops = 0;
    bool ok = end_block(p) && parse_nodes(p, &body, closers, &closed);
    p->loops = loops;
    accept_word(p, "macro");
    if (!ok || !end_block(p)) return NULL;
    node->list = body.list;
    node->n = body.n;
    return node;
}

static struct node *parse_filter_block(struct parser *p) {
    static const char *const closers[] = {"endfilter", NULL};
    struct node *node = new_node(p, NODE_FILTER_BLOCK);
    struct body body = {0};
    const char *closed;
    if (!node || !(node->a = parse_filter(p, NULL))) return NULL;
    while (accept_operator(p, "|"))
        if (!(node->a = parse_filter(p, node->a))) return NULL;
    if (!end_block(p) || !parse_nodes(p, &body, closers, &closed) || !end_block(p)) return NULL;
    node->list = body.list;
    node->n = body.n;
    return node;
}

static struct node *parse_with(struct parser *p) {
    static const char *const closers[] = {"endwith", NULL};
    struct node *node = new_node(p, NODE_WITH);
    struct body body = {0};
    const char *closed;
    if (!node) return NULL;
    while (now(p)->kind == TOK_NAME) {
        if (!push_name(p, node, now(p)->text)) return NULL;
        p->at++;
        if (!expect_operator(p, "=") || !push_node(p, &node->more, &node->n_more, parse_expression(p))) return NULL;
        if (!accept_operator(p, ",")) break;
    }
    if (!end_block(p) || !parse_nodes(p, &body, closers, &closed) || !end_block(p)) return NULL;
    node->list = body.list;
    node->n = body.n;
    return node;
}

/* {% generation %} marks the assistant's part for training; for rendering it is transparent. */
static struct node *parse_generation(struct parser *p) {
    static const char *const closers[] = {"endgeneration", NULL};
    struct node *node = new_node(p, NODE_WITH);
    struct body body = {0};
    const char *closed;
    if (!node || !end_block(p) || !parse_nodes(p, &body, closers, &closed) || !end_block(p)) return NULL;
    node->list = body.list;
    node->n = body.n;
    return node;
}

static struct node *parse_jump(struct parser *p, enum node_kind kind) {
    struct node *node = new_node(p, kind);
    if (p->loops == 0) return parse_error(p, "outside of a loop"), NULL;
    return node && end_block(p) ? node : NULL;
}

static struct node *parse_do(struct parser *p) {
    struct node *node = new_node(p, NODE_DO);
    return node && (node->a = parse_expression(p)) && end_block(p) ? node : NULL;
}

static struct node *parse_statement(struct parser *p) {
    struct text word = now(p)->text;
    if (now(p)->kind != TOK_NAME) return parse_error(p, "expected a statement"), NULL;
    p->at++;
    if (text_equal_c(word, "if")) return parse_if(p);
    if (text_equal_c(word, "for")) return parse_for(p);
    if (text_equal_c(word, "set")) return parse_set(p);
    if (text_equal_c(word, "macro")) return parse_macro(p);
    if (text_equal_c(word, "filter")) return parse_filter_block(p);
    if (text_equal_c(word, "with")) return parse_with(p);
    if (text_equal_c(word, "generation")) return parse_generation(p);
    if (text_equal_c(word, "break")) return parse_jump(p, NODE_BREAK);
    if (text_equal_c(word, "continue")) return parse_jump(p, NODE_CONTINUE);
    if (text_equal_c(word, "do")) return parse_do(p);
    p->at--;
    parse_error(p, "statement '%.*s' is not supported", TEXT_ARG(word));
    return NULL;
}

/* Nodes up to one of the closing words, which is read (its rest up to %} is not). closers NULL: to the end. */
static bool parse_nodes(struct parser *p, struct body *body, const char *const *closers, const char **closed) {
    if (!enter(p)) return false;
    for (;;) {
        const struct jinja_token *t = now(p);
        struct node *node = NULL;
        if (t->kind == TOK_END) {
            if (closers) return parse_error(p, "the template ends; expected '%s'", closers[0]);
            break;
        }
        if (t->kind == TOK_TEXT) {
            if ((node = new_node(p, NODE_TEXT))) node->text = t->text;
            p->at++;
        } else if (t->kind == TOK_EXPR_BEGIN) {
            p->at++;
            if ((node = new_node(p, NODE_PRINT)) && !(node->a = parse_expression(p))) return false;
            if (now(p)->kind != TOK_EXPR_END) return parse_error(p, "expected '}}'");
            p->at++;
        } else if (t->kind == TOK_BLOCK_BEGIN) {
            p->at++;
            for (const char *const *c = closers; c && *c; c++)
                if (is_word(p, *c)) {
                    p->at++;
                    *closed = *c;
                    p->depth--;
                    return true;
                }
            node = parse_statement(p);
        } else {
            return parse_error(p, "unexpected text");
        }
        if (!push_node(p, &body->list, &body->n, node)) return false;
    }
    p->depth--;
    return true;
}

bool jinja_parse_body(struct jinja *jinja, const struct jinja_token *tokens, size_t n, struct error *err) {
    struct parser p = {.jinja = jinja, .tokens = tokens, .n = n, .err = err};
    struct body body = {0};
    if (!parse_nodes(&p, &body, NULL, NULL)) return false;
    jinja->body = body.list;
    jinja->n = body.n;
    return true;
}
