/* Tables of units for estimating effects: CSV, TSV or JSONL files (effect_rows.h) read whole, side by side where there
 * are several. A column whose values are numbers (True, False: 1, 0) is a number, any other a category. Empty, NA, NaN
 * and "." are missing. Nothing is guessed: a column of numbers with a word in it is an error that names the line. */
#ifndef MEASURE_EFFECT_TABLE_H
#define MEASURE_EFFECT_TABLE_H

#include "base/text.h"

enum { EFFECT_ROWS_MOST = 5000000, EFFECT_CELLS_MOST = 100000000, EFFECT_LEVELS_MOST = 64 };

struct effect_column {
    const char *name;
    double *x;          /* [rows] a number, or which label; NaN: missing */
    struct text *label; /* of a category, in the order of their bytes; NULL: a number */
    size_t n_labels;
};
struct effect_table {
    const char *name; /* of the first file */
    size_t rows, n_columns;
    struct effect_column *column;
    size_t *line; /* [rows] of the first file */
};

/* All on the arena. ERROR_DATA: FILE:LINE and what is wrong; two columns of one name; files of unequal length. A
 * category of more than EFFECT_LEVELS_MOST labels has one more and is refused where it is used. */
bool effect_table_read(const char *const *paths, size_t n_paths, struct arena *arena, struct effect_table *out,
                       struct error *err) MUST_CHECK;
/* ERROR_USAGE: no such column; the nearest name. */
const struct effect_column *effect_table_column(const struct effect_table *table, struct text name,
                                                struct error *err) MUST_CHECK;

#endif
