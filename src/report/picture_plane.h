/* The plane of honesty (Yang et al. 2023): how much of what a model knew it declines now, and how much of what it did
 * not. Both extremes, never declining and always, have an honesty of one half; they and everything in between that
 * declines blindly lie on the diagonal, and the drawing shows on which side. */
#ifndef REPORT_PICTURE_PLANE_H
#define REPORT_PICTURE_PLANE_H

#include "report/svg.h"

struct plane_point {
    struct text name;
    double over, over_lo, over_hi; /* over-conservativeness; NaN where there is no interval */
    double prudence, prudence_lo, prudence_hi;
};
/* Takes what a comparison by honesty calls a figure ("transition_prudence") into the point; others are passed over. */
void plane_take(struct plane_point *point, struct text figure, double value, double lo, double hi);
struct plane_point plane_empty(struct text name);
/* At most SVG_SERIES points; ones without both values are left out. The plot borrows from series and from points. */
struct svg_plot plane_plot(const struct plane_point *points, size_t n, struct text title,
                           struct svg_series series[SVG_SERIES]);

#endif
