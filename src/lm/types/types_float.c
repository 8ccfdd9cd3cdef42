/* Encoders of the half-precision types: see types_internal.h. */
#include "lm/types/types_internal.h"

#include "tensor/matmul.h"

void f16_store(const float *from, void *to, size_t n) {
    for (size_t i = 0; i < n; i++) store_u16((char *)to + 2 * i, f16_from_f32(from[i]));
}

void bf16_store(const float *from, void *to, size_t n) {
    for (size_t i = 0; i < n; i++) store_u16((char *)to + 2 * i, bf16_from_f32(from[i]));
}
