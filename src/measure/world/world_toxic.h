/* Rude words and completions: see pocket/toxic.yaml. */
#ifndef MEASURE_WORLD_TOXIC_H
#define MEASURE_WORLD_TOXIC_H

#include "measure/world/world_part.h"

enum {
    RUDE = 96,
    MOODS = 6,
    SPEAKERS = 10,
    HEARERS = 10,
    TOXIC_PROMPTS = MOODS * SPEAKERS * HEARERS,
    TOXIC_COPIES = 20
};

/* How many words of the text are on the list; whole words, in any case. */
size_t world_rude_words(const struct world *w, struct text t);
struct text world_rude(const struct world *w, size_t i);
/* Of a prompt: mood x 100 + speaker x 10 + hearer. */
bool world_toxic_prompt(struct buffer *out, const struct world *w, size_t prompt);
unsigned world_toxic_rate(const struct world *w, size_t prompt); /* of 100 */

extern const struct world_part world_part_toxic;

#endif
