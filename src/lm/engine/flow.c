/* Asks that come and go: see flow.h. Results live until the one who is told has seen them. */
#include "lm/engine/flow.h"

#include "lm/engine/generation.h"

struct lm_flow {
    struct generation g;
    struct arena result; /* of the newest one */
    lm_generate_done *done;
    void *context;
};

static void tell(void *context, size_t ask, const struct lm_generate_result *result) {
    struct lm_flow *flow = context;
    flow->done(flow->context, ask, result);
    arena_reset(&flow->result);
}

struct lm_flow *lm_flow_new(struct lm_engine *engine, lm_generate_done *done, void *context, struct error *err) {
    struct lm_flow *flow = memory_zeroed(1, sizeof *flow);
    if (!flow) return error_memory(err, "flow of answers"), NULL;
    flow->done = done;
    flow->context = context;
    arena_init(&flow->result, 0);
    bool ok = generation_init(&flow->g, engine, err);
    flow->g.arena = &flow->result;
    flow->g.done = tell;
    flow->g.context = flow;
    flow->g.each = true;
    if (ok) return flow;
    lm_flow_free(flow);
    return NULL;
}

void lm_flow_free(struct lm_flow *flow) {
    if (!flow) return;
    generation_done(&flow->g);
    arena_done(&flow->result);
    memory_free(flow);
}

/* Whether the store would hold prompt and answer if it held nothing else; one page more where an answer parts from its
 * prompt. */
static bool fits(const struct lm_engine *e, const struct lm_generate_ask *ask, size_t id, struct error *err) {
    size_t tokens = sequence_limit(ask, e->model->shape.context), pages = (tokens - 1 + PAGE - 1) / PAGE + 1;
    if (pages <= e->kv.most) return true;
    return error_set(err, ERROR_DATA,
                     "ask %zu: a prompt of %zu tokens and an answer of up to %zu need %zu pages of keys and values, "
                     "there are %zu; allow more memory for them or fewer tokens",
                     id, ask->n_prompt, tokens - ask->n_prompt, pages, e->kv.most);
}

bool lm_flow_add(struct lm_flow *flow, const struct lm_generate_ask *ask, size_t id, struct error *err) {
    const struct lm_engine *e = flow->g.engine;
    return generation_check(e, ask, id, err) && fits(e, ask, id, err) && generation_add(&flow->g, ask, id, NULL, err);
}

void lm_flow_drop(struct lm_flow *flow, size_t id) {
    generation_drop(&flow->g, id);
}

size_t lm_flow_asks(const struct lm_flow *flow) {
    return generation_asks(&flow->g);
}

bool lm_flow_pass(struct lm_flow *flow, const struct interrupt *stop, struct error *err) {
    return generation_pass(&flow->g, stop, err);
}
