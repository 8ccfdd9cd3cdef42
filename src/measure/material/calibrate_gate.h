/* Simulations of gates on differences: how often `d(x) >= -M` fails a subject that is as good as its base, passes one
 * that is worse by M, and catches one that is worse still. */
#ifndef MEASURE_CALIBRATE_GATE_H
#define MEASURE_CALIBRATE_GATE_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* `repeat` (0: 1000) pairs of results are drawn from streams of the seed, compared by the code of `compare`, and judged
 * by that of gates. Of shares (n items, of which some differ by chance) and of fractions, with M the least margin,
 * rounded up to a whole point, at which an unchanged subject should fail once in twenty times:
 *   an unchanged subject fails (violated or undecided): at most 5 %
 *   one that is worse by M passes: at most 3 %, summed over all outcomes; of fractions, drawn, 3.5 %
 *   one that is worse by half of M fails: within 4 points of the chance that is computed
 *   one that is worse by twice M fails: at least 97.5 %
 * What is drawn is skipped where `repeat` is below 1000. Missed rows are no errors. */
bool calibrate_gate(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                    struct error *err) MUST_CHECK;

#endif
