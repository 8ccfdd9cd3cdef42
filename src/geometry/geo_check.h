/* Judging given proofs. A step is valid when its conclusion follows from what it cites: strictly, under the one rule
 * that it names, every premise being a cited fact as it stands; loosely, by any rules and tables, in any number of
 * steps. What is true in the figure and does not follow is told apart from what is false. */
#ifndef GEOMETRY_GEO_CHECK_H
#define GEOMETRY_GEO_CHECK_H

#include "geometry/geo_proof.h"

enum geo_fault {
    GEO_VALID,
    GEO_UNREADABLE,    /* the conclusion is no fact about points of the scene */
    GEO_NO_RULE,       /* no rule has this name */
    GEO_NO_SOURCE,     /* it cites what does not stand before it */
    GEO_FALSE,         /* the conclusion is false in the figure */
    GEO_WRONG_RULE,    /* it follows from what is cited, but not by the rule that is named */
    GEO_UNDERIVED,     /* true in the figure, and does not follow from what is cited */
    GEO_FALSE_PREMISE, /* a premise is false in the figure */
    GEO_NO_GOAL,       /* no step gives the goal */
    GEO_FAULTS
};
const char *geo_fault_name(enum geo_fault fault); /* "wrong-rule" */
const char *geo_fault_says(enum geo_fault fault);

/* Does `gives` follow from the facts cited? rule: an index, GEO_BY_TABLE (any table), GEO_BY_NUMBERS, GEO_BY_LENGTHS;
 * points: the figure, n of them. */
bool geo_follows_strictly(const struct geo_point *at, size_t n, const struct geo_rules *rules, int rule,
                          const struct geo_fact *cited, size_t n_cited, const struct geo_fact *gives, bool *follows,
                          struct error *err) MUST_CHECK;
bool geo_follows_loosely(const struct geo_point *at, size_t n, const struct geo_rules *rules,
                         const struct geo_fact *cited, size_t n_cited, const struct geo_fact *gives, bool *follows,
                         struct error *err) MUST_CHECK;
/* A step's rule by its name: "G23", "angles", "ratios", "lengths", "numbers", "r13", "Angle Chasing", "Ratio Chasing".
 * Several (r57): *n of them in out[2]; 0: none. */
size_t geo_rule_named(const struct geo_rules *rules, struct text name, int out[2]);

enum { GEO_CITED_MOST = 256 };
struct geo_claim {                /* a step as given */
    const struct geo_fact *gives; /* NULL: unreadable */
    int rule[2];
    size_t n_rules;
    const struct geo_fact *cited;
    size_t n_cited;
    bool no_source;
};
/* Of one step; with `strict` false a step that follows loosely is valid. */
bool geo_judge_step(const struct geo_point *at, size_t n, const struct geo_rules *rules, const struct geo_claim *claim,
                    bool strict, enum geo_fault *fault, struct error *err) MUST_CHECK;

#endif
