/* Forward closure: level by level every place where a rule applies and its premises are known gives its conclusions,
 * until nothing is new, the goals are known, or a limit is met. */
#ifndef GEOMETRY_GEO_CLOSURE_H
#define GEOMETRY_GEO_CLOSURE_H

#include "geometry/geo_match.h"

struct geo_forbidden { /* a step that must not be made */
    int rule;
    struct geo_fact gives; /* canonical */
};
struct geo_limits {
    double seconds;      /* 0: 60 */
    size_t facts;        /* 0: 10,000 */
    const bool *allowed; /* rules; NULL: all */
    bool no_lengths;     /* sums of lengths are left out: what a judge without them can follow */
    const struct geo_forbidden *forbidden;
    size_t n_forbidden;
};
struct geo_closed {
    bool goals;      /* all are known */
    bool complete;   /* nothing more follows (false when goals ended it, or a limit) */
    const char *why; /* the limit that ended it; NULL: none */
    size_t levels, facts, instances, fired;
    double seconds;
};
/* The scene holds its premises. Goals that are guards are looked up in the figure. */
bool geo_close(struct geo_scene *scene, const struct geo_rules *rules, const struct geo_fact *goal, size_t n_goals,
               const struct geo_limits *limits, struct geo_closed *out, struct error *err) MUST_CHECK;

#endif
