/* What is known of dpo on a real model: one pair of answers with the log-probabilities of policy and
 * reference, margin, loss, and the gradient of every tensor, computed elsewhere in f64. */
#ifndef ACT_CALIBRATE_DPO_H
#define ACT_CALIBRATE_DPO_H

#include "base/pool.h"
#include "lm/calibrate/calibrate.h"

/* gold: the file of calibrate_engine; its object "dpo" {prompt, chosen, rejected (ids), beta, logp_policy_chosen,
 * logp_policy_rejected, logp_ref_chosen, logp_ref_rejected, margin, loss, gradient}. The model is stories260K-v3.gguf
 * beside it, the reference the same with every gate matrix (w1) multiplied by 0.9. Tolerances: 1e-4 of max(1,
 * |expected|); gradients as in calibrate_engine. Without the model's file: skipped by its name. */
bool calibrate_dpo(const char *gold, struct pool *pool, calibrate_report *report, void *context,
                   struct error *err) MUST_CHECK;

#endif
