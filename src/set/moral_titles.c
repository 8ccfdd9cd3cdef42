/* What values are called and what they attend to, from files of their own: see moral.h. */
#include "base/csv.h"
#include "set/moral_internal.h"

#include <string.h>

enum { LINE_MOST = 1 << 20 };

static bool known_text(struct text t, struct moral_place at, struct error *err) {
    if (text_utf8_invalid(t) != SIZE_MAX) return moral_bad(at, "is no valid UTF-8", err);
    return t.len > 0 || moral_bad(at, "is empty", err);
}

/* Values stand in the order of their ids: a shorter one first. */
static size_t find_id(const struct moral *m, struct text id) {
    size_t low = 0, high = m->n_values;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        struct text at = text_of(m->value[mid].id);
        int order = at.len != id.len ? (at.len < id.len ? -1 : 1) : text_compare(at, id);
        if (order == 0) return mid;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return SIZE_MAX;
}

static bool read_csv(struct moral *m, const char *path, struct arena *arena, struct error *err) {
    struct csv *csv = csv_open(path, ',', true, err);
    size_t id = csv ? csv_column(csv, "id") : 0, title = csv ? csv_column(csv, "title") : 0, line;
    const struct text *fields;
    int more = 0;
    bool ok = csv && ((id != SIZE_MAX && title != SIZE_MAX) ||
                      error_set(err, ERROR_DATA, "%s:1: expected the columns id, title", path));
    while (ok && (more = csv_next(csv, &fields, &line, err)) > 0) {
        struct text t = text_trim(fields[title]);
        size_t value = find_id(m, text_trim(fields[id]));
        ok = known_text(text_trim(fields[id]), (struct moral_place){path, line, "id"}, err) &&
             known_text(t, (struct moral_place){path, line, "title"}, err);
        if (ok && value != SIZE_MAX) ok = (m->value[value].title = text_copy(arena, t, err)) != NULL;
    }
    csv_close(csv);
    return ok && more == 0;
}

static bool take_card(struct moral *m, const json_t *row, struct moral_place at, struct arena *arena,
                      struct error *err) {
    struct text id;
    struct moral_value about;
    if (!json_is_object(row)) return error_set(err, ERROR_DATA, "%s:%zu: expected an object", at.file, at.line);
    if (!moral_json_text(row, "id", arena, &id, err) || !known_text(id, at, err) ||
        !moral_card_read(row, at, arena, &about, err))
        return false;
    size_t value = find_id(m, id);
    if (value == SIZE_MAX) return true;
    about.id = m->value[value].id;
    m->value[value] = about;
    return true;
}

static bool read_jsonl(struct moral *m, const char *path, struct arena *arena, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    json_t *row;
    size_t line;
    int more = 0;
    bool ok = lines != NULL;
    while (ok && (more = jsonl_next(lines, &row, &line, err)) > 0) {
        ok = take_card(m, row, (struct moral_place){path, line, "id"}, arena, err);
        json_decref(row);
    }
    jsonl_close(lines);
    return ok && more == 0;
}

bool moral_read_titles(struct moral *m, const char *path, struct arena *arena, struct error *err) {
    return (text_ends(text_of(path), TEXT(".jsonl")) ? read_jsonl : read_csv)(m, path, arena, err);
}

size_t moral_find(const struct moral *m, struct text name) {
    size_t value = find_id(m, name);
    for (size_t i = 0; value == SIZE_MAX && i < m->n_values; i++)
        if (text_equal_nocase(text_of(m->value[i].title), name)) value = i;
    return value;
}

const char *moral_name(const struct moral *m, size_t value, struct arena *arena, struct error *err) {
    const struct moral_value *v = &m->value[value];
    return arena_printf(arena, err, "%s%s%s", v->id, v->title[0] ? " " : "", v->title);
}
