/* States that outlive a call: keys and values of a text stay in the engine's store, and every later ask of lm_generate,
 * lm_score or lm_observe whose tokens begin like it goes on from there, however far they agree. For conversations and
 * for many rollouts from one state. Nothing has to be said in the ask, and no result changes by a bit: where weights
 * are left in their file, rows of an answer are computed otherwise than rows of given text, and are not kept for that
 * reason. */
#ifndef LM_KEPT_H
#define LM_KEPT_H

#include "lm/engine/engine.h"

/* Computes the text as far as no kept state has it, and keeps it. hooks (NULL: none) and mark as in lm_observe_ask;
 * only asks with the same hooks go on from it behind the first position at which one acts. The state takes part of
 * kv_bytes. NULL: ERROR_DATA (empty, longer than the context), no room, out of memory, or interrupted. */
struct lm_kept *lm_keep(struct lm_engine *engine, const int32_t *ids, size_t n, const struct lm_hooks *hooks,
                        size_t mark, const struct interrupt *stop, struct error *err) MUST_CHECK;
size_t lm_kept_tokens(const struct lm_kept *kept);
/* Gives the room back; of the engine's states all before lm_engine_free. NULL is nothing. */
void lm_kept_free(struct lm_kept *kept);
/* Rows that the engine has computed since it was made: what sharing and keeping save. */
uint64_t lm_rows_computed(const struct lm_engine *engine);

#endif
