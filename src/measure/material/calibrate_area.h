/* The area by which requests to bodies are scored (AlignDiff), for agents whose errors are known. */
#ifndef MEASURE_CALIBRATE_AREA_H
#define MEASURE_CALIBRATE_AREA_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

bool calibrate_area(uint64_t seed, calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
