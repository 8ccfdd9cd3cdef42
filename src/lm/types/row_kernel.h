/* Dot products of one row of quantised weights, as they lie in the file, with rows of activations in 8 bits. Written
 * once for each instruction set; every twin gives the same bits, because the products are summed as integers, exactly,
 * and the few sums of f32 have one order. Inside of the room; the user of these is row_product.c.
 *
 * Activations are cut into units: 32 values for the types with a scale for each 32 (Q8_0, Q4_0), 256 for the K types.
 * In a unit x ~ d q with q from -127 to 127. What is computed, for one row of weights and one of activations:
 *   Q8_0, Q4_0   eight lanes; unit u adds (d_w d_x) s to each lane, with s the sum of the integer products of its four
 *                neighbouring values 4 lane .. 4 lane + 3; at the end ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7))
 *   Q4_K         unit u adds (d d_x) s - (dmin d_x) m, with s the sum of scale q_w q_x, m that of min q_x
 *   Q6_K         unit u adds (d d_x) s
 * Weights of all other types are decoded first and activations stay f32: value i is multiplied and added in lane i mod
 * 16, and at the end lanes 8..15 are added to lanes 0..7, which are folded as above. All of it is done
 * with a rounding to f32 after every operation (no multiply-add is fused). */
#ifndef LM_ROW_KERNEL_H
#define LM_ROW_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of activations; k a multiple of the unit. Each array has a row of its own length for each row. */
struct row_operand {
    size_t k;
    signed char *q; /* [rows, k] */
    float *d;       /* [rows, k / unit] */
    int32_t *fours; /* [rows, k / 4]: sums of four q; units of 32 */
    int16_t *sums;  /* [rows, k / 16]: sums of sixteen q; units of 256 */
};

/* w: a row of k weights; y[r * stride] becomes the product with row r of x, r < rows. */
typedef void row_kernel(const unsigned char *w, const struct row_operand *x, size_t rows, float *y, size_t stride);

struct row_kernels {
    const char *name; /* of the instruction set */
    row_kernel *q8_0, *q4_0, *q4_k, *q6_k;
    /* w: [k], x: [rows, k], both f32 */
    void (*floats)(const float *w, const float *x, size_t k, size_t rows, float *y, size_t stride);
};

/* The fastest twin that this machine runs. */
const struct row_kernels *row_kernels(void);
extern const struct row_kernels row_kernels_plain;
#if defined(__x86_64__)
extern const struct row_kernels row_kernels_avx2, row_kernels_vnni;
bool row_kernels_vnni_runs(void);
#elif defined(__aarch64__)
extern const struct row_kernels row_kernels_neon;
#endif

/* What the twins share: the order of the last sum, and numbers of blocks. */
static inline float row_fold(const float lanes[8]) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

#endif
