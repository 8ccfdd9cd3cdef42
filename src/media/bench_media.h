/* Part `corrupt` of `basanite bench`. */
#ifndef MEDIA_BENCH_MEDIA_H
#define MEDIA_BENCH_MEDIA_H

#include "base/bench.h"

/* Pictures of 256 x 256 pixels a second by one thread, for each corruption over its five severities and for the 19
 * kinds together: corrupted, measured, and made a PNG in memory. No floor. */
bool bench_corrupt(struct bench *b, struct error *err) MUST_CHECK;

#endif
