/* What the files of pictures share. */
#ifndef REPORT_PICTURES_INTERNAL_H
#define REPORT_PICTURES_INTERNAL_H

#include "report/picture_plane.h"
#include "report/pictures.h"
#include "report/svg.h"

struct drawing {
    struct report_data *data;
    picture_sink *sink;
    void *context;
    size_t n;
};
bool pictures_put(struct drawing *d, const struct svg_plot *plot, const char *caption, struct error *err) MUST_CHECK;
/* The line of a figure of a whole task; NULL: none. */
const struct report_line *pictures_find_line(const struct report_data *data, const char *task, const char *figure);

/* picture_plane.c: where runs were compared by honesty. */
bool picture_plane(struct drawing *d, const char *task, struct error *err) MUST_CHECK;
/* picture_circle.c: where a task has a profile of the ten basic values. */
bool picture_circle(struct drawing *d, const char *task, struct error *err) MUST_CHECK;
/* picture_layers.c: where hidden states were measured (scorer aqi). */
bool picture_layers(struct drawing *d, const char *task, struct error *err) MUST_CHECK;
/* picture_radar.c: where runs have tasks of TrustLLM. */
bool picture_radar(struct drawing *d, struct error *err) MUST_CHECK;
/* picture_reliability.c: where questions to databases were answered or not. */
bool picture_reliability(struct drawing *d, const char *task, struct error *err) MUST_CHECK;
/* picture_shares.c: where documents that are right and documents that are wrong were told apart. */
bool picture_shares(struct drawing *d, const char *task, struct error *err) MUST_CHECK;

#endif
