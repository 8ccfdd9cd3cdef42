/* qwen2 and 2.5: llama with biases of queries, keys and values; qwen2moe: with experts, one of them shared by all
 * tokens; qwen3: without biases, and with queries and keys normed head by head; qwen3moe:
 * with experts (Qwen team 2024, 2025). */
#include "lm/model/arch.h"

static void qwen2_features(struct lm_shape *s) {
    s->qkv_bias = true;
}

const struct lm_arch arch_qwen2 = {
    .name = "qwen2",
    .summary = "llama with biases of queries, keys and values (Qwen 2 and 2.5)",
    .gguf = "qwen2",
    .config = "qwen2",
    .causal = "Qwen2ForCausalLM",
    .says = SAYS_WINDOW,
    .local_window = true,
    .features = qwen2_features,
};

static const struct arch_alias moe_aliases[] = {
    {"num_local_experts", "num_experts"}, {"intermediate_size", "moe_intermediate_size"}, {NULL, NULL}};

static void qwen2moe_features(struct lm_shape *s) {
    s->qkv_bias = true;
    s->experts_whole = true;
}

static bool qwen2moe_rest(struct lm_shape *s, const struct lm_file *file, struct error *err) {
    if (json_is_false(json_object_get(file->config, "qkv_bias")))
        return arch_refuse(file, &arch_qwen2moe,
                           "config.json asks for no biases of queries, keys and values (qkv_bias)", err);
    return true;
}

const struct lm_arch arch_qwen2moe = {
    .name = "qwen2moe",
    .summary = "qwen2 with experts and a shared one (Qwen 1.5 and 2)",
    .gguf = "qwen2moe",
    .config = "qwen2_moe",
    .causal = "Qwen2MoeForCausalLM",
    .says = SAYS_WINDOW | SAYS_WEIGHTS_NORM,
    .local_window = true,
    .random_experts = 8,
    .shared_expert = true,
    .aliases = moe_aliases,
    .features = qwen2moe_features,
    .config_rest = qwen2moe_rest,
};

static void qwen3_features(struct lm_shape *s) {
    s->qk_norm = LM_QK_HEADS;
}

const struct lm_arch arch_qwen3 = {
    .name = "qwen3",
    .summary = "llama with queries and keys normed by head",
    .gguf = "qwen3",
    .config = "qwen3",
    .causal = "Qwen3ForCausalLM",
    .says = SAYS_ATTENTION_BIAS | SAYS_WINDOW,
    .local_window = true,
    .features = qwen3_features,
};

const struct lm_arch arch_qwen3moe = {
    .name = "qwen3moe",
    .summary = "qwen3 with experts",
    .gguf = "qwen3moe",
    .config = "qwen3_moe",
    .causal = "Qwen3MoeForCausalLM",
    .says = SAYS_ATTENTION_BIAS | SAYS_WINDOW | SAYS_WEIGHTS_NORM,
    .local_window = true,
    .random_experts = 8,
    .aliases = moe_aliases,
    .features = qwen3_features,
};
