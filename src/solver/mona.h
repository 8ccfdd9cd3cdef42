/* MONA, a decision procedure for WS1S (Henriksen and others 1995), as a child process with limits: claims about sets of
 * any size. No text of the user reaches it: sets become S1, S2, ..., things e1, e2, ... */
#ifndef SOLVER_MONA_H
#define SOLVER_MONA_H

#include "solver/sets.h"

struct mona_limits {
    double seconds;  /* of one question to it; 0: 2 */
    uint64_t memory; /* address space in MB; 0: 512 */
};

bool mona_there(void); /* is the program installed? */
/* Do the premises imply the goal, and can they be true at all? Core by leaving premises out one by one, where there are
 * at most 32. ERROR_ENVIRONMENT: mona is not installed. */
bool mona_decide(const struct sets_names *names, const struct sets_formula *const *premises, size_t n,
                 const struct sets_formula *goal, struct mona_limits limits, struct arena *arena,
                 struct sets_answer *out, struct error *err) MUST_CHECK;

/* For tests: what it is given for one question; goal NULL: are the premises consistent? */
bool mona_put(struct buffer *out, const struct sets_names *names, const struct sets_formula *const *premises, size_t n,
              const bool *in, const struct sets_formula *goal);

#endif
