/* Gradients of a model's tensors beside gold values. A gold tensor is stacked over the layers, [layers, ...] row-major,
 * with the rows of q and k in the interleaved order that GGUF files have. */
#include "lm/calibrate/calibrate_engine_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 96 };

/* Gold names and the names of GGUF; block: "blk.L." stands before it. */
static const struct {
    const char *gold, *name;
    bool block;
} tensors[] = {
    {"tok", "token_embd.weight", false},  {"rms_att", "attn_norm.weight", true},  {"wq", "attn_q.weight", true},
    {"wk", "attn_k.weight", true},        {"wv", "attn_v.weight", true},          {"wo", "attn_output.weight", true},
    {"rms_ffn", "ffn_norm.weight", true}, {"w1", "ffn_gate.weight", true},        {"w2", "ffn_down.weight", true},
    {"w3", "ffn_up.weight", true},        {"rms_f", "output_norm.weight", false},
};

static const struct parameter *find(struct lm_trainable *trainable, const char *name) {
    struct parameter *const *list;
    size_t n = lm_trainable_parameters(trainable, &list);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i]->name, name)) return list[i];
    return NULL;
}

/* The gradients of a gold tensor, layer behind layer. */
static float *stacked(struct calibration *c, struct lm_trainable *trainable, size_t which, size_t layers,
                      size_t *n, struct error *err) {
    float *out = NULL;
    size_t parts = tensors[which].block ? layers : 1;
    for (size_t l = 0; l < parts; l++) {
        char name[NAME] = "";
        if (tensors[which].block) snprintf(name, sizeof name, "blk.%zu.", l);
        snprintf(name + strlen(name), sizeof name - strlen(name), "%s", tensors[which].name);
        const struct parameter *p = find(trainable, name);
        if (!p) return error_set(err, ERROR_DATA, "the model has no tensor '%s'", name), NULL;
        size_t size = tensor_size(&p->value);
        if (!out && !(out = arena_new(&c->arena, float, size *parts, err))) return NULL;
        memcpy(out + l * size, p->value.grad, size * sizeof *out);
        *n = size * parts;
    }
    return out;
}

static bool check_samples(struct calibration *c, const char *name, const json_t *gold, struct json_place place,
                          const float *grad, size_t n, double rms, struct error *err) {
    json_t *samples;
    if (!json_get_array(gold, "samples", place, &samples, err)) return false;
    size_t m = json_array_size(samples);
    double *expected = arena_new(&c->arena, double, m, err), *found = arena_new(&c->arena, double, m, err);
    if (!expected || !found) return false;
    for (size_t i = 0; i < m; i++) {
        const json_t *sample = json_array_get(samples, i), *at = json_array_get(sample, 0);
        const json_t *value = json_array_get(sample, 1);
        if (!json_is_integer(at) || json_integer_value(at) < 0 || (uint64_t)json_integer_value(at) >= n ||
            !json_is_number(value))
            return json_mismatch(sample, "samples", place, "pairs of an index and a number", err);
        expected[i] = json_number_value(value);
        found[i] = (double)grad[json_integer_value(at)];
    }
    char row[NAME];
    snprintf(row, sizeof row, "%s, single entries", name);
    calibration_numbers(c, row, expected, found, m, 1e-3, rms);
    return true;
}

static bool check_gradient(struct calibration *c, const char *what, const json_t *gold, const char *where,
                           struct lm_trainable *trainable, size_t which, size_t layers, struct error *err) {
    char path[NAME], row[NAME];
    snprintf(path, sizeof path, "%s.%s", where, tensors[which].gold);
    struct json_place place = {.file = c->gold, .path = path};
    double l2, sum, max;
    int64_t at;
    if (!json_get_f64(gold, "l2", place, &l2, err) || !json_get_f64(gold, "sum", place, &sum, err) ||
        !json_get_f64(gold, "max_abs", place, &max, err) || !json_get_i64(gold, "argmax_abs", place, &at, err))
        return false;
    size_t n = 0, top = 0;
    const float *grad = stacked(c, trainable, which, layers, &n, err);
    if (!grad) return false;
    double squares = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        squares += (double)grad[i] * (double)grad[i];
        total += (double)grad[i];
        if (fabsf(grad[i]) > fabsf(grad[top])) top = i;
    }
    char name[NAME / 2];
    snprintf(name, sizeof name, "%s %s", what, tensors[which].gold);
    snprintf(row, sizeof row, "%s, norm", name);
    calibration_number(c, row, l2, sqrt(squares), 1e-3 * l2);
    snprintf(row, sizeof row, "%s, sum", name);
    calibration_number(c, row, sum, total, 1e-3 * (fabs(sum) > l2 ? fabs(sum) : l2));
    snprintf(row, sizeof row, "%s, largest", name);
    calibration_number(c, row, max, fabs((double)grad[top]), 1e-3 * max);
    snprintf(row, sizeof row, "%s, place of the largest", name);
    calibration_number(c, row, (double)at, (double)top, 0);
    return check_samples(c, name, gold, place, grad, n, l2 / sqrt((double)n), err);
}

bool calibration_gradients(struct calibration *c, const char *what, const json_t *gold, const char *path,
                           struct lm_trainable *trainable, size_t layers, struct error *err) {
    struct json_place place = {.file = c->gold, .path = path};
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        json_t *tensor;
        if (!json_get_object(gold, tensors[i].gold, place, &tensor, err) ||
            !check_gradient(c, what, tensor, path, trainable, i, layers, err))
            return false;
    }
    return true;
}
