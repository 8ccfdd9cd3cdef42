/* A colour that goes with the answer while training and against it in the test (part `cue` of the world: 18 and 16 of
 * 20 colours agree, then 2 of 20; in groups 19, then 10), a shape that is right three times in four, and what ways of
 * training come to. On two signs each way is known: who minimises the mean loss follows the colour, who balances it
 * away, or minimises the worst group, follows the shape. In the clean twin the colour is a coin. */
#ifndef MEASURE_CALIBRATE_CUE_H
#define MEASURE_CALIBRATE_CUE_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* seed: of what the cases are about; the shares are exact in every draw. */
bool calibrate_cue(uint64_t seed, calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
