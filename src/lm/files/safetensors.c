/* The safetensors reader: u64 header length, a JSON header {name: {dtype, shape, data_offsets}, "__metadata__": {...}},
 * data that the tensors fill to the byte. */
#include "lm/files/model_file.h"

#include <string.h>

/* The header of MODEL_TENSORS_MAX tensors with long names fits. */
#define HEADER_MAX ((uint64_t)16 << 20)

struct shard {
    const char *path;
    const struct file_map *map;
    uint64_t data; /* where the data begins */
    struct error *err;
};

static bool read_type(const struct shard *s, const char *name, const json_t *info, struct lm_tensor *t) {
    struct text dtype;
    if (!json_get_text(info, "dtype", (struct json_place){s->path, 0, name}, &dtype, s->err)) return false;
    const struct lm_type_info *type = lm_type_named(dtype);
    if (type && type->block == 1) return t->type = type->id, true;
    return error_set(
        s->err, ERROR_DATA,
        "%s: tensor '%s' has dtype '%.*s', which is not built; there are F32, F16, BF16, F64, I64, I32, I16, I8",
        s->path, name, TEXT_ARG(shown_name(dtype)));
}

static bool read_shape(const struct shard *s, const char *name, const json_t *info, struct lm_tensor *t) {
    json_t *shape;
    struct json_place place = {s->path, 0, name};
    if (!json_get_array(info, "shape", place, &shape, s->err)) return false;
    if (json_array_size(shape) > MODEL_DIMS)
        return error_set(s->err, ERROR_DATA, "%s: tensor '%s' has %zu dimensions, at most %d are read", s->path, name,
                         json_array_size(shape), MODEL_DIMS);
    t->dims = json_array_size(shape); /* 0: a single number */
    for (size_t d = 0; d < t->dims; d++) {
        const json_t *v = json_array_get(shape, d);
        if (!json_is_integer(v) || json_integer_value(v) < 0)
            return json_mismatch(v, "shape", place, "sizes of at least 0", s->err);
        t->shape[d] = (uint64_t)json_integer_value(v);
    }
    return true;
}

static bool read_place(const struct shard *s, const char *name, const json_t *info, struct lm_tensor *t) {
    json_t *offsets;
    struct json_place place = {s->path, 0, name};
    uint64_t n, bytes, have = s->map->len - s->data;
    if (!json_get_array(info, "data_offsets", place, &offsets, s->err)) return false;
    const json_t *from = json_array_get(offsets, 0), *to = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(from) || !json_is_integer(to) ||
        json_integer_value(from) < 0 || json_integer_value(to) < json_integer_value(from))
        return json_mismatch(offsets, "data_offsets", place, "two rising byte offsets", s->err);
    uint64_t begin = (uint64_t)json_integer_value(from), end = (uint64_t)json_integer_value(to);
    if (!tensor_extent(t, &n, &bytes))
        return error_set(s->err, ERROR_DATA, "%s: tensor '%s': its size overflows", s->path, name);
    if (end > have)
        return model_file_error(s->path, s->data, s->err,
                                "tensor '%s' lies at %llu to %llu, the data has %llu bytes; it is cut short or damaged",
                                name, (unsigned long long)begin, (unsigned long long)end, (unsigned long long)have);
    if (end - begin != bytes)
        return model_file_error(s->path, s->data + begin, s->err, "tensor '%s' has %llu bytes, its shape needs %llu",
                                name, (unsigned long long)(end - begin), (unsigned long long)bytes);
    t->data = s->map->at + s->data + begin;
    t->bytes = (size_t)bytes;
    t->offset = s->data + begin;
    return true;
}

static bool reserve(struct lm_file *file, const struct shard *s, size_t more) {
    size_t n = file->n_tensors + more;
    if (n > MODEL_TENSORS_MAX)
        return error_set(s->err, ERROR_DATA, "%s: %zu tensors, at most %d are read", s->path, n, MODEL_TENSORS_MAX);
    struct lm_tensor *all = arena_new(&file->arena, struct lm_tensor, n, s->err);
    if (!all) return false;
    if (file->n_tensors) memcpy(all, file->tensors, file->n_tensors * sizeof *all);
    file->tensors = all;
    return true;
}

static bool add_tensors(struct lm_file *file, const struct shard *s, const json_t *header) {
    const char *name;
    json_t *info;
    size_t before = file->n_tensors;
    if (!reserve(file, s, json_object_size(header))) return false;
    json_object_foreach((json_t *)header, name, info) {
        if (strcmp(name, "__metadata__") == 0) continue;
        struct lm_tensor *t = &file->tensors[file->n_tensors];
        if (!json_is_object(info))
            return json_mismatch(info, name, (struct json_place){s->path, 0, ""}, "an object", s->err);
        if (!read_type(s, name, info, t) || !read_shape(s, name, info, t) || !read_place(s, name, info, t))
            return false;
        char *copy = text_copy(&file->arena, text_of(name), s->err);
        if (!copy) return false;
        t->name = text_of(copy);
        file->n_tensors++;
    }
    return tensors_check_places(file->tensors + before, file->n_tensors - before, s->path, true, s->data, s->map->len,
                                s->err);
}

bool safetensors_claims(const struct file_map *map) {
    uint64_t header;
    if (map->len < 9 || map->at[8] != '{') return false;
    memcpy(&header, map->at, sizeof header);
    return header <= HEADER_MAX || header <= map->len;
}

bool safetensors_read(struct lm_file *file, const struct file_map *map, const char *path, struct error *err) {
    struct shard s = {.path = path, .map = map, .err = err};
    uint64_t n;
    file->container = LM_SAFETENSORS;
    if (map->len < sizeof n)
        return model_file_error(path, 0, err, "the header's length needs 8 bytes, the file has %zu", map->len);
    memcpy(&n, map->at, sizeof n);
    if (n > map->len - sizeof n)
        return model_file_error(path, 0, err,
                                "a header of %llu bytes, the file has %zu left; it is cut short or damaged",
                                (unsigned long long)n, map->len - sizeof n);
    if (n > HEADER_MAX)
        return model_file_error(path, 0, err, "a header of %llu bytes, at most %llu are read", (unsigned long long)n,
                                (unsigned long long)HEADER_MAX);
    s.data = sizeof n + n;
    json_t *header = json_read((struct text){(const char *)map->at + sizeof n, (size_t)n}, path, 1, err);
    if (!header) return false;
    bool ok = json_is_object(header) ? add_tensors(file, &s, header)
                                     : json_mismatch(header, "", (struct json_place){path, 1, ""}, "an object", err);
    json_decref(header);
    return ok;
}
