/* Bloom filters in memory, or mapped: see quote_bloom.h; their files are in quote_bloom_file.c. */
#include "quote/quote_bloom_internal.h"

#include "base/file_pages.h"

#include <math.h>
#include <string.h>

enum { TOGETHER = 16 };
static const uint64_t seed = 0xc6a4a7935bd1e995u;

/* Austin Appleby's MurmurHash64A, public domain; words are little-endian. */
uint64_t quote_murmur64a(const void *at, size_t n, uint64_t h_seed) {
    const uint64_t m = 0xc6a4a7935bd1e995u;
    const unsigned char *p = at;
    uint64_t h = h_seed ^ (n * m);
    for (size_t left = n / 8; left > 0; left--, p += 8) {
        uint64_t k;
        memcpy(&k, p, 8);
        k *= m;
        k ^= k >> 47;
        h = (h ^ k * m) * m;
    }
    if (n % 8) {
        uint64_t k = 0;
        memcpy(&k, p, n % 8);
        h = (h ^ k) * m;
    }
    h = (h ^ h >> 47) * m;
    return h ^ h >> 47;
}

bool quote_bloom_shape_of(uint64_t capacity, double rate, struct quote_bloom_shape *out, struct error *err) {
    /* The constants as RedisBloom has them, so that files are equal to the last bit. */
    const double ln2 = 0.693147180559945, ln2_squared = 0.480453013918201;
    if (capacity == 0) return error_set(err, ERROR_USAGE, "a filter of no elements: there are no windows");
    if (!(rate > 0 && rate < 1)) return error_set(err, ERROR_USAGE, "rate %g is not between 0 and 1", rate);
    double each = -(log(rate) / ln2_squared), bits = floor((double)capacity * each);
    if (!(bits < 8796093022208.0))
        return error_set(err, ERROR_USAGE, "a filter of %llu elements at rate %g is larger than 1 TiB",
                         (unsigned long long)capacity, rate);
    uint64_t m = ((uint64_t)bits + 63) / 64 * 64;
    if (m == 0) m = 64;
    *out = (struct quote_bloom_shape){.bits = m,
                                      .bytes = m / 8,
                                      .capacity = capacity,
                                      .rate = rate,
                                      .bits_per_element = each,
                                      .hashes = (uint32_t)ceil(each * ln2),
                                      .options = BLOOM_OPTIONS,
                                      .growth = 2};
    return true;
}

struct quote_bloom *quote_bloom_new(const struct quote_bloom_shape *shape, struct error *err) {
    struct quote_bloom *bloom = memory_zeroed(1, sizeof *bloom);
    struct bloom_stretch *stretch = memory_zeroed(1, sizeof *stretch);
    unsigned char *bits = shape->bytes <= SIZE_MAX ? memory_zeroed((size_t)shape->bytes, 1) : NULL;
    if (!bloom || !stretch || !bits) {
        memory_free(bloom), memory_free(stretch), memory_free(bits);
        return error_set(err, ERROR_ENVIRONMENT, "out of memory: a filter of %.1f MiB", (double)shape->bytes / 1048576),
               NULL;
    }
    *stretch = (struct bloom_stretch){0, shape->bytes, bits};
    *bloom = (struct quote_bloom){.shape = *shape, .stretches = stretch, .n_stretches = 1, .bits = bits};
    return bloom;
}

void quote_bloom_free(struct quote_bloom *bloom) {
    if (!bloom) return;
    for (size_t i = 0; i < bloom->n_parts; i++) file_unmap(&bloom->parts[i].map);
    for (size_t i = 0; i < bloom->n_parts; i++) memory_free(bloom->parts[i].name);
    memory_free(bloom->parts);
    memory_free(bloom->stretches);
    memory_free(bloom->bits);
    json_decref(bloom->index);
    memory_free(bloom);
}

const struct quote_bloom_shape *quote_bloom_shape(const struct quote_bloom *bloom) {
    return &bloom->shape;
}

static const unsigned char *byte_of(const struct quote_bloom *bloom, uint64_t byte) {
    if (bloom->n_stretches == 1) return bloom->stretches[0].at + byte;
    size_t lo = 0, hi = bloom->n_stretches;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (bloom->stretches[mid].first <= byte)
            lo = mid;
        else
            hi = mid;
    }
    return bloom->stretches[lo].at + (byte - bloom->stretches[lo].first);
}

