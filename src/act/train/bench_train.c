/* Speed of training: see bench_train.h. */
#include "act/train/bench_train.h"

#include "act/objective/objective.h"
#include "base/rng.h"
#include "lm/calibrate/bench_model.h"
#include "tensor/bench_matmul.h"

#include <math.h>
#include <stdio.h>

enum { SEGMENTS = 8, LENGTH = 512 };
#define BENCH_TAPE_BYTES ((size_t)8 << 30)

struct training {
    const struct bench *bench;
    struct lm_trainable *trainable;
    struct tape *tape;
    struct adamw *adamw;
    struct train_batch batch;
    int32_t *ids, *targets;
    float *weights;
    size_t starts[SEGMENTS + 1], steps;
    double parameters;
};

static bool step(void *context, struct error *err) {
    struct training *t = context;
    const struct objective *lm = objective_find(TEXT("lm"), err);
    double shown;
    tape_reset(t->tape);
    struct tensor *loss = lm ? lm->loss(NULL, t->trainable, t->tape, &t->batch, &shown, err) : NULL;
    t->steps++;
    return loss && tape_backward(t->tape, loss, err) && adamw_step(t->adamw, t->bench->pool, 1e-4, NULL, NULL, err);
}

static bool batch_make(struct training *t, const struct lm_shape *shape, struct error *err) {
    size_t length = shape->context < LENGTH ? shape->context : LENGTH, rows = SEGMENTS * length;
    t->ids = memory_zeroed(rows, sizeof *t->ids);
    t->targets = memory_zeroed(rows, sizeof *t->targets);
    t->weights = memory_zeroed(rows, sizeof *t->weights);
    if (!t->ids || !t->targets || !t->weights) return error_memory(err, "batch of a benchmark");
    struct rng rng = rng_stream(1, "bench", 0);
    for (size_t i = 0; i < rows; i++) t->ids[i] = (int32_t)rng_below(&rng, shape->vocabulary);
    for (size_t i = 0; i < rows; i++) t->targets[i] = t->ids[(i + 1) % rows], t->weights[i] = 1;
    for (size_t s = 0; s <= SEGMENTS; s++) t->starts[s] = s * length;
    t->batch = (struct train_batch){t->ids, t->targets, t->weights, rows, t->starts, SEGMENTS};
    return true;
}

static bool training_make(struct training *t, const struct lm_model *model, enum matmul_type type, struct error *err) {
    struct parameter *const *parameters;
    const struct adamw_options options = {.beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .weight_decay = 0.1, .clip = 1};
    if (!batch_make(t, &model->shape, err) || !(t->trainable = lm_trainable_new(model, err))) return false;
    size_t n = lm_trainable_parameters(t->trainable, &parameters);
    for (size_t i = 0; i < n; i++) t->parameters += (double)tensor_size(&parameters[i]->value);
    t->tape = tape_new(t->bench->pool, type, BENCH_TAPE_BYTES, err);
    t->adamw = t->tape ? adamw_new(parameters, n, options, err) : NULL;
    return t->adamw != NULL;
}

static void report_operations(const struct bench *b, const struct training *t, const char *type, double seconds) {
    struct tape_profile profile[TAPE_OPS_MOST];
    size_t n = tape_profile_read(t->tape, profile);
    for (size_t i = 0; i < n; i++) {
        double each = profile[i].seconds / (double)t->steps;
        char name[64];
        snprintf(name, sizeof name, "%s back %s", type, profile[i].op);
        if (each > 0.01 * seconds)
            b->report(b->context, &(struct bench_row){"train", name, 1e3 * each, "ms", NAN, NAN});
    }
}

static bool measure(struct bench *b, const struct lm_model *model, enum matmul_type type, struct error *err) {
    struct training t = {.bench = b};
    const char *name = type == MATMUL_BF16 ? "bf16" : "f32";
    double seconds;
    bool ok = training_make(&t, model, type, err) && bench_time(b, step, &t, &seconds, err);
    if (ok) {
        char text[64];
        double rate = (double)t.batch.rows / seconds, flops = 6 * t.parameters;
        snprintf(text, sizeof text, "%s step of %zu tokens", name, t.batch.rows);
        b->report(b->context, &(struct bench_row){"train", text, rate, "tokens/s", 1e-9 * flops * rate,
                                                  type == MATMUL_F32 ? b->peak / flops : NAN});
        report_operations(b, &t, name, seconds);
    }
    adamw_free(t.adamw);
    tape_free(t.tape);
    lm_trainable_free(t.trainable);
    memory_free(t.ids);
    memory_free(t.targets);
    memory_free(t.weights);
    return ok;
}

bool bench_train(struct bench *b, struct error *err) {
    if (!bench_peak(b, err)) return false;
    struct lm_model *model = bench_model(b, MATMUL_F32, err);
    bool ok = model && measure(b, model, MATMUL_F32, err) &&
              (!matmul_bf16_is_native() || measure(b, model, MATMUL_BF16, err));
    lm_model_free(model);
    return ok;
}
