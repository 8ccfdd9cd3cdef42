/* The engine's memory: made once for a model, used for every pass. See engine.h and engine_internal.h. */
#include "lm/engine/engine_internal.h"

#include <string.h>

enum { LOGIT_FLOATS = 1 << 22 }; /* logits of at most this many values are computed at once */

static float *activations(size_t rows, size_t columns) {
    size_t n;
    if (__builtin_mul_overflow(rows, columns, &n) || n > SIZE_MAX / sizeof(float)) return NULL;
    return memory_aligned(64, n * sizeof(float));
}

static bool make_activations(struct lm_engine *e, struct error *err) {
    const struct lm_shape *s = &e->model->shape;
    size_t rows = e->options.rows, mixed = s->heads * s->head_size, wide = mixed > s->width ? mixed : s->width;
    size_t part = LOGIT_FLOATS / s->vocabulary, tile = matmul_tile();
    size_t hidden = s->hidden > s->shared_hidden ? s->hidden : s->shared_hidden;
    e->logit_rows = part < tile ? tile : part - part % tile;
    if (e->logit_rows > rows) e->logit_rows = rows;
    e->x = activations(rows, s->width);
    e->normed = activations(rows, wide);
    e->q = activations(rows, wide);
    e->k = activations(rows, s->kv_heads * s->head_size);
    e->v = activations(rows, s->kv_heads * s->head_size);
    e->gate = activations(rows, hidden);
    e->up = activations(rows, hidden);
    e->logits = activations(e->logit_rows, s->vocabulary);
    e->rows = memory_zeroed(rows, sizeof *e->rows);
    e->picked = memory_zeroed(rows, sizeof *e->picked);
    e->room = memory_zeroed(1, sizeof *e->room);
    if (e->room && e->x && e->normed && e->q && e->k && e->v && e->gate && e->up && e->logits && e->rows && e->picked)
        return true;
    return error_memory(err, "activations of the engine");
}

struct lm_engine *lm_engine_new(const struct lm_model *model, struct pool *pool, struct lm_engine_options options,
                                struct error *err) {
    const struct lm_shape *s = &model->shape;
    if (!s->layers || !s->heads || !s->kv_heads || s->heads % s->kv_heads || !s->head_size || s->head_size % 2 ||
        !s->vocabulary || !s->context) {
        error_set(err, ERROR_DATA, "model '%s': %zu layers, %zu heads, %zu key heads of %zu cannot be run", model->name,
                  s->layers, s->heads, s->kv_heads, s->head_size);
        return NULL;
    }
    struct lm_engine *e = memory_zeroed(1, sizeof *e);
    if (!e) return error_memory(err, "engine"), NULL;
    e->model = model;
    e->pool = pool;
    e->options = options;
    if (!e->options.rows) e->options.rows = 512;
    if (e->options.rows > INT32_MAX / 2) e->options.rows = INT32_MAX / 2;
    e->kernels = engine_kernels();
    arena_init(&e->tables, 0);
    struct lm_shape held = *s;
    if (options.by_blocks) held.layers = 1;
    if (kv_init(&e->kv, &held, options.kv_bytes, err) && make_activations(e, err) && forward_experts_init(e, err))
        return e;
    lm_engine_free(e);
    return NULL;
}

void lm_engine_free(struct lm_engine *e) {
    if (!e) return;
    kv_done(&e->kv);
    arena_done(&e->tables);
    float *arrays[] = {e->x, e->normed, e->q, e->k, e->v, e->gate, e->up, e->logits, e->scratch,
                       e->angles[0].cosines, e->angles[0].sines, e->angles[1].cosines, e->angles[1].sines};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) memory_free(arrays[i]);
    forward_experts_done(e);
    if (e->room) row_room_done(e->room);
    memory_free(e->room);
    memory_free(e->rows);
    memory_free(e->picked);
    memory_free(e->copies);
    memory_free(e->kept);
    memory_free(e);
}

void engine_deal(const struct lm_engine *e, size_t n, size_t floats, pool_work *work, void *context) {
    enum { WORTH_A_START = 1 << 14 };
    if (n) pool_run(floats < WORTH_A_START ? NULL : e->pool, n, work, context);
}

bool engine_check_ids(const struct lm_engine *e, const int32_t *ids, size_t n, const char *what, struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= e->model->shape.vocabulary)
            return error_set(err, ERROR_DATA, "token %zu of the %s is %d, the vocabulary has 0..%zu", i, what,
                             (int)ids[i], e->model->shape.vocabulary - 1);
    return true;
}

bool lm_logits(struct lm_engine *e, const int32_t *ids, size_t n, float *out, struct error *err) {
    size_t rows = e->options.rows, vocabulary = e->model->shape.vocabulary;
    if (n > e->model->shape.context)
        return error_set(err, ERROR_DATA, "%zu tokens are longer than the context of %zu", n, e->model->shape.context);
    if (!engine_check_ids(e, ids, n, "sequence", err)) return false;
    uint32_t *need = memory_alloc(rows * sizeof *need);
    if (!need) return error_memory(err, "list of rows");
    bool ok = true;
    struct kv_page *page = NULL;
    for (size_t i = 0; i < rows; i++) need[i] = (uint32_t)i;
    for (size_t at = 0; ok && at < n; at += rows) {
        size_t part = n - at < rows ? n - at : rows;
        for (size_t i = at; ok && i < at + part; i++) ok = (page = forward_add(e, ids[i], i, page, err)) != NULL;
        if (!ok) {
            forward_drop(e);
            break;
        }
        ok = forward_run(e, need, part, err);
        for (size_t i = 0; ok && i < part; i += e->logit_rows) {
            size_t some = part - i < e->logit_rows ? part - i : e->logit_rows;
            ok = forward_logits(e, i, some, out + (at + i) * vocabulary, err);
        }
    }
    kv_sweep(&e->kv);
    memory_free(need);
    return ok;
}
