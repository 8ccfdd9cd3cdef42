/* Shows that the statistics give known answers, and that their intervals cover the truth as often as they say. */
#ifndef MEASURE_CALIBRATE_STATISTICS_H
#define MEASURE_CALIBRATE_STATISTICS_H

#include "base/json.h"
#include "lm/calibrate/calibrate.h"

/* gold: more known answers, [{"name","function","args":[..],"expected","tolerance"}], where function is one of the
 * words of statistics_functions and args are numbers; NULL: none. Built in are an answer for each statistic and the
 * coverage of Wilson, Clopper-Pearson, Student's t and the cluster bootstrap in `repeat` simulated samples (0: 2000) of
 * known truth. The band of a coverage is its exact value (shares; by summation over all outcomes) or the nominal one,
 * give or take 3.5 standard errors of the simulation. Rows come in a
 * fixed order and are the same for the same seed. false: gold is not as described (ERROR_DATA), or memory ran out.
 * Missed rows are no errors. */
bool calibrate_statistics(const json_t *gold, uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                          struct error *err) MUST_CHECK;
extern const char *const statistics_functions[]; /* ended by NULL */

#endif
