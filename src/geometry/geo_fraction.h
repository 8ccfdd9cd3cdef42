/* Exact fractions of 64-bit whole numbers, in lowest terms with a positive denominator. What does not fit is the
 * fraction with denominator 0, and so is all that is computed from it: a caller looks once, at the end. */
#ifndef GEOMETRY_GEO_FRACTION_H
#define GEOMETRY_GEO_FRACTION_H

#include "base/text.h"

struct geo_fraction {
    int64_t n, d;
};

struct geo_fraction geo_fraction(int64_t n, int64_t d); /* d = 0: does not fit */
struct geo_fraction geo_fraction_add(struct geo_fraction a, struct geo_fraction b);
struct geo_fraction geo_fraction_subtract(struct geo_fraction a, struct geo_fraction b);
struct geo_fraction geo_fraction_multiply(struct geo_fraction a, struct geo_fraction b);
struct geo_fraction geo_fraction_divide(struct geo_fraction a, struct geo_fraction b); /* b = 0: does not fit */
bool geo_fraction_fits(struct geo_fraction a);
bool geo_fraction_equal(struct geo_fraction a, struct geo_fraction b);
double geo_fraction_f64(struct geo_fraction a);
/* "3", "-3/4", "0.75", the whole text. */
bool geo_fraction_read(struct text t, struct geo_fraction *out) MUST_CHECK;

#endif
