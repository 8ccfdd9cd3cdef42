/* Products of rows that are being generated with weights that stay in their file's type: y = x W^T, one row or a few.
 * Weights are read once for all rows, and a row's result never depends on how many rows there are, on its place among
 * them, on threads, or on the instruction set (row_kernel.h says what is computed).
 *
 * Weights of Q8_0, Q4_0, Q4_K and Q6_K meet activations rounded to 8 bits; weights of every other type meet f32
 * activations. So a result differs from that of matmul_apply on the same weights, by rounding of the activations. */
#ifndef LM_ROW_PRODUCT_H
#define LM_ROW_PRODUCT_H

#include "base/pool.h"
#include "lm/types/types.h"

/* A matrix [n, k] in a file or in memory, at any alignment; k a multiple of the type's block. Borrowed. */
struct lm_stored {
    const struct lm_type_info *type;
    const unsigned char *at;
    size_t n, k;
};

/* Room of the products of one caller; grows, and is given back by row_room_done. Zeroed to begin with. */
struct row_room {
    void *operand, *weights;
    size_t operand_bytes, weights_bytes;
};
void row_room_done(struct row_room *room);

/* Do weights of this type meet activations that are rounded to 8 bits? */
bool row_product_rounds(enum lm_type type);
/* y: [rows, n] = x: [rows, k] times w^T. pool NULL: in the caller. Activations that are not finite give NaN. */
bool row_product(const struct lm_stored *w, struct pool *pool, struct row_room *room, const float *x, size_t rows,
                 float *y, struct error *err) MUST_CHECK;

#endif
