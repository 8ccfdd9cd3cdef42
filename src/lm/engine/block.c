/* A model one block at a time: see block.h. */
#include "lm/engine/block.h"
#include "lm/engine/engine_internal.h"

#include <string.h>

/* The texts as rows of a pass. */
static bool add_rows(struct lm_engine *e, const struct lm_texts *t, struct error *err) {
    for (size_t s = 0; s < t->n_texts; s++) {
        struct kv_page *page = NULL;
        for (size_t i = t->starts[s]; i < t->starts[s + 1]; i++)
            if (!(page = forward_add(e, t->ids[i], i - t->starts[s], page, err))) {
                forward_drop(e);
                kv_sweep(&e->kv);
                return false;
            }
    }
    return true;
}

static bool check_texts(const struct lm_engine *e, const struct lm_texts *t, struct error *err) {
    const struct lm_model *m = e->model;
    if (m->shape.experts)
        return error_set(err, ERROR_DATA,
                         "model '%s' (%s) has %zu experts a layer; models with experts are not run block "
                         "by block",
                         m->name, lm_arch_name(m->arch), m->shape.experts);
    for (size_t s = 0; s < t->n_texts; s++)
        if (t->starts[s + 1] - t->starts[s] > m->shape.context)
            return error_set(err, ERROR_DATA, "a text of %zu tokens is longer than the context of %zu",
                             t->starts[s + 1] - t->starts[s], m->shape.context);
    return engine_check_ids(e, t->ids, t->n, "text", err);
}

bool lm_block_embed(struct lm_engine *e, const struct lm_texts *texts, float *x, struct error *err) {
    if (!check_texts(e, texts, err) || !add_rows(e, texts, err)) return false;
    forward_embed(e);
    kv_sweep(&e->kv);
    memcpy(x, e->x, texts->n * e->model->shape.width * sizeof *x);
    return true;
}

struct rows_work {
    const struct lm_engine *engine;
    const float *gain, *bias, *in;
    float *out, *x;
    size_t width;
};

static void norm_row(void *context, size_t i, size_t worker) {
    const struct rows_work *w = context;
    forward_norm(w->engine, w->gain, w->bias, w->out + i * w->width, w->in + i * w->width);
}

void lm_block_norm(struct lm_engine *e, const struct lm_layer *layer, enum lm_block_norm which, const float *x,
                   size_t n, float *out) {
    size_t width = e->model->shape.width;
    bool first = which == LM_BEFORE_ATTENTION;
    struct rows_work w = {e,
                          first ? layer->attention_norm : layer->ffn_norm,
                          first ? layer->attention_norm_bias : layer->ffn_norm_bias,
                          x,
                          out,
                          NULL,
                          width};
    if (w.gain)
        engine_deal(e, n, n * width, norm_row, &w);
    else
        memcpy(out, x, n * width * sizeof *out);
}

bool lm_block_attend(struct lm_engine *e, const struct lm_layer *layer, size_t l, const struct lm_texts *texts,
                     const float *in, float *out, struct error *err) {
    const struct lm_shape *s = &e->model->shape;
    if (!add_rows(e, texts, err)) return false;
    memcpy(e->normed, in, texts->n * s->width * sizeof *in);
    bool ok = forward_attend(e, layer, l, err);
    kv_sweep(&e->kv);
    if (ok) memcpy(out, e->normed, texts->n * s->heads * s->head_size * sizeof *out);
    return ok;
}

bool lm_block_hidden(struct lm_engine *e, const struct lm_layer *layer, const float *in, size_t n, float *out,
                     struct error *err) {
    const struct lm_shape *s = &e->model->shape;
    float *hidden;
    memcpy(e->normed, in, n * s->width * sizeof *in);
    if (!forward_hidden(e, layer, n, &hidden, err)) return false;
    memcpy(out, hidden, n * s->hidden * sizeof *out);
    return true;
}

bool lm_block_product(struct lm_engine *e, const struct lm_matrix *w, const float *in, size_t n, float *out,
                      struct error *err) {
    return forward_product_of(e, w, in, n, 0, out, err);
}

static void add_row(void *context, size_t i, size_t worker) {
    const struct rows_work *w = context;
    float *delta = w->out + i * w->width, *x = w->x + i * w->width;
    if (w->gain) w->engine->kernels->rmsnorm(delta, delta, w->gain, w->width, w->engine->model->shape.norm_eps);
    for (size_t j = 0; j < w->width; j++) x[j] += delta[j];
}

void lm_block_add(struct lm_engine *e, const struct lm_layer *layer, enum lm_block_norm part, float *x, float *delta,
                  size_t n) {
    size_t width = e->model->shape.width;
    struct rows_work w = {
        e,    part == LM_BEFORE_ATTENTION ? layer->attention_post_norm : layer->ffn_post_norm, NULL, NULL, delta, x,
        width};
    engine_deal(e, n, n * width, add_row, &w);
}
