/* olmo2 (OLMo team 2024): norms after attention and feed-forward only; queries and keys are normed,
 * all heads as one. */
#include "lm/model/arch.h"

static void features(struct lm_shape *s) {
    s->no_pre_norms = true;
    s->post_norms = true;
    s->qk_norm = LM_QK_WHOLE;
}

const struct lm_arch arch_olmo2 = {
    .name = "olmo2",
    .summary = "norms after attention and feed-forward only, queries and keys normed as a whole",
    .gguf = "olmo2",
    .config = "olmo2",
    .causal = "Olmo2ForCausalLM",
    .says = SAYS_ATTENTION_BIAS,
    .features = features,
};
