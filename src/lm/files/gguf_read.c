/* The GGUF reader. The format, little-endian:
 *   1. magic "GGUF", u32 version (2, 3; in version 1 all counts, lengths and tensor sizes are u32 instead of u64)
 *   2. u64 tensor count, u64 metadata count
 *   3. metadata: key (length, bytes), u32 value type 0..12, value; arrays: u32 element type, u64 count, elements
 *   4. tensor infos: name, u32 number of dimensions, that many u64 sizes (innermost first), u32 type, u64 offset
 *   5. data, from the next multiple of general.alignment (32), each tensor at its offset from there
 * Every count is bounded by the bytes that are left, so a hostile file cannot make us allocate much more than its size.
 */
#include "lm/files/model_file.h"

#include <string.h>

enum {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_TEXT,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_TYPES
};

static const struct {
    enum lm_value_kind kind;
    size_t bytes; /* 0: of its own length */
} value_types[GGUF_TYPES] = {
    [GGUF_U8] = {LM_VALUE_U64, 1},      [GGUF_I8] = {LM_VALUE_I64, 1},    [GGUF_U16] = {LM_VALUE_U64, 2},
    [GGUF_I16] = {LM_VALUE_I64, 2},     [GGUF_U32] = {LM_VALUE_U64, 4},   [GGUF_I32] = {LM_VALUE_I64, 4},
    [GGUF_F32] = {LM_VALUE_F64, 4},     [GGUF_BOOL] = {LM_VALUE_BOOL, 1}, [GGUF_TEXT] = {LM_VALUE_TEXT, 0},
    [GGUF_ARRAY] = {LM_VALUE_ARRAY, 0}, [GGUF_U64] = {LM_VALUE_U64, 8},   [GGUF_I64] = {LM_VALUE_I64, 8},
    [GGUF_F64] = {LM_VALUE_F64, 8},
};

struct reader {
    struct bytes b;
    struct lm_file *file;
    struct error *err;
};

static uint64_t left(const struct reader *r) {
    return r->b.len - r->b.pos;
}

/* Counts and lengths: u32 in version 1, u64 since. */
static bool read_length(struct reader *r, uint64_t *out, const char *what) {
    uint32_t small;
    if (r->file->version > 1) return bytes_u64(&r->b, out, what, r->err);
    if (!bytes_u32(&r->b, &small, what, r->err)) return false;
    *out = small;
    return true;
}

static size_t length_bytes(const struct reader *r) {
    return r->file->version > 1 ? 8 : 4;
}

static bool read_text(struct reader *r, struct text *out, const char *what) {
    uint64_t n;
    if (!read_length(r, &n, what) || !bytes_need(&r->b, n, what, r->err)) return false;
    *out = (struct text){(const char *)r->b.at + r->b.pos, (size_t)n};
    r->b.pos += n;
    return true;
}

/* Keys and tensor names: UTF-8 of bounded length without control characters. */
static bool read_name(struct reader *r, struct text *out, const char *what) {
    uint64_t from = r->b.pos;
    if (!read_text(r, out, what)) return false;
    if (out->len > MODEL_NAME_MAX)
        return model_file_error(r->b.path, from, r->err, "%s of %zu bytes, expected at most %d", what, out->len,
                                MODEL_NAME_MAX);
    bool plain = text_utf8_invalid(*out) == SIZE_MAX;
    for (size_t i = 0; i < out->len; i++) plain = plain && (unsigned char)out->at[i] >= 32;
    return plain || model_file_error(r->b.path, from, r->err, "%s '%.*s...' is not printable UTF-8", what,
                                     TEXT_ARG(shown_name(*out)));
}

#define LOAD(type, field)                                                                                              \
    do {                                                                                                               \
        type x;                                                                                                        \
        memcpy(&x, at, sizeof x);                                                                                      \
        v->field = x;                                                                                                  \
    } while (0)

static void fill_number(struct lm_value *v, uint32_t type, const void *at) {
    switch (type) {
    case GGUF_U8:
        LOAD(uint8_t, u64);
        break;
    case GGUF_U16:
        LOAD(uint16_t, u64);
        break;
    case GGUF_U32:
        LOAD(uint32_t, u64);
        break;
    case GGUF_U64:
        LOAD(uint64_t, u64);
        break;
    case GGUF_I8:
        LOAD(int8_t, i64); /* NOLINT(bugprone-signed-char-misuse): the sign is meant */
        break;
    case GGUF_I16:
        LOAD(int16_t, i64);
        break;
    case GGUF_I32:
        LOAD(int32_t, i64);
        break;
    case GGUF_I64:
        LOAD(int64_t, i64);
        break;
    case GGUF_F64:
        LOAD(double, f64);
        break;
    case GGUF_BOOL:
        v->boolean = *(const unsigned char *)at != 0;
        break;
    default: {
        float x;
        memcpy(&x, at, sizeof x);
        v->f64 = (double)x;
    }
    }
}

