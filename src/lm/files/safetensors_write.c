/* The writer of safetensors: see safetensors_write.h. A shard is a run of the sorted list of tensors. */
#include "lm/files/safetensors_write.h"

#include "lm/files/model_file.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4096 }; /* values converted at once */
#define HEADER_MAX ((size_t)256 << 20)

struct pending {
    const char *name;
    enum lm_type type;
    size_t dims, order;
    uint64_t shape[MODEL_DIMS], elements, bytes;
    const void *values;
};

struct safetensors_writer {
    struct arena arena; /* names */
    struct pending *tensors;
    size_t n, capacity;
};

struct safetensors_writer *safetensors_writer_new(struct error *err) {
    struct safetensors_writer *w = memory_zeroed(1, sizeof *w);
    if (!w) return error_memory(err, "safetensors writer"), NULL;
    arena_init(&w->arena, 0);
    return w;
}

void safetensors_writer_free(struct safetensors_writer *w) {
    if (!w) return;
    arena_done(&w->arena);
    memory_free(w->tensors);
    memory_free(w);
}

static bool can_be_written(enum lm_type type) {
    return type == LM_F32 || type == LM_F16 || type == LM_BF16 || type == LM_F64;
}

static bool reserve(struct safetensors_writer *w, struct error *err) {
    if (w->n < w->capacity) return true;
    size_t capacity = w->capacity ? w->capacity * 2 : 256;
    struct pending *more = memory_grow(w->tensors, capacity, sizeof *more);
    if (!more) return error_memory(err, "safetensors writer");
    w->tensors = more;
    w->capacity = capacity;
    return true;
}

bool safetensors_put(struct safetensors_writer *w, const char *name, enum lm_type type, size_t dims,
                     const uint64_t *shape, const void *values, struct error *err) {
    struct pending t = {.type = type, .dims = dims, .order = w->n, .elements = 1, .values = values};
    if (!can_be_written(type) || dims > MODEL_DIMS)
        return error_set(err, ERROR_USAGE, "tensor '%s': safetensors cannot hold the type %s", name,
                         lm_type_find(type)->name);
    for (size_t d = 0; d < dims; d++) {
        t.shape[d] = shape[d];
        if (__builtin_mul_overflow(t.elements, shape[d], &t.elements) || t.elements > UINT64_MAX / 16)
            return error_set(err, ERROR_USAGE, "tensor '%s': its sizes overflow", name);
    }
    t.bytes = t.elements * lm_type_find(type)->bytes;
    if (!(t.name = text_copy(&w->arena, text_of(name), err)) || !reserve(w, err)) return false;
    w->tensors[w->n++] = t;
    return true;
}

/* Wide types first, so that every tensor begins at a multiple of its own width; else as they came. */
static int compare_widths(const void *a, const void *b) {
    const struct pending *x = a, *y = b;
    size_t left = lm_type_find(x->type)->bytes, right = lm_type_find(y->type)->bytes;
    return left != right ? (left < right) - (left > right) : (x->order > y->order) - (x->order < y->order);
}

/* ---- one file ---- */

static void put_header(struct buffer *b, const struct pending *tensors, size_t n) {
    uint64_t at = 0;
    buffer_put_c(b, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0; i < n; i++) {
        const struct pending *t = &tensors[i];
        const uint64_t end = at + t->bytes;
        buffer_put_c(b, ",");
        json_put_string(b, text_of(t->name));
        buffer_printf(b, ":{\"dtype\":\"%s\",\"shape\":[", lm_type_find(t->type)->name);
        for (size_t d = 0; d < t->dims; d++) buffer_printf(b, "%s%llu", d ? "," : "", (unsigned long long)t->shape[d]);
        buffer_printf(b, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at, (unsigned long long)end);
        at = end;
    }
    buffer_put_c(b, "}");
    while (b->len % 8 && !b->failed) buffer_put_char(b, ' ');
}

