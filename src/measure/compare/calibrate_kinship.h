/* Kinship by construction: weights on the way from one model to another, and copies that are planted in a zoo. */
#ifndef MEASURE_CALIBRATE_KINSHIP_H
#define MEASURE_CALIBRATE_KINSHIP_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* kin-of: theta = (1 - t) A + t B of two random models, t = 0, 1/4, ... 1: cosine of the weights and the space of the
 * logits go monotonically from 1 to what unrelated models have; with the embedding (and so the head) frozen the cosines
 * of the logits' spaces stay 1. Calibration: of `repeat` (0: 20) simulated zoos with 190 unrelated and 10 related
 * pairs, unrelated pairs are accused at p <= .05 at most as often as stated (and one point in two hundred more), and
 * related ones that lie 4 deviations off are found. Test of sameness: p values of one law are uniform (mean within 3.5
 * standard errors). */
bool calibrate_kinship(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                       struct error *err) MUST_CHECK;

#endif
