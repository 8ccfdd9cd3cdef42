/* Model files of any container: opening by content, look-ups, checks that all containers share, digest. See file.h. */
#include "lm/files/model_file.h"

#include "base/file_pages.h"
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX ((size_t)16 << 20)
#define INDEX_MAX ((size_t)16 << 20)

bool model_file_error(const char *path, uint64_t offset, struct error *err, const char *format, ...) {
    char what[768];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(err, ERROR_DATA, "%s: byte %llu: %s", path, (unsigned long long)offset, what);
}

struct text shown_name(struct text name) {
    size_t n = name.len < 100 ? name.len : 100;
    for (size_t i = 0; i < n; i++)
        if (name.at[i] < 32 || name.at[i] > 126) n = i;
    return text_part(name, 0, n);
}

bool bytes_need(const struct bytes *b, uint64_t n, const char *what, struct error *err) {
    if (n <= b->len - b->pos) return true;
    return model_file_error(b->path, b->pos, err,
                            "%s needs %llu bytes, the file has %llu left; it is cut short or damaged", what,
                            (unsigned long long)n, (unsigned long long)(b->len - b->pos));
}

bool bytes_u32(struct bytes *b, uint32_t *out, const char *what, struct error *err) {
    if (!bytes_need(b, sizeof *out, what, err)) return false;
    memcpy(out, b->at + b->pos, sizeof *out);
    b->pos += sizeof *out;
    return true;
}

bool bytes_u64(struct bytes *b, uint64_t *out, const char *what, struct error *err) {
    if (!bytes_need(b, sizeof *out, what, err)) return false;
    memcpy(out, b->at + b->pos, sizeof *out);
    b->pos += sizeof *out;
    return true;
}

/* ---- tensors ---- */

bool tensor_extent(const struct lm_tensor *t, uint64_t *elements, uint64_t *bytes) {
    const struct lm_type_info *type = lm_type_find(t->type);
    uint64_t n = 1;
    for (size_t d = 0; d < t->dims; d++)
        if (__builtin_mul_overflow(n, t->shape[d], &n)) return false;
    uint64_t row = t->dims ? t->shape[t->dims - 1] : 1;
    if (!type || row % type->block != 0) return false;
    *elements = n;
    return !__builtin_mul_overflow(n / type->block, (uint64_t)type->bytes, bytes);
}

uint64_t lm_tensor_size(const struct lm_tensor *t) {
    uint64_t n = 0, bytes;
    return tensor_extent(t, &n, &bytes) ? n : 0;
}

bool lm_tensor_to_f32(const struct lm_tensor *t, float *out, struct error *err) {
    const struct lm_type_info *type = lm_type_find(t->type);
    uint64_t n, bytes;
    if (!type || !tensor_extent(t, &n, &bytes))
        return error_set(err, ERROR_DATA, "tensor '%.*s' has a type that is not built", TEXT_ARG(shown_name(t->name)));
    type->to_f32(t->data, out, (size_t)n);
    return true;
}

static int compare_places(const void *a, const void *b) {
    const struct lm_tensor *x = *(const struct lm_tensor *const *)a, *y = *(const struct lm_tensor *const *)b;
    if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static bool check_order(const struct lm_tensor *const *order, size_t n, const char *path, bool no_holes, uint64_t from,
                        uint64_t end, struct error *err) {
    const struct lm_tensor *before = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct lm_tensor *t = order[i];
        if (t->bytes && t->offset < from && before)
            return model_file_error(path, t->offset, err, "tensors '%.*s' and '%.*s' overlap",
                                    TEXT_ARG(shown_name(before->name)), TEXT_ARG(shown_name(t->name)));
        if (no_holes && t->offset > from)
            return model_file_error(path, from, err, "%llu unused bytes before tensor '%.*s'; no holes are allowed",
                                    (unsigned long long)(t->offset - from), TEXT_ARG(shown_name(t->name)));
        if (t->bytes) {
            from = t->offset + t->bytes;
            before = t;
        }
    }
    if (no_holes && from != end)
        return model_file_error(path, from, err, "%llu unused bytes behind the last tensor; no holes are allowed",
                                (unsigned long long)(end - from));
    return true;
}

bool tensors_check_places(const struct lm_tensor *tensors, size_t n, const char *path, bool no_holes, uint64_t from,
                          uint64_t end, struct error *err) {
    const struct lm_tensor **order = memory_zeroed(n, sizeof *order);
    if (!order) return error_memory(err, "tensor list");
    for (size_t i = 0; i < n; i++) order[i] = &tensors[i];
    qsort(order, n, sizeof *order, compare_places);
    bool ok = check_order(order, n, path, no_holes, from, end, err);
    memory_free(order);
    return ok;
}

