/* Shows that the engine gives known answers: logits, log-probabilities, greedy texts, gradients and a training run of a
 * small real model against values that were computed elsewhere in f64; equal answers from all containers of the same
 * weights; single blocks against values of PyTorch. */
#ifndef LM_CALIBRATE_ENGINE_H
#define LM_CALIBRATE_ENGINE_H

#include "base/pool.h"
#include "lm/calibrate/calibrate.h"

/* gold: a JSON file {model, config, tokenize, logits, logprobs, greedy, gradient_mean_nll, adamw, dpo} beside its
 * weights: stories260K-v3.gguf (read first), tinyllamas-stories-260k-f32.gguf, stories260K.bin, model.safetensors with
 * config.json. Of the folders block-vectors and gpt-nano-sort beside gold's folder the parts that are there are
 * checked. What is not there, or needs a part that is not built, is reported as skipped by its name. Every row goes to
 * report as it is known; rows come in a fixed order. Tolerances: logits and log-probabilities 1e-4 of max(1,
 * |expected|); token ids exact; gradients 1e-3 of |expected|, of the norm for sums and of the root mean square for
 * single entries where those are larger; losses of the training run 1e-4; logits of containers 1e-6 of max(1,
 * |expected|); blocks 1e-5. false: the gold file cannot be read (ERROR_DATA, ERROR_ENVIRONMENT) or memory ran out.
 * Missed rows are no errors. */
bool calibrate_engine(const char *gold, struct pool *pool, calibrate_report *report, void *context,
                      struct error *err) MUST_CHECK;

#endif
