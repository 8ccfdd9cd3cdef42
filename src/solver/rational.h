/* Exact fractions of whole numbers of any size up to a limit, always in lowest terms with a positive denominator.
 * Values are constant once made and live on an arena. What Z3 says about numbers is checked with these, so none of its
 * code is used here. */
#ifndef SOLVER_RATIONAL_H
#define SOLVER_RATIONAL_H

#include "base/buffer.h"

enum { RATIONAL_BITS_MOST = 16384 }; /* of numerator and of denominator */

struct rational;

/* NULL and ERROR_DATA beyond RATIONAL_BITS_MOST, ERROR_ENVIRONMENT without memory; so of all below. */
const struct rational *rational_from_i64(struct arena *arena, int64_t value, struct error *err) MUST_CHECK;
/* "-12", "0.18", "2.5e-3" and "1/3" (two decimal numbers with a stroke), the whole text; exactly that number. */
const struct rational *rational_from_text(struct arena *arena, struct text t, struct error *err) MUST_CHECK;
/* The shortest decimal number that reads back as this double: 0.1 is 1/10. Infinities and NaN: ERROR_DATA. */
const struct rational *rational_from_f64(struct arena *arena, double value, struct error *err) MUST_CHECK;

const struct rational *rational_add(struct arena *arena, const struct rational *a, const struct rational *b,
                                    struct error *err) MUST_CHECK;
const struct rational *rational_subtract(struct arena *arena, const struct rational *a, const struct rational *b,
                                         struct error *err) MUST_CHECK;
const struct rational *rational_multiply(struct arena *arena, const struct rational *a, const struct rational *b,
                                         struct error *err) MUST_CHECK;
/* ERROR_DATA "division by zero" where b is 0. */
const struct rational *rational_divide(struct arena *arena, const struct rational *a, const struct rational *b,
                                       struct error *err) MUST_CHECK;
const struct rational *rational_negate(struct arena *arena, const struct rational *a, struct error *err) MUST_CHECK;
/* a to the power n, n at least 0. */
const struct rational *rational_power(struct arena *arena, const struct rational *a, unsigned n,
                                      struct error *err) MUST_CHECK;

int rational_sign(const struct rational *a); /* -1, 0, 1 */
/* -1, 0, 1 in *order; it multiplies, so it may fail. */
bool rational_compare(struct arena *arena, const struct rational *a, const struct rational *b, int *order,
                      struct error *err) MUST_CHECK;
bool rational_is_whole(const struct rational *a);
double rational_to_f64(const struct rational *a); /* for people; correct to a few units in the last place */

/* "-7", "25/9" */
bool rational_put(struct buffer *out, const struct rational *a);
/* Decimal, cut after `digits` places (at most 40), trailing zeros left out; *exact: nothing was cut. */
bool rational_put_decimal(struct buffer *out, const struct rational *a, unsigned digits, bool *exact);

#endif
