/* Assurance cases with planted faults: does the checker find each, where it is, and nothing where none is; and does a
 * prover see as many wrong formulas as were made wrong. */
#ifndef CLI_CALIBRATE_CASES_H
#define CLI_CALIBRATE_CASES_H

#include "base/pool.h"
#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* repeat: cases, 0: 500. */
bool calibrate_cases(uint64_t seed, uint64_t repeat, struct pool *pool, calibrate_report *report, void *context,
                     struct error *err) MUST_CHECK;

#endif
