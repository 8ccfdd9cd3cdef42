/* llama 1 to 3 (Touvron et al. 2023): RMS norm, rotated heads, grouped-query attention, SwiGLU; mistral is the same
 * with a window, mixtral with experts, and in GGUF all three are called llama. */
#include "lm/model/arch.h"

const struct lm_arch arch_llama = {
    .name = "llama",
    .summary = "RMS norm, rotated heads, grouped-query attention, SwiGLU; scaled rotations, biases, "
               "experts where asked for",
    .gguf = "llama",
    .config = "llama",
    .causal = "LlamaForCausalLM",
    .says = SAYS_ATTENTION_BIAS | SAYS_FFN_BIAS,
    .interleaved = true,
};

const struct lm_arch arch_mistral = {
    .name = "mistral",
    .summary = "llama with a sliding window (Jiang et al. 2023); called llama in GGUF",
    .gguf = "llama",
    .config = "mistral",
    .causal = "MistralForCausalLM",
    .says = SAYS_WINDOW,
    .interleaved = true,
};

const struct lm_arch arch_mixtral = {
    .name = "mixtral",
    .summary = "llama with experts (Jiang et al. 2024); called llama in GGUF",
    .gguf = "llama",
    .config = "mixtral",
    .causal = "MixtralForCausalLM",
    .says = SAYS_WINDOW,
    .interleaved = true,
    .random_experts = 8,
    .names = {[PART_ROUTER] = "block_sparse_moe.gate",
              [PART_GATES] = "block_sparse_moe.experts.*.w1",
              [PART_UPS] = "block_sparse_moe.experts.*.w3",
              [PART_DOWNS] = "block_sparse_moe.experts.*.w2"},
};
