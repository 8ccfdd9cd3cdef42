/* Where goals apply, as rules that a prover reads: a goal applies where its tests hold and nothing that applies
 * overrides it.
 *
 *   context(domain, health).
 *   'refuse applies' :- context(domain, V0), member(V0, [health]), \+ 'refuse is overridden'.
 *   'chat is overridden' :- 'refuse applies'.
 *   'refuse takes exception 1' :- 'refuse applies', context(lang, V0), member(V0, [de, fr]).
 *
 * Each goal has predicates of its own, so that negation is stratified wherever overrides do not go round. */
#ifndef SET_POLICY_DERIVE_H
#define SET_POLICY_DERIVE_H

#include "set/policy_apply.h"

/* All facts and rules, a line each, for Prolog as well. */
bool policy_rules_put(struct buffer *out, const struct policy *policy, const struct policy_context *context);
/* Is it proved that the goal applies? `out`: its derivation, or of what overrides it; nothing where neither is proved.
 * What the context leaves open is not proved. */
bool policy_derive(const struct policy *policy, const struct policy_context *context, size_t goal, struct arena *arena,
                   struct buffer *out, bool *proved, struct error *err) MUST_CHECK;

#endif
