/* Files about driving, read and counted: see agent_scenes.h. */
#include "cli/agent_scenes.h"

#include "measure/dataset/npy.h"
#include "measure/drive/lanelet.h"
#include "measure/drive/style_label.h"

static bool lists_tokens(const char *path) {
    struct error ignored = {0};
    struct file_map map;
    if (!file_map(path, &map, &ignored)) return false;
    struct text t = {(const char *)map.at, map.len};
    bool found = text_starts(t, TEXT("tokens:")) || text_find(t, TEXT("\ntokens:"), 0) != SIZE_MAX;
    file_unmap(&map);
    return found;
}

bool agent_is_scene(const char *path) {
    struct text t = text_of(path);
    return text_ends(t, TEXT(".xml")) || text_ends(t, TEXT(".npy")) ||
           (text_ends(t, TEXT(".yaml")) && lists_tokens(path));
}

static json_t *check_roads(struct arguments *args, const char *path, struct error *err) {
    struct lanelet_map map;
    size_t of[LANELET_TYPES] = {0}, states = 0;
    if (!lanelet_read(path, args->arena, &map, err)) return NULL;
    json_t *types = json_object();
    for (size_t i = 0; i < map.n; i++) of[map.lanelet[i].type]++;
    for (size_t i = 0; i < map.n_cars; i++) states += map.car[i].n_states;
    for (int t = 0; types && t < LANELET_TYPES; t++)
        if (of[t]) json_object_set_new(types, lanelet_type_names[t], json_integer((json_int_t)of[t]));
    return json_pack("{s:s s:o s:o s:I s:I s:I s:f s:o}", "file", path, "scene", json_from_text(map.name), "version",
                     json_from_text(map.version), "lanelets", (json_int_t)map.n, "cars", (json_int_t)map.n_cars,
                     "states", (json_int_t)states, "step", map.step, "types", types);
}

static json_t *check_tokens(struct arguments *args, const char *path, struct error *err) {
    struct text *tokens;
    size_t n;
    if (!style_tokens_read(path, args->arena, &tokens, &n, err)) return NULL;
    return json_pack("{s:s s:I}", "file", path, "tokens", (json_int_t)n);
}

static json_t *check_array(const char *path, struct error *err) {
    struct npy npy;
    json_t *shape = NULL;
    if (!npy_open_array(path, path, &npy, err)) return NULL;
    bool ok = true;
    for (size_t i = 0; ok && i < npy.n; i++) {
        json_t *value = npy_value(&npy, i, err);
        ok = value != NULL;
        json_decref(value);
    }
    if (ok) shape = json_array();
    for (size_t i = 0; shape && i < npy.dimensions; i++)
        json_array_append_new(shape, json_integer((json_int_t)npy.shape[i]));
    npy_close(&npy);
    return shape ? json_pack("{s:s s:o}", "file", path, "shape", shape) : NULL;
}

static long long number(const json_t *row, const char *key) {
    return (long long)json_integer_value(json_object_get(row, key));
}

static void print_line(FILE *out, const json_t *row) {
    const json_t *shape = json_object_get(row, "shape"), *types = json_object_get(row, "types"), *one;
    const char *name;
    size_t i;
    fprintf(out, "%s: ", json_string_value(json_object_get(row, "file")));
    json_array_foreach(shape, i, one) fprintf(out, "%s%lld", i ? " x " : "", (long long)json_integer_value(one));
    if (json_object_get(row, "tokens")) fprintf(out, "%lld tokens", number(row, "tokens"));
    if (types) {
        fprintf(out, "%lld lanelets, %lld cars, %lld states;", number(row, "lanelets"), number(row, "cars"),
                number(row, "states"));
        i = 0;
        json_object_foreach((json_t *)types, name, one)
            fprintf(out, "%s %s %lld", i++ ? "," : "", name, (long long)json_integer_value(one));
    }
    fputc('\n', out);
}

bool agent_check_scenes(struct arguments *args, struct error *err) {
    json_t *all = json_array();
    bool ok = all != NULL;
    for (size_t i = 1; ok && i < args->n_words; i++) {
        const char *path = args->words[i];
        struct text t = text_of(path);
        if (!agent_is_scene(path)) {
            ok = error_set(err, ERROR_USAGE, "%s: files about driving are checked by themselves", path);
            break;
        }
        json_t *row = text_ends(t, TEXT(".xml"))    ? check_roads(args, path, err)
                      : text_ends(t, TEXT(".yaml")) ? check_tokens(args, path, err)
                                                    : check_array(path, err);
        ok = row != NULL;
        if (ok && !args_on(args, "json")) print_line(args->out, row);
        if (ok) json_array_append_new(all, row);
    }
    if (ok && args_on(args, "json")) ok = print_json(args->out, all, err);
    if (!ok && !err->kind) error_memory(err, "scenes");
    json_decref(all);
    return ok;
}
