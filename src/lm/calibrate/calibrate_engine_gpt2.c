/* A trained model of the GPT-2 kind (minGPT's gpt-nano: 3 layers, 3 heads, width 48) that sorts letters, against logits
 * of PyTorch: JSON objects {shape, dtype, data}, data being little-endian values in Base64.
 * Its matrices are [out, in]. */
#include "lm/model/arch.h"
#include "lm/calibrate/calibrate_engine_internal.h"

#include "base/base64.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 48, WORDS = 3, CONTEXT = 11, BATCH = 3, JSON_BYTES = 1 << 22 };

static json_t *read_json(struct calibration *c, const char *file, struct error *err) {
    char *relative = arena_printf(&c->arena, err, "../gpt-nano-sort/%s", file);
    char *path = relative ? file_beside(&c->arena, c->gold, relative, err) : NULL;
    return path ? json_read_file(path, JSON_BYTES, err) : NULL;
}

/* Exactly n values of an array, from `first` of `all`. */
static bool read_values(const json_t *file, const char *name, size_t first, size_t n, size_t all, float *out,
                        struct error *err) {
    struct buffer b;
    buffer_init(&b, JSON_BYTES);
    bool ok =
        base64_read(&b, json_text(json_object_get(json_object_get(file, name), "data"))) && b.len == all * sizeof *out;
    if (ok) memcpy(out, b.at + first * sizeof *out, n * sizeof *out);
    buffer_done(&b);
    return ok || error_set(err, ERROR_DATA, "gpt-nano-sort: '%s' is missing or has not %zu values", name, all);
}

struct filling {
    const json_t *file;
    struct lm_model *m;
};

static bool fill_part(void *context, const struct model_part *p, struct error *err) {
    const struct filling *f = context;
    bool qkv = p->id == PART_Q || p->id == PART_K || p->id == PART_V;
    struct arch_name name = arch_config_name(&arch_gpt2, "transformer.", qkv ? PART_QKV : p->id, p->layer, 0);
    size_t n = model_part_count(p), end = strlen(name.text);
    snprintf(name.text + end, sizeof name.text - end, "%s", p->bias ? ".bias" : ".weight");
    float *values = memory_aligned(64, n * sizeof *values);
    if (!values) return error_memory(err, "gpt-nano-sort");
    if (p->matrix) *p->matrix = (struct lm_matrix){.n = p->n, .k = p->k, .values = values};
    else *p->values = values;
    return read_values(f->file, name.text, qkv ? (size_t)(p->id - PART_Q) * n : 0, n, qkv ? 3 * n : n, values, err) &&
           (!p->matrix || p->id == PART_EMBEDDING || model_pack(f->m, p->matrix, err));
}

static bool compare_batch(struct calibration *c, const struct lm_model *m, const json_t *partials, struct error *err) {
    enum { N = BATCH * CONTEXT };
    float words[N], expected[N * WORDS], found[N * WORDS];
    double e[N * WORDS], f[N * WORDS];
    int32_t ids[N];
    if (!read_values(partials, "idx", 0, N, N, words, err) ||
        !read_values(partials, "lm_head", 0, N * WORDS, N * WORDS, expected, err))
        return false;
    struct lm_engine *engine = lm_engine_new(m, c->pool, (struct lm_engine_options){.rows = 4}, err);
    bool ok = engine != NULL;
    for (size_t i = 0; i < N; i++) ids[i] = (int32_t)words[i];
    for (size_t i = 0; ok && i < BATCH; i++)
        ok = lm_logits(engine, ids + i * CONTEXT, CONTEXT, found + i * CONTEXT * WORDS, err);
    lm_engine_free(engine);
    for (size_t i = 0; i < N * WORDS; i++) e[i] = (double)expected[i], f[i] = (double)found[i];
    if (ok) calibration_numbers(c, "gpt-nano-sort, logits", e, f, N * WORDS, 1e-5, 1);
    return ok;
}

static bool run_model(struct calibration *c, const json_t *weights, const json_t *partials, struct error *err) {
    struct lm_model *m = memory_zeroed(1, sizeof *m);
    if (!m) return error_memory(err, "gpt-nano-sort");
    m->arch = &arch_gpt2;
    m->shape = (struct lm_shape){.layers = 3, .width = WIDTH, .heads = 3, .kv_heads = 3, .head_size = WIDTH / 3,
                                 .hidden = 4 * WIDTH, .vocabulary = WORDS, .context = CONTEXT, .norm_eps = 1e-5f};
    arch_gpt2.features(&m->shape);
    struct filling filling = {weights, m};
    bool ok =
        model_new_layers(m, err) && model_parts(m, fill_part, &filling, err) && compare_batch(c, m, partials, err);
    lm_model_free(m);
    return ok;
}

bool calibrate_gpt2(struct calibration *c, struct error *err) {
    struct error why = {0};
    json_t *weights = read_json(c, "gpt-nano-sort-model.json", &why);
    json_t *partials = weights ? read_json(c, "gpt-nano-sort-t0-partials.json", &why) : NULL;
    bool there = weights && partials, ok = there && run_model(c, weights, partials, &why);
    json_decref(weights);
    json_decref(partials);
    if (!there && why.kind == ERROR_ENVIRONMENT) calibration_skip(c, "gpt-nano-sort", "the files are not there");
    else if (!ok && why.kind == ERROR_DATA) calibration_failed(c, "gpt-nano-sort", &why);
    else if (!ok) return *err = why, false;
    return true;
}
