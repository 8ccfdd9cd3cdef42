/* Rows of flat JSON objects as CSV (RFC 4180). */
#ifndef CLI_CSV_ROWS_H
#define CLI_CSV_ROWS_H

#include "base/json.h"

#include <stdio.h>

/* Set `out`; done with csv_rows_done. */
struct csv_rows {
    FILE *out;
    json_t *names; /* of the columns: the keys of the first row */
};
/* A sink of rows, whose context is a struct csv_rows. The first row names the columns; a later one with another key, or
 * with a list or an object in it, is an error: ERROR_DATA. What a row lacks is an empty field. */
bool csv_rows_put(void *rows, const json_t *row, struct error *err) MUST_CHECK;
void csv_rows_done(struct csv_rows *rows);

#endif
