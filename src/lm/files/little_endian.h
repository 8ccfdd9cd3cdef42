/* Numbers as bytes, the least significant first, for the files of ours. */
#ifndef LM_LITTLE_ENDIAN_H
#define LM_LITTLE_ENDIAN_H

#include "base/file.h"
#include "base/hash.h"

#include <string.h>

static inline void put_u16(unsigned char *at, uint16_t v) {
    at[0] = (unsigned char)v;
    at[1] = (unsigned char)(v >> 8);
}
static inline void put_u32(unsigned char *at, uint32_t v) {
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(v >> 8 * i);
}
static inline void put_u64(unsigned char *at, uint64_t v) {
    for (int i = 0; i < 8; i++) at[i] = (unsigned char)(v >> 8 * i);
}
static inline uint16_t get_u16(const unsigned char *at) {
    return (uint16_t)(at[0] | at[1] << 8);
}
static inline uint32_t get_u32(const unsigned char *at) {
    return (uint32_t)get_u16(at) | (uint32_t)get_u16(at + 2) << 16;
}
static inline uint64_t get_u64(const unsigned char *at) {
    return (uint64_t)get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

static inline unsigned hex_digit(char c) {
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 0;
}
/* 32 bytes of a digest in hexadecimal digits; an empty one is zeros. */
static inline void put_hex(unsigned char *at, const char hex[HASH_HEX]) {
    for (size_t i = 0; i < 32; i++)
        at[i] = hex[0] ? (unsigned char)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1])) : 0;
}
static inline void get_hex(const unsigned char *at, char hex[HASH_HEX]) {
    for (size_t i = 0; i < 32; i++) {
        hex[2 * i] = "0123456789abcdef"[at[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[at[i] & 15];
    }
    hex[64] = 0;
}

static inline void put_floats(struct file_out *out, const float *values, size_t n) {
    unsigned char part[4096];
    for (size_t i = 0; i < n;) {
        size_t some = n - i < sizeof part / 4 ? n - i : sizeof part / 4;
        for (size_t j = 0; j < some; j++) {
            uint32_t bits;
            memcpy(&bits, values + i + j, sizeof bits);
            put_u32(part + 4 * j, bits);
        }
        file_out_put(out, part, 4 * some);
        i += some;
    }
}

static inline void add_ids(struct sha256 *sha, const int32_t *ids, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned char one[4];
        put_u32(one, (uint32_t)ids[i]);
        sha256_add(sha, one, sizeof one);
    }
}

#endif
