/* Best of n: whole answers of the base, of which the one with the highest reward is said. The reference point of every
 * steer; KL to the base at most log n - (n - 1) / n (Beirami et al. 2024). Works with subjects that give no
 * log-probabilities. */
#include "act/steer/steer_internal.h"

static const struct option_def options[] = {
    STEER_INT("samples", "8", 1, 4096, "answers of which the best one counts"),
    STEER_REAL("heat", "1", 0.001, 100, "temperature of the answers, where the ask has none")};

const struct steer steer_best_of_n = {
    .name = "best-of-n",
    .summary = "whole answers of the base, the best of them",
    .source = "Stiennon et al., NeurIPS 2020; KL: Beirami et al. 2024",
    STEER_TABLE(options),
    .needs = STEER_NEEDS_REWARD | STEER_WHOLE,
};
