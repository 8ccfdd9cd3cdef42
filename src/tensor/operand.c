/* Operands of products: see operand.h. */
#include "tensor/operand.h"

#include "tensor/half.h"
#include "tensor/kernel.h"
#include "tensor/product.h"

#include <string.h>

enum operand operand_of(enum matmul_type type) {
    if (type == MATMUL_F32) return OPERAND_F32;
    return matmul_bf16_is_native() ? OPERAND_BF16 : OPERAND_ROUNDED;
}

size_t operand_bytes(enum operand operand) {
    return operand == OPERAND_BF16 ? sizeof(uint16_t) : sizeof(float);
}

void operand_round(float *out, const float *in, size_t n) {
    kernels()->bf16_round(out, in, n);
}

/* bf16 operands exist only where bf16 products are native, and there on x86-64 so is the conversion. */
static void put_half(uint16_t *out, const float *in, size_t n) {
#if defined(__x86_64__)
    kernel_operand_avx512bf16(out, in, n);
#else
    kernels()->bf16_from_f32(out, in, n);
#endif
}

void operand_put(enum operand operand, void *buffer, size_t at, const float *in, size_t n) {
    if (operand == OPERAND_BF16)
        put_half((uint16_t *)buffer + at, in, n);
    else if (operand == OPERAND_F32)
        memcpy((float *)buffer + at, in, n * sizeof *in);
    else
        operand_round((float *)buffer + at, in, n);
}

void operand_put_scaled(enum operand operand, void *buffer, size_t at, const float *in, float factor, size_t n) {
    float piece[64];
    if (operand == OPERAND_F32) {
        kernels()->scale((float *)buffer + at, in, factor, n);
        return;
    }
    for (size_t i = 0; i < n; i += 64) {
        size_t m = n - i < 64 ? n - i : 64;
        kernels()->scale(piece, in + i, factor, m);
        operand_put(operand, buffer, at + i, piece, m);
    }
}

void operand_zero(enum operand operand, void *buffer, size_t at, size_t n) {
    size_t size = operand_bytes(operand);
    memset((char *)buffer + at * size, 0, n * size);
}
