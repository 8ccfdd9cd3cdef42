/* What the verbs of `goals` share: opening a policy with what it needs to know of this program, and what a run
 * measured. */
#ifndef CLI_GOALS_POLICY_H
#define CLI_GOALS_POLICY_H

#include "cli/commands.h"
#include "set/policy_names.h"
#include "set/policy_verdict.h"

/* --as-of DATE, else today. */
bool goals_day(const struct arguments *args, int *day, struct error *err) MUST_CHECK;
/* Is there a policy of this name: a file, or policies/NAME.policy.yaml of those built in? */
bool goals_is_policy(const char *name);
/* Its text and what it is called in messages. ERROR_USAGE names the nearest. */
bool goals_policy_text(const struct arguments *args, const char *name, struct text *source, const char **shown,
                       struct error *err) MUST_CHECK;
/* Reads and checks it; each fault is a line on stderr, and err sums up where there are several. */
struct policy *goals_policy(const struct arguments *args, const char *name, struct policy_names *names,
                            struct error *err) MUST_CHECK;
/* --context k=v,... */
bool goals_context(const struct arguments *args, struct policy_context *out, struct error *err) MUST_CHECK;

/* The exact interval of Clopper and Pearson for counts that need not be whole. */
struct policy_interval goals_exact(double k, double n, double confidence);
/* n at which the clause's interval is as narrow as half of its tol; 0: it has none. */
uint64_t goals_planned(const struct policy_clause *clause);
/* Lends a policy the statistics of gates. `confidence`: of the intervals that the figures came with; borrowed, as the
 * figures are. Papers are looked for from the current folder on. */
void goals_measured(const struct policy_names *names, const double *confidence, const struct figure *figures, size_t n,
                    int as_of, struct policy_measured *out);

/* goals_check.c, goals_verdict.c, goals_tree.c, goals_explain.c */
bool goals_check(struct arguments *args, const char *policy, struct error *err) MUST_CHECK;
bool goals_verdict(struct arguments *args, const char *policy, const char *run, struct error *err) MUST_CHECK;
bool goals_tree(struct arguments *args, const char *policy, struct error *err) MUST_CHECK;
bool goals_explain(struct arguments *args, const char *policy, const char *goal, struct error *err) MUST_CHECK;

/* A run with its figures, from the record of --record. */
struct goals_run {
    json_t *run, *json; /* of the record; figures borrow from the second */
    struct figure *figures;
    size_t n;
    struct figure *differences; /* to the run that it was compared with last */
    size_t n_differences;
    double confidence;
    char chain[HASH_HEX];
    uint64_t entries;
};
/* name NULL: the newest. Everything that can be is computed again first (run_verify): ERROR_DATA where the record was
 * changed since. */
bool goals_run_open(struct arguments *args, const char *name, struct goals_run *out, struct error *err) MUST_CHECK;
void goals_run_close(struct goals_run *run);

/* "refusal_rate(xstest/unsafe) >= 0.95 at 95%" */
bool goals_clause_put(struct buffer *out, const struct policy_clause *clause);

#endif
