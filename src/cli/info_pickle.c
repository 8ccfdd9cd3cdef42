/* Pickled weights as `basanite info` shows them: see info_pickle.h. */
#include "cli/info_pickle.h"

#include "cli/commands.h"
#include "base/hash.h"
#include "lm/files/pickle.h"
#include "measure/rules/builtin.h"

#include <string.h>

#define ARENA_MAX ((size_t)1 << 30)

bool info_is_pickle(const char *path) {
    struct file_map map;
    struct error why = {0};
    if (lm_builtin_find(common_builtins(), text_of(path)) || file_is_folder(path) || !file_exists(path) ||
        !file_map(path, &map, &why))
        return false;
    bool is = pickle_claims(&map);
    file_unmap(&map);
    return is;
}

static json_t *tensor_json(const struct pickle_tensor *t) {
    json_t *shape = json_array();
    for (size_t d = 0; d < t->dims; d++) json_array_append_new(shape, json_integer((json_int_t)t->shape[d]));
    return json_pack("{s:o s:s s:o}", "name", json_from_text(t->name), "type", t->type, "shape", shape);
}

static json_t *list_json(const struct pickle_list *list, const char *path, const struct file_map *map) {
    char digest[HASH_HEX];
    sha256_hex(map->at, map->len, digest);
    json_t *tensors = json_array(), *calls = json_array();
    for (size_t i = 0; i < list->n; i++) json_array_append_new(tensors, tensor_json(&list->tensors[i]));
    for (size_t i = 0; i < list->n_calls; i++) json_array_append_new(calls, json_from_text(list->calls[i]));
    return json_pack("{s:{s:s s:s s:I s:I s:s s:o s:o} s:s}", "file", "path", path, "container",
                     list->is_zip ? "pickle in a zip" : "pickle", "tensors", (json_int_t)list->n, "bytes",
                     (json_int_t)map->len, "sha256", digest, "would_call", calls, "tensor_list", tensors, "note",
                     "pickles are programs: this one is listed and not executed, and not read as a model; save it as "
                     "safetensors where it was made");
}

json_t *info_pickle(const char *path, struct error *err) {
    struct file_map map;
    struct arena arena;
    struct pickle_list list;
    if (!file_map(path, &map, err)) return NULL;
    arena_init(&arena, ARENA_MAX);
    json_t *all = NULL;
    if (pickle_read(&map, path, &arena, &list, err) && !(all = list_json(&list, path, &map)))
        error_memory(err, "tensors");
    arena_done(&arena);
    file_unmap(&map);
    return all;
}
