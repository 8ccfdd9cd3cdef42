/* The GGUF v3 writer: see file.h, and gguf_read.c for the format. Metadata is collected, tensors are streamed. */
#include "lm/files/file.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT_INITIAL 32u
#define ALIGNMENT_MAX 65536u
#define METADATA_MAX ((size_t)1 << 30)
#define CHUNK 4096 /* values converted at once: whole blocks of every type */

enum {
    GGUF_TYPE_U8 = 0,
    GGUF_TYPE_U32 = 4,
    GGUF_TYPE_I32 = 5,
    GGUF_TYPE_F32 = 6,
    GGUF_TYPE_BOOL = 7,
    GGUF_TYPE_TEXT = 8,
    GGUF_TYPE_ARRAY = 9,
    GGUF_TYPE_U64 = 10
};

struct pending {
    char *name;
    enum lm_type type;
    size_t dims;
    uint64_t shape[4];
    const float *data;
    uint64_t elements, bytes;
};

struct gguf_writer {
    struct file_out out;
    struct buffer metadata;
    char **keys;
    size_t n_keys, capacity_keys;
    uint32_t alignment;
    struct pending *tensors;
    size_t n_tensors, capacity;
    bool begun;         /* the head is written */
    size_t n_written;   /* of the tensors */
    struct arena arena; /* names and keys */
};

struct gguf_writer *gguf_writer_new(const char *path, struct error *err) {
    struct gguf_writer *w = memory_zeroed(1, sizeof *w);
    if (!w) return error_memory(err, "GGUF writer"), NULL;
    w->alignment = ALIGNMENT_INITIAL;
    buffer_init(&w->metadata, METADATA_MAX);
    arena_init(&w->arena, METADATA_MAX);
    if (file_out_open(&w->out, path, err)) return w;
    gguf_writer_free(w);
    return NULL;
}

void gguf_writer_free(struct gguf_writer *w) {
    if (!w) return;
    file_out_abandon(&w->out);
    buffer_done(&w->metadata);
    arena_done(&w->arena);
    memory_free(w->keys);
    memory_free(w->tensors);
    memory_free(w);
}

static void put_u32(struct buffer *b, uint32_t v) {
    buffer_put(b, &v, sizeof v);
}

static void put_u64(struct buffer *b, uint64_t v) {
    buffer_put(b, &v, sizeof v);
}

static void put_text(struct buffer *b, struct text t) {
    put_u64(b, t.len);
    buffer_put_text(b, t);
}

/* Makes room for one more element of a list; NULL: out of memory. */
static void *reserve(void *list, size_t n, size_t *capacity, size_t size, struct error *err) {
    if (n < *capacity) return list;
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *more = memory_grow(list, wanted, size);
    if (!more) return error_memory(err, "GGUF writer"), NULL;
    *capacity = wanted;
    return more;
}

static bool begin_entry(struct gguf_writer *w, const char *key, uint32_t type, struct error *err) {
    for (size_t i = 0; i < w->n_keys; i++)
        if (strcmp(w->keys[i], key) == 0) return error_set(err, ERROR_USAGE, "metadata key '%s' is written twice", key);
    char **keys = reserve(w->keys, w->n_keys, &w->capacity_keys, sizeof *keys, err);
    if (!keys) return false;
    w->keys = keys;
    if (!(keys[w->n_keys] = text_copy(&w->arena, text_of(key), err))) return false;
    w->n_keys++;
    put_text(&w->metadata, text_of(key));
    put_u32(&w->metadata, type);
    return true;
}

static bool entry_done(struct gguf_writer *w, struct error *err) {
    return buffer_check(&w->metadata, "GGUF metadata", err);
}

static bool put_plain(struct gguf_writer *w, const char *key, uint32_t type, const void *at, size_t n,
                      struct error *err) {
    if (!begin_entry(w, key, type, err)) return false;
    buffer_put(&w->metadata, at, n);
    return entry_done(w, err);
}

