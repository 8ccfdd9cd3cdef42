/* Operands of bf16 products on machines with AVX512_BF16: one instruction rounds 16 values. Unlike bf16_from_f32 it
 * makes zero of denormals, as the product instruction itself does with its operands. */
#include "tensor/kernel.h"

#include <immintrin.h>

void kernel_operand_avx512bf16(uint16_t *out, const float *in, size_t n) {
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m512bh both = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(in + i + 16), _mm512_loadu_ps(in + i));
        _mm512_storeu_si512((void *)(out + i), (__m512i)both);
    }
    for (; i < n; i += 16) {
        __mmask16 mask = n - i >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << (n - i)) - 1u);
        __m256bh half = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, in + i));
        _mm256_mask_storeu_epi16((void *)(out + i), mask, (__m256i)half);
    }
}
