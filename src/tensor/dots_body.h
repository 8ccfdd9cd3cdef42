/* The kernels themselves: see dots.h. Included once by each twin, which defines DOTS as the name of its table. */
#include "tensor/dots.h"

#if defined(__AVX512F__)
enum { WIDTH = 8, ROWS = 8 };
#elif defined(__AVX2__)
enum { WIDTH = 4, ROWS = 4 };
#else
enum { WIDTH = 2, ROWS = 4 };
#endif
enum { PAIR = 2 * WIDTH, PARTIALS = 4 };

typedef double vd __attribute__((vector_size(8 * WIDTH)));
typedef double vd_loose __attribute__((vector_size(8 * WIDTH), aligned(8), may_alias));
#define LOAD(p) (*(const vd_loose *)(p))
#define STORE(p, v) (*(vd_loose *)(p) = (v))

/* ROWS rows of a times two vectors of columns of b, kept in registers over the whole depth. */
static void product_part(const double *a, const double *b, size_t depth, double *out, size_t stride) {
    vd sum[ROWS][2];
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++) sum[r][0] = sum[r][1] = (vd){0};
    for (size_t k = 0; k < depth; k++, a += DOTS_PANEL, b += DOTS_PANEL) {
        vd left = LOAD(b), right = LOAD(b + WIDTH);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; r++) {
            sum[r][0] += a[r] * left;
            sum[r][1] += a[r] * right;
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++) {
        double *at = out + (size_t)r * stride;
        STORE(at, LOAD(at) + sum[r][0]);
        STORE(at + WIDTH, LOAD(at + WIDTH) + sum[r][1]);
    }
}

static void product(const double *a, const double *b, size_t depth, double *out, size_t stride) {
    for (size_t c = 0; c < DOTS_PANEL; c += PAIR)
        for (size_t r = 0; r < DOTS_PANEL; r += ROWS) product_part(a + r, b + c, depth, out + r * stride + c, stride);
}

/* Partial sums folded in one order. */
static double folded(vd *sum) {
    double total = 0;
    for (int q = 1; q < PARTIALS; q++) sum[0] += sum[q];
    for (int i = 0; i < WIDTH; i++) total += sum[0][i];
    return total;
}

static double distance(const double *a, const double *b, size_t n) {
    vd sum[PARTIALS] = {{0}};
    size_t i = 0;
    for (; i + PARTIALS * WIDTH <= n; i += PARTIALS * WIDTH)
#pragma GCC unroll 4
        for (int q = 0; q < PARTIALS; q++) {
            vd apart = LOAD(a + i + q * WIDTH) - LOAD(b + i + q * WIDTH);
            sum[q] += apart * apart;
        }
    double total = folded(sum);
    for (; i < n; i++) total += (a[i] - b[i]) * (a[i] - b[i]);
    return total;
}

static double dot(const double *a, const double *b, size_t n) {
    vd sum[PARTIALS] = {{0}};
    size_t i = 0;
    for (; i + PARTIALS * WIDTH <= n; i += PARTIALS * WIDTH)
#pragma GCC unroll 4
        for (int q = 0; q < PARTIALS; q++) sum[q] += LOAD(a + i + q * WIDTH) * LOAD(b + i + q * WIDTH);
    double total = folded(sum);
    for (; i < n; i++) total += a[i] * b[i];
    return total;
}

static void add(double *sum, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) sum[i] += x[i];
}

static void scale_add(double *sum, const double *x, double factor, size_t n) {
    for (size_t i = 0; i < n; i++) sum[i] += factor * x[i];
}

static void scale_add_f32(double *sum, const float *x, double factor, size_t n) {
    for (size_t i = 0; i < n; i++) sum[i] += factor * (double)x[i];
}

const struct dots DOTS = {.name = DOTS_NAME,
                          .product = product,
                          .distance = distance,
                          .dot = dot,
                          .add = add,
                          .scale_add = scale_add,
                          .scale_add_f32 = scale_add_f32};