bool gguf_put_u32(struct gguf_writer *w, const char *key, uint32_t v, struct error *err) {
    if (strcmp(key, "general.alignment") == 0) {
        if (v < 8 || v > ALIGNMENT_MAX || (v & (v - 1)) != 0)
            return error_set(err, ERROR_USAGE, "general.alignment %u: expected a power of two from 8 to %u", v,
                             ALIGNMENT_MAX);
        w->alignment = v;
    }
    return put_plain(w, key, GGUF_TYPE_U32, &v, sizeof v, err);
}

bool gguf_put_u64(struct gguf_writer *w, const char *key, uint64_t v, struct error *err) {
    return put_plain(w, key, GGUF_TYPE_U64, &v, sizeof v, err);
}

bool gguf_put_f32(struct gguf_writer *w, const char *key, float v, struct error *err) {
    return put_plain(w, key, GGUF_TYPE_F32, &v, sizeof v, err);
}

bool gguf_put_bool(struct gguf_writer *w, const char *key, bool v, struct error *err) {
    char byte = v ? 1 : 0;
    return put_plain(w, key, GGUF_TYPE_BOOL, &byte, sizeof byte, err);
}

bool gguf_put_text(struct gguf_writer *w, const char *key, struct text v, struct error *err) {
    if (!begin_entry(w, key, GGUF_TYPE_TEXT, err)) return false;
    put_text(&w->metadata, v);
    return entry_done(w, err);
}

static bool begin_array(struct gguf_writer *w, const char *key, uint32_t type, uint64_t n, struct error *err) {
    if (n > METADATA_MAX) return error_set(err, ERROR_USAGE, "metadata '%s': too many elements", key);
    if (!begin_entry(w, key, GGUF_TYPE_ARRAY, err)) return false;
    put_u32(&w->metadata, type);
    put_u64(&w->metadata, n);
    return true;
}

bool gguf_put_texts(struct gguf_writer *w, const char *key, const struct text *v, uint64_t n, struct error *err) {
    if (!begin_array(w, key, GGUF_TYPE_TEXT, n, err)) return false;
    for (uint64_t i = 0; i < n; i++) put_text(&w->metadata, v[i]);
    return entry_done(w, err);
}

bool gguf_put_f32s(struct gguf_writer *w, const char *key, const float *v, uint64_t n, struct error *err) {
    if (!begin_array(w, key, GGUF_TYPE_F32, n, err)) return false;
    buffer_put(&w->metadata, v, (size_t)n * sizeof *v);
    return entry_done(w, err);
}

bool gguf_put_bytes(struct gguf_writer *w, const char *key, struct text v, struct error *err) {
    if (!begin_array(w, key, GGUF_TYPE_U8, v.len, err)) return false;
    buffer_put_text(&w->metadata, v);
    return entry_done(w, err);
}

bool gguf_put_i32s(struct gguf_writer *w, const char *key, const int32_t *v, uint64_t n, struct error *err) {
    if (!begin_array(w, key, GGUF_TYPE_I32, n, err)) return false;
    buffer_put(&w->metadata, v, (size_t)n * sizeof *v);
    return entry_done(w, err);
}

