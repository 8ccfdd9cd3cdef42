/* Jinja's grammar, statements: recursive descent from tokens to a tree. Depth is limited; what is not supported is
 * refused here. */
#include "lm/template/jinja_parser.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 200

bool (parser_error)(struct parser *p, const char *format, ...) {
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(p->err, ERROR_DATA, "%s:%zu:%zu: template: %s", p->jinja->name, now(p)->line, now(p)->column,
                     what);
}

bool parser_expect(struct parser *p, const char *op) {
    return accept_operator(p, op) || parser_error(p, "expected '%s'", op);
}

struct node *parser_node(struct parser *p, enum node_kind kind) {
    struct node *node = arena_new(&p->jinja->arena, struct node, 1, p->err);
    if (!node) return NULL;
    node->kind = kind;
    node->line = now(p)->line;
    node->column = now(p)->column;
    return node;
}

/* Capacity is the next power of two. */
bool parser_push(struct parser *p, void *list_at, size_t *n, size_t size, const void *item) {
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

bool parser_push_node(struct parser *p, struct node ***list, size_t *n, struct node *node) {
    return node && parser_push(p, list, n, sizeof node, &node);
}

bool parser_push_name(struct parser *p, struct node *node, struct text name) {
    return parser_push(p, &node->names, &node->n_names, sizeof name, &name);
}

bool parser_enter(struct parser *p) {
    return ++p->depth <= DEPTH_MAX || parser_error(p, "nested too deeply");
}

/* ---- statements ---- */

struct body {
    struct node **list;
    size_t n;
};

static bool parse_nodes(struct parser *p, struct body *body, const char *const *closers, const char **closed);

static bool end_block(struct parser *p) {
    if (now(p)->kind != TOK_BLOCK_END) return parser_error(p, "expected '%%}'");
    p->at++;
    return true;
}

static struct node *parse_if(struct parser *p) {
    static const char *const closers[] = {"elif", "else", "endif", NULL};
    static const char *const only_end[] = {"endif", NULL};
    struct node *node = parser_node(p, NODE_IF);
    struct body body = {0}, other = {0};
    const char *closed;
    if (!parser_enter(p)) return NULL;
    if (!node || !(node->a = parser_expression(p)) || !end_block(p) || !parse_nodes(p, &body, closers, &closed))
        return NULL;
    node->list = body.list;
    node->n = body.n;
    if (strcmp(closed, "elif") == 0) {
        struct node *next = parse_if(p);
        if (!parser_push_node(p, &other.list, &other.n, next)) return NULL;
    } else if (!end_block(p) ||
               (strcmp(closed, "else") == 0 && (!parse_nodes(p, &other, only_end, &closed) || !end_block(p)))) {
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
        if (now(p)->kind != TOK_NAME) return parser_error(p, "expected a variable name");
        if (!parser_push_name(p, node, now(p)->text)) return false;
        p->at++;
    } while (accept_operator(p, ","));
    return !bracket || parser_expect(p, ")");
}

static struct node *parse_for(struct parser *p) {
    static const char *const closers[] = {"else", "endfor", NULL};
    static const char *const only_end[] = {"endfor", NULL};
    struct node *node = parser_node(p, NODE_FOR);
    struct body body = {0}, other = {0};
    const char *closed;
    if (!node || !parse_targets(p, node)) return NULL;
    if (!accept_word(p, "in")) return parser_error(p, "expected 'in'"), NULL;
    if (!(node->a = parser_logic(p, true))) return NULL; /* `if` belongs to the loop */
    if (accept_word(p, "if") && !(node->b = parser_expression(p))) return NULL;
    if (is_word(p, "recursive")) return parser_error(p, "recursive loops are not supported"), NULL;
    p->loops++;
    bool ok = end_block(p) && parse_nodes(p, &body, closers, &closed) && end_block(p);
    p->loops--;
    if (!ok || (strcmp(closed, "else") == 0 && (!parse_nodes(p, &other, only_end, &closed) || !end_block(p))))
        return NULL;
    node->list = body.list;
    node->n = body.n;
    node->more = other.list;
    node->n_more = other.n;
    return node;
}

static struct node *parse_set(struct parser *p) {
    static const char *const closers[] = {"endset", NULL};
    struct node *node = parser_node(p, NODE_SET);
    const char *closed;
    if (!node || !parse_targets(p, node)) return NULL;
    if (accept_operator(p, ".")) {
        if (now(p)->kind != TOK_NAME) return parser_error(p, "expected a member name"), NULL;
        node->flag = true;
        node->text = now(p)->text;
        p->at++;
    }
    if (accept_operator(p, "=")) {
        node->a = parser_expression(p);
        if (node->a && is_operator(p, ",")) { /* a, b = 1, 2 */
            struct node *list = parser_node(p, NODE_LIST);
            if (!list || !parser_push_node(p, &list->list, &list->n, node->a)) return NULL;
            while (accept_operator(p, ","))
                if (!parser_push_node(p, &list->list, &list->n, parser_expression(p))) return NULL;
            node->a = list;
        }
        return node->a && end_block(p) ? node : NULL;
    }
    struct body body = {0};
    node->kind = NODE_SET_BLOCK;
    while (accept_operator(p, "|"))
        if (!(node->b = parser_filter(p, node->b))) return NULL;
    if (!end_block(p) || !parse_nodes(p, &body, closers, &closed) || !end_block(p)) return NULL;
    node->list = body.list;
    node->n = body.n;
    return node;
}

static struct node *parse_macro(struct parser *p) {
    static const char *const closers[] = {"endmacro", NULL};
    struct node *node = parser_node(p, NODE_MACRO);
    struct body body = {0};
    const char *closed;
    if (!node) return NULL;
    if (now(p)->kind != TOK_NAME) return parser_error(p, "expected the name of the macro"), NULL;
    node->text = now(p)->text;
    p->at++;
    if (!parser_expect(p, "(")) return NULL;
    while (!accept_operator(p, ")")) {
        if (node->n_names && !parser_expect(p, ",")) return NULL;
        if (now(p)->kind != TOK_NAME) return parser_error(p, "expected a parameter name"), NULL;
        if (!parser_push_name(p, node, now(p)->text)) return NULL;
        p->at++;
        struct node *initial = NULL;
        if (accept_operator(p, "=") && !(initial = parser_expression(p))) return NULL;
        if (!parser_push(p, &node->more, &node->n_more, sizeof initial, &initial)) return NULL;
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
    struct node *node = parser_node(p, NODE_FILTER_BLOCK);
    struct body body = {0};
    const char *closed;
    if (!node || !(node->a = parser_filter(p, NULL))) return NULL;
    while (accept_operator(p, "|"))
        if (!(node->a = parser_filter(p, node->a))) return NULL;
    if (!end_block(p) || !parse_nodes(p, &body, closers, &closed) || !end_block(p)) return NULL;
    node->list = body.list;
    node->n = body.n;
    return node;
}

static struct node *parse_with(struct parser *p) {
    static const char *const closers[] = {"endwith", NULL};
    struct node *node = parser_node(p, NODE_WITH);
    struct body body = {0};
    const char *closed;
    if (!node) return NULL;
    while (now(p)->kind == TOK_NAME) {
        if (!parser_push_name(p, node, now(p)->text)) return NULL;
        p->at++;
        if (!parser_expect(p, "=") || !parser_push_node(p, &node->more, &node->n_more, parser_expression(p)))
            return NULL;
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
    struct node *node = parser_node(p, NODE_WITH);
    struct body body = {0};
    const char *closed;
    if (!node || !end_block(p) || !parse_nodes(p, &body, closers, &closed) || !end_block(p)) return NULL;
    node->list = body.list;
    node->n = body.n;
    return node;
}

static struct node *parse_jump(struct parser *p, enum node_kind kind) {
    struct node *node = parser_node(p, kind);
    if (p->loops == 0) return parser_error(p, "outside of a loop"), NULL;
    return node && end_block(p) ? node : NULL;
}

static struct node *parse_do(struct parser *p) {
    struct node *node = parser_node(p, NODE_DO);
    return node && (node->a = parser_expression(p)) && end_block(p) ? node : NULL;
}

static struct node *parse_statement(struct parser *p) {
    struct text word = now(p)->text;
    if (now(p)->kind != TOK_NAME) return parser_error(p, "expected a statement"), NULL;
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
    parser_error(p, "statement '%.*s' is not supported", TEXT_ARG(word));
    return NULL;
}

/* Nodes up to one of the closing words, which is read (its rest up to %} is not). closers NULL: to the end. */
static bool parse_nodes(struct parser *p, struct body *body, const char *const *closers, const char **closed) {
    if (!parser_enter(p)) return false;
    for (;;) {
        const struct jinja_token *t = now(p);
        struct node *node = NULL;
        if (t->kind == TOK_END) {
            if (closers) return parser_error(p, "the template ends; expected '%s'", closers[0]);
            break;
        }
        if (t->kind == TOK_TEXT) {
            if ((node = parser_node(p, NODE_TEXT))) node->text = t->text;
            p->at++;
        } else if (t->kind == TOK_EXPR_BEGIN) {
            p->at++;
            if ((node = parser_node(p, NODE_PRINT)) && !(node->a = parser_expression(p))) return false;
            if (now(p)->kind != TOK_EXPR_END) return parser_error(p, "expected '}}'");
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
            return parser_error(p, "unexpected text");
        }
        if (!parser_push_node(p, &body->list, &body->n, node)) return false;
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
