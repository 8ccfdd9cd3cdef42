/* From clause to figure and back: which goals can be decided by something, what nothing stands behind, and whether each
 * risk has what its quadrant asks for. */
#ifndef SET_POLICY_TRACE_H
#define SET_POLICY_TRACE_H

#include "set/policy_names.h"
#include "set/policy.h"

enum policy_path {
    POLICY_PATH_NONE,     /* nothing decides it: an orphan, unless it is waived */
    POLICY_PATH_DOCUMENT, /* a paper of people */
    POLICY_PATH_REFINED,  /* goals that refine it are decided */
    POLICY_PATH_MEASURED, /* figures of its own */
};
struct policy_trace {
    enum policy_path *paths;   /* of goals */
    size_t active, executable; /* goals without a waiver; of them not NONE */
    size_t measured, documents, refined, waived;
    const char **orphans; /* what lacks something, "FILE:LINE:COLUMN: ..." */
    size_t n_orphans;
};
/* On the arena. Orphans: goals without a path; attributes, acts and risks that no goal knows; goals of an attribute
 * that the policy does not list; risks without what their quadrant asks for (known-known: a figure; known-unknown: a
 * figure of uncertainty and one of abstention; unknown-known: a goal of kind value or preference; unknown-unknown: two
 * documents, one for watching and one for what goes wrong). */
bool policy_trace(const struct policy *policy, const struct policy_names *names, struct arena *arena,
                  struct policy_trace *out, struct error *err) MUST_CHECK;

#endif
