/* Products of up to sixteen rows of weights, as they lie in the file, with rows of activations. Written once for each
 * instruction set; every twin gives the same bits, because integer products are summed exactly and the few
 * sums of f32 have one order. Inside of the room; the user of these is row_product.c.
 *
 * Quantised weights meet activations in 8 bits, cut into units: 32 values for the types with a scale for each 32 (Q8_0,
 * Q4_0), 256 for the K types. In a unit x ~ d q with q from -127 to 127. What is computed, for one row of weights
 * and one of activations, unit by unit:
 *   Q8_0, Q4_0   adds (d_w d_x) s, with s the sum of the integer products of the unit
 *   Q4_K         adds (d d_x) s - (dmin d_x) m, with s the sum of scale q_w q_x, m that of min q_x
 *   Q6_K         adds (d d_x) s
 * Weights of all other types are decoded first and activations stay f32: value i is multiplied and added in lane i mod
 * 16; at the end lanes 8..15 are added to lanes 0..7, and those are folded (row_fold). All of it is done with a
 * rounding to f32 after every operation (no multiply-add is fused). */
#ifndef LM_ROW_KERNEL_H
#define LM_ROW_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { ROW_BLOCK = 16 }; /* rows of weights that a kernel takes at most */

/* Rows of weights, each `bytes` long; n from 1 to ROW_BLOCK. room: row_kernel_room(k) bytes of the caller's, aligned to
 * 64. */
struct row_block {
    const unsigned char *at;
    size_t bytes, n;
    void *room;
};

/* Rows of activations; k a multiple of the unit. Each array has a row of its own length for each row. Some twins shift
 * weights so that none is negative; `excess` is what then has to be added: -128, -8 or -32 (Q8_0, Q4_0, Q6_K) times
 * the sum of q over a unit, or sixteen for Q6_K. */
struct row_operand {
    size_t k;
    signed char *q;  /* [rows, k] */
    float *d;        /* [rows, k / unit] */
    int32_t *excess; /* [rows, k / 32]; Q6_K: [rows, k / 16] */
    int16_t *sums;   /* [rows, k / 32]: sums of 32 q; Q4_K */
    /* The same once more for twins with tiles, ROW_BLOCK rows together and the last block filled up with zeros; NULL:
     * it is not there. step: of row_extra */
    signed char *tiled;  /* q: [blocks, k / step, ROW_BLOCK, step] */
    float *tiled_d;      /* [blocks, k / unit, ROW_BLOCK] */
    int16_t *tiled_sums; /* [blocks, k / 64, ROW_BLOCK, 2]; Q4_K */
};

/* What the kernels of a type read besides q and d. */
struct row_extra {
    int factor; /* of `excess`; 0: `sums` is read */
    size_t step;
};
static const struct row_extra row_extra_q8_0 = {-128, 32}, row_extra_q4_0 = {-8, 32}, row_extra_q4_k = {0, 32},
                              row_extra_q6_k = {-32, 16};

/* Of one row. */
static inline void row_operand_sums(const struct row_operand *o, const struct row_extra *extra, size_t r) {
    for (size_t i = r * (o->k / extra->step); i < (r + 1) * (o->k / extra->step); i++) {
        const signed char *q = o->q + extra->step * i;
        int sum = 0;
        for (size_t j = 0; j < extra->step; j++) sum += q[j];
        if (extra->factor)
            o->excess[i] = extra->factor * sum;
        else
            o->sums[i] = (int16_t)sum;
    }
}

/* Do so many rows fill a block, or nearly? */
static inline bool row_fills_tiles(size_t rows) {
    return rows * 4 >= ROW_BLOCK * 3;
}

/* One row into its place of a block; unit: values with one d. */
static inline void row_operand_tile(const struct row_operand *o, const struct row_extra *extra, size_t unit, size_t r) {
    size_t k = o->k, base = r / ROW_BLOCK * ROW_BLOCK, place = r % ROW_BLOCK, step = extra->step;
    for (size_t i = 0; i < k / step; i++)
        memcpy(o->tiled + base * k + (i * ROW_BLOCK + place) * step, o->q + r * k + i * step, step);
    for (size_t u = 0; u < k / unit; u++)
        o->tiled_d[base * (k / unit) + u * ROW_BLOCK + place] = o->d[r * (k / unit) + u];
    for (size_t i = 0; !extra->factor && i < k / 32; i++)
        o->tiled_sums[base * (k / 32) + (i / 2 * ROW_BLOCK + place) * 2 + i % 2] = o->sums[r * (k / 32) + i];
}

/* y[r * stride + j] becomes the product of row j of w with row r of x, r < rows. */
typedef void row_kernel(const struct row_block *w, const struct row_operand *x, size_t rows, float *y, size_t stride);

struct row_kernels {
    const char *name; /* of the instruction set */
    bool tiles;       /* takes ROW_BLOCK rows of activations at once, where they are tiled; not those of Q6_K */
    row_kernel *q8_0, *q4_0, *q4_k, *q6_k;
    /* w: [n, k], x: [rows, k], both f32 */
    void (*floats)(const float *w, size_t n, const float *x, size_t k, size_t rows, float *y, size_t stride);
};

/* The fastest twin that this machine runs. */
const struct row_kernels *row_kernels(void);
extern const struct row_kernels row_kernels_plain;
#if defined(__x86_64__)
extern const struct row_kernels row_kernels_avx2, row_kernels_vnni, row_kernels_amx;
bool row_kernels_vnni_runs(void);
bool row_kernels_amx_runs(void); /* asks the system for the tiles: ask once */
#elif defined(__aarch64__)
extern const struct row_kernels row_kernels_neon;
#endif

/* Bytes in which a kernel may lay out a block of weights anew, sixteen times what a row takes: a byte a value, d and
 * dmin of at least 32 values as f32, scales of at least 16 and pairs of mins of 64 as 32 bits; somewhat more. */
static inline size_t row_kernel_room(size_t k) {
    return 28 * k + 64;
}

/* What the twins share: the order of the last sum. */
static inline float row_fold(const float lanes[8]) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

#endif
