/* Proofs: the steps from premises to goals, as few as the levels of a closure gave, each with what it rests on. */
#ifndef GEOMETRY_GEO_PROOF_H
#define GEOMETRY_GEO_PROOF_H

#include "base/json.h"
#include "geometry/geo_closure.h"

struct geo_step {
    struct geo_fact gives;           /* canonical */
    int reason;                      /* GEO_GIVEN: a premise; else a rule, or a table or numbers */
    enum geo_table_kind table;       /* BY_TABLE, BY_LENGTHS */
    uint8_t points[GEO_RULE_POINTS]; /* of a rule */
    uint32_t origin;                 /* GIVEN */
    const uint32_t *from;            /* earlier steps of the same proof */
    size_t n_from;
};
struct geo_proof {
    struct geo_step *step; /* on the arena; what a step rests on stands before it */
    size_t n, n_given;
    const uint32_t *goal; /* the steps that give the goals; of goals that hold by themselves none */
    size_t n_goals;
};

/* Goals must be known in the scene. ERROR_DATA: an explanation was not found (a table left something out). */
bool geo_prove(struct geo_scene *scene, const struct geo_rules *rules, const struct geo_fact *goal, size_t n_goals,
               struct arena *arena, struct geo_proof *out, struct error *err) MUST_CHECK;

/* "G23", "angles", "ratios", "lengths", "numbers" */
struct text geo_step_rule(const struct geo_step *step, const struct geo_rules *rules);
/* {"premises": ["p1: cong A B C D" ...], "proof": [{"n", "rule", "from", "gives"} ...]} into `out`. From: "p3" or a
 * number. */
bool geo_proof_json(const struct geo_proof *proof, const struct geo_rules *rules, const struct geo_names *names,
                    json_t *out, struct error *err) MUST_CHECK;
/* How different two proofs are: steps that are in one alone over steps of both, premises left aside. */
double geo_proof_distance(const struct geo_proof *a, const struct geo_proof *b);

/* Up to `most` proofs of the goals, each at least `apart` (0.3) different from those before it: one rule step of the
 * first proof after the other is forbidden and the scene closed anew. The scenes are made from the premises. */
bool geo_prove_all(const struct geo_point *at, size_t n, const struct geo_known *premise, size_t n_premises,
                   const struct geo_rules *rules, const struct geo_fact *goal, size_t n_goals,
                   const struct geo_limits *limits, double apart, struct arena *arena, struct geo_proof *out,
                   size_t most, size_t *n_out, struct geo_closed *closed, struct error *err) MUST_CHECK;

#endif
