/* Items on demand: see world_items.h. */
#include "measure/world/world_items.h"

#include "base/option.h"
#include "measure/world/world_item.h"
#include "measure/world/world_manner.h"

#include <stdio.h>
#include <string.h>

enum { FAMILIES_MOST = 256, NAME_MOST = 64, OWN_MOST = 8 };

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
    return error_set(err, ERROR_USAGE,
                     "world:%s: no such family of items%s%s%s; `basanite world make` writes one file of "
                     "each into items/",
                     name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool copy_name(char out[NAME_MOST], struct text t, struct error *err) {
    if (t.len >= NAME_MOST)
        return error_set(err, ERROR_USAGE, "world:%.*s...: a name of over %d bytes", 20, t.at, NAME_MOST - 1);
    snprintf(out, NAME_MOST, "%.*s", TEXT_ARG(t));
    return true;
}

static bool find_family(struct text name, struct world_items *out, struct error *err) {
    char family[NAME_MOST], split[NAME_MOST] = "test";
    size_t slash = text_find(name, TEXT("/"), 0);
    enum split found;
    if (!copy_name(family, text_part(name, 0, slash == SIZE_MAX ? name.len : slash), err)) return false;
    if (slash != SIZE_MAX && !copy_name(split, text_part(name, slash + 1, name.len), err)) return false;
    if (!(out->family = world_family_find(family))) return unknown_family(family, err);
    if (!world_split_find(split, &found, err)) return false;
    return out->split = (int)found, true;
}

static bool find_manner(struct text manner, struct world_items *out, struct error *err) {
    char style[NAME_MOST];
    enum manner said;
    out->manner = -1;
    if (!manner.len) return true;
    if (!copy_name(style, manner, err) || !world_manner_find(style, &said, err)) return false;
    return out->manner = (int)said, true;
}

/* The values of `keys`, and behind them those of the family's part; checked. */
static struct option_value *parse_keys(struct arena *arena, const struct world_items *items, struct error *err) {
    const struct world_family *f = items->family;
    struct option_def all[KEYS + OWN_MOST];
    size_t own = f->n_options <= OWN_MOST ? f->n_options : 0;
    memcpy(all, keys, sizeof keys);
    if (own) memcpy(all + KEYS, f->options, own * sizeof *all);
    struct option_value *v = spec_parse(arena, text_of(items->spec), all, KEYS + own, err);
    return v && (!own || !f->check || f->check(v + KEYS, err)) ? v : NULL;
}

bool world_items_parse(struct text spec, struct world_items *out, struct error *err) {
    struct arena arena;
    *out = (struct world_items){0};
    if (spec.len >= sizeof out->spec)
        return error_set(err, ERROR_USAGE, "world:%.*s...: over %zu bytes", 20, spec.at, sizeof out->spec - 1);
    snprintf(out->spec, sizeof out->spec, "%.*s", TEXT_ARG(spec));
    if (!find_family(spec_name(spec), out, err)) return false;
    arena_init(&arena, 1 << 16);
    struct option_value *v = parse_keys(&arena, out, err);
    bool ok = v && find_manner(v[3].text, out, err);
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

static bool put_said(struct buffer *out, const struct world *w, const struct item *item,
                     const struct world_items *items, struct text line, struct error *err) {
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

/* The keys of the part, where the spec has any; NULL: it has none. */
static const struct option_value *own_keys(const struct world_items *items, const struct option_value *values) {
    bool any = false;
    for (size_t i = 0; i < items->family->n_options; i++) any |= values[KEYS + i].given;
    return any ? values + KEYS : NULL;
}

bool world_items_put(struct buffer *out, const struct world *w, const struct world_items *items, struct error *err) {
    struct item *plan;
    struct arena arena;
    size_t n;
    arena_init(&arena, (size_t)256 << 20);
    error_clear(err);
    struct option_value *values = parse_keys(&arena, items, err);
    const struct option_value *own = values ? own_keys(items, values) : NULL;
    bool ok = values && world_plan_items(w, items->family, (enum split)items->split, items->draw, items->count, own,
                                         &plan, &n, &arena, err);
    if (ok && own && n == 0)
        ok = error_set(err, ERROR_USAGE, "world:%s: no item is as these keys and this split want it", items->spec);
    ok = ok && put_items(out, w, items, plan, n, err);
    arena_done(&arena);
    return ok;
}
