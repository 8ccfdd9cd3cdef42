/* Public traces as GeoBench writes them: "AB = AC , A, B, C are not collinear  (r13 Isosceles triangle equal angles)=>
 * ∠(AB,BC) = ∠(BC,AC)", the first step without a number, the others on lines "001. ...". */
#ifndef GEOMETRY_GEO_PUBLIC_H
#define GEOMETRY_GEO_PUBLIC_H

#include "geometry/geo_rule.h"

enum { GEO_PUBLIC_PREMISES = 40, GEO_PUBLIC_STEPS = 100 };

struct geo_public_step {
    struct text text, rule; /* rule: "r13", or the whole name where it has no number */
    const char *ours;       /* "G23", "angles"; NULL: no rule of ours */
    struct geo_fact premise[GEO_PUBLIC_PREMISES], gives;
    size_t n_premises;
    const char *unread; /* NULL: all of it was read; else what was not: "rule", "premise", "conclusion" */
};
struct geo_public {
    struct geo_names names;
    struct geo_public_step *step; /* on the arena */
    size_t n;
};

/* One fact; new points are added to the names. Similar triangles are taken as of one orientation, which the text does
 * not say. False: it is in no form that is known. */
bool geo_public_fact(struct text t, struct geo_names *names, struct geo_fact *out);
/* The steps in a text that holds "reasoning steps:"; ERROR_DATA: it does not. */
bool geo_public_read(struct text t, struct arena *arena, struct geo_public *out, struct error *err) MUST_CHECK;
/* The step that a question of GeoBench's sixth file says is the first wrong one: "(2)" among its options. */
bool geo_public_label(struct text question, struct text answer, uint64_t *step);

#endif
