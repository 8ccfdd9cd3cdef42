/* Decoders of blocks: see types.h for the layouts. Included once by each twin, which defines DECODERS as the name of
 * its table. Loops have fixed lengths and no dependencies, so that the compiler makes vectors of them; no multiply-add
 * is fused (the build forbids it) and every value is made by its own fixed operations: all twins give the same bits. */
#include "lm/types/types_internal.h"

#if defined(__F16C__)
#include <immintrin.h>
#endif

typedef unsigned char byte;
#define INLINE static inline __attribute__((always_inline))

/* f16 to f32 without branches. Shifted into place an f16 has an exponent 112 too small. A denormal becomes 2^-14 more
 * than it is, which an exact difference takes away; infinity and NaN (made quiet) get their exponent set. */
INLINE float half_value(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = (uint32_t)(half & 0x7fffu) << 13;
    uint32_t special = (0u - (uint32_t)(magnitude >= 0x0f800000u)) & 0x7f800000u;
    uint32_t quiet = (uint32_t)(magnitude > 0x0f800000u) << 22, small = 0u - (uint32_t)(magnitude < 0x00800000u);
    uint32_t bits = magnitude + (112u << 23) + (small & 0x00800000u), taken = small & 0x38800000u;
    float value, rest;
    memcpy(&value, &bits, sizeof value);
    memcpy(&rest, &taken, sizeof rest);
    value -= rest;
    memcpy(&bits, &value, sizeof bits);
    bits |= special | quiet | sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE float half_at(const byte *p) {
    return half_value(load_u16(p));
}

#if defined(__F16C__)
INLINE void f16_block(const byte *restrict p, float *restrict to) {
    __m128i halves;
    memcpy(&halves, p, sizeof halves);
    __m256 values = _mm256_cvtph_ps(halves);
    memcpy(to, &values, sizeof values);
}
#endif

INLINE void f16_one(const byte *restrict p, float *restrict to) {
    *to = half_at(p);
}

INLINE void bf16_block(const byte *restrict p, float *restrict to) {
    uint32_t bits = (uint32_t)load_u16(p) << 16;
    memcpy(to, &bits, sizeof bits);
}

INLINE void signed_values(const byte *restrict q, float *restrict to, float d, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] = d * (float)(signed char)q[i];
}

INLINE void q8_0_block(const byte *restrict p, float *restrict to) {
    signed_values(p + 2, to, half_at(p), 32);
}

INLINE void q8_1_block(const byte *restrict p, float *restrict to) {
    signed_values(p + 4, to, half_at(p), 32);
}

INLINE void q8_k_block(const byte *restrict p, float *restrict to) {
    float d;
    memcpy(&d, p, sizeof d);
    signed_values(p + 4, to, d, 256);
}

INLINE void q4_0_block(const byte *restrict p, float *restrict to) {
    float d = half_at(p);
    for (size_t i = 0; i < 16; i++) to[i] = (float)((p[2 + i] & 15) - 8) * d;
    for (size_t i = 0; i < 16; i++) to[i + 16] = (float)((p[2 + i] >> 4) - 8) * d;
}

INLINE void q4_1_block(const byte *restrict p, float *restrict to) {
    float d = half_at(p), m = half_at(p + 2);
    for (size_t i = 0; i < 16; i++) to[i] = (float)(p[4 + i] & 15) * d + m;
    for (size_t i = 0; i < 16; i++) to[i + 16] = (float)(p[4 + i] >> 4) * d + m;
}

static const uint32_t bit_of[32] = {1u,       1u << 1,  1u << 2,  1u << 3,  1u << 4,  1u << 5,  1u << 6,  1u << 7,
                                    1u << 8,  1u << 9,  1u << 10, 1u << 11, 1u << 12, 1u << 13, 1u << 14, 1u << 15,
                                    1u << 16, 1u << 17, 1u << 18, 1u << 19, 1u << 20, 1u << 21, 1u << 22, 1u << 23,
                                    1u << 24, 1u << 25, 1u << 26, 1u << 27, 1u << 28, 1u << 29, 1u << 30, 1u << 31};

