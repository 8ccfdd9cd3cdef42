/* The likeliest tokens of a row of logits. Inside of the room. */
#ifndef LM_TOP_H
#define LM_TOP_H

#include "lm/engine/engine_kernel.h"
#include "lm/engine/observe.h"

/* Scratch of one worker. */
struct top_scratch {
    struct lm_top *top; /* [k] */
    uint32_t *heap;     /* [k] */
};
bool top_scratch_make(struct top_scratch *scratch, size_t k, struct arena *arena, struct error *err) MUST_CHECK;
/* Fills scratch->top with the k likeliest, falling, ties by rising id; mass: of the same logits. Returns what
 * probability is left for all others, at least 0; NaN where logits are not numbers. */
double top_of(struct top_scratch *scratch, const float *logits, size_t n, struct kernel_mass mass, size_t k);

#endif
