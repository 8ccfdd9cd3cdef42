/* Answers that a model gives to prompts while it learns, with their rewards: groups as answers.h has them. What is
 * drawn depends on (seed, step, prompt, sample) and the weights alone. */
#ifndef ACT_ROLLOUT_H
#define ACT_ROLLOUT_H

#include "act/data/answers.h"
#include "act/data/prompts.h"
#include "base/interrupt.h"
#include "base/team.h"
#include "lm/engine/engine.h"
#include "subject/reward.h"

struct rollout_settings {
    size_t samples, max_tokens; /* answers a prompt; tokens of an answer */
    double temperature, top_p;
    bool special; /* rewards see control tokens by their names */
    uint64_t seed;
    const struct tokenizer *tokenizer;
    const struct reward *reward;
    struct team *team; /* processes that share the prompts; all get all answers; NULL: alone */
    const struct interrupt *stop;
};

/* Groups of one step; everything lies on the arena that it was made with. */
struct rollout {
    struct answer_group *groups;
    size_t n;
    uint64_t tokens; /* of all answers */
    size_t counted;
    /* Of all answers, for the log. */
    double reward, whole, length, entropy; /* means; entropy: of - log p of the tokens as drawn, nats a token */
    double level[5]; /* share of level 1..4, and of worse ones */
};

/* n prompts, the first of which is number `at` of the training, answered by the engine's model. */
bool rollout_make(struct lm_engine *engine, const struct rollout_settings *settings,
                  const struct prompt *const *prompts, size_t n, uint64_t at, struct arena *arena, struct rollout *out,
                  struct error *err) MUST_CHECK;
/* Do all answers of a group have the same level (or reward, where there are no levels)? It teaches nothing then. */
bool rollout_flat(const struct answer_group *group);

#endif
