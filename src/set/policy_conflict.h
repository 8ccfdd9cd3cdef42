/* Can the targets of a policy be met together? Figures are unknowns within their ranges, tied by what is known of them:
 * youden is harmful_refusal less over_refusal, items that two banks share are refused in both or in neither. Z3 names
 * the goals of which none can be left out of the contradiction, and the nearest targets that could all be met.
 *
 * Goals that never apply together (one overrides the other, or their `when` exclude each other) do not contradict one
 * another. What applies in an exception alone is not looked at. */
#ifndef SET_POLICY_CONFLICT_H
#define SET_POLICY_CONFLICT_H

#include "set/policy_names.h"
#include "set/policy.h"

/* A target that had to move. */
struct policy_moved {
    size_t goal;
    const struct policy_clause *clause;
    const char *end; /* "target", "upper" */
    double from, to;
};
struct policy_conflict {
    size_t *goals; /* in their order */
    size_t n_goals;
    const char **ties; /* what is known of their figures and needed for the contradiction, in words */
    size_t n_ties;
    struct policy_moved *moved; /* nearest targets: by the sum of what all have to give way */
    size_t n_moved;
};
struct policy_conflicts {
    bool looked; /* false: no Z3 in this build, or it gave up; `why` says so */
    const char *why;
    struct policy_conflict *found; /* each a set of goals of its own */
    size_t n;
    size_t figures, ties; /* unknowns and ties that were looked at */
};
bool policy_conflicts(const struct policy *policy, const struct policy_names *names, struct arena *arena,
                      struct policy_conflicts *out, struct error *err) MUST_CHECK;

#endif
