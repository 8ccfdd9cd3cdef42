/* Inside of the room: the tree that readers of grammars build, and the network that it is compiled to. */
#ifndef LM_GRAMMAR_INTERNAL_H
#define LM_GRAMMAR_INTERNAL_H

#include "lm/grammar/grammar.h"

enum {
    GRAMMAR_RULES_MOST = 1 << 16,
    GRAMMAR_STATES_MOST = 1 << 20,
    GRAMMAR_REPEATS_MOST = 1 << 16,
    GRAMMAR_RANGES_MOST = 4096,    /* in one class */
    GRAMMAR_NESTING_MOST = 200,    /* of groups */
    GRAMMAR_NO_LIMIT = UINT32_MAX, /* max of a repetition */
};

/* ---- the tree: on an arena, built by readers ---- */

struct grammar_range {
    uint32_t low, high; /* code points, both included */
};

enum grammar_node_kind { NODE_BYTES, NODE_CLASS, NODE_RULE, NODE_SEQUENCE, NODE_CHOICE, NODE_REPEAT };

struct grammar_node {
    enum grammar_node_kind kind;
    struct text bytes;                  /* NODE_BYTES: UTF-8; empty: nothing */
    const struct grammar_range *ranges; /* NODE_CLASS: ascending, apart; none: matches nothing */
    size_t n_ranges;
    uint32_t rule;               /* NODE_RULE */
    struct grammar_node **parts; /* NODE_SEQUENCE, NODE_CHOICE (of no part: matches nothing), NODE_REPEAT: one */
    size_t n;
    uint32_t min, max; /* NODE_REPEAT */
};

struct grammar_rule {
    struct text name;          /* for messages */
    struct grammar_node *body; /* NULL: used, not defined */
    size_t at;                 /* byte in the source where it is defined or first used */
};

struct grammar_tree {
    struct arena *arena;
    struct grammar_rule *rules;
    size_t n, capacity;
    uint32_t *table; /* of names: index + 1 */
    size_t table_size;
};

/* All NULL or false: out of memory, or a limit is passed. */
bool grammar_tree_init(struct grammar_tree *tree, struct arena *arena, struct error *err) MUST_CHECK;
/* The rule of this name, made if there is none. */
bool grammar_tree_rule(struct grammar_tree *tree, struct text name, size_t at, uint32_t *index,
                       struct error *err) MUST_CHECK;
struct grammar_node *grammar_bytes(struct grammar_tree *tree, struct text bytes, struct error *err) MUST_CHECK;
/* Sorts and joins a copy of the ranges; negated: all of U+0001..U+10FFFF but them. Surrogates are left out. */
struct grammar_node *grammar_class(struct grammar_tree *tree, const struct grammar_range *ranges, size_t n,
                                   bool negated, struct error *err) MUST_CHECK;
struct grammar_node *grammar_call(struct grammar_tree *tree, uint32_t rule, struct error *err) MUST_CHECK;
/* Parts are copied. A list with a NULL part gives NULL (the error was set when that part failed). */
struct grammar_node *grammar_list(struct grammar_tree *tree, enum grammar_node_kind kind,
                                  struct grammar_node *const *parts, size_t n, struct error *err) MUST_CHECK;
struct grammar_node *grammar_repeat(struct grammar_tree *tree, struct grammar_node *part, uint32_t min, uint32_t max,
                                    struct error *err) MUST_CHECK;

/* ---- the network ---- */

enum grammar_state_kind {
    STATE_RETURN, /* the end of a rule; state 0 alone */
    STATE_RANGE,  /* a byte low..high, then a */
    STATE_SET,    /* a byte of set b, then a */
    STATE_SPLIT,  /* a or b */
    STATE_CALL,   /* rule a, then b */
    STATE_NEVER,
};
struct grammar_state {
    uint8_t kind, low, high;
    uint32_t a, b;
};
struct grammar_set {
    uint64_t bits[4]; /* of bytes */
};

struct grammar {
    struct grammar_state *states;
    size_t n_states, states_capacity;
    struct grammar_set *sets;
    size_t n_sets, sets_capacity;
    uint32_t *set_table; /* index + 1 */
    size_t set_table_size;
    uint32_t *starts;  /* of rules, those of the tree first, then those made of repeated parts */
    uint32_t *origins; /* the rule of the tree that it stands in */
    size_t n_rules, rules_capacity;
    uint32_t root;
    uint8_t class_of[256], byte_of[256]; /* bytes that no state tells apart are one class; one byte of each */
    size_t n_classes;
};

/* *culprit: the rule that an error (ERROR_DATA) is about, or SIZE_MAX. Every rule has a body. */
struct grammar *grammar_compile(const struct grammar_tree *tree, uint32_t root, size_t *culprit,
                                struct error *err) MUST_CHECK;
bool grammar_put_state(struct grammar *g, struct grammar_state state, uint32_t *index, struct error *err) MUST_CHECK;
bool grammar_put_set(struct grammar *g, const struct grammar_set *set, uint32_t *index, struct error *err) MUST_CHECK;
/* The states of a class, before `next`; *start is their first. */
bool grammar_put_class(struct grammar *g, const struct grammar_node *node, uint32_t next, uint32_t *start,
                       struct error *err) MUST_CHECK;
static inline bool grammar_set_has(const struct grammar_set *set, unsigned byte) {
    return set->bits[byte / 64] >> (byte % 64) & 1;
}

#endif
