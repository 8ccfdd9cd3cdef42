/* Items on demand: see world_items.h. */
#include "measure/world/world_items.h"

#include "base/option.h"
#include "measure/world/world_item.h"
#include "measure/world/world_manner.h"

enum { FAMILIES_MOST = 256, NAME_MOST = 64 };

static const struct option_def keys[] = {
    {"seed", OPTION_INT, "7", 0, 9e15, NULL, "of the world: entities and facts"},
    {"draw", OPTION_INT, "1", 1, 9e15, NULL, "which questions are drawn from it"},
    {"count", OPTION_INT, "0", 0, 9e15, NULL, "most items; 0: all"},
    {"manner", OPTION_TEXT, "", 1, 0, NULL, "how the prompt is said: archaic, typos-light, typos-heavy, synonyms ..."},
};
enum { KEYS = sizeof keys / sizeof *keys };

static bool unknown_family(const char *name, struct error *err) {
    const char *names[FAMILIES_MOST];
    size_t n = 0;
    for (const struct world_family *f; n < FAMILIES_MOST && (f = world_family_at(n)); n++) names[n] = f->name;
    const char *near = text_nearest(text_of(name), names, n);
    return error_set(err, ERROR_USAGE, "world:%s: no such family of items%s%s%s; `basanite world make` writes one file of "
                     "each into items/", name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool copy_name(char out[NAME_MOST], struct text t, struct error *err) {
    if (t.len >= NAME_MOST)
        return error_set(err, ERROR_USAGE, "world:%.*s...: a name of over %d bytes", 20, t.at, NAME_MOST - 1);
    snprintf(out, NAME_MOST, "%.*s", TEXT_ARG(t));
    return true;
}

static bool find_names(struct text name, struct text manner, struct world_items *out, struct error *err) {
    char family[NAME_MOST], split[NAME_MOST] = "test", style[NAME_MOST];
    size_t slash = text_find(name, TEXT("/"), 0);
    enum split found;
    enum manner said;
    if (!copy_name(family, text_part(name, 0, slash == SIZE_MAX ? name.len : slash), err)) return false;
    if (slash != SIZE_MAX && !copy_name(split, text_part(name, slash + 1, name.len), err)) return false;
    if (!(out->family = world_family_find(family))) return unknown_family(family, err);
    if (!world_split_find(split, &found, err)) return false;
    out->split = (int)found;
    out->manner = -1;
    if (!manner.len) return true;
    if (!copy_name(style, manner, err) || !world_manner_find(style, &said, err)) return false;
    return out->manner = (int)said, true;
}

bool world_items_parse(struct text spec, struct world_items *out, struct error *err) {
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct option_value *v = spec_parse(&arena, spec, keys, KEYS, err);
    bool ok = v && find_names(spec_name(spec), v[3].text, out, err);
    if (ok) {
        out->seed = (uint64_t)v[0].integer;
        out->draw = (uint64_t)v[1].integer;
        out->count = (uint64_t)v[2].integer;
    }
    arena_done(&arena);
    return ok;
}

/* ---- a row said in a manner */

/* Where the row holds what the user says last: its "prompt", or the content of the last message. */
struct place_said {
    json_t *in;
    const char *key;
};
static struct place_said said_by(json_t *row) {
    json_t *messages = json_object_get(row, "messages");
    size_t n = json_array_size(messages);
    return n ? (struct place_said){json_array_get(messages, n - 1), "content"} : (struct place_said){row, "prompt"};
}

static bool set_texts(json_t *row, const char *manner, struct text prompt) {
    const char *id = json_string_value(json_object_get(row, "id"));
    char name[ITEM_ID + NAME_MOST];
    struct place_said place = said_by(row);
    snprintf(name, sizeof name, "%s~%s", id ? id : "", manner);
    return json_object_set_new(row, "id", json_string(name)) == 0 &&
           json_object_set_new(row, "manner", json_string(manner)) == 0 &&
           json_object_set_new(place.in, place.key, json_from_text(prompt)) == 0;
}

static bool put_said(struct buffer *out, const struct world *w, const struct item *item, const struct world_items *items,
                     struct text line, struct error *err) {
    struct rng rng = world_stream(w, "manners/items", items->draw, item->number);
    const char *manner = world_manner_names[items->manner];
    json_t *row = json_read(line, item->family->name, 1, err);
    struct place_said place = row ? said_by(row) : (struct place_said){NULL, ""};
    struct buffer said;
    buffer_init(&said, 1 << 20);
    bool ok = row && world_style(&said, w, json_text(json_object_get(place.in, place.key)), (enum manner)items->manner,
                                 &rng) &&
              set_texts(row, manner, buffer_text(&said)) && json_put(out, row, 0);
    if (row && !ok) error_memory(err, manner);
    buffer_done(&said);
    json_decref(row);
    return ok;
}

/* ---- all rows */

static bool put_items(struct buffer *out, const struct world *w, const struct world_items *items,
                      const struct item *item, size_t n, struct error *err) {
    struct world_line line;
    struct buffer one;
    world_line_init(&line);
    buffer_init(&one, 1 << 20);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        buffer_clear(&one);
        ok = world_put_item(&one, &line, w, &item[i], items->draw) || error_memory(err, items->family->name);
        ok = ok && (items->manner < 0 ? buffer_put_text(out, buffer_text(&one))
                                      : put_said(out, w, &item[i], items, buffer_text(&one), err));
        ok = ok && buffer_put_char(out, '\n');
    }
    buffer_done(&one);
    world_line_done(&line);
    if (!ok && err->kind == ERROR_NONE) return buffer_check(out, items->family->name, err);
    return ok;
}

bool world_items_put(struct buffer *out, const struct world *w, const struct world_items *items, struct error *err) {
    struct item *plan;
    struct arena arena;
    size_t n;
    arena_init(&arena, (size_t)256 << 20);
    error_clear(err);
    bool ok = world_plan_items(w, items->family, (enum split)items->split, items->draw, items->count, NULL, &plan, &n,
                               &arena, err) &&
              put_items(out, w, items, plan, n, err);
    arena_done(&arena);
    return ok;
}
