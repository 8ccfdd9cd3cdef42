/* Sorting a shard's suffixes: see quote_shard.h. The order is divsufsort's. */
#include "quote/quote_shard.h"

#include <divsufsort.h>
#include <string.h>

enum { CHUNK = 1 << 16 };

static uint64_t key_at(struct text text, size_t at) {
    size_t left = text.len - at;
    uint64_t key = 0;
    memcpy(&key, text.at + at, left < 8 ? left : 8);
    return __builtin_bswap64(key);
}

static bool write_positions(const char *path, const saidx_t *order, size_t n, struct error *err) {
    struct file_out out;
    if (!file_out_open(&out, path, err)) return false;
    unsigned char packed[CHUNK];
    size_t width = quote_position_bytes(n), used = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t v = (uint64_t)order[i];
        memcpy(packed + used, &v, width);
        used += width;
        if (used + 8 > sizeof packed) file_out_put(&out, packed, used), used = 0;
    }
    file_out_put(&out, packed, used);
    return file_out_commit(&out, err);
}

static bool write_keys(const char *path, struct text text, const saidx_t *order, struct error *err) {
    struct file_out out;
    if (!file_out_open(&out, path, err)) return false;
    for (size_t i = 0; i < text.len; i += QUOTE_KEY_EVERY) {
        uint64_t key = key_at(text, (size_t)order[i]);
        file_out_put(&out, &key, sizeof key);
    }
    return file_out_commit(&out, err);
}

static saidx_t *sorted(struct text text, struct error *err) {
    if (text.len >= (size_t)1 << 31)
        return error_set(err, ERROR_USAGE, "a shard of %zu bytes; at most 2^31 - 1", text.len), NULL;
    saidx_t *order = memory_alloc((text.len ? text.len : 1) * sizeof *order);
    if (!order) return error_memory(err, "suffixes"), NULL;
    if (!text.len || divsufsort((const sauchar_t *)text.at, order, (saidx_t)text.len) == 0) return order;
    memory_free(order);
    return error_memory(err, "sorting suffixes"), NULL;
}

bool quote_shard_sort(const char *path, struct text text, struct error *err) {
    saidx_t *order = sorted(text, err);
    if (!order) return false;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    char *suffixes = arena_printf(&arena, err, "%s.suffixes", path);
    char *keys = suffixes ? arena_printf(&arena, err, "%s.keys", path) : NULL;
    bool ok = keys && write_positions(suffixes, order, text.len, err) && write_keys(keys, text, order, err);
    memory_free(order);
    arena_done(&arena);
    return ok;
}

bool quote_shard_of_memory(unsigned char *text, size_t n, const uint64_t *documents, size_t n_documents,
                           struct quote_shard *s, struct error *err) {
    size_t width = quote_position_bytes(n), n_keys = (n + QUOTE_KEY_EVERY - 1) / QUOTE_KEY_EVERY;
    struct text t = {(const char *)text, n};
    saidx_t *order = sorted(t, err);
    unsigned char *suffixes = memory_alloc(n * width + 8);
    uint64_t *keys = memory_alloc(n_keys * sizeof *keys + 8),
             *starts = memory_alloc((n_documents + 1) * sizeof *starts),
             *lines = memory_zeroed(n_documents + 1, sizeof *lines);
    *s = (struct quote_shard){.text = {text, n},
                              .documents = {(unsigned char *)starts, 8 * (n_documents + 1)},
                              .suffixes = {suffixes, n * width},
                              .keys = {(unsigned char *)keys, 8 * n_keys},
                              .lines = {(unsigned char *)lines, 8 * (n_documents + 1)},
                              .n = n,
                              .n_documents = n_documents,
                              .width = width,
                              .n_keys = n_keys,
                              .owned = true};
    if (!order || !suffixes || !keys || !starts || !lines) {
        if (order) error_memory(err, "index");
        memory_free(order);
        quote_shard_close(s);
        return false;
    }
    memcpy(starts, documents, (n_documents + 1) * sizeof *starts);
    for (size_t i = 0; i < n; i++) {
        uint64_t v = (uint64_t)order[i];
        memcpy(suffixes + i * width, &v, width);
        if (i % QUOTE_KEY_EVERY == 0) keys[i / QUOTE_KEY_EVERY] = key_at(t, (size_t)order[i]);
    }
    memory_free(order);
    return true;
}