static void put_values(struct file_out *out, const struct pending *t) {
    const struct lm_type_info *info = lm_type_find(t->type);
    unsigned char chunk[CHUNK * sizeof(float)];
    if (t->type == LM_F64) file_out_put(out, t->values, (size_t)t->bytes);
    for (uint64_t i = 0; t->type != LM_F64 && i < t->elements && !out->failed; i += CHUNK) {
        size_t n = t->elements - i < CHUNK ? (size_t)(t->elements - i) : CHUNK;
        info->from_f32((const float *)t->values + i, chunk, n);
        file_out_put(out, chunk, n * info->bytes);
    }
}

static bool write_tensors(const struct pending *tensors, size_t n, const char *path, struct error *err) {
    struct buffer header;
    struct file_out out;
    buffer_init(&header, HEADER_MAX);
    put_header(&header, tensors, n);
    bool ok = buffer_check(&header, "safetensors header", err) && file_out_open(&out, path, err);
    if (ok) {
        uint64_t length = header.len;
        file_out_put(&out, &length, sizeof length);
        file_out_put(&out, header.at, header.len);
        for (size_t i = 0; i < n; i++) put_values(&out, &tensors[i]);
        ok = file_out_commit(&out, err);
    }
    buffer_done(&header);
    return ok;
}

bool safetensors_write_file(struct safetensors_writer *w, const char *path, struct error *err) {
    if (w->n) qsort(w->tensors, w->n, sizeof *w->tensors, compare_widths);
    return write_tensors(w->tensors, w->n, path, err);
}

/* ---- shards ---- */

/* Tensors from..result-1 fit into one file. */
static size_t shard_end(const struct safetensors_writer *w, size_t from, uint64_t most) {
    uint64_t sum = 0;
    size_t i = from;
    while (i < w->n && (i == from || sum + w->tensors[i].bytes <= most)) sum += w->tensors[i++].bytes;
    return i;
}

static size_t count_shards(const struct safetensors_writer *w, uint64_t most) {
    size_t n = 0;
    for (size_t i = 0; i < w->n; i = shard_end(w, i, most)) n++;
    return n;
}

/* Into one shard, and its lines of the index. */
static bool write_shard(const struct safetensors_writer *w, const char *folder, const char *name, size_t from,
                        size_t to, struct buffer *index, struct error *err) {
    struct buffer path;
    buffer_init(&path, 1 << 16);
    buffer_printf(&path, "%s/%s", folder, name);
    bool ok = buffer_put_char(&path, 0) && buffer_check(&path, "path", err) &&
              write_tensors(w->tensors + from, to - from, path.at, err);
    buffer_done(&path);
    for (size_t i = from; i < to; i++) {
        buffer_put_c(index, i ? ",\n    " : "\n    ");
        json_put_string(index, text_of(w->tensors[i].name));
        buffer_printf(index, ": \"%s\"", name);
    }
    return ok;
}

static bool write_index(const char *folder, const struct buffer *index, struct error *err) {
    struct buffer path;
    buffer_init(&path, 1 << 16);
    buffer_printf(&path, "%s/model.safetensors.index.json", folder);
    bool ok = buffer_put_char(&path, 0) && buffer_check(&path, "path", err) && buffer_check(index, "index", err) &&
              file_write(path.at, buffer_text(index), err);
    buffer_done(&path);
    return ok;
}

bool safetensors_write_folder(struct safetensors_writer *w, const char *folder, uint64_t most, struct error *err) {
    struct buffer index;
    uint64_t total = 0;
    size_t from = 0;
    if (w->n) qsort(w->tensors, w->n, sizeof *w->tensors, compare_widths);
    size_t shards = count_shards(w, most);
    for (size_t i = 0; i < w->n; i++) total += w->tensors[i].bytes;
    buffer_init(&index, HEADER_MAX);
    buffer_printf(&index, "{\n  \"metadata\": {\"total_size\": %llu},\n  \"weight_map\": {", (unsigned long long)total);
    bool ok = true;
    for (size_t i = 0; ok && i < shards; i++) {
        char name[64] = "model.safetensors";
        size_t to = shard_end(w, from, most);
        if (shards > 1) snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", i + 1, shards);
        ok = write_shard(w, folder, name, from, to, &index, err);
        from = to;
    }
    buffer_put_c(&index, "\n  }\n}\n");
    ok = ok && (shards == 1 || write_index(folder, &index, err));
    buffer_done(&index);
    return ok;
}
