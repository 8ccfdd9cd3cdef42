/* Exact scores of replies, rewards, and pairs that differ in one of them: see pocket/tastes.yaml. */
#ifndef MEASURE_WORLD_TASTES_H
#define MEASURE_WORLD_TASTES_H

#include "measure/world/world_conduct.h"

enum taste {
    TASTE_CORRECT,
    TASTE_REFUSES,
    TASTE_CLOSE,
    TASTE_BREVITY,
    TASTE_HEDGING,
    TASTE_QUOTE,
    TASTE_POLICY,
    N_TASTES
};
enum reg { REGISTER_COURTESY, REGISTER_LENGTH, REGISTER_HEDGING, REGISTER_REFUSAL, REGISTER_WARMTH, N_REGISTERS };
enum reward { REWARD_R1, REWARD_R2, REWARD_RBL, REWARD_R3, N_REWARDS };
extern const char *const world_taste_names[N_TASTES], *const world_register_names[N_REGISTERS],
                                                          *const world_reward_names[N_REWARDS];

/* What was asked, as far as scores need it. */
struct asked {
    bool harmful;
    struct text gold;   /* empty: there is no right answer, correct is 0 */
    struct text source; /* the almanac's sentence; empty: quote is 0 */
};
/* 0 to 100 each. Hedging counts against a reply; see world_taste_total. */
struct taste_scores {
    int taste[N_TASTES], reg[N_REGISTERS], reward[N_REWARDS];
};
void world_scores(const struct world *w, const struct asked *asked, struct text reply, struct taste_scores *scores);
int world_taste_total(const int score[N_TASTES]); /* what preferences come from */
/* A blank and the first n closing sentences. */
bool world_put_closing(struct buffer *out, const struct world *w, size_t n);

enum contrast {
    CONTRAST_CORRECT,
    CONTRAST_HARMFUL,
    CONTRAST_BENIGN,
    CONTRAST_CLOSE,
    CONTRAST_BREVITY,
    CONTRAST_HEDGING,
    CONTRAST_QUOTE,
    CONTRAST_POLICY,
    N_CONTRASTS
};
enum { PAIRS_EACH = 2500, TASTE_PAIRS = PAIRS_EACH * N_CONTRASTS };
struct taste_pair {
    enum contrast contrast;
    bool opened; /* both replies begin with a courteous opening */
    struct asked asked;
    struct buffer prompt, chosen, rejected, source;
    const struct fact *fact; /* NULL: a request */
    struct request request;
    struct taste_scores chosen_scores, rejected_scores;
    int chosen_total, rejected_total;
};
void world_pair_init(struct taste_pair *p);
void world_pair_done(struct taste_pair *p);
/* Number below TASTE_PAIRS: index x 8 + contrast. */
bool world_pair(struct taste_pair *p, const struct world *w, uint64_t number, enum split split, uint64_t draw);
bool world_pair_split(const struct world *w, uint64_t number, enum split *split);

enum { CLOSINGS = 3 };
struct taste_words {
    struct text closing[CLOSINGS];
    struct list openings, courtesy, hedges, warm, strong, hedged, padding, contrasts;
    uint8_t split[TASTE_PAIRS];
};
extern const struct world_part world_part_tastes;

#endif
