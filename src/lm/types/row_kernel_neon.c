/* The twin of the row kernels for AArch64, whose vectors of 128 bits every such processor has. Products of 8 bits
 * become 16 bits wide and are added in pairs, then in fours. */
#include "lm/types/row_kernel.h"

#include "lm/types/types_internal.h"

#include "tensor/matmul.h"

#include <arm_neon.h>

typedef unsigned char byte;

static float half_at(const byte *p) {
    return f32_from_f16(load_u16(p));
}

/* Sums of four neighbouring products of sixteen: four lanes. */
static inline int32x4_t fours(int8x16_t w, int8x16_t q) {
    int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(q)), high = vmull_s8(vget_high_s8(w), vget_high_s8(q));
    return vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high));
}

static float q8_0_row(const byte *p, const struct row_operand *x, size_t r) {
    float total = 0;
    const signed char *q = x->q + r * x->k;
    const float *d = x->d + r * (x->k / 32);
    for (size_t u = 0; u < x->k / 32; u++, p += Q8_0_BYTES, q += 32) {
        int32x4_t low = fours(vld1q_s8((const signed char *)p + 2), vld1q_s8(q));
        int32x4_t high = fours(vld1q_s8((const signed char *)p + 18), vld1q_s8(q + 16));
        total += half_at(p) * d[u] * (float)vaddvq_s32(vaddq_s32(low, high));
    }
    return total;
}

static float q4_0_row(const byte *p, const struct row_operand *x, size_t r) {
    const int8x16_t eight = vdupq_n_s8(8);
    float total = 0;
    const signed char *q = x->q + r * x->k;
    const float *d = x->d + r * (x->k / 32);
    for (size_t u = 0; u < x->k / 32; u++, p += Q4_0_BYTES, q += 32) {
        uint8x16_t nibbles = vld1q_u8(p + 2);
        int8x16_t first = vsubq_s8(vreinterpretq_s8_u8(vandq_u8(nibbles, vdupq_n_u8(15))), eight);
        int8x16_t second = vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(nibbles, 4)), eight);
        int32x4_t sums = vaddq_s32(fours(first, vld1q_s8(q)), fours(second, vld1q_s8(q + 16)));
        total += half_at(p) * d[u] * (float)vaddvq_s32(sums);
    }
    return total;
}

/* Scale and minimum of 32 values, six bits each. */
static void k_scales(const byte *p, int scale[8], int min[8]) {
    for (int s = 0; s < 4; s++) {
        scale[s] = p[s] & 63;
        min[s] = p[s + 4] & 63;
        scale[s + 4] = (p[s + 8] & 15) | p[s] >> 6 << 4;
        min[s + 4] = p[s + 8] >> 4 | p[s + 4] >> 6 << 4;
    }
}

static float q4_k_row(const byte *p, const struct row_operand *x, size_t r) {
    const uint8x16_t mask = vdupq_n_u8(15);
    float total = 0;
    for (size_t u = 0; u < x->k / 256; u++, p += Q4_K_BYTES) {
        const signed char *q = x->q + r * x->k + 256 * u;
        float d = x->d[r * (x->k / 256) + u];
        int scale[8], min[8], sum = 0, mins = 0;
        k_scales(p + 4, scale, min);
        for (size_t s = 0; s < 8; s++, q += 32) {
            uint8x16_t a = vld1q_u8(p + 16 + s / 2 * 32), b = vld1q_u8(p + 32 + s / 2 * 32);
            a = s % 2 ? vshrq_n_u8(a, 4) : vandq_u8(a, mask);
            b = s % 2 ? vshrq_n_u8(b, 4) : vandq_u8(b, mask);
            int8x16_t first = vld1q_s8(q), second = vld1q_s8(q + 16);
            sum += scale[s] * vaddvq_s32(vaddq_s32(fours(vreinterpretq_s8_u8(a), first),
                                                   fours(vreinterpretq_s8_u8(b), second)));
            mins += min[s] * x->sums[r * (x->k / 32) + 8 * u + s];
        }
        total += half_at(p) * d * (float)sum - half_at(p + 2) * d * (float)mins;
    }
    return total;
}

/* Sixteen values of quarter `quarter` of half `half`, from place 16 part: four bits of one array and two of another. */
static int8x16_t six_bits(const byte *p, size_t half, size_t quarter, size_t part) {
    uint8x16_t low = vld1q_u8(p + 64 * half + quarter % 2 * 32 + 16 * part);
    uint8x16_t high = vld1q_u8(p + 128 + 32 * half + 16 * part);
    low = quarter < 2 ? vandq_u8(low, vdupq_n_u8(15)) : vshrq_n_u8(low, 4);
    high = vandq_u8(vshlq_u8(high, vdupq_n_s8((signed char)(-2 * (int)quarter))), vdupq_n_u8(3));
    return vsubq_s8(vreinterpretq_s8_u8(vorrq_u8(low, vshlq_n_u8(high, 4))), vdupq_n_s8(32));
}

static float q6_k_row(const byte *p, const struct row_operand *x, size_t r) {
    float total = 0;
    for (size_t u = 0; u < x->k / 256; u++, p += Q6_K_BYTES) {
        const signed char *q = x->q + r * x->k + 256 * u, *scales = (const signed char *)p + 192;
        int sum = 0;
        for (size_t s = 0; s < 16; s++)
            sum += scales[s] * vaddvq_s32(fours(six_bits(p, s / 8, s / 2 % 4, s % 2), vld1q_s8(q + 16 * s)));
        total += half_at(p + 208) * x->d[r * (x->k / 256) + u] * (float)sum;
    }
    return total;
}

#define ROW_KERNEL(name)                                                                                               \
    static void name(const struct row_block *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {   \
        for (size_t j = 0; j < w->n; j++)                                                                              \
            for (size_t r = 0; r < rows; r++) y[r * stride + j] = name##_row(w->at + j * w->bytes, x, r);              \
    }
ROW_KERNEL(q8_0)
ROW_KERNEL(q4_0)
ROW_KERNEL(q4_k)
ROW_KERNEL(q6_k)

static float floats_row(const float *w, const float *x, size_t k) {
    float32x4_t lanes[4];
    float rest[16];
    size_t i = 0;
    for (int j = 0; j < 4; j++) lanes[j] = vdupq_n_f32(0);
    for (; i + 16 <= k; i += 16)
        for (int j = 0; j < 4; j++)
            lanes[j] = vaddq_f32(lanes[j], vmulq_f32(vld1q_f32(w + i + 4 * j), vld1q_f32(x + i + 4 * j)));
    for (int j = 0; j < 4; j++) vst1q_f32(rest + 4 * j, lanes[j]);
    for (; i < k; i++) rest[i % 16] += w[i] * x[i];
    for (size_t j = 0; j < 8; j++) rest[j] += rest[j + 8];
    return row_fold(rest);
}

static void floats(const float *w, size_t n, const float *x, size_t k, size_t rows, float *y, size_t stride) {
    for (size_t j = 0; j < n; j++)
        for (size_t r = 0; r < rows; r++) y[r * stride + j] = floats_row(w + j * k, x + r * k, k);
}

const struct row_kernels row_kernels_neon = {"neon", false, q8_0, q4_0, q4_k, q6_k, floats};
