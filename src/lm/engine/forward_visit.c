/* Hooks change the rows of a site, then readers read them: see forward_visit.h. */
#include "lm/engine/forward_visit.h"

void forward_hook(struct lm_engine *e, const struct hook_plan *plan) {
    if (!plan->hooks) return;
    e->rows[e->n_rows - 1].plan = plan;
    e->hooked = true;
}

struct changing {
    const struct lm_engine *engine;
    const struct visit *visit;
    float *values;
    size_t stride;
};

static void change_row(void *context, size_t i, size_t worker) {
    const struct changing *c = context;
    const struct forward_row *row = &c->engine->rows[c->visit->which ? c->visit->which[i] : i];
    if (row->plan)
        hook_plan_apply(row->plan, &c->engine->model->shape, c->visit->part, c->visit->layer, row->position,
                        c->values + i * c->stride);
}

void forward_visit(struct lm_engine *e, const struct visit *visit, float *values, size_t stride) {
    struct changing changing = {e, visit, values, stride};
    if (e->hooked) engine_deal(e, visit->n, visit->n * stride, change_row, &changing);
    if (e->watch && visit->n) e->watch->read(e->watch->context, visit, values, stride);
}
