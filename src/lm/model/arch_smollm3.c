/* smollm3 (Hugging Face 2025): llama in which every fourth layer rotates nothing (Yang et al. 2025). */
#include "lm/model/arch.h"

static void features(struct lm_shape *s) {
    s->unrotated_every = 4;
}

const struct lm_arch arch_smollm3 = {
    .name = "smollm3",
    .summary = "llama without rotation in every fourth layer",
    .gguf = "smollm3",
    .config = "smollm3",
    .causal = "SmolLM3ForCausalLM",
    .says = SAYS_ATTENTION_BIAS | SAYS_FFN_BIAS | SAYS_WINDOW,
    .interleaved = true,
    .tied = true,
    .local_window = true,
    .features = features,
};
