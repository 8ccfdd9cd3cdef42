/* Things dealt in exact numbers. A deck is an order of 0..n-1 that is drawn by its key and computed place by place, so
 * that a document can be made from its number alone and nothing of the size of a corpus is held in memory. */
#ifndef MEASURE_WORLD_DECK_H
#define MEASURE_WORLD_DECK_H

#include "measure/world/world_internal.h"

enum { DECK_ROUNDS = 6 };
struct deck {
    uint64_t n, key[DECK_ROUNDS];
    unsigned half; /* bits of one half of a place */
};
/* The order of (seed, stream, draw, index). */
struct deck world_deck(const struct world *world, const char *stream, uint64_t draw, uint64_t index, uint64_t n);
/* What lies at this place, and the place of a thing; both below n. */
uint64_t deck_at(const struct deck *deck, uint64_t place);
uint64_t deck_place(const struct deck *deck, uint64_t thing);

/* How many of the things before..before+n-1 belong to a share of `part` in `whole`: over any run exact up to 1, over a
 * whole number of `whole` exact. */
uint64_t deck_share(uint64_t before, uint64_t n, uint64_t part, uint64_t whole);

#endif
