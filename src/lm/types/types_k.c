/* Encoders of the K types: super-blocks of 256 values, groups of 16 or 32 of them with small integer scales. Scales are
 * fitted per group (types_fit.h), rounded together, and the values are rounded again with the scales as they are
 * stored. See types.h for the layouts. The result is that of ggml's reference quantisers, byte for byte. */
#include "lm/types/types_fit.h"
#include "lm/types/types_internal.h"

#include "tensor/matmul.h"

#include <math.h>

enum { VALUES = 256, GROUPS_MOST = 16 };

typedef unsigned char byte;

/* The f16 as it is read back: values are rounded with the stored scale. */
static float put_half(byte *at, float value) {
    uint16_t half = f16_from_f32(value);
    store_u16(at, half);
    return f32_from_f16(half);
}

/* 2 bits of 256 values in 64 bytes: byte l of a half holds l, l + 32, l + 64, l + 96. */
static void put_two_bits(byte *to, const int *q) {
    for (size_t half = 0; half < 2; half++)
        for (size_t i = 0; i < 32; i++) {
            const int *at = q + 128 * half + i;
            to[32 * half + i] = (byte)((at[0] & 3) | (at[32] & 3) << 2 | (at[64] & 3) << 4 | (at[96] & 3) << 6);
        }
}

/* Nibbles of 256 values in 128 bytes: byte l of a quarter holds l and l + 32. */
static void put_nibbles(byte *to, const int *q) {
    for (size_t quarter = 0; quarter < 4; quarter++)
        for (size_t i = 0; i < 32; i++) {
            const int *at = q + 64 * quarter + i;
            to[32 * quarter + i] = (byte)((at[0] & 15) | (at[32] & 15) << 4);
        }
}

/* ---- scale and min: Q2_K, Q4_K, Q5_K ---- */

/* The fit of every group, and the largest scale and min. */
struct between {
    float scale[GROUPS_MOST], min[GROUPS_MOST], scale_most, min_most;
};

/* weights: |x|, and the group's root mean square besides where `level` says so. */
static void fit_groups(struct between *b, const struct fit_range *range, const float *x, size_t group, bool level,
                       int *q) {
    b->scale_most = b->min_most = 0;
    for (size_t g = 0; g < VALUES / group; g++) {
        float weights[FIT_MOST], squares = 0;
        const float *at = x + g * group;
        for (size_t i = 0; level && i < group; i++) squares += at[i] * at[i];
        float mean = sqrtf(squares / (float)group);
        for (size_t i = 0; i < group; i++) weights[i] = mean + fabsf(at[i]);
        b->scale[g] = fit_between(range, at, weights, group, q + g * group, &b->min[g]);
        if (b->scale[g] > b->scale_most) b->scale_most = b->scale[g];
        if (b->min[g] > b->min_most) b->min_most = b->min[g];
    }
}

/* q again, with the scales that were stored; a group whose scale is 0 keeps what it has. */
static void round_between(int *q, const float *x, size_t n, float scale, float min, int most) {
    if (scale == 0) return;
    for (size_t i = 0; i < n; i++) q[i] = fit_clamp(fit_nearest((x[i] + min) / scale), 0, most);
}

static void q2_k_block(const float *x, byte *to) {
    static const struct fit_range range = {3, -0.5f, 15, true};
    struct between b;
    int q[VALUES];
    fit_groups(&b, &range, x, 16, false, q);
    float of_scale = b.scale_most > 0 ? 15.0f / b.scale_most : 0, of_min = b.min_most > 0 ? 15.0f / b.min_most : 0;
    float d = put_half(to + 80, b.scale_most / 15.0f), dmin = put_half(to + 82, b.min_most / 15.0f);
    for (size_t g = 0; g < 16; g++) {
        /* A fitted scale below 0 wraps, as it does there. */
        to[g] = (byte)((byte)fit_nearest(of_scale * b.scale[g]) | fit_nearest(of_min * b.min[g]) << 4);
        round_between(q + 16 * g, x + 16 * g, 16, d * (float)(to[g] & 15), dmin * (float)(to[g] >> 4), 3);
    }
    put_two_bits(to + 16, q);
}

/* 6 bits each of eight scales and mins in 12 bytes. */
static void put_scales(byte *to, const int *scale, const int *min) {
    for (size_t g = 0; g < 4; g++) {
        to[g] = (byte)(scale[g] | scale[g + 4] >> 4 << 6);
        to[g + 4] = (byte)(min[g] | min[g + 4] >> 4 << 6);
        to[g + 8] = (byte)((scale[g + 4] & 15) | (min[g + 4] & 15) << 4);
    }
}

/* What Q4_K and Q5_K share: d, dmin, the scales; the integers of all values. */
static void eight_groups(const struct fit_range *range, const float *x, byte *to, int *q) {
    struct between b;
    int scale[8], min[8];
    fit_groups(&b, range, x, 32, true, q);
    float of_scale = b.scale_most > 0 ? 63.0f / b.scale_most : 0, of_min = b.min_most > 0 ? 63.0f / b.min_most : 0;
    for (size_t g = 0; g < 8; g++) { /* a fitted scale below 0 wraps, as it does there */
        scale[g] = fit_clamp((byte)fit_nearest(of_scale * b.scale[g]), 0, 63);
        min[g] = fit_clamp((byte)fit_nearest(of_min * b.min[g]), 0, 63);
    }
    float d = put_half(to, b.scale_most / 63.0f), dmin = put_half(to + 2, b.min_most / 63.0f);
    put_scales(to + 4, scale, min);
    for (size_t g = 0; g < 8; g++)
        round_between(q + 32 * g, x + 32 * g, 32, d * (float)scale[g], dmin * (float)min[g], range->most);
}

