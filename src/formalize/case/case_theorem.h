/* The inside of case_check.h: theorems, what is read of their lines, and what came out. */
#ifndef FORMALIZE_CASE_THEOREM_H
#define FORMALIZE_CASE_THEOREM_H

#include "base/hash.h"
#include "formalize/case/case_check.h"
#include "solver/formula.h"
#include "solver/horn.h"
#include "solver/sets.h"
#include "solver/smt.h"

/* The languages of lines, by the reason of the split they stand in. */
enum case_language { CASE_FORMULAS, CASE_SETS_LINES, CASE_RULES, CASE_LANGUAGES };

/* A line as it was read; kept from update to update by its text. */
struct case_read_line {
    enum case_language language;
    struct text text;              /* a copy */
    const struct formula *formula; /* NULL of all three: it cannot be read */
    const struct sets_formula *sets;
    bool plain;             /* a formula that only compares numbers: see case_lines.c */
    bool rule_ok, query_ok; /* RULES: it may be a clause, a query */
    const char *message;    /* why it cannot be read */
    size_t column;
};
struct case_fault {
    struct case_point at;
    size_t column;
    const char *message;
};

/* What came out; kept from update to update by the key of the theorem. */
struct case_outcome {
    char key[HASH_HEX];
    enum case_status status;
    size_t *core, n_core; /* of premises: needed (holds) or clashing (vacuous) */
    bool minimal;
    const char *missing; /* a solver that is not installed */
    json_t *detail;
    double seconds;
    uint64_t used; /* the last update that needed it */
};
struct case_theorem {
    size_t node, branch; /* branch: index among supported_by; SIZE_MAX: all */
    enum case_language language;
    struct case_point *goal, *premise;
    size_t n_goal, n_premise;
    const struct case_fault *fault; /* a line that cannot be used; then there is no outcome */
    struct case_outcome *outcome;   /* NULL: not asked */
    const char *not_asked;
};

struct case_worker {
    struct smt *smt;
    const char *smt_missing; /* it was tried and is not there */
    struct arena arena;
};
struct case_checker {
    struct case_check_settings settings;
    char *node;                   /* a copy of settings.node */
    struct arena kept, now;       /* lines that were read; all of one update */
    struct case_read_line **line; /* table by language and text */
    size_t n_lines, line_slots;
    struct case_outcome **outcome; /* table by key */
    size_t n_outcomes, outcome_slots;
    struct case_worker *worker;
    size_t n_workers;
    uint64_t update;
    bool swipl_known, swipl, mona_known, mona;
    /* of one update */
    const struct assurance_case *c;
    size_t *first_line; /* by node: of all lines of the case, the number of its first */
    size_t n_all_lines;
    const struct case_read_line **read[CASE_LANGUAGES]; /* by line of the case; NULL: not needed in this language */
    const struct case_fault **fault;                    /* by line of the case */
    bool plain; /* all formulas are: names get their sorts when a theorem is asked */
    struct symbols symbols;
    char sorts[HASH_HEX]; /* digest of those that are not plain numbers */
    struct case_theorem **theorem;
    size_t n_theorems;
    struct case_report report;
    struct error *err;
};

size_t case_line_number(const struct case_checker *k, struct case_point p);
const struct case_line *case_line_at(const struct case_checker *k, struct case_point p);
/* case_split.c: the theorems of the nodes that were looked at, and results.theorems. */
bool case_make_theorems(struct case_checker *k) MUST_CHECK;
enum case_language case_language_of(enum case_reason reason);
/* case_lines.c: reads the lines of all theorems; faults. */
bool case_read_lines(struct case_checker *k) MUST_CHECK;
/* Sorts of the names of a theorem that will be asked. */
bool case_infer(struct case_checker *k, const struct case_theorem *t) MUST_CHECK;
/* case_outcome.c */
bool case_sorts_key(struct case_checker *k) MUST_CHECK;
bool case_theorem_key(struct case_checker *k, struct case_theorem *t, char key[HASH_HEX]) MUST_CHECK;
struct case_outcome *case_outcome_find(struct case_checker *k, const char *key);
bool case_outcome_add(struct case_checker *k, struct case_outcome *outcome) MUST_CHECK;
void case_outcomes_forget(struct case_checker *k, bool all);
void case_outcome_free(struct case_outcome *outcome);
/* Puts name: text into detail; false without memory. */
bool case_detail(struct case_outcome *o, const char *name, const char *text);
/* case_prove_*.c: fills the outcome. False only for ERROR_ENVIRONMENT. */
bool case_prove_formulas(struct case_checker *k, const struct case_theorem *t, struct case_worker *w,
                         struct case_outcome *o, struct error *err) MUST_CHECK;
bool case_prove_sets(struct case_checker *k, const struct case_theorem *t, struct case_worker *w,
                     struct case_outcome *o, struct error *err) MUST_CHECK;
bool case_prove_rules(struct case_checker *k, const struct case_theorem *t, struct case_worker *w,
                      struct case_outcome *o, struct error *err) MUST_CHECK;
/* case_belief.c: belief of all nodes; the split of a node whose reason is trust. */
bool case_believe(struct case_checker *k) MUST_CHECK;
/* case_support.c: evidence, support, yellow, unused lines, counts. */
bool case_roll_up(struct case_checker *k) MUST_CHECK;
/* case_evidence.c: *failed: it was looked at and is not there; *why on the arena. */
bool case_look_at_evidence(struct case_checker *k, const struct case_node *node, bool *failed, const char **why,
                           struct error *err) MUST_CHECK;

#endif
