/* Linear equations over exact fractions, one table a kind of quantity: directions of lines, logarithms of lengths,
 * lengths. Whether an equation follows from those that were added is answered at once; which of them it follows from
 * is found when it is asked, among those that had been added by then.
 *
 * Two forms are kept: every column that was eliminated as a sum of free ones, beside a fingerprint of it (the value at
 * random places modulo 2^61 - 1), and the added equations in echelon form with the sums that made them. A fingerprint
 * errs with a chance of about 1e-17; what is explained is exact. */
#ifndef GEOMETRY_GEO_TABLE_H
#define GEOMETRY_GEO_TABLE_H

#include "geometry/geo_fraction.h"

enum { GEO_TERMS_MOST = 48, GEO_EQUATIONS_MOST = 20000 };

struct geo_term {
    uint32_t column;
    struct geo_fraction by;
};
/* The sum of its terms is 0. Columns rise after geo_equation_tidy, none twice, no factor 0. */
struct geo_equation {
    struct geo_term term[GEO_TERMS_MOST];
    size_t n;
    bool lost; /* it had too many terms, or a number did not fit: it is never used */
};
void geo_equation_put(struct geo_equation *e, uint32_t column, struct geo_fraction by);
void geo_equation_tidy(struct geo_equation *e);

struct geo_table;
/* Columns from `columns` on are constants, at most `constants`: an equation among them alone is a contradiction. */
struct geo_table *geo_table_new(size_t columns, size_t constants, struct error *err) MUST_CHECK;
void geo_table_free(struct geo_table *table);

enum geo_added {
    GEO_ADDED_NEW,
    GEO_ADDED_KNOWN, /* it follows; kept as a source that may shorten explanations */
    GEO_ADDED_CLASH,
    GEO_ADDED_LOST, /* a number did not fit: left out */
};
/* `source` comes back from geo_table_explain. False: memory. */
bool geo_table_add(struct geo_table *table, const struct geo_equation *e, uint32_t source, enum geo_added *how,
                   struct error *err) MUST_CHECK;
bool geo_table_knows(const struct geo_table *table, const struct geo_equation *e);
size_t geo_table_size(const struct geo_table *table); /* equations added so far: a moment */

/* Sources, rising and without doubles, of which the equation is a sum, all added before the moment: a smallest set
 * among all sums of up to three with factors 1 and -1, else that of the echelon form, in which no source is idle.
 * False and *n = 0 without an error: it does not follow by then. */
bool geo_table_explain(const struct geo_table *table, const struct geo_equation *e, size_t moment, uint32_t *source,
                       size_t most, size_t *n);

/* What a column is in free columns and constants: its fingerprint, and exact in constants where it is nothing else.
 * Columns with equal `rest` differ by constants only; those with equal `scaled` are multiples of one another. */
struct geo_column_form {
    uint64_t rest, scaled;
    struct geo_fraction first; /* the factor of the first free column */
    bool constant;             /* constants alone */
};
struct geo_column_form geo_table_form(const struct geo_table *table, uint32_t column);
/* The constants in `column`, factors by constant, rising. Returns how many. */
size_t geo_table_constants(const struct geo_table *table, uint32_t column, struct geo_term *out, size_t most);

#endif
