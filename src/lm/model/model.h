/* A language model: description, weights, tokenizer. Constant after loading (safe for threads). What kind of
 * transformer it is stands in its description alone: the engine runs any. Architectures are rows of one table
 * (lm_archs), each with a small file that says how its files are read. */
#ifndef LM_MODEL_H
#define LM_MODEL_H

#include "lm/model/builtins.h"
#include "base/option.h"
#include "lm/types/row_product.h"
#include "lm/tokenizer/tokenizer.h"
#include "tensor/matmul.h"

enum lm_norm { LM_NORM_RMS, LM_NORM_LAYER };         /* by root mean square; by mean and deviation, with a bias */
enum lm_activation { LM_SILU, LM_GELU_TANH, LM_GELU_ERF }; /* x sigmoid(x); x Phi(x) in its form with tanh; exact */
enum lm_qk_norm {
    LM_QK_PLAIN,
    LM_QK_HEADS,
    LM_QK_WHOLE
}; /* RMS norm of queries and keys: none, head by head, all heads as one */
enum lm_scaling { LM_SCALING_NONE, LM_SCALING_LINEAR, LM_SCALING_FACTORS, LM_SCALING_YARN, LM_SCALING_LONG };

/* How rotations are slowed down for contexts longer than the first training's. */
struct lm_rope_scaling {
    /* FACTORS: each pair's rate is divided by its own number, lm_model.rope_factors. LONG (Ding et al. 2024): the same
     * by one of two tables, rope_factors where the model's context is beyond `context`, else rope_short */
    enum lm_scaling kind;
    float factor;                /* LINEAR, YARN */
    float beta_fast, beta_slow;  /* YARN (Peng et al. 2023): turns within `context` between which rates are blended */
    float amplitude;             /* YARN, LONG: of cosines and sines */
    size_t context;              /* YARN, LONG: of the first training */
};

/* The description. From `norm` on, 0 means: as llama does it. */
struct lm_shape {
    size_t layers, width, heads, kv_heads, head_size, hidden, vocabulary, context;
    float norm_eps, rope_base;
    bool rope_interleaved; /* pairs (2i, 2i+1) as llama GGUF rows; else halves as Hugging Face */
    bool tied;             /* the output matrix is the embedding */
    enum lm_norm norm;
    bool no_pre_norms;        /* attention and feed-forward see the state as it is */
    bool post_norms;          /* what they give is normed before it is added */
    enum lm_qk_norm qk_norm;
    bool qkv_bias, o_bias, ffn_bias;
    bool learned_positions;   /* a vector for each position is added to the embedding; nothing is rotated */
    size_t rotated;           /* dimensions of a head that are rotated, the first ones; 0: all */
    size_t unrotated_every;   /* every n-th layer rotates nothing */
    float local_rope_base;    /* of layers with a window, without scaling; 0: as the others */
    struct lm_rope_scaling scaling;
    size_t window;            /* positions that a query sees, itself included; 0: all before it */
    size_t unwindowed_every;  /* every n-th layer has no window; 0: all have it */
    float attention_scale;    /* of query times key; 0: 1 / sqrt(head_size) */
    float attention_cap, logit_cap; /* v becomes cap * tanh(v / cap); 0: off */
    float embedding_scale;    /* 0: 1 */
    enum lm_activation activation;
    bool ungated;             /* down(f(up x)) instead of down(f(gate x) * up x); f is a GELU */
    size_t experts, experts_used; /* feed-forwards of which a router picks some for each token; hidden: of one */
    bool experts_whole;       /* those picked weigh what they have of the softmax over all, which sums to less than 1 */
    size_t shared_hidden; /* of a further expert for all tokens, weighed by the sigmoid of its own product; 0: none */
};

/* Positions that a query of this layer sees, itself included; 0: all. */
size_t lm_shape_window(const struct lm_shape *shape, size_t layer);
bool lm_shape_rotates(const struct lm_shape *shape, size_t layer);
/* Does the layer rotate by local_rope_base? */
bool lm_shape_is_local(const struct lm_shape *shape, size_t layer);
size_t lm_shape_rotated(const struct lm_shape *shape); /* dimensions of a head */
float lm_shape_attention_scale(const struct lm_shape *shape);
/* The first feature, in words, that a llama model of the first generation does not have; NULL: none. */
const char *lm_shape_feature(const struct lm_shape *shape);
/* All features in words, separated by ", ". */
bool lm_shape_put(struct buffer *out, const struct lm_shape *shape);

