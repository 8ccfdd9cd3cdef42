/* Reward over KL of steered answers, a line for each steer over its strengths: the figures of the scorer `frontier` as
 * a drawing that stands alone. */
#ifndef REPORT_PICTURE_FRONTIER_H
#define REPORT_PICTURE_FRONTIER_H

#include "record/record.h"

/* figures: of the scorer frontier; those named reward and kl are drawn, with their intervals. Steers beyond SVG_SERIES
 * are left out, and the drawing says how many. ERROR_DATA: there is nothing to draw. */
bool picture_frontier(const struct figure *figures, size_t n, struct arena *arena, struct buffer *out,
                      struct error *err) MUST_CHECK;

#endif
