/* SWI-Prolog as a second opinion on rules: a child process with limits, that is given terms and never a text of the
 * user. Clauses have been read by horn.h, which refuses everything that does more than prove; they are written anew,
 * with the names of predicates changed so that none is one that Prolog knows, read there as terms and added to tabled
 * predicates of a module of their own. Nothing is consulted. */
#ifndef SOLVER_PROLOG_H
#define SOLVER_PROLOG_H

#include "solver/horn.h"

struct prolog_limits {
    double seconds;    /* wall time; 0: 2 */
    size_t inferences; /* 0: 1,000,000 */
    size_t stack;      /* MB; 0: 64 */
};
struct prolog_answer {
    enum horn_verdict verdict;
    const char *reason; /* UNKNOWN: which limit; ERROR: what Prolog says */
    struct text *
        *value; /* by solution and variable, as horn_put writes them; no two alike, in the order of their bytes */
    size_t n_solutions, n_variables;
};

/* "9.0.4"; false where swipl is not installed. */
bool prolog_version(char out[32]);
/* ERROR_ENVIRONMENT: swipl is not installed, or did not answer at all. */
bool prolog_solve(const struct horn_program *program, const struct horn_clause *query, struct prolog_limits limits,
                  struct arena *arena, struct prolog_answer *out, struct error *err) MUST_CHECK;

/* Do both mean the same? Where both are decided: the same verdict, and the same solutions unless ours were too many to
 * keep. *why says what differs. */
bool prolog_agrees(const struct prolog_answer *theirs, const struct horn_answer *ours, struct arena *arena,
                   const char **why, struct error *err) MUST_CHECK;

#endif
