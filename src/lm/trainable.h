/* A model as parameters on a tape: the training twin of the engine. */
#ifndef LM_TRAINABLE_H
#define LM_TRAINABLE_H

#include "lm/model.h"
#include "tensor/tape.h"

struct lm_trainable;

/* Takes copies of the model's kept values. */
struct lm_trainable *lm_trainable_new(const struct lm_model *model, struct error *err) MUST_CHECK;
void lm_trainable_free(struct lm_trainable *trainable);
/* All parameters in file order; names are GGUF's (token_embd.weight, blk.0.attn_q.weight, ...). */
size_t lm_trainable_parameters(struct lm_trainable *trainable, struct parameter *const **out);
/* Rows: token ids of packed sequences, starts[s]..starts[s+1]-1 is sequence s; positions count from 0 in each.
 * Returns logits [n, vocabulary] on the tape. */
struct tensor *lm_trainable_logits(struct lm_trainable *trainable, struct tape *tape, const int32_t *ids, size_t n,
                                   const size_t *starts, size_t n_segments, struct error *err) MUST_CHECK;
/* Copies the values back into the model (its packed matrices are renewed). */
bool lm_trainable_store(const struct lm_trainable *trainable, struct lm_model *model, struct error *err) MUST_CHECK;

#endif
