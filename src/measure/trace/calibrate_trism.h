/* Faults planted in traces are found, and what is measured there is what was planted. */
#ifndef MEASURE_CALIBRATE_TRISM_H
#define MEASURE_CALIBRATE_TRISM_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* On `repeat` (0: 3) worlds from `seed` on, 1,000 traces each (world_traces.h):
 *   trace-R01 .. trace-R15  each rule, planted in ten of the traces, has recall .95 and precision .90; what was planted
 *                           breaks another rule in one case, which is known (what is executed is acted on); the 500
 * clean traces give no finding; decisive-step           the first step whose correction makes the outcome right is the
 * one that went wrong, in 95 %; saboteur                one of two messages is changed with f in {0, .1, .25, .5}: 1 -
 * mean delta is f, within .05; agent-abd               an agent that takes a wrong tool with a, a bad argument with b,
 * and repeats itself with d: TUE is (1 - a)(1 - b)(1 - d), inside the interval over 200 traces in at least 183 of 200
 * cases. Once: CSS of agents that do not read each other is 0, of a chain every uptake is 1; Shapley values of games
 * that are known are so within 1e-9. */
bool calibrate_trism(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                     struct error *err) MUST_CHECK;

#endif
