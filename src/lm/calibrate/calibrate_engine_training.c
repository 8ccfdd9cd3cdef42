/* Gradients of the mean negative log-likelihood and a short AdamW run against gold values. A gold tensor is stacked
 * over the layers, [layers, ...] row-major, with the rows of q and k in the interleaved order that GGUF files have. */
#include "lm/calibrate/calibrate_engine_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 96, STEPS = 1000 }; /* most steps of a training run */
static const size_t tape_most = (size_t)1 << 30;

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

struct training {
    struct calibration *c;
    struct lm_trainable *trainable;
    struct tape *tape;
    int32_t *ids;
    size_t n; /* ids; n - 1 of them are predicted */
};

/* Forward, backward; the gradients are added up in the parameters. */
static bool mean_loss(struct training *t, double *loss, struct error *err) {
    size_t rows = t->n - 1, starts[] = {0, rows};
    float *weights = arena_new(&t->c->arena, float, rows, err);
    if (!weights) return false;
    for (size_t i = 0; i < rows; i++) weights[i] = -1.0f / (float)rows;
    tape_reset(t->tape);
    struct tensor *x = lm_trainable_logits(t->trainable, t->tape, t->ids, rows, starts, 1, err);
    if (x) x = tape_logprob(t->tape, x, t->ids + 1, err);
    if (x) x = tape_weighted_sum(t->tape, x, weights, err);
    if (!x || !tape_backward(t->tape, x, err)) return false;
    *loss = (double)x->data[0];
    return true;
}

static const struct parameter *find(struct training *t, const char *name) {
    struct parameter *const *list;
    size_t n = lm_trainable_parameters(t->trainable, &list);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i]->name, name)) return list[i];
    return NULL;
}

/* The gradients of a gold tensor, layer behind layer. */
static float *stacked(struct training *t, size_t which, size_t layers, size_t *n, struct error *err) {
    float *out = NULL;
    size_t parts = tensors[which].block ? layers : 1;
    for (size_t l = 0; l < parts; l++) {
        char name[NAME] = "";
        if (tensors[which].block) snprintf(name, sizeof name, "blk.%zu.", l);
        snprintf(name + strlen(name), sizeof name - strlen(name), "%s", tensors[which].name);
        const struct parameter *p = find(t, name);
        if (!p) return error_set(err, ERROR_DATA, "the model has no tensor '%s'", name), NULL;
        size_t size = tensor_size(&p->value);
        if (!out && !(out = arena_new(&t->c->arena, float, size *parts, err))) return NULL;
        memcpy(out + l * size, p->value.grad, size * sizeof *out);
        *n = size * parts;
    }
    return out;
}

static bool check_samples(struct training *t, const char *name, const json_t *gold, struct json_place place,
                          const float *grad, size_t n, double rms, struct error *err) {
    json_t *samples;
    if (!json_get_array(gold, "samples", place, &samples, err)) return false;
    size_t m = json_array_size(samples);
    double *expected = arena_new(&t->c->arena, double, m, err), *found = arena_new(&t->c->arena, double, m, err);
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
    calibration_numbers(t->c, row, expected, found, m, 1e-3, rms);
    return true;
}

static bool check_gradient(struct training *t, size_t which, size_t layers, const json_t *gold, struct error *err) {
    char path[NAME], row[NAME];
    snprintf(path, sizeof path, "gradient_mean_nll.grad.%s", tensors[which].gold);
    struct json_place place = {.file = t->c->gold, .path = path};
    double l2, sum, max;
    int64_t at;
    if (!json_get_f64(gold, "l2", place, &l2, err) || !json_get_f64(gold, "sum", place, &sum, err) ||
        !json_get_f64(gold, "max_abs", place, &max, err) || !json_get_i64(gold, "argmax_abs", place, &at, err))
        return false;
    size_t n = 0, top = 0;
    const float *grad = stacked(t, which, layers, &n, err);
    if (!grad) return false;
    double squares = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        squares += (double)grad[i] * (double)grad[i];
        total += (double)grad[i];
        if (fabsf(grad[i]) > fabsf(grad[top])) top = i;
    }
    char name[NAME / 2];
    snprintf(name, sizeof name, "gradient %s", tensors[which].gold);
    snprintf(row, sizeof row, "%s, norm", name);
    calibration_number(t->c, row, l2, sqrt(squares), 1e-3 * l2);
    snprintf(row, sizeof row, "%s, sum", name);
    calibration_number(t->c, row, sum, total, 1e-3 * (fabs(sum) > l2 ? fabs(sum) : l2));
    snprintf(row, sizeof row, "%s, largest", name);
    calibration_number(t->c, row, max, fabs((double)grad[top]), 1e-3 * max);
    snprintf(row, sizeof row, "%s, place of the largest", name);
    calibration_number(t->c, row, (double)at, (double)top, 0);
    return check_samples(t, name, gold, place, grad, n, l2 / sqrt((double)n), err);
}

