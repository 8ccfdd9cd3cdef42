/* A small writer of inline SVG: shapes, a scale with round ticks, dots with whiskers, and plots of lines and dots with
 * axes. Nothing is fetched and nothing runs; colours come from the page through classes (.series0 ... .series5, .axis,
 * .grid, .label), so one drawing serves light and dark. Coordinates are written with at most two decimals; the same
 * input gives the same bytes. Failures stay in the buffer (buffer_check). */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include "base/buffer.h"

#define SVG_SERIES 6 /* classes and marker shapes; a seventh series starts over */

/* Opens the drawing; title: what a screen reader says, escaped here. */
void svg_begin(struct buffer *out, double width, double height, struct text title);
void svg_end(struct buffer *out);
void svg_line(struct buffer *out, double x1, double y1, double x2, double y2, const char *class_name);
void svg_rectangle(struct buffer *out, double x, double y, double width, double height, const char *class_name);
enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };
void svg_text(struct buffer *out, double x, double y, enum svg_anchor anchor, struct text t);
/* The shape of series i at (x, y): circle, square, diamond, triangle, cross, bar,
 * so that colour is never the only mark. */
void svg_marker(struct buffer *out, double x, double y, double radius, size_t series);
void svg_number(struct buffer *out, double value); /* a coordinate */

/* Values from .. to lie at pixels at_from .. at_to. */
struct svg_scale {
    double from, to, at_from, at_to;
};
double svg_at(const struct svg_scale *scale, double value); /* clamped to the drawing */
/* Round steps (1, 2, 5 x 10^k) inside from..to, at most `max`; returns how many were written. */
size_t svg_ticks(double from, double to, size_t max, double *ticks);
/* Widens an empty or unordered range so that it can be drawn, and rounds it outwards to ticks. */
void svg_round_range(double *from, double *to);

/* An estimate with its interval on a horizontal scale at height y; lo and hi may be NaN (a dot alone). */
void svg_whisker(struct buffer *out, const struct svg_scale *x, double y, double value, double lo, double hi,
                 size_t series);

enum svg_series_kind { SVG_LINE, SVG_DOTS, SVG_LINE_DOTS };
struct svg_series {
    struct text name;
    enum svg_series_kind kind;
    const double *x, *y;   /* NaN: a gap */
    const double *lo, *hi; /* whiskers of y; NULL: none */
    const double *x_lo, *x_hi; /* of x; NULL: none */
    size_t n;
};
struct svg_plot {
    struct text title, x_title, y_title;
    double width, height;             /* 0: 480 x 320 */
    double x_from, x_to, y_from, y_to; /* from == to: taken from the data */
    const struct text *x_names;       /* of the places 0, 1, 2 ... on x instead of numbers; NULL: numbers */
    size_t n_x_names;
    bool diagonal;                    /* a line of equality, for reliability diagrams */
    const struct svg_series *series;
    size_t n_series;
};
void svg_plot(struct buffer *out, const struct svg_plot *plot);

#endif
