/* The table of storage types: see types.h. */
#include "lm/types/types_internal.h"

static void f32_load(const void *from, float *to, size_t n) {
    memcpy(to, from, n * sizeof *to);
}

static void f32_store(const float *from, void *to, size_t n) {
    memcpy(to, from, n * sizeof *from);
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

#define TYPE_LOAD(name, NAME, values, size)                                                                            \
    static void name##_load(const void *from, float *to, size_t n) {                                                   \
        type_decoders()->name(from, to, n);                                                                            \
    }
TYPE_LIST(TYPE_LOAD)

static const struct lm_type_info table[] = {
    {LM_F32, "F32", 1, 4, f32_load, f32_store},
#define TYPE_ROW(name, NAME, values, size) {LM_##NAME, #NAME, values, size, name##_load, name##_store},
    TYPE_LIST(TYPE_ROW)
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
