/* Hashes: see hash.h. SHA-256 after FIPS 180-4, section 6.2. */
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

uint64_t hash_xxh3(const void *at, size_t n) {
    return XXH3_64bits(at, n);
}

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

static uint32_t big_endian(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The word of the schedule for round i >= 16, in place of the one for round i - 16. */
static uint32_t next_word(uint32_t w[16], int i) {
    uint32_t before = w[(i - 15) & 15], last = w[(i - 2) & 15];
    uint32_t a = rotate(before, 7) ^ rotate(before, 18) ^ before >> 3;
    uint32_t b = rotate(last, 17) ^ rotate(last, 19) ^ last >> 10;
    return w[i & 15] += a + w[(i - 7) & 15] + b;
}

/* Eight rounds, after which each variable is back in its place: the letters move instead of the values. */
#define ROUND(a, b, c, d, e, f, g, h, i, word)                                                                         \
    do {                                                                                                               \
        uint32_t t = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g))                         \
                     + constants[i] + (word);                                                                          \
        d += t;                                                                                                        \
        h = t + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));                        \
    } while (0)
#define EIGHT_ROUNDS(i, word)                                                                                          \
    ROUND(a, b, c, d, e, f, g, h, i, word(i));                                                                         \
    ROUND(h, a, b, c, d, e, f, g, i + 1, word(i + 1));                                                                 \
    ROUND(g, h, a, b, c, d, e, f, i + 2, word(i + 2));                                                                 \
    ROUND(f, g, h, a, b, c, d, e, i + 3, word(i + 3));                                                                 \
    ROUND(e, f, g, h, a, b, c, d, i + 4, word(i + 4));                                                                 \
    ROUND(d, e, f, g, h, a, b, c, i + 5, word(i + 5));                                                                 \
    ROUND(c, d, e, f, g, h, a, b, i + 6, word(i + 6));                                                                 \
    ROUND(b, c, d, e, f, g, h, a, i + 7, word(i + 7))
#define READ_WORD(i) (w[i] = big_endian(p + 4 * (i)))
#define NEXT_WORD(i) next_word(w, i)

static void add_block(uint32_t state[8], const unsigned char *p) {
    uint32_t w[16];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6],
             h = state[7];
    for (int i = 0; i < 16; i += 8) {
        EIGHT_ROUNDS(i, READ_WORD);
    }
    for (int i = 16; i < 64; i += 8) {
        EIGHT_ROUNDS(i, NEXT_WORD);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

/* ---- the same with the instructions that some processors have for it ---- */

#if defined(__x86_64__)
#define TARGET __attribute__((target("sha,sse4.1,ssse3")))

static bool has_instructions(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & 1u << 29)) return false;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & 1u << 9) && (c & 1u << 19); /* SSSE3, SSE4.1 */
}

/* Variables are kept as two vectors, a b e f and c d g h, the first letter in the highest lane. Two rounds make the new
 * a b e f from both; the old one is then c d g h. */
TARGET static void add_blocks(uint32_t state[8], const unsigned char *p, size_t n) {
    const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
    __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
    for (; n >= 64; p += 64, n -= 64) {
        __m128i w[4], abef_before = abef, cdgh_before = cdgh;
        for (int i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), swap);
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            __m128i words =
                _mm_add_epi32(w[i % 4], _mm_loadu_si128((const __m128i *)(const void *)(constants + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, words);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(words, 0x0e));
            /* The words of the rounds four groups later. */
            __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]),
                                        _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4));
            w[i % 4] = _mm_sha256msg2_epu32(sum, w[(i + 3) % 4]);
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    uint32_t out[8];
    _mm_storeu_si128((__m128i *)(void *)out, abef);
    _mm_storeu_si128((__m128i *)(void *)(out + 4), cdgh);
    state[0] = out[3], state[1] = out[2], state[4] = out[1], state[5] = out[0];
    state[2] = out[7], state[3] = out[6], state[6] = out[5], state[7] = out[4];
}
#endif

/* All whole blocks; asking what the processor has takes a while, so little is hashed without. */
static void add_whole(uint32_t state[8], const unsigned char *p, size_t n) {
#if defined(__x86_64__)
    enum { WORTH_ASKING = 1 << 14 };
    if (n >= WORTH_ASKING && has_instructions()) {
        add_blocks(state, p, n);
        return;
    }
#endif
    for (; n >= 64; p += 64, n -= 64) add_block(state, p);
}

void sha256_init(struct sha256 *sha) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->state, start, sizeof start);
    sha->bytes = 0;
}

void sha256_add(struct sha256 *sha, const void *at, size_t n) {
    if (n == 0) return;
    const unsigned char *p = at;
    size_t filled = sha->bytes % 64;
    sha->bytes += n;
    if (filled) {
        size_t take = 64 - filled < n ? 64 - filled : n;
        memcpy(sha->block + filled, p, take);
        if (filled + take < 64) return;
        add_block(sha->state, sha->block);
        p += take;
        n -= take;
    }
    size_t whole = n / 64 * 64;
    add_whole(sha->state, p, whole);
    if (n > whole) memcpy(sha->block, p + whole, n - whole);
}

void sha256_end(struct sha256 *sha, unsigned char digest[32]) {
    uint64_t bits = sha->bytes * 8;
    unsigned char tail[72] = {0x80}, length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> (56 - 8 * i));
    size_t filled = sha->bytes % 64;
    sha256_add(sha, tail, filled < 56 ? 56 - filled : 120 - filled);
    sha256_add(sha, length, 8);
    for (int i = 0; i < 32; i++) digest[i] = (unsigned char)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_end_hex(struct sha256 *sha, char hex[HASH_HEX]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[32];
    sha256_end(sha, digest);
    for (size_t i = 0; i < 32; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[64] = 0;
}

void sha256_hex(const void *at, size_t n, char hex[HASH_HEX]) {
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, at, n);
    sha256_end_hex(&sha, hex);
}

bool sha256_file(const char *path, char hex[HASH_HEX], struct error *err) {
    FILE *f = fopen(path, "rb");
    if (!f) return error_system(err, errno, "cannot open", path);
    struct sha256 sha;
    sha256_init(&sha);
    unsigned char chunk[1 << 14];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) sha256_add(&sha, chunk, n);
    bool failed = ferror(f);
    int reason = errno;
    fclose(f);
    if (failed) return error_system(err, reason, "cannot read", path);
    sha256_end_hex(&sha, hex);
    return true;
}
