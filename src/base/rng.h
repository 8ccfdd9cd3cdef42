/* Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011). A stream is keyed by (seed, name, index), so a
 * draw never depends on what else was drawn, on threads or on order. No state is global. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/text.h"

struct rng {
    uint64_t key;
    uint64_t counter; /* next block */
    uint32_t block[4];
    unsigned left;
};

/* key = xxh3-64 of the text SEED "/" NAME "/" INDEX in decimal; of a name beyond 230 bytes its SHA-256 stands in. */
struct rng rng_stream(uint64_t seed, const char *name, uint64_t index);
struct rng rng_stream_text(uint64_t seed, struct text name); /* key of SEED "/" NAME */
uint32_t rng_u32(struct rng *rng);
uint64_t rng_u64(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t n); /* uniform on 0..n-1 without bias (Lemire 2019); n > 0 */
/* The same `count` times, n at most 2^32: the same numbers, faster. */
void rng_below_many(struct rng *rng, uint64_t n, uint32_t *out, size_t count);
double rng_unit(struct rng *rng);                /* [0, 1), 53 bits */
double rng_normal(struct rng *rng);              /* Box-Muller, one value per two units */
/* Integer probability: true with p32 / 2^32. */
bool rng_chance(struct rng *rng, uint64_t p32);
/* Fisher-Yates over n indices. */
void rng_shuffle(struct rng *rng, size_t *index, size_t n);

#endif
