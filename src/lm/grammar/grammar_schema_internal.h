/* JSON Schema to the tree of a grammar: what its files share. */
#ifndef LM_GRAMMAR_SCHEMA_INTERNAL_H
#define LM_GRAMMAR_SCHEMA_INTERNAL_H

#include "lm/grammar/grammar_internal.h"
#include "lm/grammar/grammar_schema.h"

struct schema_build {
    const json_t *root;
    const char *name; /* of the source, for messages */
    struct grammar_tree tree;
    struct arena arena;
    struct buffer path; /* JSON pointer of what is being read */
    json_t *owned;      /* list of schemas made by merging */
    size_t depth, nodes;
    struct error *err;
};

/* ---- building; a NULL part gives NULL ---- */
struct grammar_node *schema_text(struct schema_build *b, const char *literal);
struct grammar_node *schema_bytes(struct schema_build *b, struct text bytes); /* copied */
/* One of the rules of JSON itself, see common_rules: "string", "ws", ... */
struct grammar_node *schema_common(struct schema_build *b, const char *rule);
struct grammar_node *schema_list(struct schema_build *b, enum grammar_node_kind kind, size_t n, ...);
struct grammar_node *schema_repeat(struct schema_build *b, struct grammar_node *part, uint32_t min, uint32_t max);
struct grammar_node *schema_maybe(struct schema_build *b, struct grammar_node *part);
/* A new rule around the node, and its call: so that what is used many times stands once. */
struct grammar_node *schema_shared(struct schema_build *b, struct grammar_node *body);

/* ---- messages and paths ---- */
/* "NAME: #PATH: message" as ERROR_DATA; returns NULL. */
struct grammar_node *schema_fail(struct schema_build *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* Goes down to a key or an index; returns what schema_leave needs. */
size_t schema_enter(struct schema_build *b, const char *key);
size_t schema_enter_index(struct schema_build *b, const char *key, size_t index);
void schema_leave(struct schema_build *b, size_t before);

/* ---- parts ---- */
struct grammar_node *schema_node(struct schema_build *b, const json_t *schema);
struct grammar_node *schema_object(struct schema_build *b, const json_t *schema);
struct grammar_node *schema_array(struct schema_build *b, const json_t *schema);
struct grammar_node *schema_string(struct schema_build *b, const json_t *schema);
struct grammar_node *schema_number(struct schema_build *b, const json_t *schema, bool whole);
struct grammar_node *schema_values(struct schema_build *b, const json_t *schema, const json_t *values);
/* The texts that a regular expression (ECMA-262) matches anywhere in, as the inside of a JSON string. */
struct grammar_node *schema_pattern(struct schema_build *b, struct text pattern);
/* A count that a keyword gives; otherwise: where it is absent. */
bool schema_count(struct schema_build *b, const json_t *schema, const char *key, uint32_t otherwise, uint32_t *out);

/* What the reference names, or NULL and an error. Borrowed. */
const json_t *schema_resolve(struct schema_build *b, struct text reference);
/* Both schemas in one; owned by the build. NULL and an error where keywords cannot be joined. */
const json_t *schema_merge(struct schema_build *b, const json_t *x, const json_t *y);
/* Whether no text of one's grammar can be seen to satisfy the other. */
bool schema_disjoint(struct schema_build *b, const json_t *x, const json_t *y, size_t depth);

enum {
    TYPE_OBJECT = 1,
    TYPE_ARRAY = 2,
    TYPE_STRING = 4,
    TYPE_INTEGER = 8,
    TYPE_NUMBER = 16,
    TYPE_BOOLEAN = 32,
    TYPE_NULL = 64,
    TYPE_ALL = 127
};
/* Of `type`, or of the keywords and values where it is absent; 0: err is set. TYPE_NUMBER includes integers. */
int schema_types(struct schema_build *b, const json_t *schema);
int schema_type_of(const json_t *value);

/* Parses rules into a tree that other readers fill too; nothing is checked but syntax. */
bool grammar_gbnf_add(struct grammar_tree *tree, struct text t, const char *name, struct error *err) MUST_CHECK;

#endif
