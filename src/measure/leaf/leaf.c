/* The built-in leaves, and what other parts make of them: rows of tasks, tasks, reference materials. */
#include "measure/leaf/leaf_internal.h"

#include "base/option.h"
#include "measure/rules/builtin.h"

#include <stdlib.h>
#include <string.h>

enum { LEAVES_MOST = 512 };
#define FOLDER "leaves/"

static int by_name(const void *a, const void *b) {
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

const char *const *leaf_names(struct arena *arena, size_t *n, struct error *err) {
    size_t files;
    const struct builtin_file *all = builtin_files(&files);
    const char **names = arena_new(arena, const char *, LEAVES_MOST, err);
    *n = 0;
    for (size_t i = 0; names && i < files && *n < LEAVES_MOST; i++) {
        struct text name = text_of(all[i].name);
        if (!text_starts(name, TEXT(FOLDER)) || !text_ends(name, TEXT(".yaml"))) continue;
        if (!(names[*n] = text_copy(arena, text_part(name, sizeof FOLDER - 1, name.len - 5), err))) return NULL;
        ++*n;
    }
    if (names) qsort(names, *n, sizeof *names, by_name);
    return names;
}

struct leaf *leaf_open(struct text name, struct error *err) {
    char path[160], shown[200];
    struct arena arena;
    size_t n;
    snprintf(path, sizeof path, FOLDER "%.*s.yaml", (int)(name.len < 100 ? name.len : 100), name.at);
    const struct builtin_file *file = builtin_find(path);
    snprintf(shown, sizeof shown, "built-in:%s", path);
    if (file) return leaf_parse((struct text){(const char *)file->at, (size_t)(file->end - file->at)}, shown, err);
    arena_init(&arena, 1 << 20);
    const char *const *names = leaf_names(&arena, &n, err);
    const char *near = names ? text_nearest(name, names, n) : NULL;
    if (names)
        error_set(err, ERROR_USAGE, "no leaf '%.*s'%s%s%s; `basanite methods leaf` lists them",
                  (int)(name.len < 100 ? name.len : 100), name.at, near ? "; did you mean '" : "", near ? near : "",
                  near ? "'?" : "");
    arena_done(&arena);
    return NULL;
}

/* Answers are choices, which all templates share or each has its own. */
static bool has_choices(const struct leaf *l) {
    const struct leaf_value *v = &l->choices, *own = &l->templates[0].choices;
    return v->jinja || v->constant || own->jinja || own->constant;
}

static bool has_gold(const struct leaf *l) {
    const struct leaf_value *own = &l->templates[0].gold;
    return l->gold.jinja || l->gold.constant || own->jinja || own->constant;
}

const char *leaf_name(const struct leaf *l) {
    return l->name;
}
const char *leaf_title(const struct leaf *l) {
    return l->title;
}
const char *leaf_from(const struct leaf *l) {
    return l->from;
}
const char *leaf_from_format(const struct leaf *l) {
    return l->from_format;
}
const json_t *leaf_from_like(const struct leaf *l) {
    for (size_t i = 0; l->from && i < l->n_slots; i++)
        if (strcmp(l->slots[i].name, l->from) == 0) return json_array_get(l->slots[i].items, 0);
    return NULL;
}
const char *leaf_figure(const struct leaf *l) {
    return l->figure;
}
const char *leaf_scorer(const struct leaf *l) {
    return l->scorer ? l->scorer : has_choices(l) ? "choice" : "match";
}

/* ---- rows for tasks ---- */

static const struct option_def spec_keys[] = {
    {"seed", OPTION_INT, "1", 0, 9e15, NULL, "of what is drawn"},
    {"draw", OPTION_INT, "1", 1, 9e15, NULL, "another draw from the same slots and the same world"},
    {"count", OPTION_INT, "200", 1, 1000000, NULL, "rows at least; the last case stays whole"},
    {"world", OPTION_INT, "7", 0, 9e15, NULL, "seed of the pocket world"},
};

bool leaf_spec_parse(struct text spec, struct arena *arena, struct leaf_spec *out, struct error *err) {
    struct option_value *v = spec_parse(arena, spec, spec_keys, 4, err);
    if (!v) return false;
    *out = (struct leaf_spec){.name = spec_name(spec),
                              .seed = (uint64_t)v[0].integer,
                              .draw = (uint64_t)v[1].integer,
                              .count = (uint64_t)v[2].integer,
                              .world = (uint64_t)v[3].integer};
    return true;
}

static bool put_line(void *context, const json_t *row, struct error *err) {
    struct buffer *out = context;
    json_put(out, row, 0);
    buffer_put_char(out, '\n');
    return buffer_check(out, "rows of a leaf", err);
}

bool leaf_put(struct buffer *out, const struct world *world, const struct leaf_spec *spec, struct error *err) {
    struct leaf_settings settings = {
        .seed = spec->seed, .draw = spec->draw, .count = spec->count, .world = spec->world};
    struct leaf_made made;
    struct leaf *leaf = leaf_open(spec->name, err);
    bool ok = leaf && leaf_make(leaf, world, &settings, put_line, out, &made, err);
    leaf_free(leaf);
    return ok;
}

/* ---- the task and the planted fault ---- */

/* What a task of a leaf says unless the leaf says otherwise. */
static bool complete(const struct leaf *l, json_t *task) {
    char data[160];
    bool choices = has_choices(l);
    snprintf(data, sizeof data, "leaf:%.120s", l->name);
    json_t *more =
        json_pack("{s:s s:s s:s s:s s:s s:s s:s s:s s:b}", "task", l->name, "title", l->title, "licence", "Apache-2.0",
                  "dataset_path", data, "id", "id", "output_type", choices ? "multiple_choice" : "generate_until",
                  "doc_to_text", "prompt", "cluster", "cluster", "chat", 1);
    bool ok =
        more && (!choices || json_object_set_new(more, "doc_to_choice", json_string("choices")) == 0) &&
        (!has_gold(l) || json_object_set_new(more, "doc_to_target", json_string(choices ? "{{gold}}" : "gold")) == 0);
    if (ok && l->templates[0].messages.jinja) {
        json_object_del(more, "doc_to_text");
        ok = json_object_set_new(more, "doc_to_messages", json_string("messages")) == 0;
    }
    ok = ok && json_object_update_missing(task, more) == 0;
    json_decref(more);
    return ok;
}

json_t *leaf_task_json(const struct leaf *l, struct error *err) {
    json_t *task = json_deep_copy(l->task);
    if (task && complete(l, task)) return task;
    json_decref(task);
    error_memory(err, "task of a leaf");
    return NULL;
}

/* "safety.violence" -> "safety-violence": names of materials have no dots. */
json_t *leaf_material_json(const struct leaf *l, struct error *err) {
    char name[100];
    snprintf(name, sizeof name, "%.90s", l->name);
    for (char *c = name; *c; c++)
        if (*c == '.') *c = '-';
    json_t *task = leaf_task_json(l, err), *material = task ? json_deep_copy(l->fault) : NULL;
    static const char *const not_there[] = {"task", "title", "licence", "metric_list"};
    for (size_t i = 0; task && i < sizeof not_there / sizeof *not_there; i++) json_object_del(task, not_there[i]);
    bool ok = material && json_object_set_new(material, "material", json_string(name)) == 0 &&
              json_object_set_new(material, "family", json_string("leaves")) == 0 &&
              json_object_set(material, "task", task) == 0;
    json_decref(task);
    if (ok) return material;
    json_decref(material);
    error_memory(err, "material of a leaf");
    return NULL;
}
