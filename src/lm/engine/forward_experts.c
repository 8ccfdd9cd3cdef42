/* Feed-forward of layers with experts: see engine_internal.h. */
#include "lm/engine/engine_internal.h"

#include <math.h>
#include <string.h>

struct forward_experts {
    float *choices;             /* [rows, experts]: of the router, then the weight of each, 0: not used */
    float *gathered, *answered; /* [rows, width], of one expert */
    uint32_t *list;             /* [rows] of one expert */
};

bool forward_experts_init(struct lm_engine *e, struct error *err) {
    const struct lm_shape *s = &e->model->shape;
    size_t rows = e->options.rows;
    if (!s->experts) return true;
    struct forward_experts *x = e->experts = memory_zeroed(1, sizeof *x);
    if (!x) return error_memory(err, "experts");
    x->choices = memory_aligned(64, rows * s->experts * sizeof *x->choices);
    x->gathered = memory_aligned(64, rows * s->width * sizeof *x->gathered);
    x->answered = memory_aligned(64, rows * s->width * sizeof *x->answered);
    x->list = memory_alloc(rows * sizeof *x->list);
    return (x->choices && x->gathered && x->answered && x->list) || error_memory(err, "experts");
}

void forward_experts_done(struct lm_engine *e) {
    if (!e->experts) return;
    memory_free(e->experts->choices);
    memory_free(e->experts->gathered);
    memory_free(e->experts->answered);
    memory_free(e->experts->list);
    memory_free(e->experts);
}

/* The likeliest `used` of n choices (ties: the first) get their softmax, among themselves or (whole) among all; the
 * others get 0. */
static void weigh_choices(float *choices, size_t n, size_t used, bool whole) {
    size_t best[512];
    double sum = 0;
    for (size_t u = 0; u < used; u++) {
        best[u] = n;
        for (size_t i = 0; i < n; i++) {
            bool taken = false;
            for (size_t b = 0; b < u; b++) taken |= best[b] == i;
            if (!taken && (best[u] == n || choices[i] > choices[best[u]])) best[u] = i;
        }
    }
    float weights[512], most = choices[0];
    for (size_t i = 1; i < n; i++) most = choices[i] > most ? choices[i] : most;
    for (size_t i = 0; i < (whole ? n : used); i++)
        sum += exp((double)choices[whole ? i : best[i]] - (double)most);
    for (size_t u = 0; u < used; u++) weights[u] = (float)(exp((double)choices[best[u]] - (double)most) / sum);
    memset(choices, 0, n * sizeof *choices);
    for (size_t u = 0; u < used; u++) choices[best[u]] = weights[u];
}

struct choosing {
    const struct lm_engine *engine;
    const struct lm_layer *layer;
    size_t hidden; /* of the expert that computes */
};

static void choose_row(void *context, size_t i, size_t worker) {
    const struct lm_engine *e = ((const struct choosing *)context)->engine;
    const struct lm_shape *s = &e->model->shape;
    weigh_choices(e->experts->choices + i * s->experts, s->experts, s->experts_used, s->experts_whole);
}

static void gate_row(void *context, size_t i, size_t worker) {
    const struct choosing *c = context;
    forward_gate(c->engine, c->engine->gate + i * c->hidden, c->engine->up + i * c->hidden, c->hidden);
}

/* Adds what expert `which` says of the rows that chose it. */
static bool add_expert(struct lm_engine *e, const struct lm_layer *layer, size_t which, size_t rows,
                       struct error *err) {
    const struct lm_shape *s = &e->model->shape;
    struct forward_experts *x = e->experts;
    struct choosing choosing = {e, layer, s->hidden};
    size_t n = 0, generated = 0, width = s->width;
    for (size_t i = 0; i < rows; i++) {
        if (x->choices[i * s->experts + which] == 0) continue;
        memcpy(x->gathered + n * width, e->normed + i * width, width * sizeof(float));
        x->list[n++] = (uint32_t)i;
        generated += i < e->n_generated;
    }
    if (!n) return true;
    if (!forward_product_of(e, &layer->gates[which], x->gathered, n, generated, e->gate, err) ||
        !forward_product_of(e, &layer->ups[which], x->gathered, n, generated, e->up, err))
        return false;
    engine_deal(e, n, n * s->hidden, gate_row, &choosing);
    if (!forward_product_of(e, &layer->downs[which], e->gate, n, generated, x->answered, err)) return false;
    for (size_t i = 0; i < n; i++) {
        float weight = x->choices[x->list[i] * s->experts + which];
        float *restrict sum = e->q + x->list[i] * width;
        const float *restrict answer = x->answered + i * width;
        for (size_t j = 0; j < width; j++) sum[j] += weight * answer[j];
    }
    return true;
}

/* Adds what the shared expert says of a row, times the sigmoid of the row's product with its weight. */
static void add_shared_row(void *context, size_t i, size_t worker) {
    const struct choosing *c = context;
    const struct lm_engine *e = c->engine;
    size_t width = e->model->shape.width;
    const float *state = e->normed + i * width;
    const float *restrict answer = e->experts->answered + i * width;
    float *restrict sum = e->q + i * width;
    double product = 0;
    for (size_t j = 0; j < width; j++) product += (double)c->layer->shared_weight[j] * (double)state[j];
    float weight = (float)(1 / (1 + exp(-product)));
    for (size_t j = 0; j < width; j++) sum[j] += weight * answer[j];
}

static bool add_shared(struct lm_engine *e, const struct lm_layer *layer, size_t rows, struct error *err) {
    const struct lm_shape *s = &e->model->shape;
    struct choosing choosing = {e, layer, s->shared_hidden};
    if (!s->shared_hidden) return true;
    if (!forward_product(e, &layer->gate, e->normed, rows, e->gate, err) ||
        !forward_product(e, &layer->up, e->normed, rows, e->up, err))
        return false;
    engine_deal(e, rows, rows * s->shared_hidden, gate_row, &choosing);
    if (!forward_product(e, &layer->down, e->gate, rows, e->experts->answered, err)) return false;
    engine_deal(e, rows, rows * s->width, add_shared_row, &choosing);
    return true;
}

bool forward_experts(struct lm_engine *e, const struct lm_layer *layer, size_t rows, struct error *err) {
    const struct lm_shape *s = &e->model->shape;
    struct choosing choosing = {e, layer, s->hidden};
    if (!forward_product(e, &layer->router, e->normed, rows, e->experts->choices, err)) return false;
    engine_deal(e, rows, rows * s->experts, choose_row, &choosing);
    memset(e->q, 0, rows * s->width * sizeof(float));
    for (size_t i = 0; i < s->experts; i++)
        if (!add_expert(e, layer, i, rows, err)) return false;
    return add_shared(e, layer, rows, err);
}
