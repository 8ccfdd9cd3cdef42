/* A language model: shape, weights, tokenizer. Constant after loading (safe for threads). Architectures are rows of one
 * table (lm_archs); this milestone builds `llama`. */
#ifndef LM_MODEL_H
#define LM_MODEL_H

#include "lm/tokenizer.h"
#include "tensor/matmul.h"

struct lm_shape {
    size_t layers, width, heads, kv_heads, head_size, hidden, vocabulary, context;
    float norm_eps, rope_base;
    bool rope_interleaved; /* pairs (2i, 2i+1) as llama GGUF rows; else halves as Hugging Face */
    bool tied;             /* the output matrix is the embedding */
};

/* One matrix [n, k]: plain f32 values for embedding look-ups and training, packed for products. */
struct lm_matrix {
    size_t n, k;
    float *values; /* NULL after loading unless lm_load keeps them */
    struct matmul_weights *packed;
};

struct lm_layer {
    float *attention_norm, *ffn_norm; /* [width] */
    struct lm_matrix q, k, v, o, gate, up, down;
};

struct lm_model {
    const struct lm_arch *arch;
    struct lm_shape shape;
    struct lm_layer *layers;
    float *output_norm;          /* [width] */
    struct lm_matrix embedding;  /* [vocabulary, width], values kept */
    struct lm_matrix output;     /* when tied: shares embedding's values, own packing */
    struct tokenizer *tokenizer; /* owned; NULL when the file brings none */
    char digest[65];             /* sha256 of the files */
    char name[128];              /* general.name or the file's name */
    char types[64];              /* "F16, Q8_0": storage types of the matrices */
    uint64_t parameters;
    enum matmul_type compute;
    bool keeps_values; /* matrices have their plain values */
    bool unpacked;     /* matrices have no packed form */
};

struct lm_arch {
    const char *name, *summary;
    /* Reads the shape from metadata or config and fills the model from the tensors. */
    bool (*load)(struct lm_model *model, const struct lm_file *file, struct error *err);
};
size_t lm_archs(const struct lm_arch *const **out);

struct lm_adapter; /* lora.h */
struct lm_load_options {
    enum matmul_type compute;
    bool keep_values;           /* plain f32 values stay beside the packed ones (training, export) */
    const char *tokenizer_path; /* NULL: from the file, or tokenizer.json / tokenizer .bin beside it */
    bool no_packing; /* plain values only (conversion): the engine cannot run such a model; implies keep_values */
    const struct lm_adapter *adapters; /* merged in this order, over those that the path names */
    size_t n_adapters;
};
/* Unknown architectures are refused by name with the list of known ones; wrong shapes, missing tensors and NaN or
 * infinite weights are refused with the tensor's name. The path may name adapters too, as lora.h says: a.gguf+b.lora.gguf@0.5 */
struct lm_model *lm_model_load(const char *path, const struct lm_load_options *options, struct error *err) MUST_CHECK;
/* The same from GGUF bytes in memory (the built-in model); the bytes are borrowed while loading only. */
struct lm_model *lm_model_load_memory(const void *at, size_t n, const struct lm_load_options *options,
                                      struct error *err) MUST_CHECK;
void lm_model_free(struct lm_model *model);

/* Writes model and tokenizer as GGUF v3 with matrices in `type` (norms stay F32). Rows of q and k are permuted to the
 * interleaved order where the model is not. extra: further metadata (texts), may be NULL. Needs kept values. */
struct lm_extra {
    const char *key;
    struct text value;
};
bool lm_model_save(const struct lm_model *model, const char *path, enum lm_type type, const struct lm_extra *extra,
                   size_t n_extra, struct error *err) MUST_CHECK;

/* A new model with random weights (normal, 0.02, output projections scaled by 1/sqrt(2 layers)), for training.
 * Takes the tokenizer. */
struct lm_model *lm_model_random(const struct lm_shape *shape, struct tokenizer *tokenizer, uint64_t seed,
                                 struct error *err) MUST_CHECK;

#endif
