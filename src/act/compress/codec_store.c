/* Storage types of GGUF as codecs (section 2.5): the weights are written in blocks of that type, which round them.
 * Nothing is done to them before. */
#include "act/compress/codec.h"

static bool compress(const struct option_value *o, struct codec_matrix *m, struct pool *pool, struct error *err) {
    (void)o;
    (void)m;
    (void)pool;
    (void)err;
    return true;
}

const struct codec codec_store = {
    .name = "store",
    .summary = "a storage type by its name: f16, bf16, q8_0, q6_k, q4_k, q4_0, q3_k, ...",
    .source = "ggml",
    .compress = compress,
};
