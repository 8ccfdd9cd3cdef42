/* Inner products of many rows in f64, for distances between points: products of packed panels, and the loops around
 * them. Written once, in dots_body.h, and compiled for each instruction set (dots_plain.c, dots_avx2.c,
 * dots_avx512.c). Every product is added with one rounding, and sums have a fixed order, so a result depends neither on
 * threads, nor on place, nor on the instruction set: all twins give the same bits. */
#ifndef TENSOR_DOTS_H
#define TENSOR_DOTS_H

#include <stdbool.h>
#include <stddef.h>

/* Rows of a panel. A panel of d coordinates is [d][DOTS_PANEL]: coordinate k of all its rows stands together. */
enum { DOTS_PANEL = 16 };

struct dots {
    const char *name;
    /* out: [DOTS_PANEL rows of a][DOTS_PANEL rows of b], rows `stride` apart; += sum over `depth` coordinates */
    void (*product)(const double *a, const double *b, size_t depth, double *out, size_t stride);
    double (*distance)(const double *a, const double *b, size_t n); /* sum of (a - b)^2 */
    double (*dot)(const double *a, const double *b, size_t n);
    void (*add)(double *sum, const double *x, size_t n);                /* sum += x */
    void (*scale_add)(double *sum, const double *x, double factor, size_t n); /* sum += factor x */
    void (*scale_add_f32)(double *sum, const float *x, double factor, size_t n);
};
/* The fastest twin that this machine runs. */
const struct dots *dots(void);
extern const struct dots dots_plain;
#if defined(__x86_64__)
extern const struct dots dots_avx2, dots_avx512;
#endif

#endif