static void q4_k_block(const float *x, byte *to) {
    static const struct fit_range range = {15, -1.0f, 20, false};
    int q[VALUES];
    eight_groups(&range, x, to, q);
    put_nibbles(to + 16, q);
}

static void q5_k_block(const float *x, byte *to) {
    static const struct fit_range range = {31, -0.5f, 15, false};
    int q[VALUES];
    eight_groups(&range, x, to, q);
    memset(to + 16, 0, 32);
    for (size_t i = 0; i < VALUES; i++) to[16 + i % 32] |= (byte)((q[i] >> 4) << i / 32);
    put_nibbles(to + 48, q);
}

/* ---- around zero: Q3_K, Q6_K ---- */

/* The scale of largest size, with its sign; the first of equals. */
static float largest(const float *scale) {
    float most = 0, found = 0;
    for (size_t g = 0; g < 16; g++)
        if (fabsf(scale[g]) > most) most = fabsf(scale[g]), found = scale[g];
    return found;
}

static void round_signed(int *q, const float *x, float scale, int zero) {
    if (scale == 0) return;
    for (size_t i = 0; i < 16; i++) q[i] = fit_clamp(fit_nearest(x[i] / scale), -zero, zero - 1) + zero;
}

static void q3_k_block(const float *x, byte *to) {
    float scale[16], d = 0, factor = 0;
    int q[VALUES];
    for (size_t g = 0; g < 16; g++) scale[g] = fit_signed_by_turns(x + 16 * g, 16, 4, q + 16 * g);
    float most = largest(scale);
    if (most != 0) factor = -32.0f / most, d = 1 / factor;
    d = put_half(to + 108, d);
    memset(to, 0, 32);
    memset(to + 96, 0, 12);
    for (size_t g = 0; g < 16; g++) {
        int k = most != 0 ? fit_clamp(fit_nearest(factor * scale[g]), -32, 31) : -32;
        to[96 + g % 8] |= (byte)((k + 32) % 16 << (g < 8 ? 0 : 4));
        to[104 + g % 4] |= (byte)((k + 32) / 16 << 2 * (g / 4));
        round_signed(q + 16 * g, x + 16 * g, d * (float)k, 4);
    }
    for (size_t i = 0; i < VALUES; i++) to[i % 32] |= (byte)((q[i] > 3 ? 1 : 0) << i / 32);
    put_two_bits(to + 32, q);
}

static void q6_k_block(const float *x, byte *to) {
    float scale[16];
    int q[VALUES];
    for (size_t g = 0; g < 16; g++) scale[g] = fit_signed(x + 16 * g, 16, 32, q + 16 * g);
    float most = largest(scale);
    memset(to, 0, Q6_K_BYTES);
    if (fabsf(most) < FIT_ZERO) return;
    float factor = -128.0f / most, d = put_half(to + 208, 1 / factor);
    for (size_t g = 0; g < 16; g++) {
        int k = fit_clamp(fit_nearest(factor * scale[g]), -128, 127);
        to[192 + g] = (byte)k;
        round_signed(q + 16 * g, x + 16 * g, d * (float)k, 32);
    }
    for (size_t half = 0; half < 2; half++)
        for (size_t i = 0; i < 32; i++) {
            const int *at = q + 128 * half + i;
            byte *low = to + 64 * half + i;
            low[0] = (byte)((at[0] & 15) | (at[64] & 15) << 4);
            low[32] = (byte)((at[32] & 15) | (at[96] & 15) << 4);
            to[128 + 32 * half + i] = (byte)(at[0] >> 4 | at[32] >> 4 << 2 | at[64] >> 4 << 4 | at[96] >> 4 << 6);
        }
}

/* ---- Q8_K ---- */

static void q8_k_block(const float *x, byte *to) {
    float most = 0, found = 0;
    for (size_t i = 0; i < VALUES; i++)
        if (fabsf(x[i]) > most) most = fabsf(x[i]), found = x[i];
    float factor = found != 0 ? -127.0f / found : 0, d = found != 0 ? 1 / factor : 0;
    memcpy(to, &d, sizeof d);
    for (size_t g = 0; g < 16; g++) {
        int sum = 0;
        for (size_t i = 16 * g; i < 16 * g + 16; i++) {
            int k = fit_clamp(fit_nearest(factor * x[i]), -127, 127);
            to[4 + i] = (byte)k;
            sum += k;
        }
        store_u16(to + 260 + 2 * g, (uint16_t)sum);
    }
}

#define STORE(name, NAME)                                                                                              \
    void name##_store(const float *from, void *to, size_t n) {                                                         \
        for (size_t i = 0; i < n / VALUES; i++) name##_block(from + i * VALUES, (byte *)to + i * NAME##_BYTES);        \
    }
STORE(q2_k, Q2_K)
STORE(q3_k, Q3_K)
STORE(q4_k, Q4_K)
STORE(q5_k, Q5_K)
STORE(q6_k, Q6_K)
STORE(q8_k, Q8_K)
