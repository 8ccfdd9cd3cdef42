/* Low-rank adapters (Hu et al. 2021): a matrix W [n, k] works as W + alpha / rank B A, with A [rank,
 * k] and B [n, rank].
 *
 * An adapter file is a GGUF as llama.cpp reads it:
 *   1. general.type "adapter", general.architecture as the base, adapter.type "lora", adapter.lora.alpha (f32)
 *   2. tensors NAME.lora_a [rank, k] and NAME.lora_b [n, rank], NAME the base's matrix, e.g. blk.0.attn_q.weight; rows
 *      of q and k in GGUF's order (pairs 2i, 2i+1)
 *   3. ours also say basanite.adapter.base: the digest of the base it was trained on, or the file does not say
 *
 * A spec joins base and adapters, merged while loading, one after the other:
 * base.gguf+style.lora.gguf@0.5+tone.lora.gguf. The number behind @ is a factor (default 1). */
#ifndef LM_LORA_H
#define LM_LORA_H

#include "base/option.h"
#include "lm/model/model.h"

/* The matrices of a layer that may have an adapter, in this order: attn_q, attn_k, attn_v, attn_output, ffn_gate,
 * ffn_up, ffn_down. */
enum { LM_LORA_TARGETS = 7 };
extern const char *const lm_lora_target_names[LM_LORA_TARGETS];
struct lm_matrix *lm_lora_matrix(struct lm_layer *layer, size_t target);

struct lm_lora {
    size_t rank;
    double alpha;
    bool targets[LM_LORA_TARGETS];
};
extern const struct option_def lm_lora_options[];
extern const size_t lm_lora_n_options;
/* "r=16,alpha=32,targets=attn_q:attn_v". ERROR_USAGE names the key or target. */
bool lm_lora_parse(struct text spec, struct lm_lora *out, struct error *err) MUST_CHECK;

/* One adapter of a spec. */
struct lm_adapter {
    char *path;
    double factor;
};
/* Parts of "base+adapter@factor+...", copies on the arena. A path that exists may itself hold a '+'. No adapters: *n is
 * 0 and *base the spec. */
bool lm_spec_split(struct arena *arena, struct text spec, char **base, struct lm_adapter **adapters, size_t *n,
                   struct error *err) MUST_CHECK;
/* Has it the form of a base with adapters (whether they exist or not)? */
bool lm_spec_is_adapted(struct text spec);

/* Adds factor x alpha / rank x B A to the model's kept values and renews what is packed. The model's digest becomes
 * that of the sum, so that adapters may build on one another. ERROR_DATA: no adapter, of another architecture or base,
 * a tensor that fits no matrix, a half pair, shapes that differ, values that are not finite. */
bool lm_lora_merge(struct lm_model *model, const struct lm_adapter *adapter, struct error *err) MUST_CHECK;

/* values [n, k] += scale b a. */
bool lm_lora_add(float *values, size_t n, size_t k, size_t rank, double scale, const float *a, const float *b,
                 struct error *err) MUST_CHECK;
/* The row of a model with pairs (i, i + size / 2) that is GGUF's row `row`. */
size_t lm_rope_half_row(size_t row, size_t head_size);

#endif
