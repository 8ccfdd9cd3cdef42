/* CSV (RFC 4180) with a header line, streamed: quoted fields, doubled quotes, line breaks inside quotes, BOM, CRLF.
 * Also tab-separated when separator is '\t' (no quoting there). */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/json.h"

struct csv;
/* header: the first row gives the names of the columns (bytes that are no UTF-8 as U+FFFD); otherwise columns are named
 * "0", "1", ... Fields are the file's bytes. */
struct csv *csv_open(const char *path, char separator, bool header, struct error *err) MUST_CHECK;
void csv_close(struct csv *csv);
size_t csv_columns(const struct csv *csv);
struct text csv_name(const struct csv *csv, size_t column);
/* Index of the column, SIZE_MAX if there is none. */
size_t csv_column(const struct csv *csv, const char *name);
/* 1 a row (fields borrowed until the next call), 0 the end, -1 an error (unequal field count, unclosed quote, row over
 * 16 MiB) that names FILE:LINE; the reader may be asked again for the next row. line: where the row starts. */
int csv_next(struct csv *csv, const struct text **fields, size_t *line, struct error *err) MUST_CHECK;
/* The same as a JSON object (owned by the caller) of texts; names: of the columns, NULL: their own. */
int csv_next_object(struct csv *csv, const char *const *names, json_t **row, size_t *line,
                    struct error *err) MUST_CHECK;

/* A field for a file with commas, quoted where it must be (RFC 4180): a reader gets the same bytes back. (Reports that
 * people open in a spreadsheet escape formulas besides: report/escape.h.) */
void csv_put_field(struct buffer *out, struct text field);

#endif
