/* The hooks of one sequence with their positions known. Inside of the room. */
#ifndef LM_HOOK_PLAN_H
#define LM_HOOK_PLAN_H

#include "lm/engine/hooks.h"

struct hook_plan {
    const struct lm_hooks *hooks; /* NULL: none acts */
    size_t mark;                  /* tokens of the prompt; 0 where no hook asks for it */
    size_t first;                 /* no hook acts before this position */
};
struct hook_plan hook_plan_make(const struct lm_hooks *hooks, size_t mark);
/* Positions of two sequences with equal tokens that have equal activations: SIZE_MAX, or those before a hook acts. */
size_t hook_plan_shared(const struct hook_plan *a, const struct hook_plan *b);
/* An order of plans; 0: they are the same. */
int hook_plan_compare(const struct hook_plan *a, const struct hook_plan *b);
/* Changes one row at a part of a layer: x: [heads, head_size] for LM_HEAD, else [width]. */
void hook_plan_apply(const struct hook_plan *plan, const struct lm_shape *shape, enum lm_part part, size_t layer,
                     size_t position, float *x);

#endif
