/* A figure as SVG, 512 x 512: a segment for every pair of points that a premise speaks of, circles, ticks on lengths
 * that are equal, squares in right angles, arcs in equal angles, and the name of each point, no two of which overlap.
 */
#ifndef GEOMETRY_GEO_DRAW_H
#define GEOMETRY_GEO_DRAW_H

#include "geometry/geo_problem.h"

enum { GEO_PICTURE = 512 };

/* Bytes depend on the arguments alone. */
bool geo_draw(const struct geo_problem *problem, const struct geo_figure *figure, struct buffer *svg,
              struct error *err) MUST_CHECK;

/* Where names stand: the middle of each, in pixels; all inside the picture. False: some two still overlap. */
struct geo_label {
    double x, y, width, height;
};
bool geo_labels_place(const struct geo_names *names, const struct geo_point *pixel, struct geo_label *out);

#endif
