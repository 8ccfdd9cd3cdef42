/* Problems as they are written in one line:
 *
 *   a b c = triangle a b c; h = on_tline h b a c, on_tline h c a b ? perp a h b c
 *
 * Clauses with semicolons between; each names new points and up to two constructions; behind "?" the goals. In a file
 * of problems a line that names the problem stands before each, and lines that are empty or begin with # say nothing.
 * A construction gives facts, and conditions from which its points are placed. */
#ifndef GEOMETRY_GEO_PROBLEM_H
#define GEOMETRY_GEO_PROBLEM_H

#include "base/rng.h"
#include "geometry/geo_rule.h"

enum {
    GEO_CLAUSES_MOST = GEO_POINTS_MOST,
    GEO_CONDITIONS_MOST = 4, /* of one point, as written */
    GEO_PREMISES_MOST = 600,
    GEO_GOALS_MOST = 8,
};

/* How one point is placed: up to two conditions, each a fact that names it. */
struct geo_placing {
    uint8_t point;
    struct geo_fact condition[GEO_CONDITIONS_MOST];
    bool outward[GEO_CONDITIONS_MOST]; /* of a bisector: the outer one */
    size_t n;
    const char *undrawn; /* the construction that cannot be drawn; NULL: none */
    size_t clause, line;
};
struct geo_problem {
    struct text id;
    size_t line;
    struct geo_names names;
    struct geo_placing placing[GEO_CLAUSES_MOST];
    size_t n_placings;
    struct geo_fact premise[GEO_PREMISES_MOST];
    size_t clause_of[GEO_PREMISES_MOST]; /* from 0 */
    size_t n_premises;
    struct geo_fact goal[GEO_GOALS_MOST];
    bool asked[GEO_GOALS_MOST]; /* "acompute": the goal's value is read in the figure */
    size_t n_goals;
    size_t n_clauses;
};

/* ---- constructions: one table */
struct geo_construction {
    const char *name;
    const char *makes, *takes; /* letters of new and of given points; a last "#" of takes: a number */
    /* Places with | between: "x: fact; fact". A fact that begins with ! is the outer bisector. */
    const char *places;
    const char *also;  /* facts beyond the conditions; NULL: none */
    const char *facts; /* what is given in place of conditions and `also`; NULL: those */
    bool last;         /* new points are written behind the given ones */
    bool undrawn;      /* it can be read, but its points cannot be placed by lines and circles */
};
size_t geo_constructions(const struct geo_construction **out);
const struct geo_construction *geo_construction_find(struct text name);

/* Points are named by text borrowed from t. ERROR_DATA: "FILE:LINE: ...". */
bool geo_problem_read(struct text t, struct text id, const char *file, size_t line, struct geo_problem *out,
                      struct error *err) MUST_CHECK;
/* Goes through a file of problems; `take` gets the line and the name of each. */
typedef bool geo_problem_take(void *context, struct text t, struct text id, size_t line, struct error *err);
bool geo_problem_split(struct text file, const char *shown, geo_problem_take *take, void *context,
                       struct error *err) MUST_CHECK;
/* Is it a text of problems, by its first lines? Also where the first construction is misspelt, which reading names. */
bool geo_problem_claims(struct text file);

/* ---- a figure */
struct geo_figure {
    struct geo_point at[GEO_POINTS_MOST];
    size_t n;
    uint64_t placed; /* bits of the points that have a place, while it grows */
    double margin;   /* least distance of two points over the diameter that was asked */
    size_t tries;
};
/* Places all points; redrawn until points are apart, facts hold and, with `goals`, the goals are true. ERROR_DATA with
 * FILE:LINE and the point: a condition contradicts others, a point has too many, no figure was found. */
bool geo_figure_draw(const struct geo_problem *problem, const char *file, uint64_t seed, bool goals,
                     struct geo_figure *out, struct error *err) MUST_CHECK;
/* Values of goals that ask for one, from the figure: fractions with denominators up to 360. */
bool geo_goals_ask(struct geo_problem *problem, const struct geo_figure *figure, struct error *err) MUST_CHECK;
/* Where a point may be: see geo_place.c. */
bool geo_place_next(const struct geo_placing *placing, struct geo_figure *figure, struct rng *rng,
                    struct error *err) MUST_CHECK;

#endif
