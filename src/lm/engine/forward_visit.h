/* Letting hooks and readers into a pass: see hooks.h for the sites. Inside of the room. A pass without either costs one
 * comparison a site. */
#ifndef LM_FORWARD_VISIT_H
#define LM_FORWARD_VISIT_H

#include "lm/engine/engine_internal.h"

/* A site of a pass: the part of a layer, and its rows. */
struct visit {
    enum lm_part part;
    size_t layer;
    const uint32_t *which; /* [n]: numbers of the rows in the pass; NULL: all of them in order */
    size_t n;
};

/* Who reads activations. */
struct forward_watch {
    void *context;
    /* values: [visit->n, stride], after the hooks: [width], of LM_HEAD [heads, head_size]. */
    void (*read)(void *context, const struct visit *visit, const float *values, size_t stride);
    size_t blocks; /* the pass ends after this many of the model's; engine->x has their states */
};

static inline bool forward_is_visited(const struct lm_engine *e) {
    return e->hooked || e->watch;
}
void forward_visit(struct lm_engine *engine, const struct visit *visit, float *values, size_t stride);

#endif
