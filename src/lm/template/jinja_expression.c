/* Jinja's grammar, expressions. */
#include "lm/template/jinja_parser.h"

#include <string.h>

static struct node *new_constant(struct parser *p, json_t *value) {
    struct jinja *j = p->jinja;
    struct node *node = value ? parser_node(p, NODE_CONSTANT) : NULL;
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

static struct node *parse_unary(struct parser *p);

/* ( a, b, key=c ) behind a name; the opening bracket was read. */
static bool parse_arguments(struct parser *p, struct node *call) {
    while (!accept_operator(p, ")")) {
        if ((call->n || call->n_more) && !parser_expect(p, ",")) return false;
        if (accept_operator(p, ")")) break;
        bool keyword = now(p)->kind == TOK_NAME && p->tokens[p->at + 1].kind == TOK_OPERATOR &&
                       text_equal_c(p->tokens[p->at + 1].text, "=");
        if (keyword) {
            if (!parser_push_name(p, call, now(p)->text)) return false;
            p->at += 2;
            if (!parser_push_node(p, &call->more, &call->n_more, parser_expression(p))) return false;
        } else if (call->n_more) {
            return parser_error(p, "positional argument behind a keyword argument");
        } else if (is_operator(p, "*")) {
            return parser_error(p, "argument unpacking is not supported");
        } else if (!parser_push_node(p, &call->list, &call->n, parser_expression(p))) {
            return false;
        }
    }
    return true;
}

static struct node *parse_list(struct parser *p, const char *close) {
    struct node *list = parser_node(p, NODE_LIST);
    while (list && !accept_operator(p, close)) {
        if (list->n && !parser_expect(p, ",")) return NULL;
        if (accept_operator(p, close)) break;
        if (!parser_push_node(p, &list->list, &list->n, parser_expression(p))) return NULL;
    }
    return list;
}

static struct node *parse_dict(struct parser *p) {
    struct node *dict = parser_node(p, NODE_DICT);
    while (dict && !accept_operator(p, "}")) {
        if (dict->n && !parser_expect(p, ",")) return NULL;
        if (accept_operator(p, "}")) break;
        if (!parser_push_node(p, &dict->list, &dict->n, parser_expression(p)) || !parser_expect(p, ":") ||
            !parser_push_node(p, &dict->more, &dict->n_more, parser_expression(p)))
            return NULL;
    }
    return dict;
}

/* (a) is a; (a, b) a list. */
static struct node *parse_parenthesis(struct parser *p) {
    if (accept_operator(p, ")")) return parser_node(p, NODE_LIST);
    struct node *first = parser_expression(p);
    if (!first || accept_operator(p, ")")) return first;
    struct node *list = parser_node(p, NODE_LIST);
    if (!list || !parser_push_node(p, &list->list, &list->n, first)) return NULL;
    while (!accept_operator(p, ")")) {
        if (!parser_expect(p, ",")) return NULL;
        if (accept_operator(p, ")")) break;
        if (!parser_push_node(p, &list->list, &list->n, parser_expression(p))) return NULL;
    }
    return list;
}

static struct node *parse_name(struct parser *p) {
    struct text t = now(p)->text;
    p->at++;
    if (text_equal_c(t, "true") || text_equal_c(t, "True")) return new_constant(p, json_true());
    if (text_equal_c(t, "false") || text_equal_c(t, "False")) return new_constant(p, json_false());
    if (text_equal_c(t, "none") || text_equal_c(t, "None") || text_equal_c(t, "null"))
        return new_constant(p, json_null());
    p->at--;
    struct node *node = parser_node(p, NODE_NAME);
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
    parser_error(p, "expected an expression");
    return NULL;
}

/* x[i], x[a:b:c]; the opening bracket was read. */
static struct node *parse_subscript(struct parser *p, struct node *object) {
    struct node *parts[3] = {NULL, NULL, NULL};
    int colons = 0;
    struct node *node = parser_node(p, NODE_ITEM);
    if (!node) return NULL;
    while (!is_operator(p, "]")) {
        if (accept_operator(p, ":")) {
            if (++colons > 2) return parser_error(p, "expected ']'"), NULL;
        } else if (parts[colons] || !(parts[colons] = parser_expression(p))) {
            if (parts[colons]) parser_error(p, "expected ']'");
            return NULL;
        }
    }
    p->at++;
    node->a = object;
    if (colons == 0 && !parts[0]) return parser_error(p, "expected an index"), NULL;
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
    struct node *node = parser_node(p, NODE_ATTRIBUTE);
    if (!node) return NULL;
    if (now(p)->kind != TOK_NAME && now(p)->kind != TOK_INTEGER)
        return parser_error(p, "expected a name behind '.'"), NULL;
    node->a = object;
    node->text = now(p)->text;
    for (size_t i = 0; i < sizeof mutating / sizeof *mutating; i++)
        if (text_equal_c(node->text, mutating[i])) p->jinja->mutates = true;
    p->at++;
    return node;
}

struct node *parser_filter(struct parser *p, struct node *input) {
    struct node *node = parser_node(p, NODE_FILTER);
    if (!node) return NULL;
    if (now(p)->kind != TOK_NAME) return parser_error(p, "expected the name of a filter"), NULL;
    if (!jinja_filter_known(now(p)->text))
        return parser_error(p, "filter '%.*s' is not supported", TEXT_ARG(now(p)->text)), NULL;
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
    struct node *node = parser_node(p, NODE_TEST);
    if (!node) return NULL;
    node->a = input;
    node->flag = accept_word(p, "not");
    if (now(p)->kind != TOK_NAME) return parser_error(p, "expected the name of a test"), NULL;
    if (!jinja_test_known(now(p)->text))
        return parser_error(p, "test '%.*s' is not supported", TEXT_ARG(now(p)->text)), NULL;
    node->text = now(p)->text;
    p->at++;
    if (accept_operator(p, "(")) return parse_arguments(p, node) ? node : NULL;
    if (starts_operand(p) && !parser_push_node(p, &node->list, &node->n, parse_unary(p))) return NULL;
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
            struct node *call = parser_node(p, NODE_CALL);
            if (!call || !parse_arguments(p, call)) return NULL;
            call->a = node;
            node = call;
        } else if (with_filters && accept_operator(p, "|")) {
            node = parser_filter(p, node);
        } else if (with_filters && accept_word(p, "is")) {
            node = parse_test(p, node);
        } else {
            return node;
        }
    }
    return NULL;
}

