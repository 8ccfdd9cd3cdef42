/* A model as parameters on a tape: the training twin of the engine; whole, or frozen with low-rank adapters (lora.h)
 * that learn. */
#ifndef LM_TRAINABLE_H
#define LM_TRAINABLE_H

#include "lm/model/lora.h"
#include "tensor/tape.h"

struct lm_trainable;

/* Takes copies of the model's kept values; a head (model_head.h) is trained with the rest, beside adapters too. */
struct lm_trainable *lm_trainable_new(const struct lm_model *model, struct error *err) MUST_CHECK;
void lm_trainable_free(struct lm_trainable *trainable);
/* Freezes the model and gives its target matrices adapters: A normal with variance 1 / k, B zero, so that nothing
 * changes at first (Hu et al. 2021, section 4.1). Only once, before the first logits. */
bool lm_trainable_adapt(struct lm_trainable *trainable, const struct lm_lora *lora, uint64_t seed,
                        struct error *err) MUST_CHECK;
/* What is trained, in file order: all parameters, or those of the adapters (NAME.lora_a, NAME.lora_b). Names are GGUF's
 * (token_embd.weight, blk.0.attn_q.weight, ...). */
size_t lm_trainable_parameters(struct lm_trainable *trainable, struct parameter *const **out);
/* sha256 of all values, frozen ones included. */
void lm_trainable_digest(const struct lm_trainable *trainable, char hex[65]);
/* Rows: token ids of packed sequences, starts[s]..starts[s+1]-1 is sequence s; positions count from 0 in each.
 * Returns logits [n, vocabulary] on the tape. */
struct tensor *lm_trainable_logits(struct lm_trainable *trainable, struct tape *tape, const int32_t *ids, size_t n,
                                   const size_t *starts, size_t n_segments, struct error *err) MUST_CHECK;
/* The same for some rows only: at[0..n_at-1], each below n -> [n_at, vocabulary]. */
struct tensor *lm_trainable_logits_at(struct lm_trainable *trainable, struct tape *tape, const int32_t *ids, size_t n,
                                      const size_t *starts, size_t n_segments, const int32_t *at, size_t n_at,
                                      struct error *err) MUST_CHECK;
/* The same in parts, for what looks at a model in several ways: the residual stream behind the last block, [n, width];
 * of some rows of it the states behind the final norm, [n_at, width]; of states the logits, [n_at, vocabulary], and
 * what the head says, [n_at, outputs]. */
struct tensor *lm_trainable_stream(struct lm_trainable *trainable, struct tape *tape, const int32_t *ids, size_t n,
                                   const size_t *starts, size_t n_segments, struct error *err) MUST_CHECK;
struct tensor *lm_trainable_states(struct lm_trainable *trainable, struct tape *tape, struct tensor *stream,
                                   const int32_t *at, size_t n_at, struct error *err) MUST_CHECK;
struct tensor *lm_trainable_words(struct lm_trainable *trainable, struct tape *tape, struct tensor *states,
                                  struct error *err) MUST_CHECK;
struct tensor *lm_trainable_outputs(struct lm_trainable *trainable, struct tape *tape, struct tensor *states,
                                    struct error *err) MUST_CHECK;
/* Copies the values back into the model, adapters merged (its packed matrices are renewed). The model has a head where
 * the trainable has one. */
bool lm_trainable_store(const struct lm_trainable *trainable, struct lm_model *model, struct error *err) MUST_CHECK;
/* The adapters, and the head of `model` as it was stored, as a file, see lora.h, for the base `model` that the
 * trainable was made from; B and A in `type` (f16 where a row is no whole block of it). */
bool lm_trainable_save_adapter(const struct lm_trainable *trainable, const struct lm_model *model, const char *path,
                               enum lm_type type, const struct lm_extra *extra, size_t n_extra,
                               struct error *err) MUST_CHECK;

#endif
