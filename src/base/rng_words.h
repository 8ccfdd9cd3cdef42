/* Many random numbers at once, apart from rng.h because few need them. */
#ifndef BASE_RNG_WORDS_H
#define BASE_RNG_WORDS_H

#include "base/rng.h"

/* The next n numbers of rng_u64, faster. */
void rng_words(struct rng *rng, uint64_t *out, size_t n);

#endif
