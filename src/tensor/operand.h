/* Operands of products in the type that this machine computes a request in. Inside of the room. */
#ifndef TENSOR_OPERAND_H
#define TENSOR_OPERAND_H

#include "tensor/matmul.h"

enum operand {
    OPERAND_F32,
    OPERAND_BF16,   /* bf16 words */
    OPERAND_ROUNDED /* f32 that hold bf16 values: bf16 asked for, not native here */
};

enum operand operand_of(enum matmul_type type);
size_t operand_bytes(enum operand operand); /* of one element */
/* Elements at, at + 1, ... of an operand buffer. */
void operand_put(enum operand operand, void *buffer, size_t at, const float *in, size_t n);
void operand_put_scaled(enum operand operand, void *buffer, size_t at, const float *in, float factor, size_t n);
void operand_zero(enum operand operand, void *buffer, size_t at, size_t n);
void operand_round(float *out, const float *in, size_t n); /* to bf16 and back */

#endif
