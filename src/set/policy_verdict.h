/* What becomes of the goals of a policy once figures are there: met where the end of the interval on the bad side still
 * does, violated where the one on the good side does not, else undecided; never the estimate. `near` is met by two
 * one-sided tests. */
#ifndef SET_POLICY_VERDICT_H
#define SET_POLICY_VERDICT_H

#include "record/record.h"
#include "set/policy_apply.h"
#include "set/policy_gate.h"
#include "set/policy_names.h"
#include "set/policy_sizes.h"

/* What the caller lends of other rooms, and what was measured. */
struct policy_measured {
    const struct figure *figures;
    size_t n;
    const struct figure *differences; /* of the run to the one before: what d(...) means */
    size_t n_differences;
    const struct policy_names *names;
    policy_exact *exact;
    void *context;
    /* The interval of a figure at a confidence and what it is called. False: there is none; *why says so. `plain`: a
     * share of independent items, of which policy_size_needed tells how many more are needed. */
    bool (*interval)(void *context, const struct figure *figure, double confidence, struct policy_interval *out,
                     const char **method, bool *plain, const char **why);
    /* Does the paper that a goal of kind document names lie there with its hash? NULL: papers are not looked at. */
    bool (*paper)(void *context, const struct policy_evidence *evidence, const char **why);
    int as_of;
};

/* A clause against a figure. */
struct policy_outcome {
    size_t goal;
    const struct policy_clause *clause; /* NULL: the paper of a duty */
    const struct figure *figure;        /* NULL: it was not measured */
    struct policy_interval interval;    /* NaN: none */
    const char *method;
    enum policy_verdict verdict;
    const char *why; /* undecided: what is missing; NULL: the interval holds the target */
    uint64_t needed; /* n at which it would be decided if the figure stays where it is; 0: not known, or decided */
};
struct policy_result {
    const struct policy *policy;
    const struct policy_application *applications;
    enum policy_verdict *verdicts;   /* of goals; of one without anything measured by itself: of those that refine it */
    struct policy_outcome *outcomes; /* by goal */
    size_t n_outcomes;
    size_t counts[POLICY_IDLE + 1]; /* goals by verdict */
    size_t hard_violated;           /* a hard goal that is violated, SIZE_MAX: none */
    double deficit;                 /* sum of weight x shortfall / tol over soft clauses that say a tol */
    struct policy_gate_result gate;
    enum policy_verdict verdict; /* the gate's; violated where a hard goal is */
};
/* Everything on the arena, which keeps `measured` borrowed. */
bool policy_judge(const struct policy *policy, const struct policy_context *context,
                  const struct policy_measured *measured, struct arena *arena, struct policy_result *out,
                  struct error *err) MUST_CHECK;
/* "refusal_rate of xstest, unsafe is 0.97 (0.951 to 0.983, n = 500): met" */
bool policy_outcome_put(struct buffer *out, const struct policy_outcome *outcome);

#endif
