/* The file of a library: see guide.h. */
#include "set/guide.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 1 << 22, LIST_MOST = 100000 };

/* ---- writing ---- */

static json_t *texts_json(const char *const *text, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, json_from_text(text_of(text[i])));
    return list;
}

static bool sign(json_t *row, struct error *err) {
    char hex[HASH_HEX];
    json_object_del(row, "sha256");
    return json_digest(row, hex, err) &&
           (json_object_set_new(row, "sha256", json_string(hex)) == 0 || error_memory(err, "guideline"));
}

json_t *guide_json(const struct guideline *g, struct error *err) {
    json_t *row = json_object();
    bool ok = row != NULL;
    ok = ok && json_object_set_new(row, "gid", json_integer((json_int_t)g->gid)) == 0 &&
         json_object_set_new(row, "title", json_from_text(text_of(g->title))) == 0 &&
         json_object_set_new(row, "text", json_from_text(text_of(g->text))) == 0;
    if (ok && g->when[0]) ok = json_object_set_new(row, "when", json_from_text(text_of(g->when))) == 0;
    if (ok && g->risk >= 0) ok = json_object_set_new(row, "risk", json_boolean(g->risk)) == 0;
    ok = ok && json_object_set_new(row, "sources", texts_json(g->sources, g->n_sources)) == 0 &&
         json_object_set_new(row, "member_count", json_integer((json_int_t)g->n_merged + 1)) == 0;
    if (ok && g->n_merged) ok = json_object_set_new(row, "merged", texts_json(g->merged, g->n_merged)) == 0;
    json_t *conflicts = g->n_conflicts ? json_array() : NULL;
    for (size_t i = 0; conflicts && i < g->n_conflicts; i++)
        json_array_append_new(conflicts, json_integer((json_int_t)g->conflicts[i]));
    if (ok && conflicts) ok = json_object_set_new(row, "conflicts_with", conflicts) == 0;
    ok = ok && json_object_set_new(row, "origin", json_from_text(text_of(g->origin))) == 0;
    if (ok && g->embedding && g->embedding[0])
        ok = json_object_set_new(row, "embedding", json_string(g->embedding)) == 0;
    if (!ok) error_memory(err, "guideline");
    if (ok && sign(row, err)) return row;
    json_decref(row);
    return NULL;
}

bool guide_put(struct buffer *out, const struct guide_library *library, struct error *err) {
    for (size_t i = 0; i < library->n; i++) {
        json_t *row = guide_json(&library->guide[i], err);
        if (!row) return false;
        json_put(out, row, 0);
        buffer_put_char(out, '\n');
        json_decref(row);
    }
    return buffer_check(out, "guideline library", err);
}

/* ---- reading ---- */

struct reading {
    struct json_place place;
    struct arena *arena;
    struct error *err;
};

static bool bad(const struct reading *r, const char *key, const char *what) {
    return error_set(r->err, ERROR_DATA, "%s:%zu: field '%s': %s", r->place.file, r->place.line, key, what);
}

static bool read_text(const struct reading *r, const json_t *row, const char *key, const char *otherwise,
                      const char **out) {
    const json_t *value = json_object_get(row, key);
    struct text t = text_trim(json_text(value));
    if (!value && otherwise) return *out = otherwise, true;
    if (!json_is_string(value) || !t.len) return bad(r, key, "expected a text that is not empty");
    if (t.len > GUIDE_TEXT_MOST) return bad(r, key, "is longer than 4000 bytes");
    return (*out = text_copy(r->arena, t, r->err)) != NULL;
}

static bool read_texts(const struct reading *r, const json_t *row, const char *key, const char *const **out,
                       size_t *n) {
    const json_t *list = json_object_get(row, key);
    *n = json_array_size(list);
    if ((list && !json_is_array(list)) || *n > LIST_MOST) return bad(r, key, "expected a list of texts");
    const char **text = arena_new(r->arena, const char *, *n + 1, r->err);
    if (!text) return false;
    for (size_t i = 0; i < *n; i++) {
        struct text t = json_text(json_array_get(list, i));
        if (!t.len || t.len > GUIDE_TEXT_MOST) return bad(r, key, "expected texts that are not empty");
        if (!(text[i] = text_copy(r->arena, t, r->err))) return false;
    }
    *out = text;
    return true;
}

static bool read_conflicts(const struct reading *r, const json_t *row, struct guideline *out) {
    const json_t *list = json_object_get(row, "conflicts_with");
    size_t n = json_array_size(list);
    uint64_t *gid = arena_new(r->arena, uint64_t, n + 1, r->err);
    if (!gid) return false;
    if ((list && !json_is_array(list)) || n > LIST_MOST) return bad(r, "conflicts_with", "expected a list of gids");
    for (size_t i = 0; i < n; i++) {
        const json_t *x = json_array_get(list, i);
        if (!json_is_integer(x) || json_integer_value(x) < 0) return bad(r, "conflicts_with", "expected gids");
        gid[i] = (uint64_t)json_integer_value(x);
    }
    out->conflicts = gid;
    out->n_conflicts = n;
    return true;
}

