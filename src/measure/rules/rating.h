/* The rating that a judge wrote in words.
 *
 * A whole number on the scale that stands alone is a candidate: no part of a word ("3rd", "5-star"), of a decimal
 * number, a percentage, a range ("0-10", "1 to 5", "between 0 and 10") or a date. "8/10" and "8 out of 10" say 8 where
 * the scale's top is 10, and else nothing that can be read; what stands behind "scale", "range" or "max" is none. A
 * number that is named as one ("Score: 8", "My rating is 8", "I rate this answer 8", with nothing but small words
 * between) wins over others. Where two candidates differ, and where one is no whole number or on another scale, nothing
 * is read: it would be a guess. */
#ifndef MEASURE_RATING_H
#define MEASURE_RATING_H

#include "base/arena.h"
#include "base/text.h"

enum { RATING_TEXT_MOST = 1 << 20 }; /* bytes that are read */

/* *out: least..most; NaN: no rating that can be read. */
bool rating_read(struct text t, double least, double most, struct arena *arena, double *out,
                 struct error *err) MUST_CHECK;

#endif
