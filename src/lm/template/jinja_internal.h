/* What the files of the Jinja engine share: tokens, the tree, values, the state of one rendering. */
#ifndef LM_JINJA_INTERNAL_H
#define LM_JINJA_INTERNAL_H

#include "lm/template/jinja.h"

/* ---- tokens ---- */

enum token_kind {
    TOK_TEXT,        /* outside of marks */
    TOK_EXPR_BEGIN,  /* {{ */
    TOK_EXPR_END,    /* }} */
    TOK_BLOCK_BEGIN, /* {% */
    TOK_BLOCK_END,   /* %} */
    TOK_NAME,
    TOK_STRING,
    TOK_INTEGER,
    TOK_REAL,
    TOK_OPERATOR, /* one or two characters */
    TOK_END,
};

struct jinja_token {
    enum token_kind kind;
    struct text text; /* string literals are unescaped */
    double real;
    int64_t integer;
    size_t line, column;
};

/* Cuts the source into tokens on the arena; white-space control is done here. */
bool jinja_tokens(struct arena *arena, struct text source, const char *name, struct jinja_options options,
                  struct jinja_token **tokens, size_t *n, struct error *err);

/* ---- tree ---- */

enum node_kind {
    NODE_TEXT, NODE_PRINT, NODE_IF, NODE_FOR, NODE_SET, NODE_SET_BLOCK, NODE_MACRO, NODE_FILTER_BLOCK, NODE_WITH,
    NODE_BREAK, NODE_CONTINUE, NODE_DO,
    NODE_CONSTANT, NODE_NAME, NODE_LIST, NODE_DICT, NODE_ATTRIBUTE, NODE_ITEM, NODE_SLICE, NODE_CALL, NODE_FILTER,
    NODE_TEST, NODE_UNARY, NODE_BINARY, NODE_AND, NODE_OR, NODE_NOT, NODE_TERNARY,
};

struct node {
    enum node_kind kind;
    size_t line, column;
    struct text text;    /* text, name, operator, filter, test, attribute */
    json_t *constant;    /* NODE_CONSTANT; NULL is none */
    struct node *a, *b, *c;
    struct node **list;  /* body, items, arguments, keys */
    size_t n;
    struct node **more;  /* else body, values, values of keyword arguments */
    size_t n_more;
    struct text *names;  /* loop variables, macro parameters, keyword names */
    size_t n_names;
    bool flag;           /* negated test; ternary without else; set of a namespace member (text: member) */
};

struct jinja {
    struct arena arena;
    const char *name;
    struct jinja_options options;
    struct node **body;
    size_t n;
    bool mutates; /* uses append, pop, update, ...: the variables are copied first */
    json_t **constants;
    size_t n_constants, constants_capacity;
};

bool jinja_parse_body(struct jinja *jinja, const struct jinja_token *tokens, size_t n, struct error *err);
/* Is this filter or test known? Asked while parsing, so that unknown ones have a place. */
bool jinja_filter_known(struct text name);
bool jinja_test_known(struct text name);

/* ---- values ---- */

enum value_kind { VALUE_UNDEFINED, VALUE_JSON, VALUE_MACRO, VALUE_FUNCTION, VALUE_METHOD };
struct value {
    enum value_kind kind;
    json_t *json;             /* borrowed from the rendering's store; VALUE_METHOD: the object */
    const struct node *macro;
    struct text name;         /* of an undefined thing, a function or a method */
};

struct scope_entry {
    struct text name;
    struct value value;
};

struct stored {
    json_t *json;
    bool made; /* by this rendering: nobody else's to see */
};

enum flow { FLOW_NEXT, FLOW_BREAK, FLOW_CONTINUE };

