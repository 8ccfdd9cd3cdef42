/* What rng.c and its AVX2 twin share. */
#ifndef BASE_RNG_INTERNAL_H
#define BASE_RNG_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

enum { RNG_BLOCKS = 32 }; /* made side by side */

bool rng_has_avx2(void);
/* The 2 x RNG_BLOCKS numbers that rng_u64 would give from this block on; only where the processor has AVX2. */
void rng_blocks_avx2(uint64_t key, uint64_t counter, uint64_t out[2 * RNG_BLOCKS]);

#endif
