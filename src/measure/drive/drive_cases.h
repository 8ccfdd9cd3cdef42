/* The published metric cases, one file each: see calibrate_styledrive.h. */
#ifndef MEASURE_DRIVE_CASES_H
#define MEASURE_DRIVE_CASES_H

#include "base/json.h"
#include "lm/calibrate/calibrate.h"

/* One row: how many statistics and values of a course are within 0.01, the published tolerance. */
bool drive_case(const char *path, const struct calibrate_out *out, struct error *err) MUST_CHECK;

#endif
