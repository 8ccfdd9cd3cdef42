/* Hashes: see hash.h. SHA-256 after FIPS 180-4, section 6.2. */
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

uint64_t hash_xxh3(const void *at, size_t n) {
    return XXH3_64bits(at, n);
}

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

static void add_block(uint32_t state[8], const unsigned char *p) {
    uint32_t w[64], s[8];
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        uint32_t t1 = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
        uint32_t a = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        uint32_t t2 = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
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
    for (; n >= 64; p += 64, n -= 64) add_block(sha->state, p);
    if (n) memcpy(sha->block, p, n);
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