/* Numbers stay in the mapping, texts are indexed. */
static bool read_array(struct reader *r, struct lm_value *v) {
    uint32_t type;
    if (!bytes_u32(&r->b, &type, "element type", r->err)) return false;
    if (type >= GGUF_TYPES || type == GGUF_ARRAY)
        return model_file_error(r->b.path, r->b.pos - 4, r->err,
                                "array elements of type %u, expected 0 to 12 and no arrays in arrays", type);
    if (!read_length(r, &v->count, "array length")) return false;
    v->element = value_types[type].kind;
    v->raw_type = type;
    uint64_t least = type == GGUF_TEXT ? length_bytes(r) : value_types[type].bytes;
    if (v->count > left(r) / least)
        return model_file_error(r->b.path, r->b.pos, r->err, "an array of %llu elements, the file has room for %llu",
                                (unsigned long long)v->count, (unsigned long long)(left(r) / least));
    v->raw = r->b.at + r->b.pos;
    if (type != GGUF_TEXT) {
        r->b.pos += v->count * least;
        return true;
    }
    struct text *texts = arena_new(&r->file->arena, struct text, (size_t)v->count, r->err);
    v->raw = texts;
    bool ok = texts != NULL;
    for (uint64_t i = 0; ok && i < v->count; i++) ok = read_text(r, &texts[i], "text in an array");
    return ok;
}

static bool read_value(struct reader *r, struct lm_value *v) {
    uint32_t type;
    if (!bytes_u32(&r->b, &type, "value type", r->err)) return false;
    if (type >= GGUF_TYPES)
        return model_file_error(r->b.path, r->b.pos - 4, r->err, "a value of type %u, expected 0 to 12", type);
    v->kind = value_types[type].kind;
    v->raw_type = type;
    if (type == GGUF_TEXT) return read_text(r, &v->text, "text value");
    if (type == GGUF_ARRAY) return read_array(r, v);
    if (!bytes_need(&r->b, value_types[type].bytes, "value", r->err)) return false;
    fill_number(v, type, r->b.at + r->b.pos);
    r->b.pos += value_types[type].bytes;
    return true;
}

static bool read_metadata(struct reader *r, uint64_t n) {
    struct lm_file *f = r->file;
    uint64_t least = length_bytes(r) + 4 + 1;
    if (n > left(r) / least)
        return model_file_error(r->b.path, 8 + length_bytes(r), r->err,
                                "%llu metadata entries, the file has room for %llu", (unsigned long long)n,
                                (unsigned long long)(left(r) / least));
    f->metadata = arena_new(&f->arena, struct lm_entry, (size_t)n, r->err);
    if (!f->metadata) return false;
    for (uint64_t i = 0; i < n; i++) {
        struct lm_entry *entry = &f->metadata[i];
        if (!read_name(r, &entry->key, "metadata key")) return false;
        if (!read_value(r, &entry->value))
            return error_wrap(r->err, "metadata '%.*s'", TEXT_ARG(shown_name(entry->key)));
        f->n_metadata++;
    }
    return metadata_index(f, r->err);
}

static bool refuse_type(struct reader *r, const struct lm_tensor *t, uint32_t type) {
    const char *name = lm_type_name_of(type);
    return model_file_error(
        r->b.path, r->b.pos - 12, r->err,
        "tensor '%.*s' is stored as type %u (%s), which is not built; there are F32, F16, BF16, Q8_0 "
        "and Q4_0: convert the file to one of them",
        TEXT_ARG(shown_name(t->name)), type, name ? name : "unknown");
}

static bool read_info(struct reader *r, struct lm_tensor *t) {
    uint32_t dims, type;
    uint64_t sizes[MODEL_DIMS] = {0};
    if (!read_name(r, &t->name, "tensor name") || !bytes_u32(&r->b, &dims, "number of dimensions", r->err))
        return false;
    struct text name = shown_name(t->name);
    if (dims == 0 || dims > MODEL_DIMS)
        return model_file_error(r->b.path, r->b.pos - 4, r->err, "tensor '%.*s' has %u dimensions, expected 1 to %d",
                                TEXT_ARG(name), dims, MODEL_DIMS);
    for (uint32_t d = 0; d < dims; d++) {
        if (!read_length(r, &sizes[d], "tensor size")) return false;
        if (sizes[d] == 0)
            return model_file_error(r->b.path, r->b.pos - length_bytes(r), r->err, "tensor '%.*s' has a size of 0",
                                    TEXT_ARG(name));
    }
    if (!bytes_u32(&r->b, &type, "tensor type", r->err) || !bytes_u64(&r->b, &t->offset, "tensor offset", r->err))
        return false;
    if (!lm_type_find(type)) return refuse_type(r, t, type);
    t->type = (enum lm_type)type;
    t->dims = dims;
    for (uint32_t d = 0; d < dims; d++) t->shape[d] = sizes[dims - 1 - d];
    return true;
}

