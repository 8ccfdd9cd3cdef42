/* Simulated surveys of trust: planted drops are found in their order, and no drop raises no alarm. */
#ifndef MEASURE_CALIBRATE_SURVEY_H
#define MEASURE_CALIBRATE_SURVEY_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* `repeat` (0: 200) surveys of 200 people each, ratings rounded to 1..7: drops of 1.5, .9 and .7 (deviation 1.2) after
 * an identity confusion, a logical error and an inconsistency are told apart (Holm's p < .01) in at least 80 % of them
 * (the second and third difference is what identity - logic can show), and their means are in this order in 90 %;
 * without any difference at most 5 % of the surveys, and three standard errors more, give a corrected p <= .05. */
bool calibrate_survey(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                      struct error *err) MUST_CHECK;

#endif
