/* Formulas as people write them in a case, one a line:
 *
 *   formula   ::= implied [ "iff" formula ]
 *   implied   ::= either [ "implies" implied ]
 *   either    ::= both { "or" both }          both ::= negated { "and" negated }
 *   negated   ::= "not" negated | ("forall" | "exists") NAME { "," NAME } [ "in" SORT ] ":" formula | relation
 *   relation  ::= sum { ("<" | "<=" | ">" | ">=" | "=" | "==" | "!=") sum }     a chain is the conjunction of its pairs
 *   sum       ::= term { ("+" | "-") term }   term ::= factor { ("*" | "/") factor }
 *   factor    ::= "-" factor | power          power ::= atom [ "^" WHOLE ]
 *   atom      ::= NUMBER [UNIT] | NAME [UNIT] | NAME "(" formula { "," formula } ")" | "(" formula ")"
 *               | "true" | "false"
 *   line      ::= formula | "IF" formula "THEN" formula | NAME { "," NAME } ":" SORTS [UNIT]
 *   SORTS     ::= SORT | SORT "->" SORT | "(" SORT { "," SORT } ")" "->" SORT       SORT ::= "Real" | "Int" | "Bool"
 *   UNIT      ::= "[" m/s^2 and the like "]", see unit.h
 *
 * Numbers are decimal and exact. Names that no line declares are Real, or Bool where a claim must stand; names that
 * are called are functions of Reals. A name means the same in all lines that share a table of symbols. */
#ifndef SOLVER_FORMULA_H
#define SOLVER_FORMULA_H

#include "solver/unit.h"

enum {
    FORMULA_DEPTH_MOST = 100,
    FORMULA_TREE_MOST = 2000,
    FORMULA_NODES_MOST = 20000,
    FORMULA_BYTES_MOST = 65536,
    FORMULA_POWER_MOST = 16
};

enum formula_kind {
    FORMULA_NUMBER,
    FORMULA_TRUE,
    FORMULA_FALSE,
    FORMULA_NAME,
    FORMULA_CALL,
    FORMULA_MINUS,
    FORMULA_ADD,
    FORMULA_SUBTRACT,
    FORMULA_MULTIPLY,
    FORMULA_DIVIDE,
    FORMULA_POWER,
    FORMULA_LESS,
    FORMULA_AT_MOST,
    FORMULA_MORE,
    FORMULA_AT_LEAST,
    FORMULA_EQUAL,
    FORMULA_UNEQUAL,
    FORMULA_NOT,
    FORMULA_AND,
    FORMULA_OR,
    FORMULA_IMPLIES,
    FORMULA_IFF,
    FORMULA_ALL,
    FORMULA_SOME,
    FORMULA_DECLARE, /* a line that says what names are; claims nothing */
};
enum formula_sort { SORT_OPEN, SORT_REAL, SORT_INT, SORT_BOOL };

struct formula {
    enum formula_kind kind;
    size_t column;                 /* of its first byte, from 1 */
    size_t depth;                  /* of the tree below and itself */
    bool chain;                    /* AND: a < b <= c; its parts share the middle ones */
    struct text name;              /* NAME, CALL */
    const struct rational *number; /* NUMBER, and the exponent of POWER */
    const struct unit *unit;       /* NUMBER, NAME, DECLARE; NULL: none was said */
    const struct formula **of;
    size_t n;
    const struct text *bound; /* ALL, SOME: the names; DECLARE: those that are declared */
    size_t n_bound;
    enum formula_sort sort;         /* ALL, SOME: of the bound names, SORT_OPEN: Real; DECLARE: of the value */
    const enum formula_sort *parts; /* DECLARE: of the arguments */
    size_t n_parts;
};

/* The whole text must be one line of the grammar. Names are views into it. ERROR_DATA "column N: ..." otherwise, the
 * column in *column. */
const struct formula *formula_read(struct arena *arena, struct text t, size_t *column, struct error *err) MUST_CHECK;
/* not f */
const struct formula *formula_not(struct arena *arena, const struct formula *f, struct error *err) MUST_CHECK;

/* Back to the grammar, with the fewest brackets; reads back as the same formula. */
bool formula_put(struct buffer *out, const struct formula *f);
/* In words: "v times v is 2 times a times x". `word`: what to say for a name (NULL: the name itself). */
typedef const char *formula_word(void *context, struct text name);
bool formula_put_words(struct buffer *out, const struct formula *f, formula_word *word, void *context);

/* ---- what names are ---- */

struct symbol {
    struct text name;
    enum formula_sort sort;         /* of its value */
    const enum formula_sort *parts; /* of its arguments */
    size_t n_parts;                 /* 0: no function */
    const struct unit *unit;        /* NULL: none was said anywhere */
    const void *unit_from;          /* the line that said it first, as given to symbols_note */
    bool declared;
};
struct symbols {
    struct arena *arena;
    struct symbol *at;
    size_t n, room;
    size_t *slot; /* n_slots, a power of two; index + 1, 0: free */
    size_t n_slots;
};

void symbols_init(struct symbols *symbols, struct arena *arena);
const struct symbol *symbols_find(const struct symbols *symbols, struct text name); /* NULL: unknown */
/* Two passes over all lines that share names, each line in the first before any in the second; both ERROR_DATA with
 * the column.
 * note: declarations and units. `line` is kept for symbol.unit_from. A second declaration that differs is an error.
 * infer: names are given sorts, and the line is checked by them: claims where claims must be, numbers of arguments. */
bool symbols_note(struct symbols *symbols, const struct formula *f, const void *line, size_t *column,
                  struct error *err) MUST_CHECK;
bool symbols_infer(struct symbols *symbols, const struct formula *f, size_t *column, struct error *err) MUST_CHECK;
/* After both: sides of a relation and of + and - have one dimension and one scale; where nothing was said of a name
 * nothing is checked of it. ERROR_DATA names both units and, where only the scale differs, the factor. */
bool symbols_check_units(const struct symbols *symbols, struct arena *arena, const struct formula *f, size_t *column,
                         struct error *err) MUST_CHECK;

/* ---- its value ---- */

struct value {
    enum { VALUE_NUMBER, VALUE_TRUTH } kind;
    const struct rational *number;
    bool truth;
};
/* What a name, or a function of n arguments, is; false: it has no value. */
typedef bool formula_lookup(void *context, struct text name, const struct value *arguments, size_t n,
                            struct value *out);
/* Exact, without any solver. ERROR_DATA: a name without value, division by zero, a quantifier. */
bool formula_evaluate(struct arena *arena, const struct formula *f, formula_lookup *lookup, void *context,
                      struct value *out, struct error *err) MUST_CHECK;

#endif