/* t->offset: from the start of the data; becomes that in the file. */
static bool place_tensor(struct reader *r, struct lm_tensor *t, uint64_t data, uint64_t alignment) {
    uint64_t n, bytes, from, to;
    struct text name = shown_name(t->name);
    if (!tensor_extent(t, &n, &bytes))
        return model_file_error(r->b.path, r->b.pos, r->err,
                                "tensor '%.*s': its size overflows, or its rows of %llu are no whole blocks of %s",
                                TEXT_ARG(name), (unsigned long long)t->shape[t->dims - 1], lm_type_find(t->type)->name);
    if (t->offset % alignment != 0)
        return model_file_error(r->b.path, data, r->err,
                                "tensor '%.*s': offset %llu is no multiple of the alignment %llu", TEXT_ARG(name),
                                (unsigned long long)t->offset, (unsigned long long)alignment);
    if (__builtin_add_overflow(data, t->offset, &from) || __builtin_add_overflow(from, bytes, &to) || to > r->b.len)
        return model_file_error(
            r->b.path, data, r->err,
            "tensor '%.*s' of %llu bytes at data offset %llu ends behind the file's %llu bytes; it is "
            "cut short or damaged",
            TEXT_ARG(name), (unsigned long long)bytes, (unsigned long long)t->offset, (unsigned long long)r->b.len);
    t->data = r->b.at + from;
    t->bytes = (size_t)bytes;
    t->offset = from;
    return true;
}

static bool read_alignment(struct reader *r, uint64_t *alignment) {
    const struct lm_value *v = lm_file_value(r->file, "general.alignment");
    *alignment = 32;
    if (!v) return true;
    if (v->kind != LM_VALUE_U64 || v->u64 == 0 || v->u64 > 65536 || (v->u64 & (v->u64 - 1)) != 0)
        return error_set(r->err, ERROR_DATA,
                         "%s: metadata 'general.alignment': expected a power of two up to 65536 as an unsigned integer",
                         r->b.path);
    *alignment = v->u64;
    return true;
}

static bool read_tensors(struct reader *r, uint64_t n) {
    struct lm_file *f = r->file;
    uint64_t alignment, least = length_bytes(r) * 2 + 4 + 4 + 8; /* an unnamed vector */
    if (n > MODEL_TENSORS_MAX || n > left(r) / least)
        return model_file_error(r->b.path, 8, r->err, "%llu tensors, the file has room for %llu, at most %d are read",
                                (unsigned long long)n, (unsigned long long)(left(r) / least), MODEL_TENSORS_MAX);
    f->tensors = arena_new(&f->arena, struct lm_tensor, (size_t)n, r->err);
    if (!f->tensors || !read_alignment(r, &alignment)) return false;
    for (uint64_t i = 0; i < n; i++)
        if (!read_info(r, &f->tensors[i])) return false;
    uint64_t data = (r->b.pos + alignment - 1) / alignment * alignment;
    for (uint64_t i = 0; i < n; i++)
        if (!place_tensor(r, &f->tensors[i], data, alignment)) return false;
    f->n_tensors = (size_t)n;
    return tensors_check_places(f->tensors, f->n_tensors, r->b.path, false, data, r->b.len, r->err);
}

bool gguf_read(struct lm_file *file, const struct file_map *map, struct error *err) {
    struct reader r = {.b = {map->at, map->len, 4, file->path}, .file = file, .err = err};
    uint64_t tensors, entries;
    file->container = LM_GGUF;
    if (!bytes_u32(&r.b, &file->version, "version", err)) return false;
    if (file->version < 1 || file->version > 3) {
        if (__builtin_bswap32(file->version) <= 3)
            return model_file_error(file->path, 4, err,
                                    "a big-endian GGUF file, expected little-endian; convert it first");
        return model_file_error(file->path, 4, err, "GGUF version %u, expected 1, 2 or 3", file->version);
    }
    return read_length(&r, &tensors, "tensor count") && read_length(&r, &entries, "metadata count") &&
           read_metadata(&r, entries) && read_tensors(&r, tensors) && tensors_index(file, err);
}

bool lm_value_text(const struct lm_value *array, uint64_t i, struct text *out) {
    if (!array || array->kind != LM_VALUE_ARRAY || array->element != LM_VALUE_TEXT || i >= array->count) return false;
    *out = ((const struct text *)array->raw)[i];
    return true;
}

size_t lm_value_bytes(const struct lm_value *array) {
    return array->kind == LM_VALUE_ARRAY && array->element != LM_VALUE_TEXT ? value_types[array->raw_type].bytes : 0;
}

bool lm_value_number(const struct lm_value *array, uint64_t i, double *out) {
    if (!array || array->kind != LM_VALUE_ARRAY || array->element == LM_VALUE_TEXT || i >= array->count) return false;
    struct lm_value v = {0};
    fill_number(&v, array->raw_type, (const char *)array->raw + i * value_types[array->raw_type].bytes);
    switch (array->element) {
    case LM_VALUE_U64:
        *out = (double)v.u64;
        break;
    case LM_VALUE_I64:
        *out = (double)v.i64;
        break;
    case LM_VALUE_BOOL:
        *out = v.boolean ? 1 : 0;
        break;
    default:
        *out = v.f64;
    }
    return true;
}
