/* Safety cases of the pocket world: sentences with their formulas, whole cases of them, and planted faults. Formulas
 * are plain text here (the grammar is that of assurance cases); whether a case follows is decided elsewhere. See
 * pocket/cases.yaml. */
#ifndef MEASURE_WORLD_CASES_H
#define MEASURE_WORLD_CASES_H

#include "measure/world/world_part.h"

enum {
    MACHINES = 48,
    QUANTITIES = 12,
    KINDS_OF_SETS = 4,
    DANGERS = 12,
    CASE_PREDICATES = 4,
    SYMBOLS = 3,
    TOLD_WAYS = 4
};
enum quantity {
    Q_SPEED,
    Q_RANGE,
    Q_STOP,
    Q_REACTION,
    Q_WAY,
    Q_SENSE,
    Q_DECIDE,
    Q_BRAKE,
    Q_RESPONSE,
    Q_MASS,
    Q_DECELERATION,
    Q_FORCE
};
enum case_set { SET_HAZARDS, SET_MITIGATED, SET_VERIFIED, SET_FAULTS };
enum case_word { WORD_RELEASED, WORD_TESTED, WORD_REVIEWED, WORD_SIGNED };
enum relation_kind { REL_MOST, REL_LEAST, REL_LESS, REL_MORE, REL_EXACT, REL_NEVER, N_RELATIONS };

/* What a device is like: whole numbers in the units of pocket/cases.yaml. */
struct machine {
    uint16_t value[QUANTITIES];
    uint16_t hazards; /* one bit a danger */
    uint8_t version;
};

struct cases_state {
    struct text machine[MACHINES], phrase[QUANTITIES], unit[QUANTITIES], symbol[QUANTITIES][SYMBOLS];
    struct text set_one[KINDS_OF_SETS], set_many[KINDS_OF_SETS], set_symbol[KINDS_OF_SETS][SYMBOLS], danger[DANGERS];
    struct text word[CASE_PREDICATES], word_symbol[CASE_PREDICATES][SYMBOLS];
    struct text relation[N_RELATIONS][TOLD_WAYS], sum3[TOLD_WAYS], sum2[TOLD_WAYS], product[TOLD_WAYS];
    struct list frames, subset, listing, rule, fact, whole;
    struct text formalise, glossary, split, check;
    struct machine truth[MACHINES];
    uint8_t *split_of_statement, split_of_machine[MACHINES];
};
const struct cases_state *world_cases(const struct world *w);

/* How one text speaks: which symbol each phrase has, which wording each sentence. */
struct case_voice {
    const struct world *w;
    size_t machine;
    unsigned template;
    uint8_t symbol;  /* one of SYMBOLS for all phrases of a text */
    struct rng *rng; /* chooses among ways of saying a relation */
};
struct said_pair {
    struct buffer sentence, formula, glossary; /* glossary: phrase = symbol, of what the sentence names */
};
void said_init(struct said_pair *p);
void said_done(struct said_pair *p);
void said_clear(struct said_pair *p);

bool say_bound(struct said_pair *p, const struct case_voice *v, enum quantity q, enum relation_kind relation,
               uint32_t number);
bool say_compared(struct said_pair *p, const struct case_voice *v, enum quantity q, enum relation_kind relation,
                  enum quantity other);
bool say_sum(struct said_pair *p, const struct case_voice *v, enum quantity q, const enum quantity *parts, size_t n);
bool say_product(struct said_pair *p, const struct case_voice *v, enum quantity q, enum quantity a, enum quantity b);
bool say_subset(struct said_pair *p, const struct case_voice *v, enum case_set a, enum case_set b);
bool say_listing(struct said_pair *p, const struct case_voice *v, enum case_set set, uint16_t dangers);
bool say_rule(struct said_pair *p, const struct case_voice *v, enum case_word a, enum case_word b, enum case_word c);
/* a :- b alone: of planted circles. */
bool say_circle(struct said_pair *p, const struct case_voice *v, enum case_word a, enum case_word b);
bool say_fact(struct said_pair *p, const struct case_voice *v, enum case_word a, unsigned version);
/* The goal of a rule: a version that is so; its formula has a variable. */
bool say_wanted(struct said_pair *p, const struct case_voice *v, enum case_word a, unsigned version);

