/* Drawing a token from logits. Inside of the room. */
#ifndef LM_SAMPLING_H
#define LM_SAMPLING_H

#include "lm/engine/engine.h"
#include "lm/engine/engine_kernel.h"

/* Scratch of one worker: weights and candidates, [vocabulary] each. */
struct sampling_scratch {
    float *weights;
    uint32_t *heap;
};

/* The token that `unit`, uniform on [0, 1), picks. In this order: logits over temperature, the top_k most likely, of
 * those the fewest that hold top_p of the mass (Holtzman et al. 2020), at least one. Candidates stand by falling
 * probability, ties by rising id; without top_k and top_p by id. mass: of the same logits. */
size_t sampling_pick(const struct lm_sampling *sampling, const float *logits, size_t n, struct kernel_mass mass,
                     double unit, const struct engine_kernels *kernels, struct sampling_scratch *scratch);

/* The uniform number of answer position `position`: rng_stream(seed, "sampling/STREAM/SAMPLE", position). */
double sampling_unit(uint64_t seed, uint64_t stream, uint64_t sample, uint64_t position);

#endif
