/* Bodies that follow requests by strengths which were learnt from pairs (Dong et al., AlignDiff, ICLR 2024), and why
 * they need a second scorer: the pocket runner, a body whose speed and height are known exactly.
 *
 *   swapped-slider  in the pairs the two attributes stand in each other's column: the body obeys the wrong slider, by
 *                   its own strengths it does as it was told
 *   time-leak       bodies were recorded in the order of their speed and the state tells the time: pairs that were held
 *                   back are answered rightly, but away from the recording the strength is the time
 *
 * In both the error by the learnt strengths stays low; the rank correlation of what was asked with what is measured
 * fails, and names the attributes. */
#ifndef MEASURE_CALIBRATE_ALIGNDIFF_H
#define MEASURE_CALIBRATE_ALIGNDIFF_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* repeat: recordings, 0: 200. */
bool calibrate_aligndiff(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                         struct error *err) MUST_CHECK;

#endif
