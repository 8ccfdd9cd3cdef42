/* Units of geometry as they come from files, and what is said of them: problems, proofs as JSON rows, rules.
 *
 * A proof as a row: {"problem": "a b c = ... ? goal", "premises": {"p1": "cong A B C D"}, "proof":
 * [{"n": 1, "rule": "G23", "from": ["p1", 2], "gives": "eqang ..."}]}; instead of "problem" "coords": {"A": [x, y]} and
 * "goal": "perp ..." or a list. */
#ifndef FORMALIZE_GEOMETRY_GEO_ROW_H
#define FORMALIZE_GEOMETRY_GEO_ROW_H

#include "geometry/geo_check.h"
#include "geometry/geo_problem.h"
#include "solver/smt.h"

/* What is judged at a time; texts are borrowed. */
struct geo_unit {
    struct json_place place;
    const json_t *row; /* NULL: text */
    struct text text, id;
};

/* Does the text hold rules (a line with four strokes)? */
bool geo_row_is_rules(struct text t);
bool geo_row_split_rules(struct text file, const char *shown, geo_problem_take *take, void *context,
                         struct error *err) MUST_CHECK;

/* Each adds to `out`; "why" where it does not hold. z3: asked too (NULL: not), as geo_judge.h says; "z3": what it says.
 */
bool geo_row_check_rule(const struct geo_unit *unit, struct smt *z3, json_t *out, bool *holds,
                        struct error *err) MUST_CHECK;
bool geo_row_check_problem(const struct geo_unit *unit, struct arena *arena, json_t *out, bool *holds,
                           struct error *err) MUST_CHECK;
/* "faults": [{"step", "fault", "says"}]; strict: steps under the rule that they name. */
bool geo_row_check_proof(const struct geo_unit *unit, const struct geo_rules *rules, bool strict, struct arena *arena,
                         json_t *out, bool *holds, struct error *err) MUST_CHECK;
/* seconds 0: 30. most above 1: "proofs", each at least 30% different from the others. */
bool geo_row_solve(const struct geo_unit *unit, const struct geo_rules *rules, struct smt *z3, double seconds,
                   size_t most, struct arena *arena, json_t *out, bool *holds, struct error *err) MUST_CHECK;
bool geo_row_parse_rule(const struct geo_unit *unit, json_t *out, struct error *err) MUST_CHECK;
bool geo_row_parse(const struct geo_unit *unit, struct arena *arena, json_t *out, struct error *err) MUST_CHECK;
bool geo_row_draw(const struct geo_unit *unit, struct arena *arena, struct buffer *svg, struct error *err) MUST_CHECK;

/* A row of GeoBench with reasoning steps ("messages"): its steps as facts and rules; it holds when every step before
 * the one that is labelled wrong could be read. */
bool geo_row_is_public(const json_t *row);
bool geo_row_parse_public(const struct geo_unit *unit, struct arena *arena, json_t *out, bool *holds,
                          struct error *err) MUST_CHECK;

/* "proved", "refuted", "unknown" of all conclusions of a rule, "not asked" of one with values of its own. */
bool geo_row_z3_rule(struct smt *z3, const struct geo_rule *rule, json_t *out, bool *holds,
                     struct error *err) MUST_CHECK;
/* How many of the steps that a rule makes; those of tables rest on how the figure lies, and are not asked. */
bool geo_row_z3_steps(struct smt *z3, const struct geo_proof *proof, const struct geo_rules *rules, json_t *out,
                      bool *holds, struct error *err) MUST_CHECK;

/* The problem of a unit, text or row. */
bool geo_row_problem(const struct geo_unit *unit, struct geo_problem *out, struct error *err) MUST_CHECK;
/* [facts as texts] */
json_t *geo_row_facts(const struct geo_fact *fact, size_t n, const struct geo_names *names);

#endif
