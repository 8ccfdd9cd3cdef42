/* What the files that read a policy share: policy_read.c (the whole), policy_goal.c (a goal), policy_parts.c (the lists
 * beside the goals), policy_check.c (what only shows when all is read). */
#ifndef SET_POLICY_INTERNAL_H
#define SET_POLICY_INTERNAL_H

#include "set/policy.h"
#include "set/policy_names.h"

struct policy_reading {
    struct arena *arena;
    const struct policy_settings *settings;
    struct policy *policy;
    struct policy_faults *faults; /* NULL: not wanted */
    struct error first;           /* the first fault */
    size_t n_faults;
    struct error *err;
};

/* Keeps a fault and goes on: true, but for what is no fault of the policy (out of memory), which ends the reading. */
bool policy_fault(struct policy_reading *r, const struct error *why) MUST_CHECK;

/* Optional members. A text that is there must be a scalar that is not empty. */
bool policy_text(struct policy_reading *r, const struct yaml *mapping, const char *key, const char **out,
                 struct error *err) MUST_CHECK;
/* One text or a list of them. */
bool policy_texts(struct policy_reading *r, const struct yaml *mapping, const char *key, size_t most,
                  const char *const **out, size_t *n, struct error *err) MUST_CHECK;
bool policy_small(const struct yaml *mapping, const char *key, int64_t most, int *out, struct error *err) MUST_CHECK;
/* "0.95" or "95%"; finite. */
bool policy_number(const struct yaml *node, const char *key, double *out, struct error *err) MUST_CHECK;
bool policy_day(const struct yaml *mapping, const char *key, int *out, struct error *err) MUST_CHECK;
/* Ids and names become parts of file names and gates: 1 to 80 letters, digits, '-', '_', '.'. */
bool policy_id(const struct yaml *at, const char *key, const char *id, struct error *err) MUST_CHECK;

/* policy_goal.c: all goals of `goals` and `rules`; what they lack is filled in. */
bool policy_goals_read(struct policy_reading *r, const struct yaml *root) MUST_CHECK;
/* policy_parts.c */
bool policy_parts_read(struct policy_reading *r, const struct yaml *root, struct error *err) MUST_CHECK;
bool policy_waivers_read(struct policy_reading *r, const struct yaml *root) MUST_CHECK; /* behind the goals */
bool policy_acts_read(struct policy_reading *r, const struct yaml *root) MUST_CHECK;
/* policy_check.c: ids, relations, levels, figures, tasks; once all goals are there. */
bool policy_goals_check(struct policy_reading *r) MUST_CHECK;
/* Where in the file a goal or clause is: "FILE:LINE:COLUMN: " before the message; false. */
bool policy_error_at(const struct policy *policy, size_t line, size_t column, struct error *err, const char *format,
                     ...) PRINTF_LIKE(5, 6);

#endif
