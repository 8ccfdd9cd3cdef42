/* Counter-based random numbers: see rng.h. Philox4x32-10 after Salmon et al. 2011, section 4.3. */
#include "base/rng.h"
#include "base/rng_words.h"

#include "base/hash.h"
#include "base/rng_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void philox(uint64_t key, uint64_t counter, uint32_t out[4]) {
    uint32_t c[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), 0, 0};
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53u * c[0], b = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t next[4] = {(uint32_t)(b >> 32) ^ c[1] ^ k0, (uint32_t)b, (uint32_t)(a >> 32) ^ c[3] ^ k1, (uint32_t)a};
        memcpy(c, next, sizeof c);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    memcpy(out, c, sizeof c);
}

struct rng rng_stream_text(uint64_t seed, struct text name) {
    char head[32];
    int n = snprintf(head, sizeof head, "%" PRIu64 "/", seed);
    char whole[512];
    if ((size_t)n + name.len <= sizeof whole) {
        memcpy(whole, head, (size_t)n);
        if (name.len) memcpy(whole + n, name.at, name.len);
        return (struct rng){.key = hash_xxh3(whole, (size_t)n + name.len)};
    }
    struct sha256 sha; /* long names are shortened first */
    char hex[HASH_HEX];
    sha256_init(&sha);
    sha256_add(&sha, head, (size_t)n);
    sha256_add(&sha, name.at, name.len);
    sha256_end_hex(&sha, hex);
    return (struct rng){.key = hash_xxh3(hex, HASH_HEX - 1)};
}

struct rng rng_stream(uint64_t seed, const char *name, uint64_t index) {
    char whole[256], hex[HASH_HEX];
    int n = snprintf(whole, sizeof whole, "%s/%" PRIu64, name, index);
    if (n < 0 || (size_t)n >= sizeof whole) { /* a cut name would lose the index */
        sha256_hex(name, strlen(name), hex);
        n = snprintf(whole, sizeof whole, "%s/%" PRIu64, hex, index);
    }
    return rng_stream_text(seed, (struct text){whole, (size_t)n});
}

uint32_t rng_u32(struct rng *rng) {
    if (rng->left == 0) {
        philox(rng->key, rng->counter++, rng->block);
        rng->left = 4;
    }
    return rng->block[4 - rng->left--];
}

uint64_t rng_u64(struct rng *rng) {
    uint64_t low = rng_u32(rng);
    return low | (uint64_t)rng_u32(rng) << 32;
}

uint64_t rng_below(struct rng *rng, uint64_t n) {
    __uint128_t m = (__uint128_t)rng_u64(rng) * n;
    if ((uint64_t)m < n) {
        uint64_t least = -n % n;
        while ((uint64_t)m < least) m = (__uint128_t)rng_u64(rng) * n;
    }
    return (uint64_t)(m >> 64);
}

enum { LANES = RNG_BLOCKS, WORTH_IT = 24 }; /* blocks that are made side by side; fewer numbers are drawn one by one */

/* The 2 x LANES numbers that rng_u64 would give next, from a stream at the start of a block, which stays there. The
 * lanes do not depend on one another, so that their steps overlap. */
static void next_blocks(const struct rng *rng, uint64_t out[2 * LANES]) {
    if (rng_has_avx2()) {
        rng_blocks_avx2(rng->key, rng->counter, out);
        return;
    }
    uint32_t c0[LANES], c1[LANES], c2[LANES] = {0}, c3[LANES] = {0};
    uint32_t k0 = (uint32_t)rng->key, k1 = (uint32_t)(rng->key >> 32);
    for (size_t l = 0; l < LANES; l++) {
        c0[l] = (uint32_t)(rng->counter + l);
        c1[l] = (uint32_t)((rng->counter + l) >> 32);
    }
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
        for (size_t l = 0; l < LANES; l++) {
            uint64_t a = (uint64_t)0xD2511F53u * c0[l], b = (uint64_t)0xCD9E8D57u * c2[l];
            c0[l] = (uint32_t)(b >> 32) ^ c1[l] ^ k0;
            c2[l] = (uint32_t)(a >> 32) ^ c3[l] ^ k1;
            c1[l] = (uint32_t)b;
            c3[l] = (uint32_t)a;
        }
    for (size_t l = 0; l < LANES; l++) {
        out[2 * l] = c0[l] | (uint64_t)c1[l] << 32;
        out[2 * l + 1] = c2[l] | (uint64_t)c3[l] << 32;
    }
}

void rng_below_many(struct rng *rng, uint64_t n, uint32_t *out, size_t count) {
    uint64_t u[2 * LANES];
    while (rng->left == 0 && count >= WORTH_IT) {
        bool again = false;
        size_t taken = count < 2 * LANES ? count & ~(size_t)1 : 2 * LANES;
        next_blocks(rng, u);
        for (size_t i = 0; i < taken; i++) {
            __uint128_t m = (__uint128_t)u[i] * n;
            again |= (uint64_t)m < n;
            out[i] = (uint32_t)(m >> 64);
        }
        if (again) break; /* one of them may have to be drawn once more: all of them one by one */
        rng->counter += taken / 2;
        out += taken;
        count -= taken;
    }
    for (size_t i = 0; i < count; i++) out[i] = (uint32_t)rng_below(rng, n);
}

void rng_words(struct rng *rng, uint64_t *out, size_t n) {
    for (; rng->left == 0 && n >= 2 * LANES; n -= 2 * LANES, out += 2 * LANES) {
        next_blocks(rng, out);
        rng->counter += LANES;
    }
    for (size_t i = 0; i < n; i++) out[i] = rng_u64(rng);
}

double rng_unit(struct rng *rng) {
    return (double)(rng_u64(rng) >> 11) * 0x1p-53;
}

double rng_normal(struct rng *rng) {
    double u = 1.0 - rng_unit(rng), v = rng_unit(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

bool rng_chance(struct rng *rng, uint64_t p32) {
    return rng_u32(rng) < p32;
}

void rng_shuffle(struct rng *rng, size_t *index, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(rng, i), t = index[i - 1];
        index[i - 1] = index[j];
        index[j] = t;
    }
}
