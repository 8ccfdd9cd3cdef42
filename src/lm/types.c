/* Storage types: see types.h. Block layouts and rounding are those of ggml's reference quantisers, byte for byte, so
 * that a file written here equals one written there. Blocks may lie unaligned in a mapping: every access goes through
 * memcpy. */
#include "lm/types.h"

#include "tensor/matmul.h"

#include <math.h>
#include <string.h>

enum { Q_BLOCK = 32, Q8_0_BYTES = 34, Q4_0_BYTES = 18 };

static void copy_values(const void *from, float *to, size_t n) {
    memcpy(to, from, n * sizeof *to);
}

static void store_values(const float *from, void *to, size_t n) {
    memcpy(to, from, n * sizeof *from);
}

static uint16_t load_u16(const void *at) {
    uint16_t bits;
    memcpy(&bits, at, sizeof bits);
    return bits;
}

static void store_u16(void *at, uint16_t bits) {
    memcpy(at, &bits, sizeof bits);
}

static void f16_load(const void *from, float *to, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] = f32_from_f16(load_u16((const char *)from + 2 * i));
}

static void f16_store(const float *from, void *to, size_t n) {
    for (size_t i = 0; i < n; i++) store_u16((char *)to + 2 * i, f16_from_f32(from[i]));
}

static void bf16_load(const void *from, float *to, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] = f32_from_bf16(load_u16((const char *)from + 2 * i));
}

static void bf16_store(const float *from, void *to, size_t n) {
    for (size_t i = 0; i < n; i++) store_u16((char *)to + 2 * i, bf16_from_f32(from[i]));
}

/* Numbers that are read only: TYPE to float. */
#define PLAIN_LOAD(name, type)                                                                                         \
    static void name(const void *from, float *to, size_t n) {                                                          \
        for (size_t i = 0; i < n; i++) {                                                                               \
            type value;                                                                                                \
            memcpy(&value, (const char *)from + i * sizeof value, sizeof value);                                       \
            to[i] = (float)value;                                                                                      \
        }                                                                                                              \
    }
PLAIN_LOAD(i8_load, int8_t)
PLAIN_LOAD(i16_load, int16_t)
PLAIN_LOAD(i32_load, int32_t)
PLAIN_LOAD(i64_load, int64_t)
PLAIN_LOAD(f64_load, double)

/* Q8_0: f16 scale d, 32 int8 q; x = d q. */
static void q8_0_load(const void *from, float *to, size_t n) {
    const unsigned char *p = from;
    for (size_t i = 0; i < n; i += Q_BLOCK, p += Q8_0_BYTES) {
        float d = f32_from_f16(load_u16(p));
        for (size_t k = 0; k < Q_BLOCK; k++) to[i + k] = d * (float)(signed char)p[2 + k];
    }
}

/* The products are at most 127 in size, but for values that are not finite: those become 0 (their scale tells). */
static unsigned char rounded(float x) {
    return isfinite(x) ? (unsigned char)(signed char)roundf(x) : 0;
}

/* d = max |x| / 127, q = x / d rounded half away from zero. */
static void q8_0_store(const float *from, void *to, size_t n) {
    unsigned char *p = to;
    for (size_t i = 0; i < n; i += Q_BLOCK, p += Q8_0_BYTES) {
        float most = 0;
        for (size_t k = 0; k < Q_BLOCK; k++) most = fmaxf(most, fabsf(from[i + k]));
        float d = most / 127.0f, inverse = d != 0 ? 1.0f / d : 0.0f;
        store_u16(p, f16_from_f32(d));
        for (size_t k = 0; k < Q_BLOCK; k++) p[2 + k] = rounded(from[i + k] * inverse);
    }
}

