/* Architectures and what their small files use. An architecture says what every model of its kind has (features), under
 * which names its tensors stand in safetensors, and what its config.json may ask for beyond what all of them share.
 * Names and keys of GGUF are the same for all, but for the architecture's own word before the key.
 * Inside of the room. */
#ifndef LM_ARCH_H
#define LM_ARCH_H

#include "lm/model/model_internal.h"

/* A key that this architecture's config.json has in place of the usual one. */
struct arch_alias {
    const char *usual, *own;
};

/* Features that a config.json of some kinds can ask for, and that the others' implementations do not know. */
enum arch_says { SAYS_ATTENTION_BIAS = 1, SAYS_FFN_BIAS = 2, SAYS_WINDOW = 4, SAYS_WEIGHTS_NORM = 8 };

struct lm_arch {
    const char *name, *summary;
    const char *gguf;   /* general.architecture */
    const char *config; /* model_type of config.json; NULL: not read */
    bool interleaved;   /* GGUF holds rows of q and k as pairs (2i, 2i+1), safetensors as halves */
    bool tied;          /* where config.json does not say */
    bool gain_offset;   /* safetensors holds the gain of norms less 1 */
    bool transposed;    /* safetensors holds matrices of layers as [in, out] */
    bool fused_qkv, fused_gate_up; /* as files are written */
    bool local_window;  /* use_sliding_window must be true for sliding_window to count */
    size_t random_experts;         /* of a random model */
    bool shared_expert;            /* beside those that are picked */
    const char *activation;        /* the key of config.json that its implementation looks at; NULL: "hidden_act" */
    const char *causal;            /* the class of transformers, in "architectures" of config.json */
    unsigned says;                 /* enum arch_says: what config.json has words for */
    const char *prefix, *layers;   /* of tensor names in safetensors; NULL: "model.", "layers." */
    const char *names[MODEL_PARTS]; /* in safetensors; NULL: as most have it */
    const struct arch_alias *aliases; /* ends with {NULL, NULL} */
    /* What every model of the kind has; sizes are not known yet. NULL: nothing beyond llama. */
    void (*features)(struct lm_shape *shape);
    /* What follows from the sizes. NULL: nothing. gguf: attention_scale follows from the sizes too. */
    void (*derive)(struct lm_shape *shape, bool gguf);
    /* What config.json asks for that others do not know. NULL: nothing. */
    bool (*config_rest)(struct lm_shape *shape, const struct lm_file *file, struct error *err);
};

extern const struct lm_arch arch_llama, arch_mistral, arch_mixtral, arch_qwen2, arch_qwen2moe, arch_qwen3,
    arch_qwen3moe, arch_gemma2, arch_gemma3, arch_phi3, arch_gpt2, arch_olmo2, arch_smollm3;

/* Fills the description and checks it; also m->rope_factors where config.json gives them. */
bool arch_read_shape(struct lm_model *m, const struct lm_file *file, struct error *err) MUST_CHECK;
bool arch_read_gguf(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file,
                    struct error *err) MUST_CHECK;
bool arch_read_config(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file,
                      struct error *err) MUST_CHECK;
/* Every tensor of the file must be one that the description has, and the other way round; all are loaded. */
bool arch_load_tensors(struct lm_model *m, const struct lm_file *file, struct error *err) MUST_CHECK;

/* A number of metadata (by the key behind the architecture's word) or of config.json; NAN when it is not there. */
bool arch_number(const struct lm_file *file, const struct lm_arch *arch, const char *key, double *out,
                 struct error *err) MUST_CHECK;
/* The same for a positive real; initial: when it is not there; NAN: it must be there. */
bool arch_real(const struct lm_file *file, const struct lm_arch *arch, const char *key, double initial, float *out,
               struct error *err) MUST_CHECK;
/* A whole number from 1 to 2^30, which stays when it is not there. */
bool arch_size(const struct lm_file *file, const struct lm_arch *arch, const char *key, size_t *out,
               struct error *err) MUST_CHECK;
/* "FILE: WHAT, which is not built for ARCH"; false. */
bool arch_refuse(const struct lm_file *file, const struct lm_arch *arch, const char *what, struct error *err);

/* The name of a part in a file, without the ending (".weight", ".bias"). */
struct arch_name {
    char text[160];
};
struct arch_name arch_gguf_name(enum model_part_id id, size_t layer);
struct arch_name arch_config_name(const struct lm_arch *arch, const char *prefix, enum model_part_id id, size_t layer,
                                  size_t expert);

/* Divisors of rotation rates as llama 3.1 computes them from scaling: factor, beta_slow (low_freq_factor), beta_fast
 * (high_freq_factor), context. out: [rotated / 2] */
void arch_llama3_factors(const struct lm_shape *shape, float *out);
/* The amplitude of longrope that transformers computes where config.json says none. */
float arch_long_amplitude(const struct lm_shape *shape);
const char *arch_gguf(const struct lm_model *model); /* general.architecture */
/* The row whose config.json says this model: GGUF has one name for llama, mistral and mixtral. */
const struct lm_arch *arch_of_config(const struct lm_model *model);
/* Rows of q and k stand in another order in GGUF. */
bool arch_permutes(const struct lm_model *model);

#endif
