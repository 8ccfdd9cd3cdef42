/* Speed of matrix products: see bench_matmul.h. */
#include "tensor/bench_matmul.h"

#include "base/rng.h"
#include "tensor/matmul_general.h"

#include <math.h>
#include <stdio.h>

#define SAMPLE_FLOPS 2e8 /* a sample takes some milliseconds */

struct shape {
    const char *name;
    size_t rows, n, k;
    bool gradient; /* [n, k] = g^T x over `rows` rows; otherwise [rows, n] = x w^T */
};

static const struct shape shapes[] = {
    {"forward", 512, 256, 256, false},   {"forward", 512, 512, 256, false},  {"forward", 512, 3072, 256, false},
    {"one row", 1, 512, 256, false},     {"gradient", 4096, 256, 256, true}, {"gradient", 4096, 512, 256, true},
    {"gradient", 2048, 3072, 256, true},
};

struct product_case {
    const struct shape *shape;
    enum matmul_type type;
    struct pool *pool;
    size_t times;
    float *x, *w, *y; /* gradient: x [rows, k], w holds g [rows, n], y [n, k] */
    struct matmul_weights *weights;
    struct matmul_space space;
};

static bool run(void *context, struct error *err) {
    struct product_case *c = context;
    const struct shape *s = c->shape;
    for (size_t i = 0; i < c->times; i++) {
        bool ok = s->gradient ? matmul_in(&c->space, c->pool, c->type, true, false, s->n, s->k, s->rows, c->w, c->x,
                                          c->y, true, err)
                              : matmul_apply(c->weights, c->pool, c->x, s->rows, c->y, err);
        if (!ok) return false;
    }
    return true;
}

static float *values(size_t n, uint64_t stream) {
    float *at = memory_aligned(64, n * sizeof *at);
    struct rng rng = rng_stream(1, "bench", stream);
    for (size_t i = 0; at && i < n; i++) at[i] = (float)rng_normal(&rng);
    return at;
}

static bool measure(struct bench *b, struct product_case *c, struct error *err) {
    const struct shape *s = c->shape;
    double flops = 2.0 * (double)s->rows * (double)s->n * (double)s->k, seconds;
    c->times = 1 + (size_t)(SAMPLE_FLOPS / flops);
    c->x = values(s->rows * s->k, 1);
    c->w = values(s->gradient ? s->rows * s->n : s->n * s->k, 2);
    c->y = values(s->gradient ? s->n * s->k : s->rows * s->n, 3);
    if (!c->x || !c->w || !c->y) return error_memory(err, "operands of a benchmark");
    if (!s->gradient && !(c->weights = matmul_weights_new(c->w, s->n, s->k, c->type, err))) return false;
    if (!bench_time(b, run, c, &seconds, err)) return false;
    char name[64];
    snprintf(name, sizeof name, "%s %s %zux%zux%zu", c->type == MATMUL_BF16 ? "bf16" : "f32", s->name, s->rows, s->n,
             s->k);
    double gflops = 1e-9 * flops * (double)c->times / seconds;
    bool known = c->type == MATMUL_F32 || !matmul_bf16_is_native();
    b->report(b->context, &(struct bench_row){"matmul", name, gflops, "GFLOP/s", gflops, known ? 1e-9 * b->peak : NAN});
    return true;
}

bool bench_matmul(struct bench *b, struct error *err) {
    bool ok = bench_peak(b, err);
    for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
        for (size_t i = 0; ok && i < sizeof shapes / sizeof *shapes; i++) {
            struct product_case c = {.shape = &shapes[i], .type = (enum matmul_type)type, .pool = b->pool};
            matmul_space_init(&c.space, pool_threads(b->pool));
            ok = measure(b, &c, err);
            matmul_space_done(&c.space);
            matmul_weights_free(c.weights);
            memory_free(c.x);
            memory_free(c.w);
            memory_free(c.y);
        }
    }
    return ok;
}
