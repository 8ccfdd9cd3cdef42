/* Arrays of half-precision numbers. Single values: matmul.h. All round to nearest even; NaN stays NaN. */
#ifndef TENSOR_HALF_H
#define TENSOR_HALF_H

#include "tensor/matmul.h"

void bf16_array_from_f32(uint16_t *out, const float *in, size_t n);
void f32_array_from_bf16(float *out, const uint16_t *in, size_t n);
void f16_array_from_f32(uint16_t *out, const float *in, size_t n);
void f32_array_from_f16(float *out, const uint16_t *in, size_t n);

#endif
