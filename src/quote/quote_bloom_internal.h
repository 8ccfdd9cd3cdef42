/* What the filter and its file share. */
#ifndef QUOTE_BLOOM_INTERNAL_H
#define QUOTE_BLOOM_INTERNAL_H

#include "base/file.h"
#include "quote/quote_bloom.h"

/* No rounding to a power of two (1), hashes of 64 bits (4), no scaling (8). */
enum { BLOOM_OPTIONS = 13, BLOOM_HEADER = 73 };

struct bloom_stretch {
    uint64_t first, n; /* bytes of the filter */
    const unsigned char *at;
};

struct bloom_part {
    char *name;
    struct file_map map;
    uint64_t used; /* bytes that blocks have been given */
};

struct quote_bloom {
    struct quote_bloom_shape shape;
    struct bloom_stretch *stretches; /* in order, without gaps */
    size_t n_stretches;
    unsigned char *bits; /* of a filter in memory */
    struct bloom_part *parts;
    size_t n_parts;
    json_t *index;
};

#endif
