/* The kernels themselves: see dots.h. Included once by each twin, which defines DOTS as the name of its table. */
#include "tensor/dots.h"

#include <math.h>

/* sum + a b, rounded once: the same bits whoever does it. */
#if defined(__AVX512F__)
#include <immintrin.h>
enum { WIDTH = 8, ROWS = 8 };
#define ADD_PRODUCT(sum, a, b) ((sum) = (vd)_mm512_fmadd_pd((a), (b), (sum)))
#define ALL(x) ((vd)_mm512_set1_pd(x))
#elif defined(__AVX2__)
#include <immintrin.h>
enum { WIDTH = 4, ROWS = 4 };
#define ADD_PRODUCT(sum, a, b) ((sum) = (vd)_mm256_fmadd_pd((a), (b), (sum)))
#define ALL(x) ((vd)_mm256_set1_pd(x))
#else
enum { WIDTH = 2, ROWS = 4 };
#define ADD_PRODUCT(sum, a, b) ((sum) = (vd){fma((a)[0], (b)[0], (sum)[0]), fma((a)[1], (b)[1], (sum)[1])})
#define ALL(x) ((vd){(x), (x)})
#endif
/* Partial sums of one long sum: as many whatever the width, so that each holds the same coordinates. */
enum { PAIR = 2 * WIDTH, LANES = 32, FOLD = 8, PARTIALS = LANES / WIDTH };

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
            ADD_PRODUCT(sum[r][0], ALL(a[r]), left);
            ADD_PRODUCT(sum[r][1], ALL(a[r]), right);
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
static double folded(const vd *sum) {
    double lane[LANES], total = 0;
    for (int q = 0; q < PARTIALS; q++) STORE(lane + q * WIDTH, sum[q]);
    for (int i = FOLD; i < LANES; i++) lane[i % FOLD] += lane[i];
    for (int i = 0; i < FOLD; i++) total += lane[i];
    return total;
}

static double distance(const double *a, const double *b, size_t n) {
    vd sum[PARTIALS] = {{0}};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 16
        for (int q = 0; q < PARTIALS; q++) {
            vd apart = LOAD(a + i + q * WIDTH) - LOAD(b + i + q * WIDTH);
            ADD_PRODUCT(sum[q], apart, apart);
        }
    double total = folded(sum);
    for (; i < n; i++) total = fma(a[i] - b[i], a[i] - b[i], total);
    return total;
}

static double dot(const double *a, const double *b, size_t n) {
    vd sum[PARTIALS] = {{0}};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 16
        for (int q = 0; q < PARTIALS; q++) ADD_PRODUCT(sum[q], LOAD(a + i + q * WIDTH), LOAD(b + i + q * WIDTH));
    double total = folded(sum);
    for (; i < n; i++) total = fma(a[i], b[i], total);
    return total;
}

static void add(double *sum, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) sum[i] += x[i];
}

static void scale_add(double *sum, const double *x, double factor, size_t n) {
    for (size_t i = 0; i < n; i++) sum[i] = fma(factor, x[i], sum[i]);
}

static void scale_add_f32(double *sum, const float *x, double factor, size_t n) {
    for (size_t i = 0; i < n; i++) sum[i] = fma(factor, (double)x[i], sum[i]);
}

const struct dots DOTS = {.name = DOTS_NAME,
                          .product = product,
                          .distance = distance,
                          .dot = dot,
                          .add = add,
                          .scale_add = scale_add,
                          .scale_add_f32 = scale_add_f32};
