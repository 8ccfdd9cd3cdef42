/* Part `table`: the population table, 30,000 people who are no people of the world. It has no items: its truth is the
 * table, one row a person; see world_table.h for its laws. */
#include "measure/world/part_common.h"
#include "measure/world/world_table.h"

static size_t rows(const struct world *w) {
    (void)w;
    return TABLE_ROWS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    double value[TABLE_COLUMNS];
    table_row(w->seed, 0, row, NULL, value);
    part_put_id(out, "pt", 5, row);
    for (size_t c = TABLE_REGION; c < TABLE_COLUMNS; c++) {
        bool whole = value[c] == (double)(int64_t)value[c];
        buffer_printf(out, ",\"%s\":", table_columns[c]);
        buffer_printf(out, whole ? "%.0f" : "%.4f", value[c]); /* more digits say nothing */
    }
    return buffer_put_c(out, "}");
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "pt", 5, TABLE_ROWS);
}

const struct world_part world_part_table = {
    .name = "table", .version = 1, .later = true, .rows = rows, .put_row = put_row, .find = find};
