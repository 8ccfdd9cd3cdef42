/* What is known of trpa's loss: published losses with their derivatives, and the statements of its theory on problems
 * small enough to be computed exactly. */
#ifndef ACT_CALIBRATE_TRPA_H
#define ACT_CALIBRATE_TRPA_H

#include "lm/calibrate/calibrate.h"

/* gold: rows {"id", "beta", "anisotropy", "groups": [[{"level", "log_ratio"}]], "expect": {"loss", "grad_log_ratio"}}
 * (JSONL); NULL: the theory only. */
bool calibrate_trpa(const char *gold, calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