/* Value i of 32 with its nibble and, from `high`, its fifth bit. */
INLINE int five_bits(int nibble, uint32_t high, size_t i) {
    return nibble + (int)(((high & bit_of[i]) == bit_of[i]) << 4);
}

INLINE void q5_0_block(const byte *restrict p, float *restrict to) {
    float d = half_at(p);
    uint32_t high = load_u32(p + 2);
    for (size_t i = 0; i < 16; i++) to[i] = (float)(five_bits(p[6 + i] & 15, high, i) - 16) * d;
    for (size_t i = 0; i < 16; i++) to[i + 16] = (float)(five_bits(p[6 + i] >> 4, high, i + 16) - 16) * d;
}

INLINE void q5_1_block(const byte *restrict p, float *restrict to) {
    float d = half_at(p), m = half_at(p + 2);
    uint32_t high = load_u32(p + 4);
    for (size_t i = 0; i < 16; i++) to[i] = (float)five_bits(p[8 + i] & 15, high, i) * d + m;
    for (size_t i = 0; i < 16; i++) to[i + 16] = (float)five_bits(p[8 + i] >> 4, high, i + 16) * d + m;
}

INLINE void q2_k_block(const byte *restrict p, float *restrict to) {
    float d = half_at(p + 80), dmin = half_at(p + 82);
    for (size_t s = 0; s < 16; s++) {
        const byte *q = p + 16 + s / 8 * 32 + s % 2 * 16;
        float scale = d * (float)(p[s] & 15), min = dmin * (float)(p[s] >> 4);
        int shift = (int)(s % 8 / 2 * 2);
        for (size_t i = 0; i < 16; i++) to[16 * s + i] = scale * (float)(q[i] >> shift & 3) - min;
    }
}

INLINE void q3_k_block(const byte *restrict p, float *restrict to) {
    const byte *packed = p + 96;
    float d = half_at(p + 108);
    for (size_t s = 0; s < 16; s++) {
        const byte *q = p + 32 + s / 8 * 32 + s % 2 * 16, *high = p + s % 2 * 16;
        int low = s < 8 ? packed[s] & 15 : packed[s - 8] >> 4, top = packed[8 + s % 4] >> 2 * (s / 4) & 3;
        float scale = d * (float)((low | top << 4) - 32);
        int shift = (int)(s % 8 / 2 * 2), bit = (int)(s / 2);
        for (size_t i = 0; i < 16; i++)
            to[16 * s + i] = scale * (float)((q[i] >> shift & 3) + (high[i] >> bit & 1) * 4 - 4);
    }
}

/* Scale and min s of the eight in 12 bytes: the first four whole, the others' top bits above those. */
INLINE int k_scale(const byte *p, size_t s) {
    return s < 4 ? p[s] & 63 : (p[s + 4] & 15) | p[s - 4] >> 6 << 4;
}

INLINE int k_min(const byte *p, size_t s) {
    return s < 4 ? p[s + 4] & 63 : p[s + 4] >> 4 | p[s] >> 6 << 4;
}

INLINE void q4_k_block(const byte *restrict p, float *restrict to) {
    float d = half_at(p), dmin = half_at(p + 2);
    for (size_t s = 0; s < 8; s++) {
        const byte *q = p + 16 + s / 2 * 32;
        float scale = d * (float)k_scale(p + 4, s), min = dmin * (float)k_min(p + 4, s);
        int shift = (int)(s % 2 * 4);
        for (size_t i = 0; i < 32; i++) to[32 * s + i] = scale * (float)(q[i] >> shift & 15) - min;
    }
}

