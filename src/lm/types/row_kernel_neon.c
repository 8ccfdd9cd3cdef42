/* The twin of the row kernels for AArch64, whose vectors of 128 bits every such processor has. Products of 8 bits
 * become 16 bits wide and are added in pairs, then in fours, which are the lanes of row_kernel.h. */
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

static inline float32x4_t add_scaled(float32x4_t lanes, int32x4_t sums, float scale) {
    return vaddq_f32(lanes, vmulq_n_f32(vcvtq_f32_s32(sums), scale));
}

static float fold(float32x4_t low, float32x4_t high) {
    float lanes[8];
    vst1q_f32(lanes, low);
    vst1q_f32(lanes + 4, high);
    return row_fold(lanes);
}

static void q8_0(const byte *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float32x4_t low = vdupq_n_f32(0), high = low;
        const signed char *q = x->q + r * x->k;
        const float *d = x->d + r * (x->k / 32);
        const byte *p = w;
        for (size_t u = 0; u < x->k / 32; u++, p += Q8_0_BYTES, q += 32) {
            float scale = half_at(p) * d[u];
            low = add_scaled(low, fours(vld1q_s8((const signed char *)p + 2), vld1q_s8(q)), scale);
            high = add_scaled(high, fours(vld1q_s8((const signed char *)p + 18), vld1q_s8(q + 16)), scale);
        }
        y[r * stride] = fold(low, high);
    }
}

static void q4_0(const byte *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {
    const int8x16_t eight = vdupq_n_s8(8);
    for (size_t r = 0; r < rows; r++) {
        float32x4_t low = vdupq_n_f32(0), high = low;
        const signed char *q = x->q + r * x->k;
        const float *d = x->d + r * (x->k / 32);
        const byte *p = w;
        for (size_t u = 0; u < x->k / 32; u++, p += Q4_0_BYTES, q += 32) {
            float scale = half_at(p) * d[u];
            uint8x16_t nibbles = vld1q_u8(p + 2);
            int8x16_t first = vsubq_s8(vreinterpretq_s8_u8(vandq_u8(nibbles, vdupq_n_u8(15))), eight);
            int8x16_t second = vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(nibbles, 4)), eight);
            low = add_scaled(low, fours(first, vld1q_s8(q)), scale);
            high = add_scaled(high, fours(second, vld1q_s8(q + 16)), scale);
        }
        y[r * stride] = fold(low, high);
    }
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

static int sum_of(int8x16_t low, int8x16_t high) {
    return vaddvq_s32(vaddq_s32(vpaddlq_s16(vpaddlq_s8(low)), vpaddlq_s16(vpaddlq_s8(high))));
}

static void q4_k(const byte *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {
    const uint8x16_t mask = vdupq_n_u8(15);
    for (size_t r = 0; r < rows; r++) {
        float total = 0;
        const byte *p = w;
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
                mins += min[s] * sum_of(first, second);
            }
            total += half_at(p) * d * (float)sum - half_at(p + 2) * d * (float)mins;
        }
        y[r * stride] = total;
    }
}

/* Sixteen values of quarter `quarter` of half `half`, from place 16 part: four bits of one array and two of another. */
static int8x16_t six_bits(const byte *p, size_t half, size_t quarter, size_t part) {
    uint8x16_t low = vld1q_u8(p + 64 * half + quarter % 2 * 32 + 16 * part);
    uint8x16_t high = vld1q_u8(p + 128 + 32 * half + 16 * part);
    low = quarter < 2 ? vandq_u8(low, vdupq_n_u8(15)) : vshrq_n_u8(low, 4);
    high = vandq_u8(vshlq_u8(high, vdupq_n_s8((signed char)(-2 * (int)quarter))), vdupq_n_u8(3));
    return vsubq_s8(vreinterpretq_s8_u8(vorrq_u8(low, vshlq_n_u8(high, 4))), vdupq_n_s8(32));
}

static void q6_k(const byte *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float total = 0;
        const byte *p = w;
        for (size_t u = 0; u < x->k / 256; u++, p += Q6_K_BYTES) {
            const signed char *q = x->q + r * x->k + 256 * u, *scales = (const signed char *)p + 192;
            int sum = 0;
            for (size_t s = 0; s < 16; s++)
                sum += scales[s] * vaddvq_s32(fours(six_bits(p, s / 8, s / 2 % 4, s % 2), vld1q_s8(q + 16 * s)));
            total += half_at(p + 208) * x->d[r * (x->k / 256) + u] * (float)sum;
        }
        y[r * stride] = total;
    }
}

static void floats(const float *w, const float *x, size_t k, size_t rows, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++, x += k) {
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
        y[r * stride] = row_fold(rest);
    }
}

const struct row_kernels row_kernels_neon = {"neon", q8_0, q4_0, q4_k, q6_k, floats};
