/* See subject_list.h. */
#include "cli/subject_list.h"

#include "base/file.h"
#include "base/json.h"

#include <string.h>

enum { MOST_BYTES = 1 << 20 };

bool subject_list_named(const char *spec) {
    return spec[0] == '@';
}

bool subject_list_wrap(const struct subject_list *list, size_t i, struct error *err) {
    return error_wrap(err, "%s: entry %zu, '%.100s'", list->path, i + 1, list->entries[i].spec);
}

static bool bad(const char *path, size_t i, struct error *err, const char *why) {
    return error_set(err, ERROR_DATA,
                     "%s: entry %zu: %s; expected \"SUBJECT\" or {\"subject\": \"SUBJECT\", \"name\": \"NAME\"}", path,
                     i + 1, why);
}

/* A text that is not empty and can be a word of a command; *out stays NULL where the key is not there. */
static bool get_word(const json_t *value, const char **out, struct arena *arena, struct error *err) {
    struct text t = json_text(value);
    *out = value && t.len && !memchr(t.at, 0, t.len) ? text_copy(arena, t, err) : NULL;
    return *out || !value || err->kind != ERROR_NONE;
}

static bool read_entry(const char *path, size_t i, const json_t *value, struct arena *arena, struct subject_entry *out,
                       struct error *err) {
    const json_t *subject = json_is_object(value) ? json_object_get(value, "subject") : value;
    const json_t *name = json_object_get(value, "name"), *other;
    const char *key;
    json_object_foreach((json_t *)value, key, other) {
        bool known = strcmp(key, "subject") == 0 || strcmp(key, "name") == 0 || strcmp(key, "declared") == 0 ||
                     strcmp(key, "kin") == 0;
        if (!known)
            return error_set(err, ERROR_DATA,
                             "%s: entry %zu: unknown key '%.60s'; 'subject', 'name', 'declared' and 'kin' are known",
                             path, i + 1, key);
    }
    out->declared = json_object_get(value, "declared");
    if (out->declared && !json_is_object(out->declared))
        return error_set(err, ERROR_DATA, "%s: entry %zu: 'declared': expected {\"model\", \"maker\", ...}", path,
                         i + 1);
    if (!json_is_string(subject)) return bad(path, i, err, "it names no subject");
    if (!get_word(subject, &out->spec, arena, err) || !out->spec)
        return err->kind ? false : bad(path, i, err, "its subject is empty");
    if (subject_list_named(out->spec)) return bad(path, i, err, "a list within a list");
    if (name && (!json_is_string(name) || !get_word(name, &out->name, arena, err) || !out->name))
        return err->kind ? false : bad(path, i, err, "its name is no text");
    return err->kind == ERROR_NONE;
}

static bool check_twice(const struct subject_list *list, size_t i, struct error *err) {
    const struct subject_entry *e = &list->entries[i];
    for (size_t k = 0; k < i; k++) {
        const struct subject_entry *before = &list->entries[k];
        if (strcmp(before->spec, e->spec) == 0)
            return error_set(err, ERROR_DATA, "%s: entry %zu: subject '%.100s' is entry %zu already", list->path, i + 1,
                             e->spec, k + 1);
        if (e->name && before->name && strcmp(before->name, e->name) == 0)
            return error_set(err, ERROR_DATA, "%s: entry %zu: the name '%.60s' is that of entry %zu already",
                             list->path, i + 1, e->name, k + 1);
    }
    return true;
}

bool subject_list_read(const char *spec, struct arena *arena, struct subject_list *out, struct error *err) {
    *out = (struct subject_list){.path = spec + 1};
    if (!file_exists(out->path)) return error_set(err, ERROR_USAGE, "list of subjects '%s' does not exist", out->path);
    json_t *list = json_read_list(out->path, MOST_BYTES, err);
    if (!list) return false;
    size_t n = json_array_size(list);
    bool ok = n > 0 && n <= SUBJECT_LIST_MOST;
    if (!ok)
        error_set(err, ERROR_DATA, "%s: expected an array of 1 to %d subjects, found %s of %zu", out->path,
                  SUBJECT_LIST_MOST, json_is_array(list) ? "one" : "another value", n);
    ok = ok && (out->entries = arena_new(arena, struct subject_entry, n, err));
    if (ok) error_clear(err);
    for (; ok && out->n < n; out->n += ok)
        ok = read_entry(out->path, out->n, json_array_get(list, out->n), arena, &out->entries[out->n], err) &&
             check_twice(out, out->n, err);
    out->json = list;
    if (!ok) subject_list_done(out);
    return ok;
}

void subject_list_done(struct subject_list *list) {
    json_decref(list->json);
    list->json = NULL;
}
