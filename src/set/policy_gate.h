/* When a policy as a whole is met: the verdicts of its goals joined by
 *
 *   gate   = all { "or" all } ;
 *   all    = one { "and" one } ;
 *   one    = "not" one | "(" gate ")" | ( "met" | "violated" | "undecided" ) "(" [ cond ] ")" ;
 *   cond   = both { "or" both } ;
 *   both   = test { "and" test } ;
 *   test   = "not" test | "(" cond ")" | "all" | "hard" | FIELD op VALUE | FIELD "in" "{" VALUE { "," VALUE } "}" ;
 *   op     = ">=" | "<=" | ">" | "<" | "=" | "==" | "!=" ;        the first four: of severity, level and weight alone
 *   FIELD  = id | level | kind | severity | hard | weight | attribute | owner | clause ;
 *
 * COND picks goals that apply and are not waived. met(COND) is met where all of them are, violated where one is, else
 * undecided, also where the policy has no such goal; violated(COND) and undecided(COND) ask whether one of them is, and
 * are never undecided themselves: with "not violated(all)" a goal that is still open does not stand in the way, a
 * violated one does. `and`, `or`, `not` as in Kleene's logic. */
#ifndef SET_POLICY_GATE_H
#define SET_POLICY_GATE_H

#include "set/policy.h"

/* In this order, the worst first; WAIVED and IDLE (does not apply) count nowhere. */
enum policy_verdict { POLICY_VIOLATED, POLICY_UNDECIDED, POLICY_MET, POLICY_WAIVED, POLICY_IDLE };
extern const char *const policy_verdict_names[]; /* "violated", "undecided", "met", "waived", "does not apply" */

struct policy_gate;
/* On the arena. ERROR_DATA "gate: column N: expected ..., found ..."; an unknown field names the nearest. */
struct policy_gate *policy_gate_parse(struct text source, struct arena *arena, struct error *err) MUST_CHECK;

/* How a gate came to its verdict: one entry for each met(...), violated(...), undecided(...). */
struct policy_gate_finding {
    const char *text; /* "met(severity >= 4)" */
    size_t picked;    /* goals that it is about, waived and idle ones left out */
    size_t fitting;   /* with them; 0: the gate asks about goals that the policy has not */
    size_t counts[3]; /* of them by verdict */
    size_t first;     /* a goal that decided against it, SIZE_MAX: none */
    enum policy_verdict verdict;
};
struct policy_gate_result {
    enum policy_verdict verdict; /* violated, undecided or met */
    struct policy_gate_finding *findings;
    size_t n;
};
/* verdicts: of the policy's goals, in their order. */
bool policy_gate_judge(const struct policy_gate *gate, const struct policy *policy, const enum policy_verdict *verdicts,
                       struct arena *arena, struct policy_gate_result *out, struct error *err) MUST_CHECK;

#endif
