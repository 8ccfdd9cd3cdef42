/* Encoders of the types with blocks of 32 values and one scale: see types.h for the layouts. Rounding is that of ggml's
 * reference quantisers, byte for byte, so that a file written here equals one written there. */
#include "lm/types/types_internal.h"

#include "tensor/matmul.h"

#include <math.h>

enum { VALUES = 32, HALF = VALUES / 2 };

/* The value of largest size, with its sign; the first of equals. */
static float largest(const float *x) {
    float most = 0, found = 0;
    for (size_t i = 0; i < VALUES; i++)
        if (most < fabsf(x[i])) most = fabsf(x[i]), found = x[i];
    return found;
}

static float inverse(float d) {
    return d != 0 ? 1.0f / d : 0.0f;
}

/* x rounded half up from 0 to most; what is not finite becomes `broken` (the block's scale tells). */
static unsigned level(float x, int most, int broken) {
    if (!isfinite(x)) return (unsigned)broken;
    int q = (int)(x + 0.5f);
    return (unsigned)(q > most ? most : q < 0 ? 0 : q);
}

static void put_nibbles(unsigned char *to, const unsigned *q) {
    for (size_t i = 0; i < HALF; i++) to[i] = (unsigned char)((q[i] & 15) | (q[i + HALF] & 15) << 4);
}

static void put_fifth_bits(unsigned char *to, const unsigned *q) {
    uint32_t bits = 0;
    for (size_t i = 0; i < VALUES; i++) bits |= (uint32_t)(q[i] >> 4 & 1) << i;
    memcpy(to, &bits, sizeof bits);
}

/* The integers of a type around zero: the largest value becomes 0, which is -zero d. The offset of a half is added
 * together with zero: it is one rounding. */
static void around_zero(unsigned *q, unsigned char *scale, const float *x, int zero) {
    float d = largest(x) / (float)-zero, factor = inverse(d);
    store_u16(scale, f16_from_f32(d));
    for (size_t i = 0; i < VALUES; i++) {
        float v = x[i] * factor;
        int k = isfinite(v) ? (int)(v + ((float)zero + 0.5f)) : zero;
        q[i] = (unsigned)(k > 2 * zero - 1 ? 2 * zero - 1 : k < 0 ? 0 : k);
    }
}

/* The integers of a type between the smallest and the largest value. */
static void from_min(unsigned *q, unsigned char *scale, unsigned char *min, const float *x, int most) {
    float low = x[0], high = x[0];
    for (size_t i = 1; i < VALUES; i++) {
        if (x[i] < low) low = x[i];
        if (x[i] > high) high = x[i];
    }
    float d = (high - low) / (float)most, factor = inverse(d);
    store_u16(scale, f16_from_f32(d));
    store_u16(min, f16_from_f32(low));
    for (size_t i = 0; i < VALUES; i++) q[i] = level((x[i] - low) * factor, most, 0);
}

void q4_0_store(const float *from, void *to, size_t n) {
    unsigned char *p = to;
    for (size_t i = 0; i < n; i += VALUES, p += Q4_0_BYTES) {
        unsigned q[VALUES];
        around_zero(q, p, from + i, 8);
        put_nibbles(p + 2, q);
    }
}

void q4_1_store(const float *from, void *to, size_t n) {
    unsigned char *p = to;
    for (size_t i = 0; i < n; i += VALUES, p += Q4_1_BYTES) {
        unsigned q[VALUES];
        from_min(q, p, p + 2, from + i, 15);
        put_nibbles(p + 4, q);
    }
}

void q5_0_store(const float *from, void *to, size_t n) {
    unsigned char *p = to;
    for (size_t i = 0; i < n; i += VALUES, p += Q5_0_BYTES) {
        unsigned q[VALUES];
        around_zero(q, p, from + i, 16);
        put_fifth_bits(p + 2, q);
        put_nibbles(p + 6, q);
    }
}

void q5_1_store(const float *from, void *to, size_t n) {
    unsigned char *p = to;
    for (size_t i = 0; i < n; i += VALUES, p += Q5_1_BYTES) {
        unsigned q[VALUES];
        from_min(q, p, p + 2, from + i, 31);
        put_fifth_bits(p + 4, q);
        put_nibbles(p + 8, q);
    }
}

/* d = max |x| / 127, q = x / d rounded half away from zero. Gives d and the sum of q. */
static float eight_bits(unsigned char *q, int *sum, const float *x) {
    float d = fabsf(largest(x)) / 127.0f, factor = inverse(d);
    *sum = 0;
    for (size_t i = 0; i < VALUES; i++) {
        float v = x[i] * factor;
        signed char k = isfinite(v) ? (signed char)roundf(v) : 0;
        q[i] = (unsigned char)k;
        *sum += k;
    }
    return d;
}

void q8_0_store(const float *from, void *to, size_t n) {
    unsigned char *p = to;
    for (size_t i = 0; i < n; i += VALUES, p += Q8_0_BYTES) {
        int sum;
        store_u16(p, f16_from_f32(eight_bits(p + 2, &sum, from + i)));
    }
}

void q8_1_store(const float *from, void *to, size_t n) {
    unsigned char *p = to;
    for (size_t i = 0; i < n; i += VALUES, p += Q8_1_BYTES) {
        int sum;
        float d = eight_bits(p + 4, &sum, from + i);
        store_u16(p, f16_from_f32(d));
        store_u16(p + 2, f16_from_f32((float)sum * d));
    }
}
