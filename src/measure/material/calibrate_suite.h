/* Known answers of a suite over public files: what subjects whose behaviour is known exactly score there,
 * as published. */
#ifndef MEASURE_CALIBRATE_SUITE_H
#define MEASURE_CALIBRATE_SUITE_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* suite: one with a built-in suites/data/SUITE-known.yaml:
 *
 *   known: FOLDER            of the file of known answers, for people
 *   answers: [{subject: SPEC, figures: [{key, task, figure, group, rows}, ...]}, ...]
 *
 * key: a number in the file `gold` (JSON), with dots between names; rows N: not the figure but its rows by N. gold:
 * such a file; path: folders with the data. A task without data is a skipped row. Tolerance 1e-6, counts exactly. */
bool calibrate_suite(const char *suite, const char *gold, const char *path, uint64_t seed, calibrate_report *report,
                     void *context, struct error *err) MUST_CHECK;

#endif
