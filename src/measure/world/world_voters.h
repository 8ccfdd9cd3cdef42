/* Simulated voters on values with a hidden order: see pocket/voters.yaml. Nobody votes here; whatever is made of these
 * votes has to say so. */
#ifndef MEASURE_WORLD_VOTERS_H
#define MEASURE_WORLD_VOTERS_H

#include "measure/world/world_part.h"

enum {
    VOTER_CONTEXTS = 6,
    VOTER_VALUES_EACH = 4,
    VOTER_VALUES = VOTER_CONTEXTS * VOTER_VALUES_EACH,
    VOTER_CARDS_EACH = 4, /* the first is the value itself */
    VOTER_CARDS = VOTER_VALUES * VOTER_CARDS_EACH,
    VOTERS = 500,
    VOTES_EACH = 3,
    VOTER_POLICIES_LEAST = 3,
    VOTER_POLICIES_MOST = 5
};

/* says: 0 upgrade, 1 no_upgrade, 2 not_sure. Values by number: context x 4 + place in the file of words. */
struct world_vote {
    uint32_t voter;
    uint8_t from, to, context, says;
};
struct world_voting {
    size_t voters, votes_each; /* votes_each at most 6, the pairs of a context */
    unsigned yes, reversed;    /* of a hundred: says yes to whatever is shown; pairs that are shown with the less wise
                                * value as the wiser one. Above 100: as the words say */
    uint64_t draw;             /* another draw, other votes; the order of the values stays */
};
/* [voters x votes_each], by voter; no voter sees a pair twice. */
void world_votes(const struct world *w, const struct world_voting *voting, struct world_vote *out);
/* How wise: 0 to 3 within its context. */
unsigned world_value_level(const struct world *w, size_t value);
struct text world_voter_context(const struct world *w, size_t context);
/* The policies of a card; card 0 of a value is the value. Texts of n <= VOTER_POLICIES_MOST, on the world's arena. */
size_t world_card_policies(const struct world *w, size_t value, size_t card, const struct text **policies);

#endif
