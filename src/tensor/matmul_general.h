/* The general product with memory that its owner keeps between calls. Inside of the room: see matmul.h. */
#ifndef TENSOR_MATMUL_GENERAL_H
#define TENSOR_MATMUL_GENERAL_H

#include "tensor/product.h"

struct matmul_space {
    struct product_cache cache; /* cache.workers: as many as pool_threads of every pool used with it */
    void *bytes;
    size_t size;
};

void matmul_space_init(struct matmul_space *space, size_t workers);
void matmul_space_done(struct matmul_space *space);
bool matmul_in(struct matmul_space *space, struct pool *pool, enum matmul_type type, bool transpose_a, bool transpose_b,
               size_t m, size_t n, size_t k, const float *a, const float *b, float *c, bool accumulate,
               struct error *err) MUST_CHECK;

#endif
