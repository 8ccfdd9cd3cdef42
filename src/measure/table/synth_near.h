/* Nearest neighbours among points of a table (synth_code.h): exact, whatever the number of threads. Products of packed
 * panels (tensor/dots.h) give squared distances to 1e-9 or so; whatever they do not rule out is computed again as
 * synth_apart2 does, so that the distances are those of the plain search bit for bit, and equal rows are 0 apart.
 * Columns of many levels stay out of the products, which then bound the distance from below. */
#ifndef MEASURE_SYNTH_NEAR_H
#define MEASURE_SYNTH_NEAR_H

#include "base/pool.h"
#include "measure/table/synth_code.h"

enum { SYNTH_NEAR_MOST = 64 }; /* neighbours */

/* The points that are searched, packed once for many searches. */
struct synth_panels {
    const struct synth_points *points;
    size_t depth, n_panels;
    double *packed; /* [n_panels][depth][DOTS_PANEL] */
    size_t *first;  /* [n_codes]: first coordinate of a column of levels; SIZE_MAX: it has none */
};
bool synth_panels_of(const struct synth_points *points, struct arena *arena, struct synth_panels *out,
                     struct error *err) MUST_CHECK;

/* Of each point of `from` the k nearest, nearest first, of equal ones the earlier: apart2 and place, [from->n][k].
 * itself: from is what is searched, and a point is no neighbour of itself. Fewer than k points (with itself: k + 1):
 * ERROR_DATA. pool NULL: one thread. place NULL: not wanted. */
bool synth_near(struct pool *pool, const struct synth_points *from, const struct synth_panels *among, size_t k,
                bool itself, double *apart2, uint32_t *place, struct error *err) MUST_CHECK;
/* The same without products: its oracle. */
bool synth_near_plain(const struct synth_points *from, const struct synth_points *among, size_t k, bool itself,
                      double *apart2, uint32_t *place, struct error *err) MUST_CHECK;

#endif
