/* Goals as one line:
 *
 *   rule      = "goal" ID { part } ;
 *   part      = "level" 1-3 | "kind" KIND | "severity" 1-5 | "weight" NUMBER | "hard"
 *             | "when" tests | "for each" FIELD
 *             | ( "require" | "prefer" ) clause
 *             | ( "refines" | "supports" | "conflicts" | "overrides" ) ID { "," ID }
 *             | "exception when" tests "require" clause { "require" clause }
 *             | "attribute" WORD | "owner" ( WORD | STRING ) | "clause" STRING | "text" STRING | "because" STRING ;
 *   tests     = test { "," test } ;
 *   test      = NAME ( "=" | "!=" ) VALUE | NAME [ "not" ] "in" "{" VALUE { "," VALUE } "}" ;
 *   clause    = [ "unseen" ] figure ( ">=" | "<=" | ">" | "<" ) NUMBER [ "%" ] { detail }
 *             | [ "unseen" ] figure "in" NUMBER "to" NUMBER { detail }
 *             | [ "unseen" ] figure "near" NUMBER "+-" NUMBER { detail } ;
 *   detail    = "at" NUMBER "%" | "on" N | "tol" NUMBER ;
 *   figure    = NAME { "," KEY "=" VALUE } [ "(" PLACE ")" ] | "d(" figure ")" ;
 *
 *   goal G1 level 3 when domain=medical, lang in {en,de} require youden_j(xstest_med) >= 0.7 at 95% hard overrides G2
 *
 * "at" is the confidence, "on" the least number of items, "tol" what a shortfall is divided by in the weighted deficit.
 * What a `require` behind an exception says stands in the exception; parts of the goal itself come before it. */
#ifndef SET_POLICY_RULE_H
#define SET_POLICY_RULE_H

#include "set/policy.h"

/* Fills what the line says, the rest stays as it is. ERROR_DATA "rule: column N: expected ..., found ...". Numbers are
 * not held to ranges here: policy_read does that, for goals of both forms. */
bool policy_rule_parse(struct text source, struct arena *arena, struct policy_goal *goal, struct error *err) MUST_CHECK;
/* The same goal as a line, which reads back as the same goal (what only the YAML form has is left out). */
bool policy_rule_put(struct buffer *out, const struct policy_goal *goal);

#endif
