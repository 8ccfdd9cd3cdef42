/* Single blocks against values of PyTorch: files of raw little-endian f32 and int32, without a header, whose layout is
 * given at each check. */
#include "lm/calibrate/calibrate_engine_internal.h"

#include "base/file.h"
#include "lm/engine/engine_kernel.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 96, BLOCK_BYTES = 1 << 20 };

/* Values are handed out one after the other; the size was checked before. */
struct reader {
    const char *at;
};

static float *take(struct reader *r, struct arena *arena, size_t n, struct error *err) {
    float *out = arena_new(arena, float, n, err);
    if (out) memcpy(out, r->at, n * sizeof *out);
    r->at += n * sizeof *out;
    return out;
}

/* A file of exactly `values` 4-byte values. *there false: a row says that it is missing or of another size. */
static bool open_block(struct calibration *c, const char *file, size_t values, struct reader *r, bool *there,
                       struct error *err) {
    char name[NAME], relative[NAME];
    snprintf(name, sizeof name, "block %s", file);
    snprintf(relative, sizeof relative, "../block-vectors/%s", file);
    *there = false;
    char *path = file_beside(&c->arena, c->gold, relative, err);
    if (!path) return false;
    if (!file_exists(path)) return calibration_skip(c, name, "the file is not there"), true;
    struct text t;
    struct error why = {0};
    if (!file_read(&c->arena, path, BLOCK_BYTES, &t, &why)) return calibration_failed(c, name, &why), true;
    if (t.len != values * 4) {
        error_set(&why, ERROR_DATA, "%s: %zu bytes, expected %zu", path, t.len, values * 4);
        return calibration_failed(c, name, &why), true;
    }
    r->at = t.at;
    *there = true;
    return true;
}

static bool compare(struct calibration *c, const char *name, const float *expected, const float *found, size_t n,
                    struct error *err) {
    double *e = arena_new(&c->arena, double, n, err), *f = e ? arena_new(&c->arena, double, n, err) : NULL;
    if (!f) return false;
    for (size_t i = 0; i < n; i++) e[i] = (double)expected[i], f[i] = (double)found[i];
    calibration_numbers(c, name, e, f, n, 1e-5, 1);
    return true;
}

/* w [64], x [3, 64], y [3, 64]; eps 1e-5 */
static bool check_rmsnorm(struct calibration *c, struct error *err) {
    enum { D = 64, ROWS = 3 };
    struct reader r;
    bool there;
    bool opened = open_block(c, "rms_norm.data", D + 2 * ROWS * D, &r, &there, err);
    if (!opened || !there) return opened;
    float *w = take(&r, &c->arena, D, err), *x = take(&r, &c->arena, ROWS * D, err);
    float *y = take(&r, &c->arena, ROWS * D, err), *found = arena_new(&c->arena, float, ROWS *D, err);
    if (!w || !x || !y || !found) return false;
    for (size_t i = 0; i < ROWS; i++) engine_kernels()->rmsnorm(found + i * D, x + i * D, w, D, 1e-5f);
    return compare(c, "block rms_norm.data", y, found, ROWS * D, err);
}

/* w [64], b [64], x [3, 64], y [3, 64]; eps 1e-5 */
static bool check_layernorm(struct calibration *c, struct error *err) {
    enum { D = 64, ROWS = 3 };
    struct reader r;
    bool there;
    bool opened = open_block(c, "layer_norm.data", 2 * D + 2 * ROWS * D, &r, &there, err);
    if (!opened || !there) return opened;
    float *w = take(&r, &c->arena, D, err), *b = take(&r, &c->arena, D, err), *x = take(&r, &c->arena, ROWS * D, err);
    float *y = take(&r, &c->arena, ROWS * D, err), *found = arena_new(&c->arena, float, ROWS *D, err);
    if (!w || !b || !x || !y || !found) return false;
    for (size_t i = 0; i < ROWS; i++) engine_kernels()->layernorm(found + i * D, x + i * D, w, b, D, 1e-5f);
    return compare(c, "block layer_norm.data", y, found, ROWS * D, err);
}

/* w [32, 64], b [32], x [2, 64], y [2, 32], x0 [64], y0 [32] */
static bool check_linear(struct calibration *c, struct error *err) {
    enum { N = 32, K = 64, ROWS = 3 };
    struct reader r;
    bool there;
    bool opened = open_block(c, "linear.data", N * K + N + 3 * K + 3 * N, &r, &there, err);
    if (!opened || !there) return opened;
    float *w = take(&r, &c->arena, N * K, err), *b = take(&r, &c->arena, N, err);
    float *x2 = take(&r, &c->arena, 2 * K, err), *y2 = take(&r, &c->arena, 2 * N, err);
    float *x1 = take(&r, &c->arena, K, err), *y1 = take(&r, &c->arena, N, err);
    float *x = arena_new(&c->arena, float, ROWS *K, err), *y = arena_new(&c->arena, float, ROWS *N, err);
    float *found = arena_new(&c->arena, float, ROWS *N, err);
    if (!w || !b || !x2 || !y2 || !x1 || !y1 || !x || !y || !found) return false;
    memcpy(x, x2, 2 * K * sizeof *x);
    memcpy(x + 2 * K, x1, K * sizeof *x);
    memcpy(y, y2, 2 * N * sizeof *y);
    memcpy(y + 2 * N, y1, N * sizeof *y);
    struct matmul_weights *packed = matmul_weights_new(w, N, K, MATMUL_F32, err);
    bool ok = packed && matmul_apply(packed, c->pool, x, ROWS, found, err);
    matmul_weights_free(packed);
    for (size_t i = 0; ok && i < ROWS * N; i++) found[i] += b[i % N];
    return ok && compare(c, "block linear.data", y, found, ROWS * N, err);
}

