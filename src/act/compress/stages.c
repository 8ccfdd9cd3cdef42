/* The calibration text running through a block, up to the matrices of one stage: see compress_internal.h. */
#include "act/compress/compress_internal.h"

#include "base/arena.h"

#include <string.h>

static size_t mixed(const struct compressing *c) {
    return c->model->shape.heads * c->model->shape.head_size;
}

/* Where the rows of a window begin. */
static size_t first_row(const struct compressing *c, size_t w) {
    return (size_t)(c->text.windows[w].ids - c->text.ids);
}

bool stage_begin(struct compressing *c, struct error *err) {
    const struct lm_shape *s = &c->model->shape;
    size_t tokens = (size_t)c->text.tokens, wide = s->width > mixed(c) ? s->width : mixed(c), window = c->text.window;
    if (wide < s->hidden) wide = s->hidden;
    size_t n_x, n_z, n_window;
    if (__builtin_mul_overflow(tokens, s->width * sizeof(float), &n_x) ||
        __builtin_mul_overflow(tokens, mixed(c) * sizeof(float), &n_z) ||
        __builtin_mul_overflow(window, wide * sizeof(float), &n_window))
        return error_memory(err, "states of the calibration text");
    c->x = memory_aligned(64, n_x);
    c->z = memory_aligned(64, n_z);
    c->in = memory_aligned(64, n_window);
    c->out = memory_aligned(64, n_window);
    if (!c->x || !c->z || !c->in || !c->out)
        return error_set(err, ERROR_ENVIRONMENT,
                         "out of memory: states of %zu tokens of calibration text take %zu MiB; give fewer --samples",
                         tokens, (n_x + n_z) >> 20);
    for (size_t w = 0; w < c->text.n; w++)
        if (!lm_block_embed(c->engine, &c->text.windows[w], c->x + first_row(c, w) * s->width, err)) return false;
    return true;
}

bool stage_input(struct compressing *c, enum stage stage, size_t w, const float **in, struct error *err) {
    size_t n = c->text.windows[w].n;
    const float *x = c->x + first_row(c, w) * c->model->shape.width;
    *in = c->in;
    switch (stage) {
    case STAGE_QKV:
        lm_block_norm(c->engine, c->layer, LM_BEFORE_ATTENTION, x, n, c->in);
        return true;
    case STAGE_O:
        *in = c->z + first_row(c, w) * mixed(c);
        return true;
    case STAGE_GATE_UP:
        lm_block_norm(c->engine, c->layer, LM_BEFORE_FEED_FORWARD, x, n, c->in);
        return true;
    default:
        lm_block_norm(c->engine, c->layer, LM_BEFORE_FEED_FORWARD, x, n, c->out);
        return lm_block_hidden(c->engine, c->layer, c->out, n, c->in, err);
    }
}

static bool may_go_on(const struct compressing *c, struct error *err) {
    return !interrupted(c->settings->stop) || error_set(err, ERROR_INTERRUPTED, "interrupted; nothing was written");
}

bool stage_moments(struct compressing *c, enum stage stage, size_t columns, bool products, struct error *err) {
    const float *in;
    if (!moments_init(&c->moments, columns, products, err)) return false;
    for (size_t w = 0; w < c->text.n; w++)
        if (!may_go_on(c, err) || !stage_input(c, stage, w, &in, err) ||
            !moments_add(&c->moments, c->settings->pool, in, c->text.windows[w].n, err))
            return false;
    moments_end(&c->moments);
    return true;
}

bool stage_output(struct compressing *c, enum stage stage, size_t w, struct error *err) {
    const struct lm_texts *window = &c->text.windows[w];
    const struct lm_matrix *last = stage == STAGE_QKV || stage == STAGE_O ? &c->layer->o : &c->layer->down;
    const float *in;
    if (!stage_input(c, stage, w, &in, err)) return false;
    if (stage == STAGE_QKV) {
        if (!lm_block_attend(c->engine, c->layer, c->l, window, c->in, c->out, err)) return false;
        memcpy(c->in, c->out, window->n * mixed(c) * sizeof *c->in);
    } else if (stage == STAGE_GATE_UP) {
        if (!lm_block_hidden(c->engine, c->layer, c->in, window->n, c->out, err)) return false;
        memcpy(c->in, c->out, window->n * c->model->shape.hidden * sizeof *c->in);
    }
    return lm_block_product(c->engine, last, stage == STAGE_O ? in : c->in, window->n, c->out, err);
}

bool stage_advance(struct compressing *c, enum stage stage, struct error *err) {
    size_t width = c->model->shape.width;
    const float *in;
    for (size_t w = 0; stage != STAGE_GATE_UP && w < c->text.n; w++) {
        const struct lm_texts *window = &c->text.windows[w];
        float *x = c->x + first_row(c, w) * width;
        if (!may_go_on(c, err) || !stage_input(c, stage, w, &in, err)) return false;
        if (stage == STAGE_QKV) {
            float *z = c->z + first_row(c, w) * mixed(c);
            if (!lm_block_attend(c->engine, c->layer, c->l, window, in, z, err)) return false;
            continue;
        }
        enum lm_block_norm part = stage == STAGE_O ? LM_BEFORE_ATTENTION : LM_BEFORE_FEED_FORWARD;
        if (!lm_block_product(c->engine, stage == STAGE_O ? &c->layer->o : &c->layer->down, in, window->n, c->out, err))
            return false;
        lm_block_add(c->engine, c->layer, part, x, c->out, window->n);
    }
    return true;
}
