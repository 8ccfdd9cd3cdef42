/* gpt2 (Radford et al. 2019): layer norms with biases, learned positions, a feed-forward without gate,
 * biases everywhere. */
#include "lm/model/arch.h"

static void features(struct lm_shape *s) {
    s->norm = LM_NORM_LAYER;
    s->learned_positions = true;
    s->activation = LM_GELU_TANH;
    s->ungated = true;
    s->qkv_bias = s->o_bias = s->ffn_bias = true;
}

static bool rest(struct lm_shape *s, const struct lm_file *file, struct error *err) {
    const json_t *c = file->config;
    if (json_is_false(json_object_get(c, "scale_attn_weights")) ||
        json_is_true(json_object_get(c, "scale_attn_by_inverse_layer_idx")) ||
        json_is_true(json_object_get(c, "add_cross_attention")))
        return arch_refuse(file, &arch_gpt2,
                           "config.json asks for another attention (scale_attn_weights, "
                           "scale_attn_by_inverse_layer_idx, add_cross_attention)",
                           err);
    return true;
}

static const struct arch_alias aliases[] = {{"num_hidden_layers", "n_layer"},
                                            {"hidden_size", "n_embd"},
                                            {"num_attention_heads", "n_head"},
                                            {"intermediate_size", "n_inner"},
                                            {"max_position_embeddings", "n_positions"},
                                            {NULL, NULL}};

const struct lm_arch arch_gpt2 = {
    .name = "gpt2",
    .summary = "layer norm, learned positions, feed-forward without gate, biases",
    .gguf = "gpt2",
    .config = "gpt2",
    .activation = "activation_function",
    .causal = "GPT2LMHeadModel",
    .tied = true,
    .transposed = true,
    .fused_qkv = true,
    .prefix = "transformer.",
    .layers = "h.",
    .names = {[PART_EMBEDDING] = "wte",
              [PART_POSITIONS] = "wpe",
              [PART_OUTPUT_NORM] = "ln_f",
              [PART_ATTENTION_NORM] = "ln_1",
              [PART_FFN_NORM] = "ln_2",
              [PART_QKV] = "attn.c_attn",
              [PART_O] = "attn.c_proj",
              [PART_UP] = "mlp.c_fc",
              [PART_DOWN] = "mlp.c_proj"},
    .aliases = aliases,
    .features = features,
    .config_rest = rest,
};
