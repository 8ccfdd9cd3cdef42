/* Rows of a table as texts, from CSV, TSV (.tsv) or JSONL (.jsonl: one object a line with texts, numbers, true, false
 * and null; the keys of the first are the columns). */
#ifndef MEASURE_EFFECT_ROWS_H
#define MEASURE_EFFECT_ROWS_H

#include "base/csv.h"

struct effect_rows;
struct effect_rows *effect_rows_open(const char *path, struct error *err) MUST_CHECK;
void effect_rows_close(struct effect_rows *rows);
size_t effect_rows_columns(const struct effect_rows *rows);
struct text effect_rows_name(const struct effect_rows *rows, size_t column);
/* As csv_next; ERROR_DATA: FILE:LINE, a key that is no column, a value that is none of these. */
int effect_rows_next(struct effect_rows *rows, const struct text **fields, size_t *line, struct error *err) MUST_CHECK;

#endif
