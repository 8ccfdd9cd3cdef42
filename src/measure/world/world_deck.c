/* Decks: a Feistel network over the next power of four, walked on until the place is one of the deck's (Black and
 * Rogaway 2002). See world_deck.h. */
#include "measure/world/world_deck.h"

static uint64_t mix(uint64_t x) { /* the finaliser of SplitMix64 */
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

struct deck world_deck(const struct world *world, const char *stream, uint64_t draw, uint64_t index, uint64_t n) {
    struct rng rng = world_stream(world, stream, draw, index);
    struct deck d = {.n = n, .half = 1};
    while (d.half < 31 && (uint64_t)1 << 2 * d.half < n) d.half++;
    for (int i = 0; i < DECK_ROUNDS; i++) d.key[i] = rng_u64(&rng);
    return d;
}

uint64_t deck_at(const struct deck *d, uint64_t place) {
    uint64_t mask = ((uint64_t)1 << d->half) - 1;
    do {
        uint64_t left = place >> d->half, right = place & mask;
        for (int i = 0; i < DECK_ROUNDS; i++) {
            uint64_t next = left ^ (mix(right ^ d->key[i]) & mask);
            left = right, right = next;
        }
        place = left << d->half | right;
    } while (place >= d->n);
    return place;
}

uint64_t deck_place(const struct deck *d, uint64_t thing) {
    uint64_t mask = ((uint64_t)1 << d->half) - 1;
    do {
        uint64_t left = thing >> d->half, right = thing & mask;
        for (int i = DECK_ROUNDS - 1; i >= 0; i--) {
            uint64_t before = right ^ (mix(left ^ d->key[i]) & mask);
            right = left, left = before;
        }
        thing = left << d->half | right;
    } while (thing >= d->n);
    return thing;
}

uint64_t deck_share(uint64_t before, uint64_t n, uint64_t part, uint64_t whole) {
    return (before + n) * part / whole - before * part / whole;
}