/* ---- One layer ---- */

enum { WIDTH = 32, HIDDEN = 96, HEADS = 8, WORDS = 5, TOKENS = 5 };

static bool matrix(struct lm_matrix *m, struct arena *arena, const float *values, size_t n, size_t k,
                   struct error *err) {
    *m = (struct lm_matrix){.n = n, .k = k};
    if (!(m->values = arena_new(arena, float, n *k, err))) return false;
    memcpy(m->values, values, n * k * sizeof *values);
    return (m->packed = matmul_weights_new(m->values, n, k, MATMUL_F32, err)) != NULL;
}

/* The output matrix is the identity, so that "logits" are the normed states that the file holds; the vocabulary is as
 * wide as the states for it. */
static bool layer_model(struct lm_model *m, struct lm_layer *layer, struct reader *r, struct arena *arena,
                        struct error *err) {
    m->shape = (struct lm_shape){.layers = 1,
                                 .width = WIDTH,
                                 .heads = HEADS,
                                 .kv_heads = HEADS,
                                 .head_size = WIDTH / HEADS,
                                 .hidden = HIDDEN,
                                 .vocabulary = WIDTH,
                                 .context = 64,
                                 .norm_eps = 1e-6f,
                                 .rope_base = 10000.0f};
    float *embedding = arena_new(arena, float, WIDTH *WIDTH, err), *one = arena_new(arena, float, WIDTH *WIDTH, err);
    float *embed = take(r, arena, WORDS * WIDTH, err), *norm1 = take(r, arena, WIDTH, err);
    float *qkv = take(r, arena, 3 * WIDTH * WIDTH, err), *o = take(r, arena, WIDTH * WIDTH, err);
    float *norm2 = take(r, arena, WIDTH, err), *gate = take(r, arena, HIDDEN * WIDTH, err);
    float *down = take(r, arena, WIDTH * HIDDEN, err), *up = take(r, arena, HIDDEN * WIDTH, err);
    float *last = take(r, arena, WIDTH, err);
    if (!embedding || !one || !embed || !norm1 || !qkv || !o || !norm2 || !gate || !down || !up || !last) return false;
    memcpy(embedding, embed, WORDS * WIDTH * sizeof *embed);
    for (size_t i = 0; i < WIDTH; i++) one[i * WIDTH + i] = 1;
    m->layers = layer;
    m->output_norm = last;
    layer->attention_norm = norm1;
    layer->ffn_norm = norm2;
    return matrix(&m->embedding, arena, embedding, WIDTH, WIDTH, err) &&
           matrix(&m->output, arena, one, WIDTH, WIDTH, err) && matrix(&layer->q, arena, qkv, WIDTH, WIDTH, err) &&
           matrix(&layer->k, arena, qkv + WIDTH * WIDTH, WIDTH, WIDTH, err) &&
           matrix(&layer->v, arena, qkv + 2 * WIDTH * WIDTH, WIDTH, WIDTH, err) &&
           matrix(&layer->o, arena, o, WIDTH, WIDTH, err) && matrix(&layer->gate, arena, gate, HIDDEN, WIDTH, err) &&
           matrix(&layer->up, arena, up, HIDDEN, WIDTH, err) && matrix(&layer->down, arena, down, WIDTH, HIDDEN, err);
}

static void layer_model_done(struct lm_model *m, struct lm_layer *layer) {
    struct lm_matrix *all[] = {&m->embedding, &m->output,   &layer->q,  &layer->k,   &layer->v,
                               &layer->o,     &layer->gate, &layer->up, &layer->down};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) matmul_weights_free(all[i]->packed);
}

/* embed [5, 32], norm [32], q k v [96, 32], o [32, 32], norm [32], gate [96, 32], down [32, 96], up [96, 32], norm
 * [32]; then ids [3] with states [3, 32], and twice id [1] with state [32] behind them. */
static bool check_layer(struct calibration *c, struct error *err) {
    enum { WEIGHTS = (WORDS + 4 * WIDTH + 3 + 3 * HIDDEN) * WIDTH, ANSWERS = TOKENS * (1 + WIDTH) };
    struct reader r;
    bool there;
    bool opened = open_block(c, "baichuan7b_model.data", WEIGHTS + ANSWERS, &r, &there, err);
    if (!opened || !there) return opened;
    struct lm_model model = {0};
    struct lm_layer layer = {0};
    struct lm_engine *engine = NULL;
    int32_t ids[TOKENS];
    float expected[TOKENS * WIDTH], found[TOKENS * WIDTH];
    bool ok = layer_model(&model, &layer, &r, &c->arena, err);
    for (size_t i = 0, n = 3; ok && i < TOKENS; i += n, n = 1) {
        memcpy(ids + i, r.at, n * sizeof *ids);
        memcpy(expected + i * WIDTH, r.at + n * sizeof *ids, n * WIDTH * sizeof *expected);
        r.at += n * (1 + WIDTH) * 4;
    }
    /* passes of three rows, so that the last two tokens use stored keys and values */
    ok = ok && (engine = lm_engine_new(&model, c->pool, (struct lm_engine_options){.rows = 3}, err)) &&
         lm_logits(engine, ids, TOKENS, found, err) &&
         compare(c, "block baichuan7b_model.data", expected, found, TOKENS * WIDTH, err);
    lm_engine_free(engine);
    layer_model_done(&model, &layer);
    return ok;
}

bool calibrate_blocks(struct calibration *c, struct error *err) {
    return check_rmsnorm(c, err) && check_layernorm(c, err) && check_linear(c, err) && check_layer(c, err) &&
           calibrate_gpt2(c, err);
}
