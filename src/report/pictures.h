/* Pictures of runs, drawn from the record: a curve for each field whose values are numbers (exposure, repeats), with
 * the interval of each point; a reliability diagram for each task with an ece; harmful and harmless requests refused,
 * side by side; prudence over over-conservativeness where runs were compared by honesty; accuracy over the share of
 * documents that are right; profiles of values on their circle; rho by layer, and texts in a plane, where hidden states
 * were measured. Each is an SVG drawing of svg.h with a caption. */
#ifndef REPORT_PICTURES_H
#define REPORT_PICTURES_H

#include "report/report_data.h"

struct picture {
    const char *caption;
    double width, height;
    struct text svg;
};
typedef bool picture_sink(void *context, const struct picture *picture, struct error *err);
/* Calls sink for each picture, in a fixed order; *n: how many. Everything borrowed for the call. */
bool report_pictures(struct report_data *data, picture_sink *sink, void *context, size_t *n,
                     struct error *err) MUST_CHECK;

#endif
