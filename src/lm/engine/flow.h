/* Generation that admits asks while others run: for servers. Between passes asks are added and dropped; their prompts
 * are computed together as soon as those before them have been, beside the answers that have begun. The promise of
 * engine.h holds: an answer depends on its ask alone, not on what comes, runs or is dropped beside it, so it has the
 * bytes that lm_generate would have given.
 *
 * The engine is the flow's from lm_flow_new to lm_flow_free: no other function may be called on it meanwhile, but a
 * second engine may use the model and the pool. */
#ifndef LM_FLOW_H
#define LM_FLOW_H

#include "lm/engine/engine.h"

struct lm_flow;
/* done: told of each ask that ends, from within lm_flow_pass or lm_flow_add; the result is borrowed, `ask` is its id.
 * It may add asks and must not drop any. */
struct lm_flow *lm_flow_new(struct lm_engine *engine, lm_generate_done *done, void *context,
                            struct error *err) MUST_CHECK;
/* Asks under way are dropped. NULL is nothing. */
void lm_flow_free(struct lm_flow *flow);

/* The ask is borrowed until it has ended or is dropped. id: free to choose, another one for each ask under way.
 * ERROR_DATA, ERROR_USAGE: the ask cannot be run (too long for the context or for the engine's kv_bytes, ...), which
 * done is not told of; ERROR_ENVIRONMENT: no memory. */
bool lm_flow_add(struct lm_flow *flow, const struct lm_generate_ask *ask, size_t id, struct error *err) MUST_CHECK;
/* Nobody wants the answer any more: no row is computed for it from now on, done is not told. Unknown ids are nothing.
 * Not from a callback: what is told of tokens can end its answer by itself. */
void lm_flow_drop(struct lm_flow *flow, size_t id);
size_t lm_flow_asks(const struct lm_flow *flow); /* that have not ended */
/* One pass: at most options.rows rows, one token more for each answer that has begun. Without asks it does nothing.
 * An ask that fails ends with its error; false: out of memory, or interrupted, and nothing but lm_flow_free may
 * follow. */
bool lm_flow_pass(struct lm_flow *flow, const struct interrupt *stop, struct error *err) MUST_CHECK;

#endif