struct render {
    const struct jinja *jinja;
    const json_t *variables;
    struct scope_entry *scope; /* a stack: the newest entry of a name wins */
    size_t n_scope, scope_capacity;
    struct stored *store; /* everything made or held while rendering, released at the end */
    size_t n_store, store_capacity;
    uint64_t steps, bytes;
    int depth;   /* of macro calls */
    int nesting; /* of evaluation */
    enum flow flow;
    struct value block; /* input of the filters of a set or filter block */
    struct error *err;
};

/* ---- jinja_budget.c; false: over the budget, and r->err says so ---- */
bool render_error(struct render *r, const struct node *at, const char *format, ...) PRINTF_LIKE(3, 4);
#ifdef __clang_analyzer__
#define render_error(...) error_false(render_error(__VA_ARGS__)) /* see error.h */
#endif
bool render_step(struct render *r, const struct node *at);
bool render_steps(struct render *r, const struct node *at, uint64_t n);
/* Around each level of evaluation. After a false render_enter there is no render_leave. */
bool render_enter(struct render *r, const struct node *at);
void render_leave(struct render *r);
bool render_charge(struct render *r, size_t bytes);
/* The parts of a container that was filled after it was kept. */
bool render_charge_parts(struct render *r, const struct value *v);
/* Puts a new json into the store and returns it as a value; NULL: out of memory. hold: one that is not new. */
bool render_keep(struct render *r, json_t *json, struct value *out);
bool render_hold(struct render *r, json_t *json, struct value *out);
bool render_text(struct render *r, struct text t, struct value *out);
bool render_real(struct render *r, const struct node *at, double v, struct value *out); /* refuses inf and nan */
/* Before anything walks through a value: it ends, and not too late. */
bool render_check(struct render *r, const struct node *at, const json_t *v);
bool render_check_value(struct render *r, const struct node *at, const struct value *v);
bool render_parts(struct render *r, const struct node *at, const json_t *v, struct value *out); /* value_iterate */
void render_end(struct render *r);

bool render_set(struct render *r, struct text name, struct value value); /* in the innermost scope */

bool jinja_evaluate(struct render *r, const struct node *node, struct value *out);
bool jinja_render_nodes(struct render *r, struct node *const *nodes, size_t n, struct buffer *out);
bool jinja_call_macro(struct render *r, const struct node *call, const struct node *macro, struct value *out);

/* The functions of jinja_value.c know no budget: render_check stands before those that walk through a value. */
bool value_true(const struct value *v);
struct text value_text(const struct value *v); /* of a string; empty of anything else and of NULL */
/* As Python's str() and repr(). */
bool value_put(struct buffer *out, const struct value *v);
bool value_put_repr(struct buffer *out, const json_t *v);
int value_compare(const json_t *a, const json_t *b, bool *comparable);
bool value_equal(const json_t *a, const json_t *b);
bool value_contains(const json_t *container, const json_t *part);
/* As HF's tojson: json.dumps(ensure_ascii=False, indent=..); indent < 0: one line with ", " and ": ". */
bool value_put_json(struct buffer *out, const json_t *v, int indent, int depth);
/* Characters (code points) of a string as a list; items of a list; keys of a dict. New reference. */
json_t *value_iterate(const json_t *v);

struct call_arguments {
    struct value *values;
    size_t n;
    const struct text *names; /* keywords */
    struct value *named;
    size_t n_named;
};
const struct value *call_argument(const struct call_arguments *args, size_t at, const char *name);
bool jinja_apply_filter(struct render *r, const struct node *at, struct text name, struct value input,
                        const struct call_arguments *args, struct value *out);
bool jinja_apply_test(struct render *r, const struct node *at, struct text name, const struct value *input,
                      const struct call_arguments *args, bool *out);
bool jinja_call_method(struct render *r, const struct node *at, json_t *object, struct text name,
                       const struct call_arguments *args, struct value *out);
bool jinja_method_known(const json_t *object, struct text name);
bool jinja_call_function(struct render *r, const struct node *at, struct text name, const struct call_arguments *args,
                         struct value *out);
bool jinja_function_known(struct text name);

#endif
