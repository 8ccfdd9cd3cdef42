/* Columns of text for a terminal: cells are gathered, then written with the widths that they need. */
#ifndef REPORT_TEXT_GRID_H
#define REPORT_TEXT_GRID_H

#include "base/buffer.h"

#define TEXT_GRID_COLUMNS 80

struct text_grid {
    struct arena *arena;
    const char **cells; /* rows x columns, row-major; NULL: empty */
    size_t columns, rows, capacity;
    bool right[TEXT_GRID_COLUMNS]; /* aligned to the right */
    unsigned char spare[TEXT_GRID_COLUMNS]; /* not 0: left out where rows are too wide, the highest first */
};
/* Everything lives on the arena. */
bool text_grid_init(struct text_grid *grid, struct arena *arena, size_t columns, struct error *err) MUST_CHECK;
/* A new row; cells: `columns` strings that outlive the grid. */
bool text_grid_row(struct text_grid *grid, const char *const *cells, struct error *err) MUST_CHECK;
/* indent: blanks in front. The first row is the header, dimmed when color. Where rows are wider than `width` (0: any
 * width is good), columns that can be spared are left out; then left-aligned columns behind the first are cut, with an
 * ellipsis, down to 8 characters; numbers are never cut. */
void text_grid_put(const struct text_grid *grid, struct buffer *out, size_t indent, bool color, size_t width);

#endif
