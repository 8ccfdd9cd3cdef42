/* Perturbed databases: an answer that is right on one database may be right by luck (a key that is written down, a
 * bound that no row comes near). From one database come variants that keep its schema:
 *
 *   shuffle   keys renumbered at random, and what refers to them with them; rows in another order
 *   drop      30% of the rows of each table gone
 *   bounds    for each literal that stands beside a column in the reference or the prediction, rows with that value, a
 *             little less, a little more, a text in other case, NULL
 *   double    a fifth of the rows a second time, under keys of their own, where the table allows it
 *   empty     each table of the reference empty once
 *
 * Variant i is of kind i mod 5; a second round draws other rows. All draws come from the seed. Only statements of our
 * own run in a variant while it is made; afterwards it is confined as the original is. */
#ifndef VERIFY_SQL_VARY_H
#define VERIFY_SQL_VARY_H

#include "verify/sql_equal.h"

enum sql_variant_kind { SQL_SHUFFLE, SQL_DROP, SQL_BOUNDS, SQL_DOUBLE, SQL_EMPTY, SQL_VARIANT_KINDS };
extern const char *const sql_variant_names[SQL_VARIANT_KINDS];
enum { SQL_VARIANTS_MOST = 100 };

struct sql_variants;
/* n 1..SQL_VARIANTS_MOST. The bytes of the original are copied; variants are made when they are first needed. */
struct sql_variants *sql_variants_new(struct sql_database *original, size_t n, uint64_t seed,
                                      struct error *err) MUST_CHECK;
void sql_variants_free(struct sql_variants *variants);

struct sql_luck {
    bool lucky;     /* the tables differ on some variant */
    size_t variant; /* the first such */
    size_t tried;   /* variants on which the reference ran */
};
/* Of a prediction whose table equals the reference's on the original. A variant on which the reference
 * does not run is left out; one on which the prediction alone fails differs. */
bool sql_variants_compare(struct sql_variants *variants, enum sql_rule rule, struct text reference,
                          struct text prediction, const struct sql_limits *limits, struct arena *arena,
                          struct sql_luck *out, struct error *err) MUST_CHECK;

#endif
