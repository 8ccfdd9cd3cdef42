/* The row kernels in vectors of 32 bytes: see row_kernel.h. Included by the twins for AVX2 and VNNI, which define
 * KERNELS and KERNELS_NAME. Rows of activations are taken four at a time,
 * so that weights are unpacked once for four. */
#include "lm/types/row_kernel.h"

#include "lm/types/types_internal.h"

#include <immintrin.h>

typedef unsigned char byte;
#define INLINE static inline __attribute__((always_inline))

INLINE float half_at(const byte *p) {
    return _cvtsh_ss(load_u16(p));
}

INLINE __m256i load32(const void *at) {
    return _mm256_loadu_si256((const __m256i *)at);
}

INLINE __m256i join(__m128i low, __m128i high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* start + sums of four products in eight lanes. Two products of w up to 128 and |x| up to 127 fit 16 bits. */
INLINE __m256i dot(__m256i start, __m256i w, __m256i x) {
#if defined(__AVX512VNNI__)
    return _mm256_dpbusd_epi32(start, w, x);
#else
    __m256i pairs = _mm256_maddubs_epi16(w, x);
    return _mm256_add_epi32(start, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#endif
}

INLINE __m256 add_scaled(__m256 lanes, float scale, __m256i sums) {
    return _mm256_add_ps(lanes, _mm256_mul_ps(_mm256_set1_ps(scale), _mm256_cvtepi32_ps(sums)));
}

INLINE float fold(__m256 lanes) {
    float values[8];
    _mm256_storeu_ps(values, lanes);
    return row_fold(values);
}

INLINE int total(__m256i sums) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}

INLINE void q8_0_rows(const byte *w, const struct row_operand *x, size_t from, const size_t n, float *y,
                      size_t stride) {
    size_t units = x->k / 32;
    __m256 lanes[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    for (size_t u = 0; u < units; u++, w += Q8_0_BYTES) {
        __m256i weights = load32(w + 2), size = _mm256_abs_epi8(weights);
        float d = half_at(w);
        for (size_t r = 0; r < n; r++) {
            __m256i values = _mm256_sign_epi8(load32(x->q + (from + r) * x->k + 32 * u), weights);
            __m256i sums = dot(_mm256_setzero_si256(), size, values);
            lanes[r] = add_scaled(lanes[r], d * x->d[(from + r) * units + u], sums);
        }
    }
    for (size_t r = 0; r < n; r++) y[(from + r) * stride] = fold(lanes[r]);
}

INLINE void q4_0_rows(const byte *w, const struct row_operand *x, size_t from, const size_t n, float *y,
                      size_t stride) {
    const __m256i mask = _mm256_set1_epi8(15);
    size_t units = x->k / 32;
    __m256 lanes[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    for (size_t u = 0; u < units; u++, w += Q4_0_BYTES) {
        __m128i packed = _mm_loadu_si128((const __m128i *)(const void *)(w + 2));
        __m256i weights = _mm256_and_si256(join(packed, _mm_srli_epi16(packed, 4)), mask);
        float d = half_at(w);
        for (size_t r = 0; r < n; r++) {
            /* The weights are 8 too large: eight times the sum of the activations is too much. */
            __m256i excess = _mm256_slli_epi32(load32(x->fours + (from + r) * (x->k / 4) + 8 * u), 3);
            __m256i sums = dot(_mm256_sub_epi32(_mm256_setzero_si256(), excess), weights,
                               load32(x->q + (from + r) * x->k + 32 * u));
            lanes[r] = add_scaled(lanes[r], d * x->d[(from + r) * units + u], sums);
        }
    }
    for (size_t r = 0; r < n; r++) y[(from + r) * stride] = fold(lanes[r]);
}

/* The eight scales, then the eight mins, of 12 bytes. */
INLINE void k_scales(const byte *p, byte out[16]) {
    uint32_t a = load_u32(p), b = load_u32(p + 4), c = load_u32(p + 8);
    uint32_t words[4] = {a & 0x3f3f3f3fu, (c & 0x0f0f0f0fu) | (a >> 2 & 0x30303030u), b & 0x3f3f3f3fu,
                         (c >> 4 & 0x0f0f0f0fu) | (b >> 2 & 0x30303030u)};
    memcpy(out, words, sizeof words);
}

INLINE void q4_k_rows(const byte *w, const struct row_operand *x, size_t from, const size_t n, float *y,
                      size_t stride) {
    const __m256i mask = _mm256_set1_epi8(15);
    size_t units = x->k / 256;
    float totals[4] = {0};
    for (size_t u = 0; u < units; u++, w += Q4_K_BYTES) {
        byte scales[16];
        k_scales(w + 4, scales);
        __m128i mins = _mm_loadl_epi64((const __m128i *)(const void *)(scales + 8));
        __m256i min16 = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(mins, mins)); /* each for both halves of its 32 */
        __m256i sums[4], below[4];
        for (size_t r = 0; r < n; r++) {
            sums[r] = _mm256_setzero_si256();
            below[r] = _mm256_madd_epi16(min16, load32(x->sums + (from + r) * (x->k / 16) + 16 * u));
        }
        for (size_t s = 0; s < 8; s += 2) {
            __m256i packed = load32(w + 16 + 16 * s), scale0 = _mm256_set1_epi16(scales[s]),
                    scale1 = _mm256_set1_epi16(scales[s + 1]);
            __m256i low = _mm256_and_si256(packed, mask), high = _mm256_and_si256(_mm256_srli_epi16(packed, 4), mask);
            for (size_t r = 0; r < n; r++) {
                const signed char *q = x->q + (from + r) * x->k + 256 * u + 32 * s;
                __m256i a = _mm256_madd_epi16(_mm256_maddubs_epi16(low, load32(q)), scale0);
                __m256i b = _mm256_madd_epi16(_mm256_maddubs_epi16(high, load32(q + 32)), scale1);
                sums[r] = _mm256_add_epi32(sums[r], _mm256_add_epi32(a, b));
            }
        }
        float d = half_at(w), dmin = half_at(w + 2);
        for (size_t r = 0; r < n; r++) {
            float dx = x->d[(from + r) * units + u];
            totals[r] += d * dx * (float)total(sums[r]) - dmin * dx * (float)total(below[r]);
        }
    }
    for (size_t r = 0; r < n; r++) y[(from + r) * stride] = totals[r];
}

/* 32 weights of Q6_K from 0 to 63: quarter j of a half. */
INLINE __m256i six_bits(const byte *w, size_t half, const int j) {
    __m256i low = load32(w + 64 * half + j % 2 * 32), high = load32(w + 128 + 32 * half);
    if (j >= 2) low = _mm256_srli_epi16(low, 4);
    high = j == 0   ? _mm256_slli_epi16(high, 4)
           : j == 1 ? _mm256_slli_epi16(high, 2)
           : j == 2 ? high
                    : _mm256_srli_epi16(high, 2);
    return _mm256_or_si256(_mm256_and_si256(low, _mm256_set1_epi8(15)), _mm256_and_si256(high, _mm256_set1_epi8(48)));
}

INLINE void q6_k_rows(const byte *w, const struct row_operand *x, size_t from, const size_t n, float *y,
                      size_t stride) {
    size_t units = x->k / 256;
    float totals[4] = {0};
    for (size_t u = 0; u < units; u++, w += Q6_K_BYTES) {
        __m256i scales = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(w + 192))), sums[4];
        for (size_t r = 0; r < n; r++) {
            /* The weights are 32 too large. */
            __m256i excess = _mm256_madd_epi16(scales, load32(x->sums + (from + r) * (x->k / 16) + 16 * u));
            sums[r] = _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_slli_epi32(excess, 5));
        }
#pragma GCC unroll 8
        for (int s = 0; s < 8; s++) {
            __m256i weights = six_bits(w, (size_t)s / 4, s % 4);
            short a = (signed char)w[192 + 2 * s], b = (signed char)w[193 + 2 * s];
            __m256i scale = join(_mm_set1_epi16(a), _mm_set1_epi16(b));
            for (size_t r = 0; r < n; r++) {
                __m256i values = load32(x->q + (from + r) * x->k + 256 * u + 32 * (size_t)s);
                sums[r] = _mm256_add_epi32(sums[r], _mm256_madd_epi16(_mm256_maddubs_epi16(weights, values), scale));
            }
        }
        float d = half_at(w + 208);
        for (size_t r = 0; r < n; r++) totals[r] += d * x->d[(from + r) * units + u] * (float)total(sums[r]);
    }
    for (size_t r = 0; r < n; r++) y[(from + r) * stride] = totals[r];
}

