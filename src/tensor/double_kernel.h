/* The inner tile of products in f64: written once, in double_kernel_body.h, compiled for each instruction set. Inside
 * of the room. */
#ifndef TENSOR_DOUBLE_KERNEL_H
#define TENSOR_DOUBLE_KERNEL_H

#include <stddef.h>

enum { DOUBLE_TILE_MOST = 8 * 24 };

struct double_kernel {
    size_t rows, columns; /* of a tile; at most 8 by 24 */
    /* out [rows, columns] = a [k, rows]^T b [k, columns]: sums in the order of k, multiply-adds rounded once */
    void (*tile)(size_t k, const double *a, const double *b, double *out);
};
extern const struct double_kernel double_kernel_plain;
#if defined(__x86_64__)
extern const struct double_kernel double_kernel_avx2, double_kernel_avx512;
#endif

#endif
