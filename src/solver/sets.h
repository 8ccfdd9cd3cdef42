/* Claims about finite sets of named things:
 *
 *   claim    ::= joined by "iff", "implies", "or", "and", "not" as in formula.h
 *              | ("forall" | "exists") NAME { "," NAME } [ "in" sets ] ":" claim
 *              | sets ("sub" | "=" | "~=" | "!=") sets | NAME ("in" | "notin") sets | "true" | "false" | "(" claim ")"
 *   sets     ::= part { ("union" | "\") part }     part ::= atom { "inter" atom }
 *   atom     ::= NAME | "{" [ NAME { "," NAME } ] "}" | "empty" | "(" sets ")"
 *
 * A name inside braces, or left of in and notin, is a thing; things of different names are different. All other names
 * are sets. */
#ifndef SOLVER_SETS_H
#define SOLVER_SETS_H

#include "base/buffer.h"

enum { SETS_DEPTH_MOST = 100, SETS_TREE_MOST = 2000, SETS_BYTES_MOST = 65536, SETS_NODES_MOST = 20000 };

enum sets_kind {
    SETS_NAME,
    SETS_THING,
    SETS_LIST,
    SETS_UNION,
    SETS_INTER,
    SETS_MINUS, /* sets; LIST: of things */
    SETS_SUB,
    SETS_EQUAL,
    SETS_UNEQUAL,
    SETS_IN,
    SETS_NOT_IN,
    SETS_TRUE,
    SETS_FALSE,
    SETS_NOT,
    SETS_AND,
    SETS_OR,
    SETS_IMPLIES,
    SETS_IFF,
    SETS_ALL,
    SETS_SOME, /* of: [in which set] claim */
};
struct sets_formula {
    enum sets_kind kind;
    size_t column, depth; /* depth: of the tree below and itself */
    struct text name;     /* NAME, THING */
    const struct sets_formula **of;
    size_t n;
    const struct text *bound; /* ALL, SOME */
    size_t n_bound;
};
/* ERROR_DATA "column N: ..." where the text is no claim. */
const struct sets_formula *sets_read(struct arena *arena, struct text t, size_t *column, struct error *err) MUST_CHECK;
bool sets_put(struct buffer *out, const struct sets_formula *f);
bool sets_put_words(struct buffer *out, const struct sets_formula *f);

/* Names of all lines of a question, in the order of first sight. */
struct sets_names {
    struct arena *arena;
    struct text *set, *thing;
    size_t n_sets, n_things, set_room, thing_room;
};
void sets_names_init(struct sets_names *names, struct arena *arena);
/* ERROR_DATA: a name is a set here and a thing there. */
bool sets_names_add(struct sets_names *names, const struct sets_formula *f, size_t *column,
                    struct error *err) MUST_CHECK;

/* Which things are in which sets: n_things of sets_names and then `others` without a name. */
struct sets_model {
    const struct sets_names *names;
    size_t others, words; /* 64 things a word */
    uint64_t **member;    /* by set */
};
bool sets_model_init(struct sets_model *model, const struct sets_names *names, size_t others, struct arena *arena,
                     struct error *err) MUST_CHECK;
/* Quantifiers run over the things of the model. */
bool sets_is_true(const struct sets_model *model, const struct sets_formula *f, struct arena *arena, bool *is,
                  struct error *err) MUST_CHECK;
/* "{fire, runaway, another}" */
bool sets_put_members(struct buffer *out, const struct sets_model *model, size_t set);
/* Why a claim is false: "runaway is in Mitigated and not in Verified". Nothing where it takes more words. */
bool sets_put_why(struct buffer *out, const struct sets_model *model, const struct sets_formula *f, struct arena *arena,
                  struct error *err) MUST_CHECK;

enum sets_verdict { SETS_HOLDS, SETS_REFUTED, SETS_CONTRADICTION, SETS_UNKNOWN };
struct sets_answer {
    enum sets_verdict verdict;
    const char *reason;      /* UNKNOWN */
    struct sets_model model; /* REFUTED */
    size_t *core;            /* HOLDS: the premises it needs; CONTRADICTION: those that clash */
    size_t n_core;
    bool minimal;
    double seconds;
};
/* Premises that say what each set has, by looking: "S = {a, b}", "T = S union {c}" in any order, and claims over those.
 * UNKNOWN: a set is nowhere given its members. Time: things times parts of the lines. */
bool sets_evaluate(const struct sets_names *names, const struct sets_formula *const *premises, size_t n,
                   const struct sets_formula *goal, struct arena *arena, struct sets_answer *out,
                   struct error *err) MUST_CHECK;
/* By trying all models that can matter, where those are at most 2^22: claims without quantifiers need no more things
 * without a name than there are relations in them. UNKNOWN otherwise. */
bool sets_try_all(const struct sets_names *names, const struct sets_formula *const *premises, size_t n,
                  const struct sets_formula *goal, struct arena *arena, struct sets_answer *out,
                  struct error *err) MUST_CHECK;

#endif
