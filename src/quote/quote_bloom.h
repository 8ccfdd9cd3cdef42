/* A Bloom filter as public sketches of corpora are (data portraits, filled by RedisBloom without scaling): which
 * windows of a text are in the corpus, up to a rate of false "yes", never a false "no".
 *
 * Of n elements at rate f: b = -ln f / (ln 2)^2 bits each, m = floor(n b) rounded up to a multiple of 64 bits,
 * k = ceil(b ln 2) hashes. Element x: h1 = murmur(x, 0xc6a4a7935bd1e995), h2 = murmur(x, h1); bits (h1 + i h2 mod 2^64)
 * mod m, i = 0..k-1, bit j in byte j / 8 at 1 << j % 8.
 *
 * Its file: a JSON index {"blocks": [{"iter", "block_num", "block_size", "part_file"}], "bf_info": {..}, "width",
 * "key"} and, beside it, parts of at most 2 GiB with the blocks back to back. Block 0 is a header of 73 bytes,
 * little-endian, packed: u64 items, u32 filters (1), u32 options, u32 growth, then of the filter u64 bytes, u64 bits,
 * u64 items, f64 rate, f64 bits per element, u32 hashes, u64 capacity, u8 log2 of bits (0: bits are no power of two).
 * The other blocks are the filter's bytes; iter is 1 + the bytes of the filter up to the end of the block. */
#ifndef QUOTE_BLOOM_H
#define QUOTE_BLOOM_H

#include "base/json.h"

uint64_t quote_murmur64a(const void *at, size_t n, uint64_t seed);

struct quote_bloom_shape {
    uint64_t items, bits, bytes, capacity;
    double rate, bits_per_element;
    uint32_t hashes, options, growth;
    uint8_t n2;
};
/* ERROR_USAGE: no elements, a rate that is not within (0, 1), more than 2^43 bits. */
bool quote_bloom_shape_of(uint64_t capacity, double rate, struct quote_bloom_shape *out, struct error *err) MUST_CHECK;

struct quote_bloom;
/* Empty; all its bytes are in memory. */
struct quote_bloom *quote_bloom_new(const struct quote_bloom_shape *shape, struct error *err) MUST_CHECK;
void quote_bloom_free(struct quote_bloom *bloom);
const struct quote_bloom_shape *quote_bloom_shape(const struct quote_bloom *bloom);
/* Whether it was new: then one bit at least was not set, and items goes up. Only of a filter in memory. */
bool quote_bloom_add(struct quote_bloom *bloom, const void *at, size_t n);
bool quote_bloom_has(const struct quote_bloom *bloom, const void *at, size_t n);
/* The same of n windows text[from[i] .. to[i]), several at a time, so that memory is not waited for: yes[i]. */
void quote_bloom_have(const struct quote_bloom *bloom, const char *text, const uint32_t *from, const uint32_t *to,
                      size_t n, bool *yes);
/* Adds what the other has: bitwise or; items is then an upper bound. ERROR_DATA: bits or hashes differ. */
bool quote_bloom_unite(struct quote_bloom *into, const struct quote_bloom *other, struct error *err) MUST_CHECK;

uint64_t quote_bloom_set_bits(const struct quote_bloom *bloom);
/* Elements that set bits speak of: -(m / k) ln(1 - X / m). */
double quote_bloom_distinct(const struct quote_bloom *bloom);
/* Rate of false "yes" as the set bits have it: (X / m)^k. */
double quote_bloom_rate(const struct quote_bloom *bloom);

/* meta: more members of the index, such as the normaliser; NULL: none. Parts are PATH.partN.bin; part_bytes 0: 2 GiB.
 */
bool quote_bloom_write(const struct quote_bloom *bloom, const char *path, size_t width, const json_t *meta,
                       uint64_t part_bytes, struct error *err) MUST_CHECK;
/* Maps the parts. index (owned by the filter): what the JSON says. ERROR_DATA names the field: a header that
 * contradicts its own formulas or the index, a block or part that is missing or short. */
struct quote_bloom *quote_bloom_open(const char *path, size_t *width, const json_t **index,
                                     struct error *err) MUST_CHECK;
/* The pages that were looked at need not stay in memory. */
void quote_bloom_forget(const struct quote_bloom *bloom);

#endif
