/* Simulations of what the figures of this program promise: that intervals cover the truth as often as they say, that
 * comparisons seldom find what is not there, and find as often as they say what is. */
#ifndef MEASURE_CALIBRATE_COVERAGE_H
#define MEASURE_CALIBRATE_COVERAGE_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* Shares are summed over all outcomes, without drawing; everything else is drawn `repeat` times (0: 2000) from streams
 * of the seed. Rows: coverage, mean over p = .05, .10, ... .95, of Wilson (n from 50), Student's t of fractions,
 * corrected shares: 93 to 97 % coverage of Clopper-Pearson at its lowest over p = .01, .02, ... .99: at least 95 %
 *   always valid: how often an interval ever leaves the truth out while it is looked at again and again: at most 5 %
 *   false alarms of compare: exact McNemar at most 5 %; mid-p, exchanges and the paired bootstrap 3.5 to 6.5 %
 *   power at the smallest effect that compare prints: within 3 points of its 80 %
 * The bounds are these, not widened by the error of the simulation, so what is drawn is skipped where `repeat` is below
 * 1000. Missed rows are no errors. */
bool calibrate_coverage(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                        struct error *err) MUST_CHECK;

#endif