INLINE void q5_k_block(const byte *restrict p, float *restrict to) {
    const byte *high = p + 16;
    float d = half_at(p), dmin = half_at(p + 2);
    for (size_t s = 0; s < 8; s++) {
        const byte *q = p + 48 + s / 2 * 32;
        float scale = d * (float)k_scale(p + 4, s), min = dmin * (float)k_min(p + 4, s);
        int shift = (int)(s % 2 * 4), bit = (int)s;
        for (size_t i = 0; i < 32; i++)
            to[32 * s + i] = scale * (float)((q[i] >> shift & 15) + (high[i] >> bit & 1) * 16) - min;
    }
}

INLINE void q6_k_block(const byte *restrict p, float *restrict to) {
    float d = half_at(p + 208);
    for (size_t s = 0; s < 16; s++) {
        /* 16 values: of one half (128), one of its quarters (32), and one half of that */
        size_t half = s / 8, quarter = s % 8 / 2, rest = s % 2 * 16;
        const byte *low = p + half * 64 + quarter % 2 * 32 + rest, *high = p + 128 + half * 32 + rest;
        float scale = d * (float)(signed char)p[192 + s];
        int shift = (int)(quarter / 2 * 4), bits = (int)(quarter * 2);
        for (size_t i = 0; i < 16; i++)
            to[16 * s + i] = scale * (float)((low[i] >> shift & 15) + (high[i] >> bits & 3) * 16 - 32);
    }
}

typedef signed char levels16 __attribute__((vector_size(16)));
typedef unsigned char bytes16 __attribute__((vector_size(16)));

/* levels[places]: one shuffle where compiler and machine have it. */
INLINE levels16 look_up(levels16 levels, levels16 places) {
#if defined(__clang__)
    levels16 found = {0};
    for (size_t i = 0; i < 16; i++) found[i] = levels[places[i]];
    return found;
#else
    return __builtin_shuffle(levels, places);
#endif
}

/* Levels of the 16 low nibbles, then of the 16 high ones. */
INLINE void levels_of(const byte *restrict nibbles, float *restrict to, float d) {
    const levels16 levels = IQ4_LEVELS;
    signed char found[32];
    bytes16 q;
    memcpy(&q, nibbles, sizeof q);
    levels16 low = look_up(levels, (levels16)(q & 15)), high = look_up(levels, (levels16)(q >> 4));
    memcpy(found, &low, sizeof low);
    memcpy(found + 16, &high, sizeof high);
    for (size_t i = 0; i < 32; i++) to[i] = d * (float)found[i];
}

INLINE void iq4_nl_block(const byte *restrict p, float *restrict to) {
    levels_of(p + 2, to, half_at(p));
}

INLINE void iq4_xs_block(const byte *restrict p, float *restrict to) {
    float d = half_at(p);
    int tops = load_u16(p + 2);
    for (size_t s = 0; s < 8; s++) {
        int low = p[4 + s / 2] >> s % 2 * 4 & 15, top = tops >> 2 * s & 3;
        levels_of(p + 8 + 16 * s, to + 32 * s, d * (float)((low | top << 4) - 32));
    }
}

#define TYPE_DECODER(name, NAME, values, size)                                                                         \
    static void name(const void *restrict from, float *restrict to, size_t n) {                                        \
        const byte *p = from;                                                                                          \
        for (size_t i = 0; i < n / values; i++) name##_block(p + i * size, to + i * values);                           \
    }
TYPE_LIST_BLOCKS(TYPE_DECODER)
#undef TYPE_DECODER

/* Eight at a time where the machine converts eight. */
static void f16(const void *restrict from, float *restrict to, size_t n) {
    const byte *p = from;
    size_t i = 0;
#if defined(__F16C__)
    for (; i + 8 <= n; i += 8) f16_block(p + 2 * i, to + i);
#endif
    for (; i < n; i++) f16_one(p + 2 * i, to + i);
}

const struct type_decoders DECODERS = {.name = DECODERS_NAME,
#define TYPE_DECODER(type, NAME, values, size) .type = type,
                                       TYPE_LIST(TYPE_DECODER)
#undef TYPE_DECODER
};
