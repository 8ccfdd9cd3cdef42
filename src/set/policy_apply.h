/* Which goals apply where: `when`, exceptions and overrides in a context, which may leave things open. */
#ifndef SET_POLICY_APPLY_H
#define SET_POLICY_APPLY_H

#include "set/policy.h"

/* "domain=health, lang=de": what is known of a use. */
struct policy_context {
    struct policy_when facts; /* tests of one value each, none negated */
};
bool policy_context_parse(struct text source, struct arena *arena, struct policy_context *out,
                          struct error *err) MUST_CHECK;

enum policy_applies { POLICY_NO, POLICY_OPEN, POLICY_YES };
/* Kleene's logic: a test of what the context does not say is open. */
enum policy_applies policy_when_holds(const struct policy_when *when, const struct policy_context *context);

struct policy_application {
    enum policy_applies applies; /* open: nothing rules it out, so it counts as one that applies */
    size_t overridden_by;        /* a goal that surely applies, SIZE_MAX: none */
    size_t exception;            /* whose clauses stand in place of the goal's own, SIZE_MAX: none */
    const struct policy_clause *clauses;
    size_t n_clauses;
};
/* One for each goal, on the arena. A goal that surely applies and is not overridden itself takes those away that it
 * overrides; the first exception that surely holds is taken. */
struct policy_application *policy_apply(const struct policy *policy, const struct policy_context *context,
                                        struct arena *arena, struct error *err) MUST_CHECK;
/* Why goal `goal` applies or does not, a step a line:
 *   refuse applies where domain=health
 *     domain=health: the context says domain=health
 *     no goal that applies overrides it (strict does not apply: lang=de, and the context says lang=en) */
bool policy_apply_explain(const struct policy *policy, const struct policy_context *context,
                          const struct policy_application *applications, size_t goal, struct buffer *out);

#endif
