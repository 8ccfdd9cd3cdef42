/* Second and third judges of geometry, which share no code with the closure but the language of facts and rules.
 *
 * Prolog: every fact that is true in the figure is an atom, every way to put points for those of a rule a clause (tried
 * one by one, without the indices of the closure), and the least model is asked for. It has no linear tables, only that
 * para and cong are equivalences, so it is for rules of coll, para, perp, cong, mid and cyc alone, and for few points.
 *
 * Z3 over the reals: one step as polynomials in the coordinates of its points. Differences of points are all that is
 * written, so one point of each group that they connect stands at (0, 0), and of the first premise another one at
 * (1, 0). Do premises and guards leave the conclusion no choice? nlsat alone is asked: what it cannot decide is
 * unknown, and never agreed. */
#ifndef FORMALIZE_GEOMETRY_GEO_JUDGE_H
#define FORMALIZE_GEOMETRY_GEO_JUDGE_H

#include "geometry/geo_closure.h"
#include "solver/prolog.h"
#include "solver/smt.h"

/* All facts of its kinds that follow, canonical, rising, without the trivial ones, on the arena. ERROR_DATA: a rule or
 * premise speaks of something else, or a limit was met; ERROR_ENVIRONMENT: no Prolog. */
bool geo_judge_prolog(const struct geo_rules *rules, const struct geo_scene *figure, const struct geo_fact *premise,
                      size_t n_premises, struct arena *arena, struct geo_fact **out, size_t *n,
                      struct error *err) MUST_CHECK;
/* Is it one of the kinds that Prolog is asked for? */
bool geo_judge_prolog_takes(enum geo_kind kind);

/* SMT_UNSAT: it follows; SMT_SAT: it does not; SMT_UNKNOWN: within the limits of `smt` it was not decided. What a fact
 * needs to have a meaning (points of a line that differ) is taken for granted. ERROR_DATA: a fact with a value of its
 * own (len, ang), which Z3 is not asked. */
bool geo_judge_z3(struct smt *smt, const struct geo_fact *premise, size_t n_premises, const struct geo_fact *guard,
                  size_t n_guards, const struct geo_fact *gives, struct arena *arena, enum smt_verdict *verdict,
                  struct error *err) MUST_CHECK;

#endif