static int compare_names(const void *a, const void *b) {
    const struct lm_tensor *x = *(const struct lm_tensor *const *)a, *y = *(const struct lm_tensor *const *)b;
    return text_compare(x->name, y->name);
}

bool tensors_index(struct lm_file *file, struct error *err) {
    size_t n = file->n_tensors;
    file->by_name = arena_new(&file->arena, const struct lm_tensor *, n, err);
    if (!file->by_name) return false;
    for (size_t i = 0; i < n; i++) file->by_name[i] = &file->tensors[i];
    qsort(file->by_name, n, sizeof *file->by_name, compare_names);
    for (size_t i = 1; i < n; i++)
        if (text_equal(file->by_name[i - 1]->name, file->by_name[i]->name))
            return error_set(err, ERROR_DATA, "%s: tensor '%.*s' comes twice", file->path,
                             TEXT_ARG(shown_name(file->by_name[i]->name)));
    return true;
}

static int compare_keys(const void *a, const void *b) {
    const struct lm_entry *x = *(const struct lm_entry *const *)a, *y = *(const struct lm_entry *const *)b;
    return text_compare(x->key, y->key);
}

bool metadata_index(struct lm_file *file, struct error *err) {
    size_t n = file->n_metadata;
    file->by_key = arena_new(&file->arena, const struct lm_entry *, n, err);
    if (!file->by_key) return false;
    for (size_t i = 0; i < n; i++) file->by_key[i] = &file->metadata[i];
    qsort(file->by_key, n, sizeof *file->by_key, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (text_equal(file->by_key[i - 1]->key, file->by_key[i]->key))
            return error_set(err, ERROR_DATA, "%s: metadata key '%.*s' comes twice", file->path,
                             TEXT_ARG(shown_name(file->by_key[i]->key)));
    return true;
}

const struct lm_tensor *lm_file_tensor(const struct lm_file *file, const char *name) {
    const struct lm_tensor wanted = {.name = text_of(name)}, *key = &wanted;
    const struct lm_tensor **at = NULL;
    if (file->by_name) at = bsearch(&key, file->by_name, file->n_tensors, sizeof *file->by_name, compare_names);
    return at ? *at : NULL;
}

const struct lm_value *lm_file_value(const struct lm_file *file, const char *key) {
    const struct lm_entry wanted = {.key = text_of(key)}, *wanted_at = &wanted;
    const struct lm_entry **at = NULL;
    if (file->by_key) at = bsearch(&wanted_at, file->by_key, file->n_metadata, sizeof *file->by_key, compare_keys);
    return at ? &(*at)->value : NULL;
}

/* ---- opening ---- */

static bool reserve_maps(struct lm_file *file, size_t n, struct error *err) {
    struct file_map *maps = arena_new(&file->arena, struct file_map, file->n_maps + n, err);
    const char **names = arena_new(&file->arena, const char *, file->n_maps + n, err);
    if (!maps || !names) return false;
    if (file->n_maps) {
        memcpy(maps, file->maps, file->n_maps * sizeof *maps);
        memcpy(names, file->names, file->n_maps * sizeof *names);
    }
    file->maps = maps;
    file->names = names;
    return true;
}

static struct lm_file *file_new(const char *path, struct error *err) {
    struct lm_file *file = memory_zeroed(1, sizeof *file);
    if (!file) return error_memory(err, "model file"), NULL;
    arena_init(&file->arena, 0);
    file->path = arena_copy(&file->arena, path, strlen(path), err);
    if (file->path && reserve_maps(file, 2, err)) return file;
    lm_file_close(file);
    return NULL;
}

void lm_file_close(struct lm_file *file) {
    if (!file) return;
    for (size_t i = 0; !file->borrowed && i < file->n_maps; i++) file_unmap(&file->maps[i]);
    json_decref(file->config);
    arena_done(&file->arena);
    memory_free(file);
}

/* path must outlive the file. */
static bool add_map(struct lm_file *file, const char *path, struct error *err) {
    struct file_map *map = &file->maps[file->n_maps];
    if (!file_map(path, map, err)) return false;
    const char *slash = strrchr(path, '/');
    file->names[file->n_maps++] = slash ? slash + 1 : path;
    file->bytes += map->len;
    return true;
}

/* Maps a JSON file as a part of the model and parses it; NULL and err otherwise. */
static json_t *add_json(struct lm_file *file, const char *path, size_t max, struct error *err) {
    if (!add_map(file, path, err)) return NULL;
    const struct file_map *map = &file->maps[file->n_maps - 1];
    if (map->len > max) {
        error_set(err, ERROR_DATA, "%s: %zu bytes, at most %zu are read", path, map->len, max);
        return NULL;
    }
    json_t *value = json_read((struct text){(const char *)map->at, map->len}, path, 1, err);
    if (!value || json_is_object(value)) return value;
    json_mismatch(value, "", (struct json_place){path, 1, ""}, "an object", err);
    json_decref(value);
    return NULL;
}

#define PICKLED "its pickle is a program and is never executed; convert it to safetensors where it was made"

/* Formats that are often taken for models: named, and read no further. */
static bool refuse_foreign(const char *path, const struct file_map *map, struct error *err) {
    static const struct {
        const char *magic;
        size_t n;
        const char *what;
    } foreign[] = {
        {"PK\x03\x04", 4, "a ZIP archive, as of PyTorch (.pt, .pth, .bin) or NumPy (.npz): " PICKLED},
        {"\x80\x02", 2, "a Python pickle: " PICKLED},
        {"\x80\x03", 2, "a Python pickle: " PICKLED},
        {"\x80\x04", 2, "a Python pickle: " PICKLED},
        {"\x80\x05", 2, "a Python pickle: " PICKLED},
        {"\x93NUMPY", 6, "a NumPy array (.npy), not a model; store the model as safetensors or GGUF"},
        {"\x89HDF\r\n", 6, "an HDF5 file (Keras); store the model as safetensors"},
        {"24ka", 4, "a llama2.c file of version 1 or 2; export it as version 0 (legacy) or as safetensors"},
        {"FUGG", 4, "a big-endian GGUF file, expected little-endian; convert it with gguf_convert_endian.py"},
        {"lmgg", 4, "a GGML file from before GGUF; convert it with the tool that made it"},
        {"fmgg", 4, "a GGML file from before GGUF; convert it with the tool that made it"},
        {"tjgg", 4, "a GGML file from before GGUF; convert it with the tool that made it"},
    };
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (map->len >= foreign[i].n && memcmp(map->at, foreign[i].magic, foreign[i].n) == 0)
            return error_set(err, ERROR_DATA, "%s: %s", path, foreign[i].what);
    return true;
}

static bool refuse_unknown(const char *path, const struct file_map *map, uint64_t llama2c, struct error *err) {
    if (map->len == 0) return error_set(err, ERROR_DATA, "%s: the file is empty, expected a model", path);
    if (llama2c)
        return model_file_error(
            path, 0, err,
            "as llama2.c .bin by its first 28 bytes it must have %llu bytes, it has %zu; it is cut short, "
            "damaged or another format",
            (unsigned long long)llama2c, map->len);
    char first[3 * 8 + 1] = "";
    for (size_t i = 0; i < 8 && i < map->len; i++) snprintf(first + 3 * i, 4, " %02x", map->at[i]);
    return error_set(
        err, ERROR_DATA,
        "%s: no model file that is known here, expected GGUF, safetensors, llama2.c .bin or a Hugging Face "
        "folder; it begins with%s",
        path, first);
}

static bool read_one(struct lm_file *file, struct error *err) {
    const struct file_map *map = &file->maps[0];
    if (map->len >= 4 && memcmp(map->at, "GGUF", 4) == 0) return gguf_read(file, map, err);
    if (!refuse_foreign(file->path, map, err)) return false;
    if (safetensors_claims(map)) return safetensors_read(file, map, file->path, err) && tensors_index(file, err);
    uint64_t llama2c = llama2c_length(map);
    if (llama2c && llama2c == map->len) return llama2c_read(file, map, err) && tensors_index(file, err);
    return refuse_unknown(file->path, map, llama2c, err);
}

/* ---- Hugging Face folders ---- */

/* Reads each file that the index names once, in the index's order. */
static bool read_shards(struct lm_file *file, const json_t *weight_map, const char *folder, const char *index_path,
                        struct error *err) {
    json_t *seen = json_object(), *value;
    const char *key;
    bool ok = seen || error_memory(err, "shard list");
    ok = ok && reserve_maps(file, json_object_size(weight_map), err);
    json_object_foreach((json_t *)weight_map, key, value) {
        const char *name = json_string_value(value);
        if (!ok) break;
        if (!name || !*name || strchr(name, '/')) {
            ok = error_set(err, ERROR_DATA, "%s: weight_map.%s: expected the name of a file in the same folder",
                           index_path, key);
            break;
        }
        if (json_object_get(seen, name)) continue;
        char *path = arena_printf(&file->arena, err, "%s/%s", folder, name);
        ok = path && add_map(file, path, err) && safetensors_read(file, &file->maps[file->n_maps - 1], path, err);
        if (ok && json_object_set_new(seen, name, json_true()) != 0) ok = error_memory(err, "shard list");
    }
    json_decref(seen);
    return ok;
}

static bool read_index(struct lm_file *file, const char *folder, const char *index_path, struct error *err) {
    json_t *index = add_json(file, index_path, INDEX_MAX, err), *weight_map = NULL, *value;
    const char *key;
    if (!index) return false;
    bool ok = json_get_object(index, "weight_map", (struct json_place){index_path, 0, ""}, &weight_map, err) &&
              read_shards(file, weight_map, folder, index_path, err) && tensors_index(file, err);
    if (ok) {
        json_object_foreach(weight_map, key, value) {
            if (!ok || lm_file_tensor(file, key)) continue;
            ok = error_set(err, ERROR_DATA, "%s: tensor '%.*s' is listed in '%s', which does not have it", index_path,
                           TEXT_ARG(shown_name(text_of(key))), json_string_value(value));
        }
    }
    json_decref(index);
    return ok;
}

static bool read_folder(struct lm_file *file, const char *folder, struct error *err) {
    char *config = arena_printf(&file->arena, err, "%s/config.json", folder);
    char *single = arena_printf(&file->arena, err, "%s/model.safetensors", folder);
    char *index = arena_printf(&file->arena, err, "%s/model.safetensors.index.json", folder);
    if (!config || !single || !index) return false;
    file->container = LM_SAFETENSORS;
    if (!file_exists(config))
        return error_set(err, ERROR_DATA,
                         "%s: no config.json in this folder; expected a Hugging Face folder, or name a file", folder);
    if (!(file->config = add_json(file, config, CONFIG_MAX, err))) return false;
    if (file_exists(single))
        return add_map(file, single, err) && safetensors_read(file, &file->maps[1], single, err) &&
               tensors_index(file, err);
    if (file_exists(index)) return read_index(file, folder, index, err);
    return error_set(err, ERROR_DATA,
                     "%s: neither model.safetensors nor model.safetensors.index.json in this folder; pickled weights "
                     "(pytorch_model.bin) are not read",
                     folder);
}

/* A safetensors file takes the config.json beside it. */
static bool find_config(struct lm_file *file, struct error *err) {
    if (file->container != LM_SAFETENSORS) return true;
    char *config = file_beside(&file->arena, file->path, "config.json", err);
    if (!config) return false;
    return !file_exists(config) || (file->config = add_json(file, config, CONFIG_MAX, err)) != NULL;
}

struct lm_file *lm_file_open(const char *path, struct error *err) {
    struct lm_file *file = file_new(path, err);
    if (!file) return NULL;
    bool ok = file_is_folder(path) ? read_folder(file, file->path, err)
                                   : add_map(file, file->path, err) && read_one(file, err) && find_config(file, err);
    if (ok) return file;
    lm_file_close(file);
    return NULL;
}

struct lm_file *lm_file_open_memory(const void *at, size_t n, struct error *err) {
    struct lm_file *file = file_new("(memory)", err);
    if (!file) return NULL;
    file->borrowed = true;
    file->maps[0] = (struct file_map){n ? at : (const void *)"", n};
    file->names[0] = file->path;
    file->n_maps = 1;
    file->bytes = n;
    if (read_one(file, err)) return file;
    lm_file_close(file);
    return NULL;
}

/* Piece by piece, so that a large file is never in memory whole. */
static void digest_map(struct sha256 *sha, const struct file_map *map, bool borrowed) {
    enum { PIECE = 1 << 22 };
    for (size_t at = 0; at < map->len; at += PIECE) {
        size_t n = map->len - at < PIECE ? map->len - at : PIECE;
        sha256_add(sha, map->at + at, n);
        if (!borrowed) file_forget(map->at + at, n);
    }
}

bool lm_file_digest(const struct lm_file *file, char hex[HASH_HEX], struct error *err) {
    size_t *order = memory_zeroed(file->n_maps, sizeof *order);
    if (!order) return error_memory(err, "file list");
    for (size_t i = 0; i < file->n_maps; i++) { /* a handful of files: insertion sort by name */
        size_t at = i;
        for (; at > 0 && strcmp(file->names[order[at - 1]], file->names[i]) > 0; at--) order[at] = order[at - 1];
        order[at] = i;
    }
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < file->n_maps; i++) digest_map(&sha, &file->maps[order[i]], file->borrowed);
    sha256_end_hex(&sha, hex);
    memory_free(order);
    return true;
}
