/* The gate of variants against planted faults: a share v of variants is spoilt after it was made, and must be found. */
#ifndef MEASURE_CALIBRATE_VARY_H
#define MEASURE_CALIBRATE_VARY_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* `repeat` (0: 20, at most 100) times 400 questions about the pocket world are varied by drawn operations, once as such
 * and once as texts of which nothing is known; a share v of 0, .05, .15 and .3 of the variants is spoilt: another
 * answer carried along, another subject, a "not", another object or options in another order than the gold. At least
 * 95 % of these are dropped, of sound variants at most 5 %; and the share that is dropped, less what is dropped at
 * v = 0, lies within 2 standard errors of v as often as it should. */
bool calibrate_vary(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                    struct error *err) MUST_CHECK;

#endif
