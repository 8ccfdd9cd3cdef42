/* Columns for a terminal: see text_grid.h. */
#include "report/text_grid.h"

#include "report/escape.h"

#include <limits.h>
#include <string.h>

#define GAP 2   /* blanks between columns */
#define LEAST 8 /* characters that a cut column keeps */

bool text_grid_init(struct text_grid *grid, struct arena *arena, size_t columns, struct error *err) {
    *grid = (struct text_grid){.arena = arena, .columns = columns, .capacity = 16};
    if (columns == 0 || columns > TEXT_GRID_COLUMNS)
        return error_set(err, ERROR_USAGE, "a table of %zu columns is too wide for a terminal; use --format csv",
                         columns);
    grid->cells = arena_new(arena, const char *, grid->capacity * columns, err);
    return grid->cells != NULL;
}

bool text_grid_row(struct text_grid *grid, const char *const *cells, struct error *err) {
    if (grid->rows == grid->capacity) {
        const char **more = arena_new(grid->arena, const char *, grid->capacity * 2 * grid->columns, err);
        if (!more) return false;
        memcpy(more, grid->cells, grid->rows * grid->columns * sizeof *more);
        grid->cells = more;
        grid->capacity *= 2;
    }
    memcpy(grid->cells + grid->rows * grid->columns, cells, grid->columns * sizeof *cells);
    grid->rows++;
    return true;
}

static void put_blanks(struct buffer *out, size_t n) {
    while (n-- > 0) buffer_put_char(out, ' ');
}

/* The first n characters. */
static struct text characters(struct text t, size_t n) {
    size_t at = 0;
    for (uint32_t c; n > 0 && at < t.len; n--) {
        size_t bytes = text_utf8_next(text_part(t, at, t.len), &c);
        at += bytes ? bytes : 1;
    }
    return text_part(t, 0, at);
}

static void put_cell(const struct text_grid *grid, struct buffer *out, const char *cell, size_t column, size_t width,
                     bool last) {
    struct text t = text_of(cell);
    size_t n = escape_terminal_width(t);
    bool cut = n > width;
    size_t fill = cut ? 0 : width - n;
    if (grid->right[column]) put_blanks(out, fill);
    escape_terminal(out, cut ? characters(t, width - 1) : t);
    if (cut) buffer_put_c(out, "\xE2\x80\xA6");
    if (!grid->right[column] && !last) put_blanks(out, fill);
    if (!last) put_blanks(out, GAP);
}

static size_t total_width(const struct text_grid *grid, const size_t *widths, const bool *out) {
    size_t total = 0;
    for (size_t c = 0; c < grid->columns; c++)
        if (!out[c]) total += (total ? GAP : 0) + widths[c];
    return total;
}

/* Leaves out what can be spared, the highest first and those of a rank together, as long as the rows are too wide. */
static void leave_out(const struct text_grid *grid, const size_t *widths, bool *out, size_t most) {
    for (unsigned rank = UCHAR_MAX; rank > 0 && total_width(grid, widths, out) > most; rank--)
        for (size_t c = 0; c < grid->columns; c++) out[c] |= grid->spare[c] == rank;
}

static void fit(const struct text_grid *grid, size_t *widths, bool *out, size_t most) {
    leave_out(grid, widths, out, most);
    size_t total = total_width(grid, widths, out);
    for (size_t c = 1; c < grid->columns && total > most; c++) {
        if (out[c] || grid->right[c] || widths[c] <= LEAST) continue;
        size_t over = total - most, spare = widths[c] - LEAST, cut = over < spare ? over : spare;
        widths[c] -= cut;
        total -= cut;
    }
}

void text_grid_put(const struct text_grid *grid, struct buffer *out, size_t indent, bool color, size_t width) {
    size_t widths[TEXT_GRID_COLUMNS] = {0}, last = 0;
    bool left_out[TEXT_GRID_COLUMNS] = {false};
    for (size_t i = 0; i < grid->rows * grid->columns; i++) {
        size_t n = escape_terminal_width(text_of(grid->cells[i]));
        if (n > widths[i % grid->columns]) widths[i % grid->columns] = n;
    }
    if (width) fit(grid, widths, left_out, width > indent ? width - indent : 0);
    for (size_t c = 0; c < grid->columns; c++)
        if (!left_out[c]) last = c;
    for (size_t r = 0; r < grid->rows; r++) {
        put_blanks(out, indent);
        if (color && r == 0) buffer_put_c(out, "\x1b[2m");
        for (size_t c = 0; c < grid->columns; c++)
            if (!left_out[c]) put_cell(grid, out, grid->cells[r * grid->columns + c], c, widths[c], c == last);
        if (color && r == 0) buffer_put_c(out, "\x1b[0m");
        buffer_put_char(out, '\n');
    }
}
