/* See synth_schema.h. */
#include "measure/table/synth_schema.h"

#include "base/file.h"
#include "base/json.h"
#include "measure/rules/builtin.h"

#include <math.h>
#include <string.h>

enum { SCHEMA_MOST = 1 << 24 };

static const char *const types[] = {"categorical", "ordinal", "numeric", "datetime", "id"};
static const char *const roles[] = {"feature", "target", "sensitive", "quasi", "drop"};

/* The place of a key's word among n names. */
static bool word_of(const json_t *row, const char *key, struct json_place at, const char *const *names, size_t n,
                    size_t *out, struct error *err) {
    struct text word;
    if (!json_get_text(row, key, at, &word, err)) return false;
    for (*out = 0; *out < n; ++*out)
        if (text_equal_c(word, names[*out])) return true;
    const char *near = text_nearest(word, names, n);
    return error_set(err, ERROR_DATA, "%s:%zu: field '%s': no %s '%.*s'%s%s%s; expected %s, %s, %s, %s or %s", at.file,
                     at.line, key, key, TEXT_ARG(word), near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "", names[0], names[1], names[2], names[3], names[4]);
}

/* A list of texts; numbers among them as they are written shortest. */
static bool texts_of(const json_t *row, const char *key, struct json_place at, struct arena *arena, const char ***out,
                     size_t *n, struct error *err) {
    json_t *list, *value;
    size_t i;
    *n = 0;
    if (!json_object_get(row, key)) return true;
    if (!json_get_array(row, key, at, &list, err)) return false;
    if (json_array_size(list) == 0)
        return error_set(err, ERROR_DATA, "%s:%zu: field '%s': expected at least one", at.file, at.line, key);
    *n = json_array_size(list);
    if (!(*out = arena_new(arena, const char *, *n, err))) return false;
    json_array_foreach(list, i, value) {
        char number[32];
        if (!json_is_string(value) && !json_is_number(value)) return json_mismatch(value, key, at, "texts", err);
        if (json_is_number(value)) text_from_f64(json_number_value(value), number);
        if (!((*out)[i] = text_copy(arena, json_is_string(value) ? json_text(value) : text_of(number), err)))
            return false;
    }
    return true;
}

static bool range_of(const json_t *row, struct json_place at, struct synth_column *c, struct error *err) {
    const json_t *list = json_object_get(row, "privileged");
    c->least = -INFINITY, c->most = INFINITY;
    if (json_is_array(list) && json_array_size(list) == 2) {
        const json_t *low = json_array_get(list, 0), *high = json_array_get(list, 1);
        bool fine = (json_is_number(low) || json_is_null(low)) && (json_is_number(high) || json_is_null(high));
        if (json_is_number(low)) c->least = json_number_value(low);
        if (json_is_number(high)) c->most = json_number_value(high);
        if (fine && c->least <= c->most && (isfinite(c->least) || isfinite(c->most))) return true;
    }
    return error_set(err, ERROR_DATA,
                     "%s:%zu: field 'privileged': a sensitive column of numbers needs its privileged range, "
                     "[least, most] with null for no end",
                     at.file, at.line);
}

static bool read_more(const json_t *row, struct json_place at, struct arena *arena, struct synth_column *c,
                      struct error *err) {
    struct text positive;
    bool sensitive = c->role == SYNTH_SENSITIVE;
    if (json_object_get(row, "positive")) {
        if (c->role != SYNTH_TARGET)
            return error_set(err, ERROR_DATA, "%s:%zu: field 'positive' is for the target alone", at.file, at.line);
        if (!json_get_text(row, "positive", at, &positive, err) || !(c->positive = text_copy(arena, positive, err)))
            return false;
    }
    if (json_object_get(row, "privileged") && !sensitive)
        return error_set(err, ERROR_DATA, "%s:%zu: field 'privileged' is for sensitive columns", at.file, at.line);
    if (json_object_get(row, "levels") && c->type != SYNTH_ORDINAL)
        return error_set(err, ERROR_DATA, "%s:%zu: field 'levels' is for ordinal columns", at.file, at.line);
    if (sensitive && !synth_has_levels(c)) return range_of(row, at, c, err);
    return texts_of(row, "privileged", at, arena, &c->privileged, &c->n_privileged, err) &&
           texts_of(row, "levels", at, arena, &c->levels, &c->n_levels, err);
}

