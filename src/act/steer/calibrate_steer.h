/* What is known of steering: problems of decoding that were solved by counting everything out, and the statements of
 * the theory on problems that are drawn. The estimators are those that steer language models. */
#ifndef ACT_CALIBRATE_STEER_H
#define ACT_CALIBRATE_STEER_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* gold: a file of toys (see steer_toy.h) each with "expect", or a folder with toy_exact_a.json; NULL: the theory
 * only. */
bool calibrate_steer(const char *gold, uint64_t seed, calibrate_report *report, void *context,
                     struct error *err) MUST_CHECK;

#endif