static struct node *parse_signed(struct parser *p, bool with_filters) {
    if (!parser_enter(p)) return NULL;
    struct node *node = NULL;
    if (is_operator(p, "-") || is_operator(p, "+")) {
        struct node *operation = parser_node(p, NODE_UNARY);
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
        struct node *node = parser_node(p, NODE_BINARY);
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
        struct node *node = parser_node(p, NODE_BINARY);
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
            struct node *both = parser_node(p, NODE_AND);
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
    if (!parser_enter(p)) return NULL;
    struct node *node = parser_node(p, NODE_NOT);
    p->at++;
    if (node && !(node->a = parse_not(p))) node = NULL;
    p->depth--;
    return node;
}

struct node *parser_logic(struct parser *p, bool any) {
    struct node *left = any ? parser_logic(p, false) : parse_not(p);
    while (left && is_word(p, any ? "or" : "and")) {
        struct node *node = parser_node(p, any ? NODE_OR : NODE_AND);
        p->at++;
        if (!node) return NULL;
        node->a = left;
        node->b = any ? parser_logic(p, false) : parse_not(p);
        left = node->b ? node : NULL;
    }
    return left;
}

struct node *parser_expression(struct parser *p) {
    if (!parser_enter(p)) return NULL;
    struct node *value = parser_logic(p, true);
    while (value && is_word(p, "if")) {
        struct node *node = parser_node(p, NODE_TERNARY);
        p->at++;
        if (!node || !(node->b = parser_logic(p, true))) {
            value = NULL;
            break;
        }
        node->a = value;
        if (accept_word(p, "else")) {
            if (!(node->c = parser_expression(p))) node = NULL;
        } else {
            node->flag = true;
        }
        value = node;
    }
    p->depth--;
    return value;
}
