/* Whether two result tables are the same answer. Four rules; the first three are those of the published scoring of
 * TrustSQL (Lee et al. 2024, arXiv 2403.15879, and its code), the last is our own:
 *
 *   single    cells as text, what reads as a number rounded to 3 places; rows sorted as texts, the first 100 kept,
 *             lists equal. Row order is free, column order is not, duplicates count
 *   advising  the same, and N, No, Y, Yes are 0 and 1
 *   spider    tables equal up to a permutation of columns; rows as a bag, in order where the reference orders
 *   strict    all rows, types kept (NULL is no text, 1 is not '1'), reals to 12 digits, column order counts, rows as a
 *             bag, in order where the outermost query of the reference orders
 *
 * A reference that asks count(..) > 0 under the first two takes any table as yes or no: what the published code does,
 * an empty table included, which it takes as yes. */
#ifndef VERIFY_SQL_EQUAL_H
#define VERIFY_SQL_EQUAL_H

#include "verify/sql_run.h"

enum sql_rule { SQL_SINGLE, SQL_ADVISING, SQL_SPIDER, SQL_STRICT };
enum { SQL_ROWS_COMPARED = 100, SQL_COLUMNS_PERMUTED = 8 };

struct sql_match {
    bool equal;
    bool empty;    /* both tables are empty: right by emptiness */
    bool too_wide; /* spider: more columns than are tried in all orders, so they count as different */
};
bool sql_tables_equal(enum sql_rule rule, struct text reference_sql, const struct sql_table *reference,
                      const struct sql_table *predicted, struct arena *arena, struct sql_match *out,
                      struct error *err) MUST_CHECK;

/* A cell as the published scoring prints it: NULL is None; numbers, and texts that read as one (blanks around, nan,
 * inf, 1e5, 1_000), rounded to 3 places, 1 as 1.0; blobs as UTF-8 without bad bytes. */
bool sql_cell_text(const struct sql_cell *cell, bool yes_no, struct arena *arena, struct text *out,
                   struct error *err) MUST_CHECK;
/* Does a text read as a number, as Python's float() reads? */
bool sql_reads_as_number(struct text t, double *out);

/* A result as a text in the form of Python, "[['iv'], ['7.42']]", as files of recorded answers hold it; cells become
 * texts. *read false: it is none. */
bool sql_table_read(struct text t, struct arena *arena, struct sql_table *out, bool *read,
                    struct error *err) MUST_CHECK;

#endif
