/* Agents with known faults, and what fusion makes of them: a known confusion matrix that EM must find without gold
 * answers, copies of one agent that must not count twice, a liar that must not count at all, confidences raised to a
 * known temperature, sets that must cover. */
#ifndef MEASURE_CALIBRATE_FUSION_H
#define MEASURE_CALIBRATE_FUSION_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

bool calibrate_fusion(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                      struct error *err) MUST_CHECK;

#endif
