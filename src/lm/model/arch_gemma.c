/* gemma 2 and 3 (Gemma team 2024, 2025): norms before and after, embedding scaled by the root of the width, gated GELU,
 * windows in most layers; gemma 2 caps attention and logits, gemma 3 norms queries and keys and rotates windowed layers
 * by another base. */
#include "lm/model/arch.h"

#include <math.h>

enum { WIDE_GEMMA2 = 46, WIDE_GEMMA3 = 62 }; /* layers of the models of 27 billion parameters */

static void gemma_features(struct lm_shape *s) {
    s->post_norms = true;
    s->activation = LM_GELU_TANH;
}

static void gemma2_features(struct lm_shape *s) {
    gemma_features(s);
    s->window = 4096;
    s->unwindowed_every = 2;
    s->attention_cap = 50;
    s->logit_cap = 30;
}

static void gemma3_features(struct lm_shape *s) {
    gemma_features(s);
    s->qk_norm = LM_QK_HEADS;
    s->unwindowed_every = 6;
    s->local_rope_base = 10000;
}

/* GGUF does not say how attention is scaled: by the head's size,
 * but in the widest models by the width of a head's share. */
static void derive(struct lm_shape *s, bool gguf, size_t wide) {
    size_t share = s->width / s->heads;
    s->embedding_scale = sqrtf((float)s->width);
    if (gguf && s->attention_scale == 0 && s->layers == wide && share != s->head_size)
        s->attention_scale = 1.0f / sqrtf((float)share);
}

static void gemma2_derive(struct lm_shape *s, bool gguf) {
    derive(s, gguf, WIDE_GEMMA2);
}

static void gemma3_derive(struct lm_shape *s, bool gguf) {
    derive(s, gguf, WIDE_GEMMA3);
}

const struct lm_arch arch_gemma2 = {
    .name = "gemma2",
    .activation = "hidden_activation",
    .summary = "norms before and after, gated GELU, capped attention and logits, a window in every other layer",
    .gguf = "gemma2",
    .config = "gemma2",
    .causal = "Gemma2ForCausalLM",
    .says = SAYS_ATTENTION_BIAS | SAYS_WINDOW,
    .tied = true,
    .gain_offset = true,
    .names = {[PART_FFN_NORM] = "pre_feedforward_layernorm"},
    .features = gemma2_features,
    .derive = gemma2_derive,
};

static bool gemma3_rest(struct lm_shape *s, const struct lm_file *file, struct error *err) {
    if (json_is_true(json_object_get(file->config, "use_bidirectional_attention")))
        return arch_refuse(file, &arch_gemma3, "config.json asks for use_bidirectional_attention", err);
    return true;
}

const struct lm_arch arch_gemma3 = {
    .name = "gemma3",
    .activation = "hidden_activation",
    .summary = "norms before and after, gated GELU, queries and keys normed by head, a window in five layers of six",
    .gguf = "gemma3",
    .config = "gemma3_text",
    .causal = "Gemma3ForCausalLM",
    .says = SAYS_ATTENTION_BIAS | SAYS_WINDOW,
    .tied = true,
    .gain_offset = true,
    .names = {[PART_FFN_NORM] = "pre_feedforward_layernorm"},
    .features = gemma3_features,
    .derive = gemma3_derive,
    .config_rest = gemma3_rest,
};