/* One matrix [n, k]: plain f32 values for embedding look-ups and training, packed for products. */
struct lm_matrix {
    size_t n, k;
    float *values; /* NULL after loading unless lm_load keeps them */
    struct matmul_weights *packed;
    float *bias; /* [n], added to the product; NULL: none */
    struct lm_stored stored; /* as it lies in the model's file, where it is left there; type NULL: it is not */
};

/* Row i of a matrix that has its values or is left in its file, as f32: [k]. */
void lm_matrix_row(const struct lm_matrix *w, size_t i, float *out);

/* Which of these a layer has follows from the description; the others are NULL or empty. */
struct lm_layer {
    float *attention_norm, *ffn_norm; /* [width] */
    struct lm_matrix q, k, v, o, gate, up, down;
    float *attention_norm_bias, *ffn_norm_bias;   /* [width] */
    float *attention_post_norm, *ffn_post_norm;   /* [width] */
    float *q_norm, *k_norm;                       /* [head_size], or all heads */
    struct lm_matrix router;                      /* [experts, width] */
    struct lm_matrix *gates, *ups, *downs;        /* [experts]; gate, up and down are then those of the shared one */
    float *shared_weight;                         /* [width] */
};

/* What a sequence is or is worth, from its last token: see model_head.h. */
enum lm_head_kind { LM_NO_HEAD, LM_CLASSES, LM_REWARD, LM_WORTH };
struct lm_head {
    enum lm_head_kind kind;
    size_t n;            /* outputs; 0: the model has no head */
    float *weights;      /* [n, width] */
    struct text *labels; /* [n] names of the classes; NULL: they have none */
};

struct lm_model {
    const struct lm_arch *arch;
    struct lm_shape shape;
    struct lm_layer *layers;
    float *output_norm, *output_norm_bias; /* [width] */
    struct lm_matrix embedding;            /* [vocabulary, width], values kept */
    float *positions;                      /* [context, width] */
    struct lm_matrix output;               /* when tied: shares embedding's values, own packing */
    float *rope_factors, *rope_short;      /* [rotated / 2] */
    struct lm_head head;
    struct tokenizer *tokenizer;           /* owned; NULL when the file brings none */
    char digest[65];                       /* sha256 of the files */
    char name[128];                        /* general.name or the file's name */
    char types[64];                        /* "F16, Q8_0": storage types of the matrices */
    uint64_t parameters;
    enum matmul_type compute;
    bool rounds_given; /* see enum lm_given */
    bool keeps_values; /* matrices have their plain values */
    bool unpacked;     /* matrices have no packed form */
    struct lm_file *file;       /* stays mapped where matrices are left in it; NULL: none is */
    struct matmul_store *store; /* where their products unpack them; NULL: none is left */
};

/* Rotation rates of a layer, [rotated / 2] radians per position; returns the amplitude of cosines and sines. */
double lm_model_rates(const struct lm_model *model, bool local, double *rates);

struct lm_arch; /* arch.h */
size_t lm_archs(const struct lm_arch *const **out);
const char *lm_arch_name(const struct lm_arch *arch);    /* "qwen3"; of NULL "llama" */
const char *lm_arch_summary(const struct lm_arch *arch);
const struct lm_arch *lm_arch_find(struct text name); /* NULL: none */

/* Where the weights of matrices are while the engine runs. Packed f32 or bf16 copies are fastest and large; weights
 * that are left in the mapped file are unpacked for each product of given text, with the same bits as packed copies
 * (unless enum lm_given says otherwise), and generated rows meet them in the file's type (row_product.h), with a
 * rounding of their own. AUTO leaves them where the matrices hold more than LM_LEFT_FROM values, the file is one on
 * disk, and neither values nor adapters are asked for: that follows from the model alone, so the same model always
 * computes in the same way. */
enum lm_weights { LM_WEIGHTS_AUTO, LM_WEIGHTS_PACKED, LM_WEIGHTS_LEFT };
#define LM_LEFT_FROM ((uint64_t)1 << 26)