/* The statements of one machine: bounds, then the others; STATEMENTS of them for each. */
enum { BOUNDS = QUANTITIES * N_RELATIONS, STATEMENTS = BOUNDS + 8 + 4 + 3 + 6 + 4 + 4 + 4 };
bool say_statement(struct said_pair *p, const struct case_voice *v, size_t statement);

/* ---- whole cases */

enum { CASE_NODES = 64, CASE_TEXT = 240, CASE_FORMULAS = 2 };
enum node_kind { NODE_GOAL, NODE_EVIDENCE, NODE_LAW };
struct safety_node {
    char text[CASE_TEXT], formula[CASE_FORMULAS][CASE_TEXT];
    size_t n_formulas;
    enum node_kind kind;
    int parent;         /* -1: the root */
    const char *reason; /* of its split: none arith finite sets horn */
    /* What a fault can be planted in: the quantity and bound, or the set, or the word, that it tells. */
    enum { TELLS_NOTHING, TELLS_MOST, TELLS_LEAST, TELLS_IDLE, TELLS_SET, TELLS_FACT, TELLS_LAW } tells;
    int what;
    uint32_t number; /* the bound; of a set its dangers */
    uint32_t breaks; /* the nearest bound with which its split no longer follows */
};
struct safety_case {
    struct safety_node node[CASE_NODES];
    size_t n;
    unsigned depth; /* 2 to 4 */
    uint8_t symbol; /* which symbol each phrase has in it */
};

/* What is done to a true case. Faults break one split or make its premises contradict each other; controls do not. */
#define CASE_VARIANTS(X)                                                                                               \
    X(none)                                                                                                            \
    X(weakened)                                                                                                        \
    X(dropped) X(contradicted) X(slipped) X(swapped) X(unlisted) X(unproved) X(circular) X(idle_dropped) X(tightened)  \
        X(reordered) X(more_evidence) X(more_listed)
enum case_variant {
#define CASE_VARIANT(name) VARIANT_##name,
    CASE_VARIANTS(CASE_VARIANT)
#undef CASE_VARIANT
        N_VARIANTS
};
enum { FIRST_FAULT = VARIANT_weakened, LAST_FAULT = VARIANT_circular };
extern const char *const case_variant_names[N_VARIANTS];

/* Where a variant was planted: the node whose split it touches and what a checker must say of it; every other split
 * holds. */
struct planted {
    size_t node;
    const char *status; /* holds refuted vacuous */
};

/* A true case of a machine: shape 0.. CASE_SHAPES - 1 fixes depth and which claims. */
enum { CASE_SHAPES = 24 };
bool safety_case_draw(struct safety_case *c, const struct world *w, size_t machine, unsigned shape, unsigned template,
                      struct rng *rng);
/* One claim of it alone, a goal with its split: claim 0.. CLAIMS - 1. */
enum { CLAIMS = 6 };
bool safety_claim_draw(struct safety_case *c, const struct world *w, size_t machine, unsigned claim, unsigned template,
                       struct rng *rng);
/* False: the case has no place for it (and is as it was), or out of memory. */
bool safety_case_plant(struct safety_case *c, const struct world *w, size_t machine, unsigned template,
                       enum case_variant variant, struct rng *rng, struct planted *planted);
/* tdt-1 JSON in one line; ids G1, G2, E3, L4, ... by the place in the case. */
bool safety_case_put(struct buffer *out, const struct safety_case *c, const char *name);
void safety_node_id(const struct safety_case *c, size_t node, char out[16]);

#endif
