/* A model one block at a time, over texts whose states the caller keeps: for work that changes a block's matrices on
 * the way and wants to see what goes into each of them (compression). In the order of a pass:
 *
 *   x = lm_block_embed                            [n, width]
 *   of each block: a = lm_block_norm(x)           what goes into q, k, v
 *                  z = lm_block_attend(a)         [n, heads * head_size], what goes into o
 *                  lm_block_add(x, o z)           lm_block_product gives o z
 *                  f = lm_block_norm(x)           what goes into gate and up
 *                  h = lm_block_hidden(f)         [n, hidden], what goes into down
 *                  lm_block_add(x, down h)
 *
 * The numbers are those of a whole pass, to the last bit. The layer is handed over, so that its matrices need not be
 * the model's: each needs its packed form. Engines of models with experts are refused, all others may be used; the
 * engine must have been made with by_blocks, and n is at most its rows. */
#ifndef LM_BLOCK_H
#define LM_BLOCK_H

#include "lm/engine/engine.h"

/* Rows starts[s]..starts[s+1]-1 are text s, whole, from its first token on. */
struct lm_texts {
    const int32_t *ids;
    size_t n;
    const size_t *starts; /* [n_texts + 1] */
    size_t n_texts;
};

enum lm_block_norm { LM_BEFORE_ATTENTION, LM_BEFORE_FEED_FORWARD };

/* ERROR_DATA: experts; a text longer than the context; a token beyond the vocabulary. */
bool lm_block_embed(struct lm_engine *engine, const struct lm_texts *texts, float *x, struct error *err) MUST_CHECK;
/* out [n, width]; where the architecture has no such norm, x itself. */
void lm_block_norm(struct lm_engine *engine, const struct lm_layer *layer, enum lm_block_norm which, const float *x,
                   size_t n, float *out);
/* l: the layer's number, which says how it rotates and how far it sees. */
bool lm_block_attend(struct lm_engine *engine, const struct lm_layer *layer, size_t l, const struct lm_texts *texts,
                     const float *in, float *out, struct error *err) MUST_CHECK;
bool lm_block_hidden(struct lm_engine *engine, const struct lm_layer *layer, const float *in, size_t n, float *out,
                     struct error *err) MUST_CHECK;
/* out [n, w.n], with its bias. */
bool lm_block_product(struct lm_engine *engine, const struct lm_matrix *w, const float *in, size_t n, float *out,
                      struct error *err) MUST_CHECK;
/* x += delta, which is normed first where the architecture has norms behind its parts; delta is changed then. */
void lm_block_add(struct lm_engine *engine, const struct lm_layer *layer, enum lm_block_norm part, float *x,
                  float *delta, size_t n);

#endif
