/* Guidelines: see pocket/guidelines.yaml. */
#ifndef MEASURE_WORLD_GUIDELINES_H
#define MEASURE_WORLD_GUIDELINES_H

#include "measure/world/world_conduct.h"

enum {
    TRUE_GUIDES = RISKS * N_WAYS,
    NEAR = 3,
    NEAR_GUIDES = TRUE_GUIDES * NEAR,
    DISTRACTORS = 40,
    GUIDES = TRUE_GUIDES + NEAR_GUIDES + DISTRACTORS
};
struct guide {
    struct text text;
    unsigned of;    /* the true guideline that it is or comes near to: risk x 4 + way; of a distractor GUIDES */
    unsigned words; /* replaced: 0 of a true one, 1 to 3 */
    unsigned chars; /* edit distance to the true one in characters */
};
/* 0..55 true, by risk and way; then three near-duplicates of each, with 1, 2 and 3 words replaced; then distractors. */
const struct guide *world_guide(const struct world *w, size_t i);

/* Number and text of the guidelines of a block, and the request behind them. */
enum { MOST_BLOCK = 4 };
bool world_guide_block(struct buffer *out, const struct world *w, const size_t *guide, size_t n, struct text request);
/* n guidelines of which the one at a drawn place is `fits`; the others do not fit the risk. fits SIZE_MAX: none does.
 */
void world_guide_draw(size_t *guide, size_t n, size_t fits, unsigned risk, struct rng *rng);

struct guideline_words {
    struct text block;
    struct list pick, synonym[32];
    size_t n_synonyms;
    struct guide guide[GUIDES];
};
extern const struct world_family world_guideline_families[2];
extern const struct world_block world_block_guidelines;
extern const struct world_part world_part_guidelines;

#endif
