/* What the two halves of the parser of templates share: the place among the tokens, and growing nodes. */
#ifndef LM_JINJA_PARSER_H
#define LM_JINJA_PARSER_H

#include "lm/template/jinja_internal.h"

struct parser {
    struct jinja *jinja;
    const struct jinja_token *tokens;
    size_t at, n;
    int depth;
    int loops; /* for loops around the current statement */
    struct error *err;
};

static inline const struct jinja_token *now(const struct parser *p) {
    return &p->tokens[p->at];
}

static inline bool is_operator(const struct parser *p, const char *op) {
    return now(p)->kind == TOK_OPERATOR && text_equal_c(now(p)->text, op);
}

static inline bool is_word(const struct parser *p, const char *word) {
    return now(p)->kind == TOK_NAME && text_equal_c(now(p)->text, word);
}

static inline bool accept_operator(struct parser *p, const char *op) {
    return is_operator(p, op) && ++p->at;
}

static inline bool accept_word(struct parser *p, const char *word) {
    return is_word(p, word) && ++p->at;
}

/* With the place of the current token; always false. */
bool parser_error(struct parser *p, const char *format, ...) PRINTF_LIKE(2, 3);
#ifdef __clang_analyzer__
#define parser_error(...) error_false(parser_error(__VA_ARGS__)) /* see error.h */
#endif
bool parser_expect(struct parser *p, const char *op);
/* One level deeper, which is refused beyond a limit; the caller counts p->depth down again. */
bool parser_enter(struct parser *p);
struct node *parser_node(struct parser *p, enum node_kind kind);
/* Appends to a growing array on the arena. A node that is NULL has failed before. */
bool parser_push(struct parser *p, void *list_at, size_t *n, size_t size, const void *item);
bool parser_push_node(struct parser *p, struct node ***list, size_t *n, struct node *node);
bool parser_push_name(struct parser *p, struct node *node, struct text name);

/* jinja_expression.c; NULL: refused. */
struct node *parser_expression(struct parser *p);
struct node *parser_logic(struct parser *p, bool any); /* without an inline if */
struct node *parser_filter(struct parser *p, struct node *input); /* behind the bar */

#endif
