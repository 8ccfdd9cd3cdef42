/* GGUF files put together byte by byte, also wrong ones. */
#ifndef TESTS_GGUF_BYTES_H
#define TESTS_GGUF_BYTES_H

#include "check.h"

#include "base/buffer.h"

struct gguf_bytes {
    struct buffer b;
    uint32_t version;
};

static inline void bytes_put_u32(struct buffer *b, uint32_t v) {
    buffer_put(b, &v, sizeof v);
}

static inline void bytes_put_u64(struct buffer *b, uint64_t v) {
    buffer_put(b, &v, sizeof v);
}

static inline void gguf_length(struct gguf_bytes *g, uint64_t v) {
    if (g->version == 1)
        bytes_put_u32(&g->b, (uint32_t)v);
    else
        bytes_put_u64(&g->b, v);
}

static inline void gguf_text(struct gguf_bytes *g, const char *s) {
    gguf_length(g, strlen(s));
    buffer_put_c(&g->b, s);
}

static inline struct gguf_bytes gguf_begin(uint32_t version, uint64_t tensors, uint64_t entries) {
    struct gguf_bytes g = {.version = version};
    buffer_init(&g.b, (size_t)1 << 24);
    buffer_put_c(&g.b, "GGUF");
    bytes_put_u32(&g.b, version);
    gguf_length(&g, tensors);
    gguf_length(&g, entries);
    return g;
}

static inline void gguf_key(struct gguf_bytes *g, const char *key, uint32_t type) {
    gguf_text(g, key);
    bytes_put_u32(&g->b, type);
}

static inline void gguf_u32(struct gguf_bytes *g, const char *key, uint32_t v) {
    gguf_key(g, key, 4);
    bytes_put_u32(&g->b, v);
}

static inline void gguf_f32(struct gguf_bytes *g, const char *key, float v) {
    gguf_key(g, key, 6);
    buffer_put(&g->b, &v, sizeof v);
}

static inline void gguf_string(struct gguf_bytes *g, const char *key, const char *v) {
    gguf_key(g, key, 8);
    gguf_text(g, v);
}

/* inner: the size that runs fastest (GGUF's first). rows 0: a vector. */
static inline void gguf_info(struct gguf_bytes *g, const char *name, uint64_t inner, uint64_t rows, uint32_t type,
                             uint64_t offset) {
    gguf_text(g, name);
    bytes_put_u32(&g->b, rows ? 2 : 1);
    gguf_length(g, inner);
    if (rows) gguf_length(g, rows);
    bytes_put_u32(&g->b, type);
    bytes_put_u64(&g->b, offset);
}

static inline void gguf_pad(struct gguf_bytes *g, size_t alignment) {
    while (g->b.len % alignment) buffer_put_char(&g->b, 0);
}

static inline void gguf_floats(struct gguf_bytes *g, size_t n, float first) {
    for (size_t i = 0; i < n; i++) {
        float v = first + (float)i;
        buffer_put(&g->b, &v, sizeof v);
    }
}

#endif
