/* What people and programs read of a comparison: one writer a format, in one table. */
#ifndef REPORT_COMPARE_REPORT_H
#define REPORT_COMPARE_REPORT_H

#include "measure/compare/compare.h"
#include "report/report.h"

struct compare_format {
    const char *name, *summary;
    /* The record is read for the texts of flipped items. */
    bool (*write)(const struct comparison *comparison, struct record *record, const struct report_options *options,
                  struct buffer *out, struct error *err);
};
/* table html json csv md junit */
size_t compare_formats(const struct compare_format **out);
const struct compare_format *compare_format_find(const char *name, struct error *err) MUST_CHECK;

#define COMPARE_WRITER(name)                                                                                           \
    bool name(const struct comparison *comparison, struct record *record, const struct report_options *options,        \
              struct buffer *out, struct error *err) MUST_CHECK
COMPARE_WRITER(compare_write_table);
COMPARE_WRITER(compare_write_html);
COMPARE_WRITER(compare_write_json);
COMPARE_WRITER(compare_write_csv);
COMPARE_WRITER(compare_write_md);
COMPARE_WRITER(compare_write_junit);
#undef COMPARE_WRITER

/* ---- what the writers share: compare_cells.c */

enum {
    COMPARE_TASK,
    COMPARE_FIGURE,
    COMPARE_A,
    COMPARE_B,
    COMPARE_DIFFERENCE,
    COMPARE_INTERVAL,
    COMPARE_P,
    COMPARE_CORRECTED,
    COMPARE_DETECTABLE,
    COMPARE_N,
    COMPARE_CHANGED,
    COMPARE_VERDICT,
    COMPARE_CELLS
};
extern const char *const compare_heads[COMPARE_CELLS]; /* of the columns */
/* "demo", "acc, kind=rare", "62.5 %", "60.1 %", "-2.4 points", "-4.9 to 0.1", "0.031", "0.060", "3.4", "400",
 * "+10 -20", "worse"; "" where there is nothing; on the arena. */
bool compare_cells(const struct compare_row *row, struct arena *arena, const char *cells[COMPARE_CELLS],
                   struct error *err) MUST_CHECK;
/* A test as it was asked for, a base and one other run: a table of its own. False: no row is of it. */
struct compare_part {
    size_t base, other, test;
    char name[64]; /* of the test */
};
bool compare_next_part(const struct comparison *comparison, struct compare_part *part, bool begin);
bool compare_is_in(const struct compare_part *part, const struct compare_row *row);
/* "paired: r2 less r1" */
const char *compare_part_title(const struct comparison *comparison, const struct compare_part *part,
                               struct arena *arena, struct error *err) MUST_CHECK;
/* What a reader must be told beside the numbers, in words, on the arena: why rows have no interval; few changes. */
const char *compare_row_note(const struct comparison *comparison, const struct compare_row *row, struct arena *arena,
                             struct error *err) MUST_CHECK; /* "": nothing */

#endif
