/* What the files of the storage types share: the list of types with decoders, and the encoders. Inside of the room; the
 * layouts are in types.h. Blocks may lie unaligned in a mapping: every access goes through memcpy or bytes. */
#ifndef LM_TYPES_INTERNAL_H
#define LM_TYPES_INTERNAL_H

#include "lm/types/types.h"

#include <string.h>

/* X(name, NAME, values in a block, bytes of a block) */
#define TYPE_LIST(X)                                                                                                   \
    X(f16, F16, 1, 2)                                                                                                  \
    TYPE_LIST_BLOCKS(X)
#define TYPE_LIST_BLOCKS(X)                                                                                            \
    X(bf16, BF16, 1, 2)                                                                                                \
    X(q8_0, Q8_0, 32, 34)                                                                                              \
    X(q8_1, Q8_1, 32, 36)                                                                                              \
    X(q4_0, Q4_0, 32, 18)                                                                                              \
    X(q4_1, Q4_1, 32, 20)                                                                                              \
    X(q5_0, Q5_0, 32, 22)                                                                                              \
    X(q5_1, Q5_1, 32, 24)                                                                                              \
    X(q2_k, Q2_K, 256, 84)                                                                                             \
    X(q3_k, Q3_K, 256, 110)                                                                                            \
    X(q4_k, Q4_K, 256, 144)                                                                                            \
    X(q5_k, Q5_K, 256, 176)                                                                                            \
    X(q6_k, Q6_K, 256, 210)                                                                                            \
    X(q8_k, Q8_K, 256, 292)                                                                                            \
    X(iq4_nl, IQ4_NL, 32, 18)                                                                                          \
    X(iq4_xs, IQ4_XS, 256, 136)

#define TYPE_SIZES(name, NAME, values, size) NAME##_VALUES = values, NAME##_BYTES = size,
enum { TYPE_LIST(TYPE_SIZES) };
#undef TYPE_SIZES

/* Decoders, written once in types_decode_body.h and compiled for several instruction sets; all give the same bits. */
struct type_decoders {
    const char *name; /* of the instruction set */
#define TYPE_DECODER(name, NAME, values, size) void (*name)(const void *from, float *to, size_t n);
    TYPE_LIST(TYPE_DECODER)
#undef TYPE_DECODER
};
const struct type_decoders *type_decoders(void); /* the fastest that this machine runs */
extern const struct type_decoders type_decoders_plain;
#if defined(__x86_64__)
extern const struct type_decoders type_decoders_avx2, type_decoders_avx512;
#endif

/* Encoders: types_float.c, types_legacy.c, types_k.c, types_iq4.c. Values that are not finite give a block that decodes
 * to values that are not finite, or to anything finite, never undefined behaviour. */
#define TYPE_ENCODER(name, NAME, values, size) void name##_store(const float *from, void *to, size_t n);
TYPE_LIST(TYPE_ENCODER)
#undef TYPE_ENCODER

/* Levels of the 4-bit types that are not linear. */
#define IQ4_LEVELS {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

static inline uint16_t load_u16(const void *at) {
    uint16_t bits;
    memcpy(&bits, at, sizeof bits);
    return bits;
}

static inline void store_u16(void *at, uint16_t bits) {
    memcpy(at, &bits, sizeof bits);
}

static inline uint32_t load_u32(const void *at) {
    uint32_t bits;
    memcpy(&bits, at, sizeof bits);
    return bits;
}

#endif