static bool read_column(const json_t *row, struct json_place at, struct arena *arena, struct synth_column *c,
                        struct error *err) {
    struct text name;
    size_t type, role;
    if (!json_is_object(row))
        return error_set(err, ERROR_DATA, "%s:%zu: expected an object {column, type, role}", at.file, at.line);
    if (!json_get_text(row, "column", at, &name, err) || !word_of(row, "type", at, types, 5, &type, err) ||
        !word_of(row, "role", at, roles, 5, &role, err))
        return false;
    *c = (struct synth_column){.type = (enum synth_type)type, .role = (enum synth_role)role, .line = at.line};
    if (!(c->name = text_copy(arena, name, err))) return false;
    return c->type == SYNTH_ID || c->role == SYNTH_DROP || read_more(row, at, arena, c, err);
}

static bool told_twice(const struct synth_schema *s, const struct synth_column *c) {
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->column[i].name, c->name) == 0) return true;
    for (size_t i = 0; i < s->n_left; i++)
        if (strcmp(s->left[i], c->name) == 0) return true;
    return false;
}

static bool take(struct synth_schema *s, const struct synth_column *c, struct error *err) {
    if (told_twice(s, c))
        return error_set(err, ERROR_DATA, "%s:%zu: column '%s' is there twice", s->file, c->line, c->name);
    if (s->n + s->n_left == SYNTH_COLUMNS_MOST)
        return error_set(err, ERROR_DATA, "%s:%zu: more than %d columns", s->file, c->line, SYNTH_COLUMNS_MOST);
    if (c->type == SYNTH_ID && (c->role == SYNTH_TARGET || c->role == SYNTH_SENSITIVE))
        return error_set(err, ERROR_DATA, "%s:%zu: column '%s' of type id cannot be %s", s->file, c->line, c->name,
                         roles[c->role]);
    if (c->type == SYNTH_ID || c->role == SYNTH_DROP) {
        s->left[s->n_left++] = c->name;
        return true;
    }
    if (c->role == SYNTH_TARGET && s->target != SIZE_MAX)
        return error_set(err, ERROR_DATA, "%s:%zu: a second target, '%s'; the first is '%s'", s->file, c->line, c->name,
                         s->column[s->target].name);
    if (c->role == SYNTH_TARGET) s->target = s->n;
    s->column[s->n++] = *c;
    return true;
}

bool synth_schema_text(const char *path, struct arena *arena, struct text *out, struct error *err) {
    const char *name = arena_printf(arena, err, "rules/%s.jsonl", path);
    const struct builtin_file *own = name && !strchr(path, '/') && !file_exists(path) ? builtin_find(name) : NULL;
    if (own) *out = (struct text){(const char *)own->at, (size_t)(own->end - own->at)};
    return name && (own || file_read(arena, path, SCHEMA_MOST, out, err));
}

static bool read_lines(struct text rest, struct arena *arena, struct synth_schema *out, struct error *err) {
    struct text line;
    for (size_t n = 1; text_next(&rest, '\n', &line); n++) {
        struct synth_column c;
        if (text_trim(line).len == 0) continue;
        json_t *row = json_read(line, out->file, n, err);
        bool ok = row && read_column(row, (struct json_place){out->file, n, ""}, arena, &c, err) && take(out, &c, err);
        json_decref(row);
        if (!ok) return false;
    }
    return true;
}

bool synth_schema_read(const char *path, struct arena *arena, struct synth_schema *out, struct error *err) {
    struct text whole;
    *out = (struct synth_schema){.file = path, .target = SIZE_MAX};
    out->column = arena_new(arena, struct synth_column, SYNTH_COLUMNS_MOST, err);
    out->left = arena_new(arena, const char *, SYNTH_COLUMNS_MOST, err);
    if (!out->column || !out->left || !synth_schema_text(path, arena, &whole, err) ||
        !read_lines(whole, arena, out, err))
        return false;
    if (out->target == SIZE_MAX)
        return error_set(err, ERROR_DATA,
                         "%s: no column has the role target; utility, fairness and robustness need one", path);
    return out->n >= 2 || error_set(err, ERROR_DATA, "%s: expected a column beside the target", path);
}
