/* Rows beside rows: see task_beside.h. */
#include "measure/task/task_beside.h"

enum { KEY_BYTES = 1 << 20 };

struct beside {
    const struct task_field *by, *where;
    json_t *rows;  /* {by: row} */
    json_t *lines; /* {by: line} */
};

struct beside *beside_new(const struct task_field *by, const struct task_field *where, struct error *err) {
    struct beside *b = memory_zeroed(1, sizeof *b);
    if (!b) return error_memory(err, "rows"), NULL;
    *b = (struct beside){by, where, json_object(), json_object()};
    if (b->rows && b->lines) return b;
    beside_free(b);
    return error_memory(err, "rows"), NULL;
}

void beside_free(struct beside *b) {
    if (!b) return;
    json_decref(b->rows);
    json_decref(b->lines);
    memory_free(b);
}

/* What the row has in common with the other, ended by a zero, on the arena. */
static const char *key_of(const struct beside *b, const json_t *row, struct json_place place, struct arena *arena,
                          struct error *err) {
    struct text key;
    return task_field_text(b->by, row, place, arena, &key, err) ? text_copy(arena, key, err) : NULL;
}

/* 1 the row is one that others carry, 0 it is not, -1 an error. */
static int is_other(const struct beside *b, const json_t *row, struct json_place place, struct error *err) {
    json_t *value = task_field_value(b->where, row, place, err);
    if (!value) return -1;
    int yes = json_is_true_like(value);
    json_decref(value);
    return yes;
}

bool beside_keep(struct beside *b, const json_t *row, struct json_place place, struct error *err) {
    int other = is_other(b, row, place, err);
    if (other < 1) return other == 0;
    struct arena arena;
    arena_init(&arena, KEY_BYTES);
    const char *key = key_of(b, row, place, &arena, err);
    const json_t *line = key ? json_object_get(b->lines, key) : NULL;
    bool ok = key != NULL;
    if (line)
        ok = error_set(err, ERROR_DATA,
                       "%s:%zu: beside: '%.80s' has a row in line %lld, too; name by 'by' what only two rows share",
                       place.file, place.line, key, (long long)json_integer_value(line));
    else if (ok)
        ok = (json_object_set(b->rows, key, (json_t *)row) == 0 &&
              json_object_set_new(b->lines, key, json_integer((json_int_t)place.line)) == 0) ||
             error_memory(err, "rows");
    arena_done(&arena);
    return ok;
}

bool beside_give(const struct beside *b, json_t *row, struct json_place place, struct error *err) {
    struct arena arena;
    arena_init(&arena, KEY_BYTES);
    const char *key = key_of(b, row, place, &arena, err);
    json_t *other = key ? json_object_get(b->rows, key) : NULL;
    bool ok = key && (json_object_set(row, "beside", other ? other : json_null()) == 0 || error_memory(err, "row"));
    arena_done(&arena);
    return ok;
}
