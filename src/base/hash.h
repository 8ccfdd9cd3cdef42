/* xxh3 for keys and tables (not cryptographic), SHA-256 (FIPS 180-4) for digests and the evidence chain. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/text.h"

uint64_t hash_xxh3(const void *at, size_t n);

struct sha256 {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char block[64];
};
void sha256_init(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *at, size_t n);
void sha256_end(struct sha256 *sha, unsigned char digest[32]);
#define HASH_HEX 65 /* 64 hexadecimal digits and the zero */
void sha256_end_hex(struct sha256 *sha, char hex[HASH_HEX]);
void sha256_hex(const void *at, size_t n, char hex[HASH_HEX]);
/* Of a whole file, streamed. */
bool sha256_file(const char *path, char hex[HASH_HEX], struct error *err) MUST_CHECK;

#endif
