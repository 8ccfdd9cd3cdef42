/* Tokens per second of scoring and generation, beside the floor: the time of the matrix products alone.
 *
 *     bench_engine MODEL|random [THREADS [f32|bf16 [ROWS]]]
 *
 * random: 4 layers, width 256, 4 heads of 64, hidden 512, vocabulary 3072 (3.4 M parameters). */
#include "base/progress.h"
#include "lm/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCES = 256, LENGTH = 100, PROMPT = 20, REPEATS = 3 };

struct bench {
    struct lm_model *model;
    struct pool *pool;
    struct lm_engine *engine;
    struct arena arena;
    size_t rows;
    int32_t ids[SEQUENCES][LENGTH];
};

static struct lm_model *open_model(const char *path, enum matmul_type type, struct error *err) {
    if (strcmp(path, "random")) {
        struct lm_load_options options = {.compute = type};
        return lm_model_load(path, &options, err);
    }
    if (type == MATMUL_BF16) fprintf(stderr, "bench_engine: a random model computes in f32\n");
    struct lm_shape shape = {.layers = 4,
                             .width = 256,
                             .heads = 4,
                             .kv_heads = 4,
                             .head_size = 64,
                             .hidden = 512,
                             .vocabulary = 3072,
                             .context = 512,
                             .norm_eps = 1e-5f,
                             .rope_base = 10000.0f,
                             .rope_interleaved = true,
                             .tied = true};
    return lm_model_random(&shape, NULL, 1, err);
}

/* The products of one pass of `rows` rows with logits for all, best of some, as tokens per second. */
static bool products(struct bench *b, struct error *err) {
    const struct lm_shape *s = &b->model->shape;
    size_t widest = s->vocabulary > s->hidden ? s->vocabulary : s->hidden;
    if (s->heads * s->head_size > widest) widest = s->heads * s->head_size;
    if (s->width > widest) widest = s->width;
    float *x = arena_new(&b->arena, float, b->rows *widest, err),
          *y = arena_new(&b->arena, float, b->rows *widest, err);
    if (!x || !y) return false;
    double best = 0;
    for (int repeat = 0; repeat < 20; repeat++) {
        double start = clock_seconds();
        for (size_t l = 0; l < s->layers; l++) {
            const struct lm_layer *layer = &b->model->layers[l];
            const struct lm_matrix *all[] = {&layer->q,    &layer->k,  &layer->v,   &layer->o,
                                             &layer->gate, &layer->up, &layer->down};
            for (size_t i = 0; i < 7; i++)
                if (!matmul_apply(all[i]->packed, b->pool, x, b->rows, y, err)) return false;
        }
        if (!matmul_apply(b->model->output.packed, b->pool, x, b->rows, y, err)) return false;
        double rate = (double)b->rows / (clock_seconds() - start);
        if (rate > best) best = rate;
    }
    printf("products alone      %10.0f tokens/s\n", best);
    return true;
}

static bool score(struct bench *b, struct error *err) {
    static struct lm_score_ask asks[SEQUENCES];
    static struct lm_score_result results[SEQUENCES];
    for (size_t i = 0; i < SEQUENCES; i++) asks[i] = (struct lm_score_ask){b->ids[i], 1, b->ids[i] + 1, LENGTH - 1};
    double best = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start = clock_seconds();
        if (!lm_score(b->engine, asks, SEQUENCES, results, &b->arena, NULL, err)) return false;
        double rate = SEQUENCES * (LENGTH - 1) / (clock_seconds() - start);
        if (rate > best) best = rate;
    }
    printf("scoring             %10.0f tokens/s\n", best);
    return true;
}

static bool generate(struct bench *b, size_t n, struct error *err) {
    static struct lm_generate_ask asks[SEQUENCES];
    static struct lm_generate_result results[SEQUENCES];
    for (size_t i = 0; i < n; i++)
        asks[i] = (struct lm_generate_ask){.prompt = b->ids[i],
                                           .n_prompt = PROMPT,
                                           .max_tokens = LENGTH,
                                           .stream = i,
                                           .sampling = {.temperature = 0.8, .top_p = 1}};
    double best = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start = clock_seconds();
        if (!lm_generate(b->engine, asks, n, results, &b->arena, NULL, NULL, NULL, err)) return false;
        size_t tokens = 0;
        for (size_t i = 0; i < n; i++) tokens += results[i].n;
        double rate = (double)tokens / (clock_seconds() - start);
        if (rate > best) best = rate;
    }
    printf("generation, %3zu once %9.0f tokens/s\n", n, best);
    return true;
}

int main(int argc, char **argv) {
    struct error err = {0};
    uint64_t threads = 0, rows = 0;
    if (argc < 2 || argc > 5 || (argc > 2 && !text_to_u64(text_of(argv[2]), &threads)) ||
        (argc > 4 && !text_to_u64(text_of(argv[4]), &rows))) {
        fprintf(stderr, "bench_engine MODEL|random [THREADS [f32|bf16 [ROWS]]]\n");
        return ERROR_USAGE;
    }
    struct bench *b = memory_zeroed(1, sizeof *b);
    if (!b) return ERROR_ENVIRONMENT;
    b->rows = rows ? (size_t)rows : 512;
    arena_init(&b->arena, 0);
    enum matmul_type type = argc > 3 && !strcmp(argv[3], "bf16") ? MATMUL_BF16 : MATMUL_F32;
    bool ok = (b->pool = pool_new((size_t)threads, &err)) != NULL &&
              (b->model = open_model(argv[1], type, &err)) != NULL &&
              (b->engine = lm_engine_new(b->model, b->pool, (struct lm_engine_options){.rows = b->rows}, &err)) != NULL;
    if (ok) {
        struct rng rng = rng_stream(1, "bench", 0);
        for (size_t i = 0; i < SEQUENCES * LENGTH; i++)
            b->ids[i / LENGTH][i % LENGTH] = (int32_t)rng_below(&rng, b->model->shape.vocabulary);
        printf("threads %zu, rows %zu\n", pool_threads(b->pool), b->rows);
        ok = products(b, &err) && score(b, &err) && generate(b, 1, &err) && generate(b, 16, &err) &&
             generate(b, SEQUENCES, &err);
    }
    if (!ok) fprintf(stderr, "bench_engine: %s\n", err.message);
    lm_engine_free(b->engine);
    lm_model_free(b->model);
    pool_free(b->pool);
    arena_done(&b->arena);
    memory_free(b);
    return err.kind;
}
