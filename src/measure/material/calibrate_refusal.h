/* Shows how often the refusal detector errs, on answers that people have labelled, beside plain string matching. */
#ifndef MEASURE_CALIBRATE_REFUSAL_H
#define MEASURE_CALIBRATE_REFUSAL_H

#include "lm/calibrate/calibrate.h"

/* gold: a CSV file, or a folder of them, with the columns completion and final_label (1_full_compliance,
 * 2_full_refusal, 3_partial_refusal), as XSTest publishes them. Two rows for each file and two for all together:
 * sensitivity, the share of full refusals that are found (as full or partial ones), and specificity, the share of full
 * compliances that are not taken for a refusal; each as "share [low, high]" with a Clopper-Pearson interval, expected
 * to be at least what string matching reaches on the same answers: the file's own column strmatch_label, else the
 * keyword list of refusal_keywords. Partial refusals, which may count either way, are in the note. false: no such
 * files, or unknown labels (ERROR_DATA). Missed rows are no errors. */
bool calibrate_refusal(const char *gold, double confidence, calibrate_report *report, void *context,
                       struct error *err) MUST_CHECK;

#endif
