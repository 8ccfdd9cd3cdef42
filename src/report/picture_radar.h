/* A radar: one axis a dimension, one closed line a model or run. Axes that nothing measures are drawn broken and named
 * so; no line touches them. */
#ifndef REPORT_PICTURE_RADAR_H
#define REPORT_PICTURE_RADAR_H

#include "report/leaderboard_map.h"
#include "report/svg.h"

struct radar_line {
    struct text name;
    double value[BOARD_DIMENSIONS]; /* 0..1, by dimension of the map; NaN: not measured, the line has a gap there */
};
#define RADAR_WIDTH 560
double radar_height(size_t n_lines);
/* At most SVG_SERIES lines. */
void radar_draw(struct buffer *out, const struct board_map *map, const struct radar_line *lines, size_t n,
                struct text title);

#endif
