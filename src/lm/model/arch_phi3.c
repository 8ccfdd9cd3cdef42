/* phi-3 (Abdin et al. 2024): llama with queries, keys and values in one tensor and gate and up in another. */
#include "lm/model/arch.h"

const struct lm_arch arch_phi3 = {
    .name = "phi3",
    .summary = "llama with fused tensors; rotations by two tables (longrope, 128k)",
    .gguf = "phi3",
    .config = "phi3",
    .causal = "Phi3ForCausalLM",
    .says = SAYS_WINDOW,
    .fused_qkv = true,
    .fused_gate_up = true,
};
