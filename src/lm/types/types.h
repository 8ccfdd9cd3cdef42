/* Storage types of weights and their blocks. Ids are GGUF's. The table is the only place that knows a type.
 *
 * A block holds `block` values in `bytes` bytes, little-endian; n values are n / block blocks in a row. Layouts, in
 * order, with d, m, s in f16 unless said otherwise, q a value's integer, x the value (nibbles: the low ones of a byte
 * row come first, then the high ones):
 *
 *  1. F32, F16, BF16: one value.
 *  2. Q4_0: d; 16 bytes of nibbles (value j and j + 16 in byte j). x = (q - 8) d
 *  3. Q4_1: d; m; nibbles as Q4_0. x = q d + m
 *  4. Q5_0: d; 32 high bits (bit j of a u32: value j); nibbles. x = (q - 16) d
 *  5. Q5_1: d; m; 32 high bits; nibbles. x = q d + m
 *  6. Q8_0: d; 32 int8. x = d q.   Q8_1: d; s = d sum(q); 32 int8 (a type of activations, seldom in files)
 *  7. Q2_K: 16 bytes scale | min << 4; 64 bytes of 2 bits; d; dmin. x = d scale q - dmin min, 16 values a scale
 *  8. Q3_K: 32 bytes of high bits; 64 bytes of 2 bits; 12 bytes of 6-bit scales; d. x = d (scale - 32) (q - 4)
 *  9. Q4_K: d; dmin; 12 bytes of eight 6-bit scales and mins; 128 bytes of nibbles. x = d scale q - dmin min,
 *  32 a scale
 * 10. Q5_K: d; dmin; 12 bytes as Q4_K; 32 bytes of high bits; 128 bytes of nibbles
 * 11. Q6_K: 128 bytes of nibbles; 64 bytes of 2 high bits; 16 int8 scales; d. x = d scale (q - 32), 16 values a scale
 * 12. Q8_K: d in f32; 256 int8; 16 int16 sums of 16 q each (a type of activations, seldom in files)
 * 13. IQ4_NL: d; nibbles as Q4_0. x = d level[q] with 16 uneven levels
 * 14. IQ4_XS: d; u16 of the scales' high 2 bits; 4 bytes of their low nibbles; nibbles. x = d (scale - 32) level[q]
 *
 * Values are made as ggml's reference code makes them, to the last bit, on every instruction set; blocks are written as
 * its reference quantisers write them without an importance matrix. */
#ifndef LM_TYPES_H
#define LM_TYPES_H

#include "base/buffer.h"

enum lm_type {
    LM_F32 = 0,
    LM_F16 = 1,
    LM_Q4_0 = 2,
    LM_Q4_1 = 3,
    LM_Q5_0 = 6,
    LM_Q5_1 = 7,
    LM_Q8_0 = 8,
    LM_Q8_1 = 9,
    LM_Q2_K = 10,
    LM_Q3_K = 11,
    LM_Q4_K = 12,
    LM_Q5_K = 13,
    LM_Q6_K = 14,
    LM_Q8_K = 15,
    LM_IQ4_NL = 20,
    LM_IQ4_XS = 23,
    LM_I8 = 24, /* integers and doubles are read only: buffers in files of other tools */
    LM_I16 = 25,
    LM_I32 = 26,
    LM_I64 = 27,
    LM_F64 = 28,
    LM_BF16 = 30,
};

enum { LM_TYPE_BLOCK_MOST = 256, LM_TYPE_BYTES_MOST = 292 }; /* of all types */

struct lm_type_info {
    enum lm_type id;
    const char *name;                                        /* "Q8_0" */
    size_t block;                                            /* values in a block */
    size_t bytes;                                            /* of a block */
    void (*to_f32)(const void *from, float *to, size_t n);   /* n a multiple of block; from at any alignment */
    void (*from_f32)(const float *from, void *to, size_t n); /* the same; NULL: read only */
};

const struct lm_type_info *lm_type_find(uint32_t id);       /* NULL: unknown; lm_type_name_of gives ggml's name */
const struct lm_type_info *lm_type_named(struct text name); /* case is ignored */
const char *lm_type_name_of(uint32_t id);                   /* also of types that are not built; NULL: never heard of */
size_t lm_types(const struct lm_type_info **out);           /* the table, for listings */

#endif
