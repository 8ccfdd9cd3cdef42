/* See effect_rows.h. */
#include "measure/causal/effect_rows.h"

#include <string.h>

#define LINE_BYTES ((size_t)16 << 20)
enum { COLUMNS_MOST = 4096, NUMBER = 32 };

struct effect_rows {
    struct csv *csv; /* NULL: JSONL */
    struct jsonl *lines;
    const char *path;
    struct arena arena;
    size_t n;
    struct text *name, *field;
    char (*number)[NUMBER]; /* of each column: a number as text */
    json_t *row;            /* whose texts the fields borrow */
    size_t line;
    bool ahead; /* the first row was read for its keys and waits */
};

/* ---- JSONL ---- */

static bool name_columns(struct effect_rows *r, struct error *err) {
    const char *key;
    json_t *value;
    size_t n = json_is_object(r->row) ? json_object_size(r->row) : 0;
    if (n == 0 || n > COLUMNS_MOST)
        return error_set(err, ERROR_DATA, "%s:%zu: expected an object with 1 to %d members", r->path, r->line,
                         COLUMNS_MOST);
    r->name = arena_new(&r->arena, struct text, n, err);
    r->field = arena_new(&r->arena, struct text, n, err);
    r->number = arena_alloc(&r->arena, n, NUMBER, err);
    if (!r->name || !r->field || !r->number) return false;
    json_object_foreach(r->row, key, value) {
        char *copy = text_copy(&r->arena, text_of(key), err);
        if (!copy) return false;
        r->name[r->n++] = text_of(copy);
    }
    return true;
}

static bool put_field(struct effect_rows *r, size_t c, const json_t *value, struct error *err) {
    if (!value || json_is_null(value)) {
        r->field[c] = TEXT("");
    } else if (json_is_string(value)) {
        r->field[c] = json_text(value);
    } else if (json_is_boolean(value)) {
        r->field[c] = json_is_true(value) ? TEXT("1") : TEXT("0");
    } else if (json_is_number(value)) {
        size_t len = text_from_f64(json_number_value(value), r->number[c]);
        r->field[c] = (struct text){r->number[c], len};
    } else {
        return error_set(err, ERROR_DATA, "%s:%zu: '%.*s': expected a text or a number", r->path, r->line,
                         TEXT_ARG(r->name[c]));
    }
    return true;
}

static bool put_fields(struct effect_rows *r, struct error *err) {
    size_t found = 0;
    if (!json_is_object(r->row)) return error_set(err, ERROR_DATA, "%s:%zu: expected an object", r->path, r->line);
    for (size_t c = 0; c < r->n; c++) {
        const json_t *value = json_object_get(r->row, r->name[c].at);
        found += value != NULL;
        if (!put_field(r, c, value, err)) return false;
    }
    return found == json_object_size(r->row) ||
           error_set(err, ERROR_DATA, "%s:%zu: a key that the first row does not have", r->path, r->line);
}

static int next_object(struct effect_rows *r, struct error *err) {
    if (r->ahead) return r->ahead = false, 1;
    json_decref(r->row);
    r->row = NULL;
    return jsonl_next(r->lines, &r->row, &r->line, err);
}

static bool open_lines(struct effect_rows *r, struct error *err) {
    if (!(r->lines = jsonl_open(r->path, LINE_BYTES, err))) return false;
    int got = next_object(r, err);
    if (got == 0) return error_set(err, ERROR_DATA, "%s: no rows", r->path);
    r->ahead = true;
    return got == 1 && name_columns(r, err);
}

/* ---- both ---- */

struct effect_rows *effect_rows_open(const char *path, struct error *err) {
    struct effect_rows *r = memory_zeroed(1, sizeof *r);
    if (!r) return error_memory(err, "table"), NULL;
    arena_init(&r->arena, 0);
    r->path = text_copy(&r->arena, text_of(path), err);
    bool ok = r->path != NULL;
    if (ok && text_ends(text_of(path), TEXT(".jsonl")))
        ok = open_lines(r, err);
    else if (ok)
        ok = (r->csv = csv_open(path, text_ends(text_of(path), TEXT(".tsv")) ? '\t' : ',', true, err)) != NULL;
    if (ok) return r;
    effect_rows_close(r);
    return NULL;
}

void effect_rows_close(struct effect_rows *r) {
    if (!r) return;
    csv_close(r->csv);
    jsonl_close(r->lines);
    json_decref(r->row);
    arena_done(&r->arena);
    memory_free(r);
}

size_t effect_rows_columns(const struct effect_rows *r) {
    return r->csv ? csv_columns(r->csv) : r->n;
}

struct text effect_rows_name(const struct effect_rows *r, size_t column) {
    return r->csv ? csv_name(r->csv, column) : r->name[column];
}

int effect_rows_next(struct effect_rows *r, const struct text **fields, size_t *line, struct error *err) {
    if (r->csv) return csv_next(r->csv, fields, line, err);
    int got = next_object(r, err);
    if (got != 1) return got;
    *fields = r->field;
    *line = r->line;
    return put_fields(r, err) ? 1 : -1;
}
