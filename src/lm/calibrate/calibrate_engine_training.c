/* Gradients of the mean negative log-likelihood and a short AdamW run against gold values. */
#include "lm/calibrate/calibrate_engine_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEPS = 1000 }; /* most steps of a training run */
static const size_t tape_most = (size_t)1 << 30;

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
    return calibration_gradients(t->c, "gradient", grad, "gradient_mean_nll.grad", t->trainable, layers, err);
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
