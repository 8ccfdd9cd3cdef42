/* Gradients of private training: clipped to a length, and noised. Both depend on nothing but the values and the key. */
#ifndef TENSOR_GRADIENT_PRIVATE_H
#define TENSOR_GRADIENT_PRIVATE_H

#include "tensor/tape.h"

/* Scales the gradients of all parameters together so that they are at most `most` long. *norm: before. ERROR_DATA: not
 * finite. */
bool gradient_clip(struct parameter *const *parameters, size_t n, struct pool *pool, double most, double *norm,
                   struct error *err) MUST_CHECK;
/* g = (g + deviation x normal) x factor, normals of the stream (seed, "dp noise", step and place). */
void gradient_noise(struct parameter *const *parameters, size_t n, struct pool *pool, double deviation, double factor,
                    uint64_t seed, uint64_t step);

#endif
