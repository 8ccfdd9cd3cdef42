/* Speed of scoring and generation: see bench_model.h. */
#include "lm/calibrate/bench_model.h"

#include "base/rng.h"
#include "lm/engine/engine.h"
#include "tensor/bench_matmul.h"

#include <math.h>
#include <stdio.h>

enum { SEQUENCES = 64, LENGTH = 100, PROMPT = 20 };

struct speed {
    struct lm_model *model;
    struct lm_engine *engine;
    struct arena arena; /* of one call */
    size_t n, length, prompt, tokens; /* answers at once; tokens: of the newest call */
    int32_t ids[SEQUENCES][LENGTH];
};

static bool score(void *context, struct error *err) {
    struct speed *s = context;
    struct lm_score_ask asks[SEQUENCES];
    struct lm_score_result results[SEQUENCES];
    for (size_t i = 0; i < s->n; i++) asks[i] = (struct lm_score_ask){s->ids[i], 1, s->ids[i] + 1, s->length - 1};
    s->tokens = s->n * (s->length - 1);
    bool ok = lm_score(s->engine, asks, s->n, results, &s->arena, NULL, err);
    for (size_t i = 0; ok && i < s->n; i++)
        if (results[i].error.kind) ok = error_set(err, results[i].error.kind, "bench: %s", results[i].error.message);
    arena_done(&s->arena);
    arena_init(&s->arena, 0);
    return ok;
}

static bool generate(void *context, struct error *err) {
    struct speed *s = context;
    struct lm_generate_ask asks[SEQUENCES];
    struct lm_generate_result results[SEQUENCES];
    for (size_t i = 0; i < s->n; i++)
        asks[i] = (struct lm_generate_ask){.prompt = s->ids[i],
                                           .n_prompt = s->prompt,
                                           .max_tokens = s->length - s->prompt,
                                           .stream = i,
                                           .sampling = {.temperature = 0.8, .top_p = 1}};
    bool ok = lm_generate(s->engine, asks, s->n, results, &s->arena, NULL, NULL, NULL, err);
    s->tokens = 0;
    for (size_t i = 0; ok && i < s->n; i++) {
        s->tokens += results[i].n + 1; /* an end token is made too */
        if (results[i].error.kind) ok = error_set(err, results[i].error.kind, "bench: %s", results[i].error.message);
    }
    arena_done(&s->arena);
    arena_init(&s->arena, 0);
    return ok;
}

static bool measure(struct bench *b, struct speed *s, bench_work *work, size_t n, struct error *err) {
    double seconds, flops = bench_model_flops(s->model), floor = b->peak / flops;
    s->n = n;
    if (!bench_time(b, work, s, &seconds, err)) return false;
    double rate = (double)s->tokens / seconds;
    char name[64];
    snprintf(name, sizeof name, work == score ? "score %zu at once" : "generate %zu at once", n);
    if (work == generate) floor = fmin(floor, (double)n * b->bandwidth / bench_model_bytes(s->model));
    b->report(b->context, &(struct bench_row){"generate", name, rate, "tokens/s", 1e-9 * flops * rate, floor});
    return true;
}

bool bench_generate(struct bench *b, struct error *err) {
    if (!bench_bandwidth(b, err) || !bench_peak(b, err)) return false;
    struct speed *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "benchmark");
    arena_init(&s->arena, 0);
    bool ok = (s->model = bench_model(b, MATMUL_F32, err)) &&
              (s->engine = lm_engine_new(s->model, b->pool, (struct lm_engine_options){0}, err));
    if (ok) {
        struct rng rng = rng_stream(1, "bench", 0);
        for (size_t i = 0; i < SEQUENCES * LENGTH; i++)
            s->ids[i / LENGTH][i % LENGTH] = (int32_t)rng_below(&rng, s->model->shape.vocabulary);
        s->length = s->model->shape.context < LENGTH ? s->model->shape.context : LENGTH;
        s->prompt = s->length > 2 * PROMPT ? PROMPT : s->length / 2;
        if (s->length < 4)
            ok = error_set(err, ERROR_DATA, "bench generate: the context of %zu tokens is too short", s->length);
    }
    ok = ok && measure(b, s, score, SEQUENCES, err) && measure(b, s, generate, 1, err) &&
         measure(b, s, generate, 16, err) && measure(b, s, generate, SEQUENCES, err);
    lm_engine_free(s->engine);
    lm_model_free(s->model);
    arena_done(&s->arena);
    memory_free(s);
    return ok;
}