bool gguf_put_tensor(struct gguf_writer *w, const char *name, enum lm_type type, size_t dims, const uint64_t *shape,
                     const float *data, struct error *err) {
    const struct lm_type_info *info = lm_type_find(type);
    if (!info || !info->from_f32)
        return error_set(err, ERROR_USAGE, "tensor '%s': type %s cannot be written", name,
                         info ? info->name : "unknown");
    if (dims == 0 || dims > 4 || shape[dims - 1] % info->block != 0)
        return error_set(err, ERROR_USAGE,
                         "tensor '%s': rows of %llu values are no whole blocks of %zu (%s); choose another "
                         "type",
                         name, dims ? (unsigned long long)shape[dims - 1] : 0ull, info->block, info->name);
    struct pending *list = reserve(w->tensors, w->n_tensors, &w->capacity, sizeof *list, err);
    if (!list) return false;
    w->tensors = list;
    struct pending *t = &list[w->n_tensors];
    *t = (struct pending){.type = type, .dims = dims, .data = data, .elements = 1};
    if (!(t->name = text_copy(&w->arena, text_of(name), err))) return false;
    for (size_t d = 0; d < dims; d++) {
        t->shape[d] = shape[d];
        if (shape[d] == 0 || __builtin_mul_overflow(t->elements, shape[d], &t->elements) ||
            t->elements > UINT64_MAX / 8)
            return error_set(err, ERROR_USAGE, "tensor '%s': a size of 0, or sizes that overflow", name);
    }
    t->bytes = t->elements / info->block * info->bytes;
    w->n_tensors++;
    return true;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool check_names(const struct gguf_writer *w, struct error *err) {
    const char **names = memory_zeroed(w->n_tensors, sizeof *names);
    bool ok = names || error_memory(err, "tensor names");
    for (size_t i = 0; ok && i < w->n_tensors; i++) names[i] = w->tensors[i].name;
    if (ok) qsort(names, w->n_tensors, sizeof *names, compare_names);
    for (size_t i = 1; ok && i < w->n_tensors; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            ok = error_set(err, ERROR_USAGE, "tensor '%s' is written twice", names[i]);
    memory_free(names);
    return ok;
}

static size_t padding(const struct gguf_writer *w, uint64_t n) {
    return (size_t)((w->alignment - n % w->alignment) % w->alignment);
}

static bool put_head(struct gguf_writer *w, struct error *err) {
    struct buffer head;
    uint64_t offset = 0;
    buffer_init(&head, METADATA_MAX);
    buffer_put_c(&head, "GGUF");
    put_u32(&head, 3);
    put_u64(&head, w->n_tensors);
    put_u64(&head, w->n_keys);
    buffer_put(&head, w->metadata.at, w->metadata.len);
    for (size_t i = 0; i < w->n_tensors; i++) {
        const struct pending *t = &w->tensors[i];
        put_text(&head, text_of(t->name));
        put_u32(&head, (uint32_t)t->dims);
        for (size_t d = t->dims; d > 0; d--) put_u64(&head, t->shape[d - 1]);
        put_u32(&head, (uint32_t)t->type);
        put_u64(&head, offset);
        offset += t->bytes + padding(w, t->bytes);
    }
    for (size_t n = padding(w, head.len); n > 0; n--) buffer_put_char(&head, 0);
    bool ok = buffer_check(&head, "GGUF header", err);
    if (ok) file_out_put(&w->out, head.at, head.len);
    buffer_done(&head);
    return ok;
}

static void put_data(struct gguf_writer *w, const struct pending *t) {
    const struct lm_type_info *info = lm_type_find(t->type);
    w->n_written++;
    unsigned char chunk[CHUNK * sizeof(float)];
    for (uint64_t i = 0; i < t->elements && !w->out.failed; i += CHUNK) {
        size_t n = t->elements - i < CHUNK ? (size_t)(t->elements - i) : CHUNK;
        info->from_f32(t->data + i, chunk, n);
        file_out_put(&w->out, chunk, n / info->block * info->bytes);
    }
    for (size_t n = padding(w, t->bytes); n > 0; n--) file_out_put(&w->out, "", 1);
}

bool gguf_writer_begin(struct gguf_writer *w, struct error *err) {
    w->begun = true;
    return check_names(w, err) && put_head(w, err);
}

bool gguf_write_tensor(struct gguf_writer *w, const char *name, const float *data, struct error *err) {
    struct pending *t = w->begun && w->n_written < w->n_tensors ? &w->tensors[w->n_written] : NULL;
    if (!t || strcmp(t->name, name) != 0)
        return error_set(err, ERROR_USAGE, "tensor '%s' is not the next one to be written (%s)", name,
                         t ? t->name : "none is");
    t->data = data;
    put_data(w, t);
    t->data = NULL;
    return !w->out.failed || error_system(err, w->out.failure, "cannot write", w->out.path);
}

bool gguf_writer_end(struct gguf_writer *w, struct error *err) {
    if (!w->begun && !gguf_writer_begin(w, err)) return false;
    while (w->n_written < w->n_tensors) {
        const struct pending *t = &w->tensors[w->n_written];
        if (!t->data) return error_set(err, ERROR_USAGE, "tensor '%s' has no values", t->name);
        put_data(w, t);
    }
    return file_out_commit(&w->out, err);
}
