/* Z3 for formulas: do premises allow a goal to be false? One session belongs to one thread; it keeps one context, and
 * each question gets a solver of its own in it. Whatever is decided does not depend on what was asked before: cores are
 * found by leaving lines out one by one in their order, and values come from a fresh context.
 *
 * Limits: `steps` counts what Z3 does and gives the same verdict everywhere; `seconds` is wall time, kept by a thread
 * that interrupts Z3, since its own time-out is not always obeyed. */
#ifndef SOLVER_SMT_H
#define SOLVER_SMT_H

#include "solver/formula.h"

struct smt_limits {
    double seconds;  /* of one question, core and all; 0: 2 */
    uint32_t steps;  /* of one check; 0: 20 million, which is some ten seconds */
    uint32_t memory; /* MB of the whole process, kept from the first session on; 0: 2,000 */
};

enum smt_verdict { SMT_UNSAT, SMT_SAT, SMT_UNKNOWN };

/* What a name, or a function at arguments, is in a model. */
struct smt_value {
    struct text name;
    const struct value *arguments;
    size_t n_arguments;
    struct value value;
    bool exact; /* false: an irrational number, and `value` is near it from below */
};
struct smt_answer {
    enum smt_verdict verdict;
    const char *reason; /* UNKNOWN: why */
    size_t *core;       /* UNSAT: indices of the lines, in their order, of which none can be left out */
    size_t n_core;
    bool contradiction;       /* UNSAT, of smt_prove: the premises clash by themselves; the core is of them */
    bool minimal;             /* false: a check on the way to the core was not decided, so one of it may be idle */
    struct smt_value *values; /* SAT: of all names in the lines, in the order of first sight */
    size_t n_values;
    bool checked;      /* SAT: our own evaluator finds every line true under these values */
    const char *doubt; /* SAT and not checked: why */
    double seconds;    /* spent inside Z3 */
};

struct smt;
bool smt_there(void);           /* is it part of this build, and its library installed? */
void smt_version(char out[32]); /* "" where it is not */
struct smt *smt_new(struct smt_limits limits, struct error *err) MUST_CHECK; /* ERROR_ENVIRONMENT: no Z3 */
void smt_free(struct smt *smt);
void smt_set_limits(struct smt *smt, struct smt_limits limits); /* memory stays as it is */

/* Can all n lines be true together? Names as `symbols` says. Results on the arena. False only for ERROR_ENVIRONMENT
 * (out of memory) and ERROR_DATA (a line that Z3 refuses). */
bool smt_check(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
               struct arena *arena, struct smt_answer *out, struct error *err) MUST_CHECK;

/* Can they, over the reals? By nlsat alone (Jovanovic & de Moura, "Solving Non-Linear Arithmetic", IJCAR 2012) in a
 * context of its own, without a core and without values: for polynomials, which smt_check takes much longer for. */
bool smt_check_real(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
                    enum smt_verdict *verdict, struct arena *arena, struct error *err) MUST_CHECK;

/* Do the premises imply the goal? UNSAT: they do, and can be true together, or `contradiction`; core: of the premises
 * (the goal is n). SAT: values for which they are true and the goal is not. UNKNOWN also where the goal follows but
 * whether the premises contradict each other was not decided. */
bool smt_prove(struct smt *smt, const struct symbols *symbols, const struct formula *const *premises, size_t n,
               const struct formula *goal, struct arena *arena, struct smt_answer *out, struct error *err) MUST_CHECK;

/* The nearest values: of all assignments that make the n lines true, one with the least sum of weight * |name - value|.
 * SAT: `at` of each target and the sum are filled; UNSAT: the lines cannot be true together. Linear arithmetic. */
struct smt_target {
    struct text name; /* a Real or Int name */
    const struct rational *value;
    const struct rational *weight; /* above 0; NULL: 1 */
    const struct rational *at;     /* out */
};
struct smt_nearest {
    enum smt_verdict verdict;
    const char *reason;
    const struct rational *sum;
};
bool smt_nearest(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
                 struct smt_target *targets, size_t n_targets, struct arena *arena, struct smt_nearest *out,
                 struct error *err) MUST_CHECK;

#endif