#define ROW_KERNEL(name)                                                                                               \
    static void name(const byte *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {               \
        size_t r = 0;                                                                                                  \
        for (; r + 4 <= rows; r += 4) name##_rows(w, x, r, 4, y, stride);                                              \
        for (; r < rows; r++) name##_rows(w, x, r, 1, y, stride);                                                      \
    }
ROW_KERNEL(q8_0)
ROW_KERNEL(q4_0)
ROW_KERNEL(q4_k)
ROW_KERNEL(q6_k)

INLINE void float_rows(const float *w, const float *x, size_t k, const size_t n, float *y, size_t stride) {
    __m256 low[4], high[4];
    for (size_t r = 0; r < n; r++) low[r] = high[r] = _mm256_setzero_ps();
    size_t i = 0;
    for (; i + 16 <= k; i += 16) {
        __m256 a = _mm256_loadu_ps(w + i), b = _mm256_loadu_ps(w + i + 8);
        for (size_t r = 0; r < n; r++) {
            low[r] = _mm256_add_ps(low[r], _mm256_mul_ps(a, _mm256_loadu_ps(x + r * k + i)));
            high[r] = _mm256_add_ps(high[r], _mm256_mul_ps(b, _mm256_loadu_ps(x + r * k + i + 8)));
        }
    }
    for (size_t r = 0; r < n; r++) {
        float lanes[16];
        _mm256_storeu_ps(lanes, low[r]);
        _mm256_storeu_ps(lanes + 8, high[r]);
        for (size_t j = i; j < k; j++) lanes[j - i] += w[j] * x[r * k + j];
        for (size_t j = 0; j < 8; j++) lanes[j] += lanes[j + 8];
        y[r * stride] = row_fold(lanes);
    }
}

static void floats(const float *w, const float *x, size_t k, size_t rows, float *y, size_t stride) {
    size_t r = 0;
    for (; r + 4 <= rows; r += 4) float_rows(w, x + r * k, k, 4, y + r * stride, stride);
    for (; r < rows; r++) float_rows(w, x + r * k, k, 1, y + r * stride, stride);
}

const struct row_kernels KERNELS = {KERNELS_NAME, q8_0, q4_0, q4_k, q6_k, floats};
