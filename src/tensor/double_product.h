/* Matrix products in f64, for what is summed and factored in f64: second moments of activations and their factors
 * (cholesky.h). Products of activations with weights are matmul.h's.
 *
 * The sum over k goes in order inside stretches of 256, each multiply-add rounded once, and each stretch is then added
 * to c. So the bits depend neither on threads nor on the instruction set. */
#ifndef TENSOR_DOUBLE_PRODUCT_H
#define TENSOR_DOUBLE_PRODUCT_H

#include "base/pool.h"

#include <stddef.h>

/* Element (i, j) at i * row + j * column of one of the two. */
struct double_operand {
    const double *wide;
    const float *narrow; /* where wide is NULL */
    size_t row, column;
};

/* c [m, n], rows c_row apart, += sign times a [m, k] times b [k, n]. lower: only what stands on and below the diagonal
 * is wanted; what is above it may hold anything afterwards. c must not overlap a or b. */
bool double_product(struct pool *pool, size_t m, size_t n, size_t k, struct double_operand a, struct double_operand b,
                    double *c, size_t c_row, double sign, bool lower, struct error *err) MUST_CHECK;

/* The same with the kernel for any machine: its oracle. */
bool double_product_plain(struct pool *pool, size_t m, size_t n, size_t k, struct double_operand a,
                          struct double_operand b, double *c, size_t c_row, double sign, bool lower,
                          struct error *err) MUST_CHECK;

#endif
