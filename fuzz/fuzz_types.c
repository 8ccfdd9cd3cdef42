/* Any bytes as blocks of a storage type and as values to be stored: the first byte chooses the type. Twins of a decoder
 * give equal values, and storing never writes beyond its blocks. */
#include "lm/types/types_internal.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *taken(size_t n) {
    void *at = malloc(n ? n : 1);
    if (!at) abort();
    return at;
}

static void read_blocks(const struct lm_type_info *type, const uint8_t *data, size_t size) {
    size_t n = size / type->bytes * type->block;
    float *values = taken(n * sizeof *values), *plain = taken(n * sizeof *plain);
    unsigned char *blocks = taken(size);
    memcpy(blocks, data, size);
    type->to_f32(blocks, values, n);
    memcpy(plain, values, n * sizeof *plain);
#define TYPE_PLAIN(name, NAME, block, bytes)                                                                           \
    if (type->id == LM_##NAME) type_decoders_plain.name(blocks, plain, n);
    TYPE_LIST(TYPE_PLAIN)
    for (size_t i = 0; i < n; i++)
        if (memcmp(&values[i], &plain[i], sizeof *values) != 0 && !(isnan(values[i]) && isnan(plain[i]))) abort();
    free(blocks), free(plain), free(values);
}

static void store_values(const struct lm_type_info *type, const uint8_t *data, size_t size) {
    size_t n = size / sizeof(float) / type->block * type->block;
    float *values = taken(n * sizeof *values);
    unsigned char *blocks = taken(n / type->block * type->bytes);
    memcpy(values, data, n * sizeof *values);
    type->from_f32(values, blocks, n);
    type->to_f32(blocks, values, n);
    free(blocks), free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct lm_type_info *types;
    size_t n = lm_types(&types);
    if (size == 0) return 0;
    const struct lm_type_info *type = &types[data[0] % n];
    read_blocks(type, data + 1, size - 1);
    if (type->from_f32) store_values(type, data + 1, size - 1);
    return 0;
}
