/* PNG files of any kind, written here chunk by chunk, without libpng. */
#ifndef TESTS_MADE_PNG_H
#define TESTS_MADE_PNG_H

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static inline void png_be32(struct buffer *b, uint32_t x) {
    const unsigned char bytes[4] = {(unsigned char)(x >> 24), (unsigned char)(x >> 16), (unsigned char)(x >> 8),
                                    (unsigned char)x};
    buffer_put(b, bytes, 4);
}

static inline void png_chunk(struct buffer *b, const char *name, const void *at, size_t n) {
    png_be32(b, (uint32_t)n);
    size_t from = b->len;
    buffer_put(b, name, 4);
    buffer_put(b, at, n);
    png_be32(b, (uint32_t)crc32(0, (const unsigned char *)b->at + from, (uInt)(n + 4)));
}

struct made_png {
    uint32_t width, height;
    int depth, colour;           /* colour: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA */
    const void *palette, *clear; /* PLTE, tRNS */
    size_t n_palette, n_clear;
    const unsigned char *rows; /* [height][row bytes], without the filter bytes */
    size_t row;
};

/* Rows without filters, one IDAT. */
static inline void png_made(struct buffer *b, const struct made_png *p) {
    buffer_put(b, "\x89PNG\r\n\x1a\n", 8);
    struct buffer header, raw;
    buffer_init(&header, 1 << 8);
    buffer_init(&raw, 1 << 24);
    png_be32(&header, p->width);
    png_be32(&header, p->height);
    const unsigned char rest[5] = {(unsigned char)p->depth, (unsigned char)p->colour, 0, 0, 0};
    buffer_put(&header, rest, 5);
    png_chunk(b, "IHDR", header.at, header.len);
    if (p->palette) png_chunk(b, "PLTE", p->palette, p->n_palette);
    if (p->clear) png_chunk(b, "tRNS", p->clear, p->n_clear);
    for (size_t y = 0; p->rows && y < p->height; y++) {
        buffer_put_char(&raw, 0);
        buffer_put(&raw, p->rows + y * p->row, p->row);
    }
    uLongf n = compressBound((uLong)raw.len + 1);
    unsigned char *packed = malloc(n);
    compress(packed, &n, (const unsigned char *)(raw.at ? raw.at : ""), (uLong)raw.len);
    png_chunk(b, "IDAT", packed, n);
    png_chunk(b, "IEND", "", 0);
    free(packed);
    buffer_done(&raw);
    buffer_done(&header);
}

#endif
