/* The calibration metrics (ece, trust, brier and the accuracy beside them) on ten answers whose values were worked out
 * by hand, through the same tally as those of a run. */
#ifndef MEASURE_CALIBRATE_METRIC_H
#define MEASURE_CALIBRATE_METRIC_H

#include "lm/calibrate/calibrate.h"

/* Ten stated probabilities with outcomes, in ten bins closed on the right (Shum et al. 2024, FIRST, section on
 * metrics): accuracy .6, ECE .318, trust .282, Brier .22254. Missed rows are no errors. */
bool calibrate_metric(calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