/* How given text meets weights that are left in the file and that row_product rounds for: INT8, as generated rows do,
 * with activations in 8 bits (faster, and what was generated has the same log-probabilities when it is scored); F32,
 * unpacked. AUTO: INT8 where products are in f32. */
enum lm_given { LM_GIVEN_AUTO, LM_GIVEN_F32, LM_GIVEN_INT8 };

struct lm_adapter; /* lora.h */
struct lm_load_options {
    enum matmul_type compute;
    enum lm_given given;
    bool keep_values;           /* plain f32 values stay beside the packed ones (training, export) */
    enum lm_weights weights;    /* LEFT: wherever it can be, also of a small model */
    const char *tokenizer_path; /* NULL: from the file, or tokenizer.json / tokenizer .bin beside it */
    bool no_packing; /* plain values only (conversion): the engine cannot run such a model; implies keep_values */
    const struct lm_adapter *adapters; /* merged in this order, over those that the path names */
    size_t n_adapters;
    struct lm_builtins builtins; /* a path may name one of these, as pocket or pocket+a.gguf */
};
/* How a model computes, as a flag says it: "auto", "f32" (LM_GIVEN_F32), "bf16", "int8" (LM_GIVEN_INT8, weights LEFT),
 * and behind it ",weights=auto|packed|left". Sets compute, given and weights of `out` and nothing else. */
bool lm_load_options_parse(struct text spec, struct lm_load_options *out, struct error *err) MUST_CHECK;
/* Unknown architectures are refused by name with the list of known ones; wrong shapes, missing tensors and NaN or
 * infinite weights are refused with the tensor's name. The path may name adapters too, as lora.h says:
 * a.gguf+b.lora.gguf@0.5 */
struct lm_model *lm_model_load(const char *path, const struct lm_load_options *options, struct error *err) MUST_CHECK;
/* The same from GGUF bytes in memory, which are borrowed while loading only. */
struct lm_model *lm_model_load_memory(const void *at, size_t n, const struct lm_load_options *options,
                                      struct error *err) MUST_CHECK;
void lm_model_free(struct lm_model *model);

/* Writes model and tokenizer as GGUF v3 under the names and in the order of rows that llama.cpp reads, matrices in
 * `type` (vectors stay F32). extra: further metadata (texts), may be NULL. Needs kept values. ERROR_DATA: GGUF has no
 * way to say what this model is. */
struct lm_extra {
    const char *key;
    struct text value;
};
bool lm_model_save(const struct lm_model *model, const char *path, enum lm_type type, const struct lm_extra *extra,
                   size_t n_extra, struct error *err) MUST_CHECK;
/* The same where the values of one layer at a time are there: made in turn, before they are written, and then given up.
 * The layers' matrices may be changed in the model itself. Matrices left in their file are written from there. */
struct lm_save_steps {
    void *context;
    bool (*layer)(void *context, size_t layer, struct error *err); /* may be NULL */
    void (*written)(void *context, size_t layer);                  /* also when writing it failed; may be NULL */
    enum lm_type (*type)(void *context, const char *name);         /* of a matrix, by its name there; NULL: type */
};
bool lm_model_save_by(const struct lm_model *model, const char *path, enum lm_type type, const struct lm_extra *extra,
                      size_t n_extra, const struct lm_save_steps *steps, struct error *err) MUST_CHECK;

/* A new llama model with random weights (normal, 0.02, output projections scaled by 1/sqrt(2 layers)), for training.
 * Takes the tokenizer. */
struct lm_model *lm_model_random(const struct lm_shape *shape, struct tokenizer *tokenizer, uint64_t seed,
                                 struct error *err) MUST_CHECK;
/* A model of any architecture for tests and measurements, from a spec: "ARCH,key=value,..." with the keys of
 * lm_random_options; what is not given is small. Every tensor is random, also norms and biases, and the last norm is
 * scaled until the mean entropy of the next token over 64 random tokens is 2.5 nats (or as near as it gets): *entropy.
 * The same spec gives the same model on every machine of one instruction set. It has a small tokenizer of its own: 256
 * bytes, four special tokens, the rest unused. ERROR_USAGE: unknown architecture or key; ERROR_DATA:
 * sizes that make no model. */
extern const struct option_def lm_random_options[];
extern const size_t lm_random_n_options;
struct lm_model *lm_model_random_of(struct text spec, double *entropy, struct error *err) MUST_CHECK;

#endif
