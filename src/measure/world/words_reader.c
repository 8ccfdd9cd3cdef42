/* Reading the files of pocket/: see world_part.h. A place in a list is a number in the truth, so lengths are exact. */
#include "measure/world/world_part.h"

#include <string.h>

const struct world_file *words_file(const char *name, struct error *err) {
    for (size_t i = 0; i < world_n_files; i++)
        if (strcmp(world_files[i].name, name) == 0) return &world_files[i];
    error_set(err, ERROR_ENVIRONMENT, "pocket/%s is not part of this build", name);
    return NULL;
}

const struct yaml *words_open(struct words_reader *r, const char *name) {
    const struct world_file *file = words_file(name, r->err);
    char *shown = file ? arena_printf(r->arena, r->err, "pocket/%s", name) : NULL;
    return shown ? yaml_read(r->arena, (struct text){file->at, file->len}, shown, r->err) : NULL;
}

const struct yaml *words_member(struct words_reader *r, const struct yaml *mapping, const char *key) {
    const struct yaml *value = yaml_get(mapping, key);
    if (!value) yaml_error(mapping, r->err, "expected the key '%s'", key);
    return value;
}

/* A template: every $ is followed by an optional a or U and one of the letters of `slots`. */
static bool check_template(struct words_reader *r, const struct yaml *node, const char *slots) {
    for (size_t i = 0; i < node->scalar.len; i++) {
        if (node->scalar.at[i] != '$') continue;
        size_t at = i + 1;
        bool modified = at + 1 < node->scalar.len && (node->scalar.at[at] == 'a' || node->scalar.at[at] == 'U');
        at += modified;
        if (at >= node->scalar.len || !strchr(slots, node->scalar.at[at]))
            return yaml_error(node, r->err, "'%.*s': expected one of the slots '%s' behind $", TEXT_ARG(node->scalar),
                              slots);
    }
    return true;
}

bool words_text(struct words_reader *r, const struct yaml *node, const char *slots, struct text *out) {
    if (node->kind != YAML_SCALAR) return yaml_error(node, r->err, "expected a text");
    *out = node->scalar;
    return check_template(r, node, slots);
}

bool words_text_of(struct words_reader *r, const struct yaml *mapping, const char *key, const char *slots,
                   struct text *out) {
    const struct yaml *node = words_member(r, mapping, key);
    return node && words_text(r, node, slots, out);
}

bool words_texts(struct words_reader *r, const struct yaml *mapping, const char *key, const char *slots,
                 struct text *out, size_t n) {
    const struct yaml *list = words_member(r, mapping, key);
    if (!list) return false;
    if (list->kind != YAML_SEQUENCE || list->n != n)
        return yaml_error(list, r->err, "%s: expected %zu entries", key, n);
    for (size_t i = 0; i < n; i++)
        if (!words_text(r, list->child[i], slots, &out[i])) return false;
    return true;
}

bool words_list(struct words_reader *r, const struct yaml *mapping, const char *key, const char *slots, size_t n,
                struct list *out) {
    if (n == 0) {
        const struct yaml *list = words_member(r, mapping, key);
        if (!list) return false;
        if (list->kind != YAML_SEQUENCE || list->n == 0) return yaml_error(list, r->err, "%s: expected entries", key);
        n = list->n;
    }
    out->n = n;
    out->at = arena_new(r->arena, struct text, n, r->err);
    return out->at && words_texts(r, mapping, key, slots, out->at, n);
}
