/* Blocks of Philox4x32-10 side by side by AVX2: the same numbers as the plain twin in rng.c. A 32-bit word stands in
 * the lower half of each 64-bit lane; what is above it is never read,
 * since the multiplication takes lower halves only. */
#include "base/rng_internal.h"

#if defined __x86_64__
#include <immintrin.h>

bool rng_has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}

enum { VECTORS = 2, BLOCKS = 4 * VECTORS }; /* as many as fit into the registers */

__attribute__((target("avx2"))) static void some_blocks(uint64_t key, uint64_t counter, uint64_t *out) {
    const __m256i a = _mm256_set1_epi64x(0xD2511F53), b = _mm256_set1_epi64x(0xCD9E8D57);
    const __m256i step0 = _mm256_set1_epi64x(0x9E3779B9), step1 = _mm256_set1_epi64x(0xBB67AE85);
    __m256i x0 = _mm256_set1_epi64x((uint32_t)key), x1 = _mm256_set1_epi64x((uint32_t)(key >> 32));
    __m256i c0[VECTORS], c1[VECTORS], c2[VECTORS], c3[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        c0[v] =
            _mm256_add_epi64(_mm256_set1_epi64x((long long)(counter + 4 * (uint64_t)v)), _mm256_set_epi64x(3, 2, 1, 0));
        c1[v] = _mm256_srli_epi64(c0[v], 32);
        c2[v] = c3[v] = _mm256_setzero_si256();
    }
    for (int round = 0; round < 10; round++) {
        for (int v = 0; v < VECTORS; v++) {
            __m256i p = _mm256_mul_epu32(a, c0[v]), q = _mm256_mul_epu32(b, c2[v]);
            c0[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(q, 32), c1[v]), x0);
            c2[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p, 32), c3[v]), x1);
            c1[v] = q;
            c3[v] = p;
        }
        x0 = _mm256_add_epi32(x0, step0);
        x1 = _mm256_add_epi32(x1, step1);
    }
    const __m256i low = _mm256_set1_epi64x(0xffffffff);
    for (int v = 0; v < VECTORS; v++) {
        __m256i even = _mm256_or_si256(_mm256_and_si256(c0[v], low), _mm256_slli_epi64(c1[v], 32));
        __m256i odd = _mm256_or_si256(_mm256_and_si256(c2[v], low), _mm256_slli_epi64(c3[v], 32));
        __m256i first = _mm256_unpacklo_epi64(even, odd), second = _mm256_unpackhi_epi64(even, odd);
        _mm256_storeu_si256((__m256i *)(void *)(out + 8 * v), _mm256_permute2x128_si256(first, second, 0x20));
        _mm256_storeu_si256((__m256i *)(void *)(out + 8 * v + 4), _mm256_permute2x128_si256(first, second, 0x31));
    }
}

__attribute__((target("avx2"))) void rng_blocks_avx2(uint64_t key, uint64_t counter, uint64_t out[2 * RNG_BLOCKS]) {
    for (int v = 0; v < RNG_BLOCKS; v += BLOCKS) some_blocks(key, counter + (uint64_t)v, out + 2 * v);
}
#else
bool rng_has_avx2(void) {
    return false;
}

void rng_blocks_avx2(uint64_t key, uint64_t counter, uint64_t out[2 * RNG_BLOCKS]) {
    (void)key, (void)counter, (void)out;
}
#endif
