/* The published table of AgentAlign (2025): what its figures must be to be what they say they are. */
#ifndef MEASURE_CALIBRATE_ALIGN_H
#define MEASURE_CALIBRATE_ALIGN_H

#include "lm/calibrate/calibrate.h"

/* gold: the table as CSV (model, method, harm_score, harm_full, harm_refusal, harm_nonref, benign_...), in percent at
 * one decimal. Every refusal must be k/176 so rounded. Where refused items score 0, a score is (1 - refusal) x the
 * score of the others, within what rounding allows. Rows where it is not are listed: a model did a part of the task and
 * refused then, so it must be more, never less; and at least half of the rows must be as stated. */
bool calibrate_align(const char *gold, calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