/* Whoever can write into a library gives advice to a model: a line must be what its hash says. */
static bool check_sign(const struct reading *r, json_t *row) {
    char hex[HASH_HEX];
    const char *said = json_string_value(json_object_get(row, "sha256"));
    json_t *copy = said ? json_copy(row) : NULL;
    if (!said) return bad(r, "sha256", "is missing; `basanite guide build` makes a library of unsigned guidelines");
    if (!copy) return error_memory(r->err, "guideline");
    json_object_del(copy, "sha256");
    bool ok = json_digest(copy, hex, r->err);
    json_decref(copy);
    return ok && (strcmp(hex, said) == 0 || bad(r, "sha256", "the line was changed since it was written"));
}

static bool check_embedding(const struct reading *r, const char *said) {
    uint64_t layer;
    const char *slash = strrchr(said, '/');
    return !*said || (slash && slash - said == HASH_HEX - 1 && text_to_u64(text_of(slash + 1), &layer)) ||
           bad(r, "embedding", "expected SHA256/LAYER");
}

static bool read_row(const struct reading *r, json_t *row, struct guideline *out) {
    int64_t gid = -1;
    const json_t *risk = json_object_get(row, "risk");
    *out = (struct guideline){.risk = json_is_boolean(risk) ? json_is_true(risk) : -1};
    if (!json_is_object(row))
        return error_set(r->err, ERROR_DATA, "%s:%zu: expected an object", r->place.file, r->place.line);
    if (!json_get_i64(row, "gid", r->place, &gid, r->err)) return false;
    out->gid = (uint64_t)gid;
    if (gid < 0) return bad(r, "gid", "expected a number from 0");
    if (risk && out->risk < 0) return bad(r, "risk", "expected true or false");
    return read_text(r, row, "title", NULL, &out->title) && read_text(r, row, "text", NULL, &out->text) &&
           read_text(r, row, "when", "", &out->when) && read_text(r, row, "origin", "teacher", &out->origin) &&
           read_text(r, row, "embedding", "", &out->embedding) && check_embedding(r, out->embedding) &&
           read_texts(r, row, "sources", &out->sources, &out->n_sources) &&
           read_texts(r, row, "merged", &out->merged, &out->n_merged) && read_conflicts(r, row, out) &&
           check_sign(r, row);
}

static int by_gid(const void *a, const void *b) {
    uint64_t x = ((const struct guideline *)a)->gid, y = ((const struct guideline *)b)->gid;
    return (x > y) - (x < y);
}

/* gids are in order and differ; all lines say one embedding. */
static bool in_order(const char *path, struct guide_library *out, struct error *err) {
    for (size_t i = 1; i < out->n; i++)
        if (strcmp(out->guide[i].embedding, out->guide[0].embedding) != 0)
            return error_set(err, ERROR_DATA, "%s: its lines were made with different embeddings", path);
    if (out->n) qsort(out->guide, out->n, sizeof *out->guide, by_gid);
    for (size_t i = 1; i < out->n; i++)
        if (out->guide[i].gid == out->guide[i - 1].gid)
            return error_set(err, ERROR_DATA, "%s: gid %llu stands twice", path, (unsigned long long)out->guide[i].gid);
    return true;
}

bool guide_read(const char *path, struct arena *arena, struct guide_library *out, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    struct guideline *list = NULL;
    json_t *row;
    size_t line, room = 0;
    int more = 0;
    bool ok = lines != NULL;
    *out = (struct guide_library){0};
    while (ok && (more = jsonl_next(lines, &row, &line, err)) > 0) {
        struct reading r = {{path, line, ""}, arena, err};
        if (out->n == room) {
            struct guideline *grown = memory_grow(list, room = room ? 2 * room : 64, sizeof *list);
            ok = grown ? (list = grown, true) : error_memory(err, "guideline library");
        }
        if (ok && out->n == GUIDES_MOST)
            ok = error_set(err, ERROR_DATA, "%s:%zu: more than %d guidelines", path, line, GUIDES_MOST);
        ok = ok && read_row(&r, row, &list[out->n]);
        out->n += ok;
        json_decref(row);
    }
    jsonl_close(lines);
    out->guide = ok && more == 0 ? arena_new(arena, struct guideline, out->n + 1, err) : NULL;
    if (out->guide && out->n) memcpy(out->guide, list, out->n * sizeof *list);
    memory_free(list);
    return out->guide && in_order(path, out, err);
}
