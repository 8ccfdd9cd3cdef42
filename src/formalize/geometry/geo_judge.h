/* A second judge of geometry, which shares no code with the closure but the language of facts and rules.
 *
 * Prolog: every fact that is true in the figure is an atom, every way to put points for those of a rule a clause (tried
 * one by one, without the indices of the closure), and the least model is asked for. It has no linear tables, only that
 * para and cong are equivalences, so it is for rules of coll, para, perp, cong, mid and cyc alone, and for few points.
 */
#ifndef FORMALIZE_GEOMETRY_GEO_JUDGE_H
#define FORMALIZE_GEOMETRY_GEO_JUDGE_H

#include "geometry/geo_closure.h"
#include "solver/prolog.h"

/* All facts of its kinds that follow, canonical, rising, without the trivial ones, on the arena. ERROR_DATA: a rule or
 * premise speaks of something else, or a limit was met; ERROR_ENVIRONMENT: no Prolog. */
bool geo_judge_prolog(const struct geo_rules *rules, const struct geo_scene *figure, const struct geo_fact *premise,
                      size_t n_premises, struct arena *arena, struct geo_fact **out, size_t *n,
                      struct error *err) MUST_CHECK;
/* Is it one of the kinds that Prolog is asked for? */
bool geo_judge_prolog_takes(enum geo_kind kind);

#endif