static inline uint64_t bit_of(const struct quote_bloom *bloom, uint64_t h) {
    return bloom->shape.n2 ? h & (bloom->shape.bits - 1) : h % bloom->shape.bits;
}

struct hashes {
    uint64_t a, b;
};

static inline struct hashes hashes_of(const void *at, size_t n) {
    struct hashes h = {.a = quote_murmur64a(at, n, seed)};
    h.b = quote_murmur64a(at, n, h.a);
    return h;
}

bool quote_bloom_add(struct quote_bloom *bloom, const void *at, size_t n) {
    struct hashes h = hashes_of(at, n);
    bool fresh = false;
    for (uint32_t i = 0; i < bloom->shape.hashes; i++) {
        uint64_t bit = bit_of(bloom, h.a + i * h.b);
        unsigned char mask = (unsigned char)(1u << bit % 8);
        fresh |= !(bloom->bits[bit / 8] & mask);
        bloom->bits[bit / 8] |= mask;
    }
    bloom->shape.items += fresh;
    return fresh;
}

static bool has(const struct quote_bloom *bloom, struct hashes h) {
    for (uint32_t i = 0; i < bloom->shape.hashes; i++) {
        uint64_t bit = bit_of(bloom, h.a + i * h.b);
        if (!(*byte_of(bloom, bit / 8) & 1u << bit % 8)) return false;
    }
    return true;
}

bool quote_bloom_has(const struct quote_bloom *bloom, const void *at, size_t n) {
    return has(bloom, hashes_of(at, n));
}

void quote_bloom_have(const struct quote_bloom *bloom, const char *text, const uint32_t *from, const uint32_t *to,
                      size_t n, bool *yes) {
    struct hashes h[TOGETHER];
    for (size_t first = 0; first < n; first += TOGETHER) {
        size_t some = n - first < TOGETHER ? n - first : TOGETHER;
        for (size_t i = 0; i < some; i++) {
            h[i] = hashes_of(text + from[first + i], to[first + i] - from[first + i]);
            for (uint32_t k = 0; k < bloom->shape.hashes; k++)
                __builtin_prefetch(byte_of(bloom, bit_of(bloom, h[i].a + k * h[i].b) / 8));
        }
        for (size_t i = 0; i < some; i++) yes[first + i] = has(bloom, h[i]);
    }
}

bool quote_bloom_unite(struct quote_bloom *into, const struct quote_bloom *other, struct error *err) {
    if (into->shape.bits != other->shape.bits || into->shape.hashes != other->shape.hashes)
        return error_set(err, ERROR_DATA, "filters of %llu bits, %u hashes and of %llu bits, %u hashes have no union",
                         (unsigned long long)into->shape.bits, into->shape.hashes,
                         (unsigned long long)other->shape.bits, other->shape.hashes);
    for (size_t i = 0; i < other->n_stretches; i++)
        for (uint64_t b = 0; b < other->stretches[i].n; b++)
            into->bits[other->stretches[i].first + b] |= other->stretches[i].at[b];
    into->shape.items += other->shape.items;
    return true;
}

uint64_t quote_bloom_set_bits(const struct quote_bloom *bloom) {
    uint64_t n = 0;
    for (size_t i = 0; i < bloom->n_stretches; i++) {
        const struct bloom_stretch *s = &bloom->stretches[i];
        uint64_t b = 0, word;
        for (; b + 8 <= s->n; b += 8) {
            memcpy(&word, s->at + b, 8);
            n += (uint64_t)__builtin_popcountll(word);
        }
        for (; b < s->n; b++) n += (uint64_t)__builtin_popcount(s->at[b]);
    }
    return n;
}

double quote_bloom_distinct(const struct quote_bloom *bloom) {
    double m = (double)bloom->shape.bits;
    return -(m / bloom->shape.hashes) * log1p(-(double)quote_bloom_set_bits(bloom) / m);
}

double quote_bloom_rate(const struct quote_bloom *bloom) {
    return pow((double)quote_bloom_set_bits(bloom) / (double)bloom->shape.bits, bloom->shape.hashes);
}

void quote_bloom_forget(const struct quote_bloom *bloom) {
    for (size_t i = 0; i < bloom->n_parts; i++) file_forget(bloom->parts[i].map.at, bloom->parts[i].map.len);
}
