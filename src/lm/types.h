/* Storage types of weights and their blocks. Ids are GGUF's. The table is the only place that knows a type. */
#ifndef LM_TYPES_H
#define LM_TYPES_H

#include "base/buffer.h"

enum lm_type {
    LM_F32 = 0,
    LM_F16 = 1,
    LM_Q4_0 = 2,
    LM_Q8_0 = 8,
    LM_I8 = 24, /* integers and doubles are read only: buffers in files of other tools */
    LM_I16 = 25,
    LM_I32 = 26,
    LM_I64 = 27,
    LM_F64 = 28,
    LM_BF16 = 30,
};

struct lm_type_info {
    enum lm_type id;
    const char *name;                                        /* "Q8_0" */
    size_t block;                                            /* values in a block */
    size_t bytes;                                            /* of a block */
    void (*to_f32)(const void *from, float *to, size_t n);   /* n a multiple of block */
    void (*from_f32)(const float *from, void *to, size_t n); /* NULL: read only */
};

const struct lm_type_info *lm_type_find(uint32_t id);       /* NULL: unknown; lm_type_name_of gives ggml's name */
const struct lm_type_info *lm_type_named(struct text name); /* case is ignored */
const char *lm_type_name_of(uint32_t id);                   /* also of types that are not built; NULL: never heard of */
size_t lm_types(const struct lm_type_info **out);           /* the table, for listings */

#endif
