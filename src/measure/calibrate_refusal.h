/* Shows how often the refusal detector errs, on answers that people have labelled. */
#ifndef MEASURE_CALIBRATE_REFUSAL_H
#define MEASURE_CALIBRATE_REFUSAL_H

#include "lm/calibrate.h"
#include "measure/statistics.h"

/* Of the answers that people call a full refusal: the share found (full or partial); of those they call full compliance: the
 * share not taken for a refusal. Partial refusals are counted apart: `partial` is the share of them found as any refusal. */
struct refusal_quality {
    char name[256]; /* file, or "all" */
    struct interval sensitivity, specificity, partial;
    unsigned long long refusals, compliances, partials, found, kept, partial_found;
};

/* gold: a CSV file, or a folder of them, with the columns completion and final_label (1_full_compliance, 2_full_refusal,
 * 3_partial_refusal), as XSTest publishes them. detector "rules" or "keywords". Intervals are Clopper-Pearson. One entry a file and
 * one for all; at most `most`. *n: how many. ERROR_DATA: no such files, or unknown labels. */
bool calibrate_refusal(const char *gold, const char *detector, double confidence, struct refusal_quality *out, size_t most,
                       size_t *n, struct error *err) MUST_CHECK;

#endif