static bool check_gradients(struct training *t, const json_t *gold, size_t layers, struct error *err) {
    struct json_place place = {.file = t->c->gold, .path = "gradient_mean_nll"};
    double expected, loss;
    json_t *grad;
    if (!json_get_f64(gold, "loss", place, &expected, err) || !json_get_object(gold, "grad", place, &grad, err) ||
        !calibration_get_ids(t->c, gold, "ids", place, &t->ids, &t->n, err))
        return false;
    if (t->n < 2) return error_set(err, ERROR_DATA, "%s: gradient_mean_nll: fewer than two ids", t->c->gold);
    struct error why = {0};
    if (!mean_loss(t, &loss, &why)) return calibration_failed(t->c, "gradient", &why), true;
    calibration_number(t->c, "gradient, loss", expected, loss, 1e-4);
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        json_t *tensor;
        place.path = "gradient_mean_nll.grad";
        if (!json_get_object(grad, tensors[i].gold, place, &tensor, err) || !check_gradient(t, i, layers, tensor, err))
            return false;
    }
    return true;
}

static bool run_adamw(struct training *t, struct adamw *adamw, double lr, double *losses, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++) {
        if (!mean_loss(t, &losses[i], err)) return false;
        if (i + 1 < n && !adamw_step(adamw, t->c->pool, lr, NULL, NULL, err)) return false;
    }
    return true;
}

static bool check_adamw(struct training *t, const json_t *gold, struct error *err) {
    struct json_place place = {.file = t->c->gold, .path = "adamw"};
    struct adamw_options options = {0};
    double lr, *expected;
    size_t n;
    if (!json_get_f64(gold, "lr", place, &lr, err) || !json_get_f64(gold, "b1", place, &options.beta1, err) ||
        !json_get_f64(gold, "b2", place, &options.beta2, err) || !json_get_f64(gold, "eps", place, &options.eps, err) ||
        !json_get_f64(gold, "wd", place, &options.weight_decay, err) ||
        !calibration_get_reals(t->c, gold, "losses", place, &expected, &n, err) ||
        !calibration_get_ids(t->c, gold, "ids", place, &t->ids, &t->n, err))
        return false;
    if (t->n < 2 || n > STEPS)
        return error_set(err, ERROR_DATA, "%s: adamw: %zu ids and %zu losses", t->c->gold, t->n, n);
    struct parameter *const *list;
    size_t n_parameters = lm_trainable_parameters(t->trainable, &list);
    for (size_t i = 0; i < n_parameters; i++)
        memset(list[i]->value.grad, 0, tensor_size(&list[i]->value) * sizeof(float));
    double *found = arena_new(&t->c->arena, double, n, err);
    struct error why = {0};
    struct adamw *adamw = found ? adamw_new(list, n_parameters, options, &why) : NULL;
    if (adamw && run_adamw(t, adamw, lr, found, n, &why))
        calibration_numbers(t->c, "losses of an AdamW run", expected, found, n, 1e-4, 1);
    else if (found)
        calibration_failed(t->c, "losses of an AdamW run", &why);
    adamw_free(adamw);
    return found != NULL;
}

bool calibrate_training(struct calibration *c, const json_t *gold, const struct lm_model *model, struct error *err) {
    struct json_place place = {.file = c->gold, .path = ""};
    json_t *gradient, *adamw;
    if (!json_get_object(gold, "gradient_mean_nll", place, &gradient, err) ||
        !json_get_object(gold, "adamw", place, &adamw, err))
        return false;
    struct error why = {0};
    struct training t = {.c = c, .trainable = lm_trainable_new(model, &why)};
    bool ok = true;
    if (t.trainable) t.tape = tape_new(c->pool, MATMUL_F32, tape_most, &why);
    if (!t.tape)
        calibration_failed(c, "gradient", &why);
    else
        ok = check_gradients(&t, gradient, model->shape.layers, err) && check_adamw(&t, adamw, err);
    tape_free(t.tape);
    lm_trainable_free(t.trainable);
    return ok;
}