/* Q4_0: f16 scale d, 16 bytes; low nibbles are values 0..15, high ones 16..31; x = d (q - 8). */
static void q4_0_load(const void *from, float *to, size_t n) {
    const unsigned char *p = from;
    for (size_t i = 0; i < n; i += Q_BLOCK, p += Q4_0_BYTES) {
        float d = f32_from_f16(load_u16(p));
        for (size_t k = 0; k < Q_BLOCK / 2; k++) {
            to[i + k] = (float)((p[2 + k] & 15) - 8) * d;
            to[i + k + Q_BLOCK / 2] = (float)((p[2 + k] >> 4) - 8) * d;
        }
    }
}

static unsigned char nibble(float x) {
    if (!isfinite(x)) return 8;
    int q = (int)(x + 8.5f);
    return (unsigned char)(q > 15 ? 15 : q < 0 ? 0 : q);
}

/* With m the element of largest size and its sign: d = m / -8, q = min(15, trunc(x / d + 8.5)). */
static void q4_0_store(const float *from, void *to, size_t n) {
    unsigned char *p = to;
    for (size_t i = 0; i < n; i += Q_BLOCK, p += Q4_0_BYTES) {
        float most = 0, signed_most = 0;
        for (size_t k = 0; k < Q_BLOCK; k++)
            if (most < fabsf(from[i + k])) {
                most = fabsf(from[i + k]);
                signed_most = from[i + k];
            }
        float d = signed_most / -8, inverse = d != 0 ? 1.0f / d : 0.0f;
        store_u16(p, f16_from_f32(d));
        for (size_t k = 0; k < Q_BLOCK / 2; k++)
            p[2 + k] =
                (unsigned char)(nibble(from[i + k] * inverse) | nibble(from[i + k + Q_BLOCK / 2] * inverse) << 4);
    }
}

static const struct lm_type_info table[] = {
    {LM_F32, "F32", 1, 4, copy_values, store_values},
    {LM_F16, "F16", 1, 2, f16_load, f16_store},
    {LM_BF16, "BF16", 1, 2, bf16_load, bf16_store},
    {LM_Q8_0, "Q8_0", Q_BLOCK, Q8_0_BYTES, q8_0_load, q8_0_store},
    {LM_Q4_0, "Q4_0", Q_BLOCK, Q4_0_BYTES, q4_0_load, q4_0_store},
    {LM_F64, "F64", 1, 8, f64_load, NULL},
    {LM_I64, "I64", 1, 8, i64_load, NULL},
    {LM_I32, "I32", 1, 4, i32_load, NULL},
    {LM_I16, "I16", 1, 2, i16_load, NULL},
    {LM_I8, "I8", 1, 1, i8_load, NULL},
};
enum { TYPES = sizeof table / sizeof *table };

const struct lm_type_info *lm_type_find(uint32_t id) {
    for (size_t i = 0; i < TYPES; i++)
        if ((uint32_t)table[i].id == id) return &table[i];
    return NULL;
}

const struct lm_type_info *lm_type_named(struct text name) {
    for (size_t i = 0; i < TYPES; i++)
        if (text_equal_nocase(name, text_of(table[i].name))) return &table[i];
    return NULL;
}

const char *lm_type_name_of(uint32_t id) {
    static const char *const names[] = {
        "F32",      "F16",      "Q4_0",    "Q4_1",  "Q4_2",       "Q4_3",       "Q5_0",       "Q5_1",
        "Q8_0",     "Q8_1",     "Q2_K",    "Q3_K",  "Q4_K",       "Q5_K",       "Q6_K",       "Q8_K",
        "IQ2_XXS",  "IQ2_XS",   "IQ3_XXS", "IQ1_S", "IQ4_NL",     "IQ3_S",      "IQ2_S",      "IQ4_XS",
        "I8",       "I16",      "I32",     "I64",   "F64",        "IQ1_M",      "BF16",       "Q4_0_4_4",
        "Q4_0_4_8", "Q4_0_8_8", "TQ1_0",   "TQ2_0", "IQ4_NL_4_4", "IQ4_NL_4_8", "IQ4_NL_8_8", "MXFP4",
    };
    return id < sizeof names / sizeof *names ? names[id] : NULL;
}

size_t lm_types(const struct lm_type_info **out) {
    *out = table;
    return TYPES;
}
