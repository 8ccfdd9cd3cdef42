/* Clipping and noise of gradients: see gradient_private.h. */
#include "tensor/gradient_private.h"

#include "base/rng.h"
#include "tensor/kernel.h"
#include "tensor/product.h"

#include <math.h>

#define PIECE 16384u

struct work {
    struct parameter *const *parameters;
    size_t n;
    double *sums;
    float factor;
    double deviation;
    uint64_t seed, step;
};

static size_t pieces_of(const struct parameter *p) {
    return (tensor_size(&p->value) + PIECE - 1) / PIECE;
}

static size_t all_pieces(struct parameter *const *parameters, size_t n) {
    size_t pieces = 0;
    for (size_t i = 0; i < n; i++) pieces += pieces_of(parameters[i]);
    return pieces;
}

/* Values of a piece, counted over all parameters. */
static float *piece_at(const struct work *w, size_t part, size_t *n) {
    size_t i = 0;
    for (; part >= pieces_of(w->parameters[i]); i++) part -= pieces_of(w->parameters[i]);
    size_t left = tensor_size(&w->parameters[i]->value) - part * PIECE;
    *n = left < PIECE ? left : PIECE;
    return w->parameters[i]->value.grad + part * PIECE;
}

static void square(void *context, size_t part, size_t worker) {
    (void)worker;
    struct work *w = context;
    size_t n;
    const float *g = piece_at(w, part, &n);
    w->sums[part] = kernels()->squares(g, n);
}

static void scale(void *context, size_t part, size_t worker) {
    (void)worker;
    const struct work *w = context;
    size_t n;
    float *g = piece_at(w, part, &n);
    kernels()->scale(g, g, w->factor, n);
}

bool gradient_clip(struct parameter *const *parameters, size_t n, struct pool *pool, double most, double *norm,
                   struct error *err) {
    size_t pieces = all_pieces(parameters, n);
    struct work w = {.parameters = parameters, .n = n, .sums = memory_zeroed(pieces + 1, sizeof *w.sums)};
    if (!w.sums) return error_memory(err, "clipping");
    product_deal(pool, pieces, square, &w);
    double sum = 0;
    for (size_t i = 0; i < pieces; i++) sum += w.sums[i];
    memory_free(w.sums);
    *norm = sqrt(sum);
    if (!isfinite(*norm))
        return error_set(err, ERROR_DATA, "the gradient of an example is not finite; lower lr or look for bad data");
    /* Rounded down, so that no rounding makes it longer. */
    w.factor = nextafterf((float)(most / *norm), 0.0f);
    if (*norm > most) product_deal(pool, pieces, scale, &w);
    return true;
}

static void noise(void *context, size_t part, size_t worker) {
    (void)worker;
    const struct work *w = context;
    size_t n;
    float *g = piece_at(w, part, &n);
    struct rng rng = rng_stream(w->seed, "dp noise", w->step << 24 | part);
    for (size_t i = 0; i < n; i++) g[i] = (float)(((double)g[i] + w->deviation * rng_normal(&rng)) * (double)w->factor);
}

void gradient_noise(struct parameter *const *parameters, size_t n, struct pool *pool, double deviation, double factor,
                    uint64_t seed, uint64_t step) {
    struct work w = {
        .parameters = parameters, .n = n, .factor = (float)factor, .deviation = deviation, .seed = seed, .step = step};
    product_deal(pool, all_pieces(parameters, n), noise, &w);
}
