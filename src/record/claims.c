/* Claims of rows, and maps of confidences: see claims.h. */
#include "record/claims.h"

#include "base/buffer.h"
#include "base/file.h"

#include <math.h>
#include <string.h>

enum { MOST_LINE = 64 << 20, MOST_MAP = 64 << 20, MOST_POINTS = 1 << 20 };

/* ---- rows ---- */

/* The evidence of a row; a new reference, NULL: it has none. */
static json_t *evidence_of(const json_t *row, struct json_place place, struct error *err) {
    json_t *evidence = json_object_get(row, "evidence");
    if (json_is_object(evidence)) return json_incref(evidence);
    return json_is_string(evidence) ? json_read(json_text(evidence), place.file, place.line, err) : NULL;
}

static const json_t *field(const json_t *row, const json_t *evidence, const char *name) {
    const json_t *own = json_object_get(row, name);
    return own ? own : json_object_get(evidence, name);
}

static bool share(const json_t *value, const char *name, struct json_place place, double *out, struct error *err) {
    bool yes = json_is_true(value), number = json_is_number(value);
    *out = number ? json_number_value(value) : yes;
    if ((number && *out >= 0 && *out <= 1) || json_is_boolean(value)) return true;
    return json_mismatch(value, name, place, "a number from 0 to 1", err);
}

static bool read_claim(const json_t *row, const json_t *evidence, struct json_place place, struct claim *out,
                       struct error *err) {
    const json_t *right = field(row, evidence, "acc"), *confidence = field(row, evidence, "confidence");
    const json_t *weight = json_object_get(row, "weight");
    const char *name = right ? "acc" : "correct";
    if (!right) right = field(row, evidence, name);
    out->weight = weight ? json_number_value(weight) : 1;
    if (!(out->weight > 0 && out->weight <= 1e6))
        return json_mismatch(weight, "weight", place, "a number above 0, at most 1e6", err);
    if (json_is_boolean(confidence)) return json_mismatch(confidence, "confidence", place, "a number from 0 to 1", err);
    return share(confidence, "confidence", place, &out->confidence, err) && share(right, name, place, &out->right, err);
}

bool claim_of_row(const json_t *row, struct json_place place, struct claim *out, struct error *err) {
    struct error why = {0};
    json_t *evidence = evidence_of(row, place, &why);
    bool ok = read_claim(row, evidence, place, out, err);
    json_decref(evidence);
    return ok;
}

static bool add_claim(struct claim **claims, size_t *n, size_t *capacity, const struct claim *claim,
                      struct error *err) {
    if (*n == *capacity) {
        size_t wanted = *capacity ? 2 * *capacity : 1024;
        struct claim *more = memory_grow(*claims, wanted, sizeof *more);
        if (!more) return error_memory(err, "claims");
        *claims = more;
        *capacity = wanted;
    }
    (*claims)[(*n)++] = *claim;
    return true;
}

static bool read_file(const char *path, struct claim **claims, size_t *n, size_t *capacity, struct error *err) {
    struct jsonl *lines = jsonl_open(path, MOST_LINE, err);
    json_t *row;
    size_t line, before = *n;
    int state = 0;
    bool ok = lines != NULL;
    while (ok && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        struct claim claim;
        ok = claim_of_row(row, (struct json_place){path, line, ""}, &claim, err) &&
             add_claim(claims, n, capacity, &claim, err);
        json_decref(row);
    }
    if (lines) jsonl_close(lines);
    return ok && state >= 0 && (*n > before || error_set(err, ERROR_DATA, "'%s': no claims in it", path));
}

bool claims_read(const char *const *paths, size_t n_paths, struct arena *arena, struct claim **out, size_t *n,
                 struct error *err) {
    struct claim *claims = NULL;
    size_t capacity = 0;
    bool ok = true;
    *n = 0;
    for (size_t i = 0; ok && i < n_paths; i++) ok = read_file(paths[i], &claims, n, &capacity, err);
    ok = ok && (*out = arena_new(arena, struct claim, *n + 1, err)) != NULL;
    if (ok && *n) memcpy(*out, claims, *n * sizeof *claims);
    memory_free(claims);
    return ok;
}

/* ---- maps ---- */

static bool bad(const char *path, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA,
                     "%s: %s; expected a map of confidences, as `train --objective isotonic` writes it", path, what);
}

static bool read_points(const char *path, const json_t *from, const json_t *to, struct arena *arena,
                        struct confidence_map *out, struct error *err) {
    size_t n = json_array_size(from);
    if (n < 1 || n > MOST_POINTS || json_array_size(to) != n)
        return bad(path, "'from' and 'to' are no lists of equal length", err);
    out->n = n;
    if (!(out->from = arena_new(arena, double, n, err)) || !(out->to = arena_new(arena, double, n, err))) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *a = json_array_get(from, i), *b = json_array_get(to, i);
        out->from[i] = json_is_number(a) ? json_number_value(a) : NAN;
        out->to[i] = json_is_number(b) ? json_number_value(b) : NAN;
        bool inside = out->from[i] >= 0 && out->from[i] <= 1 && out->to[i] >= 0 && out->to[i] <= 1;
        if (!inside) return bad(path, "a point is not between 0 and 1", err);
        if (i && !(out->from[i] > out->from[i - 1])) return bad(path, "'from' does not rise", err);
        if (i && out->to[i] < out->to[i - 1]) return bad(path, "'to' falls", err);
    }
    return true;
}

bool confidence_map_read(const char *path, struct arena *arena, struct confidence_map *out, struct error *err) {
    struct text all;
    if (!file_read(arena, path, MOST_MAP, &all, err)) return false;
    json_t *root = json_read(all, path, 1, err);
    if (!root) return false;
    *out = (struct confidence_map){.claims = (uint64_t)json_integer_value(json_object_get(root, "claims"))};
    bool ok = (text_equal_c(json_text(json_object_get(root, "format")), "confidence-map-1") ||
               bad(path, "its format is not confidence-map-1", err)) &&
              read_points(path, json_object_get(root, "from"), json_object_get(root, "to"), arena, out, err);
    json_decref(root);
    return ok;
}

static void put_list(struct buffer *b, const char *name, const double *values, size_t n) {
    buffer_printf(b, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_put_char(b, ',');
        buffer_put_f64(b, values[i]);
    }
    buffer_put_c(b, "]");
}

bool confidence_map_write(const struct confidence_map *map, const char *path, struct error *err) {
    struct buffer b;
    buffer_init(&b, MOST_MAP);
    buffer_printf(&b, "{\"format\":\"confidence-map-1\",\"method\":\"isotonic\",\"claims\":%llu",
                  (unsigned long long)map->claims);
    put_list(&b, "from", map->from, map->n);
    put_list(&b, "to", map->to, map->n);
    buffer_put_c(&b, "}\n");
    bool ok = buffer_check(&b, "map", err) && file_write(path, buffer_text(&b), err);
    buffer_done(&b);
    return ok;
}

double confidence_map_at(const struct confidence_map *m, double c) {
    size_t i = 0;
    while (i < m->n && m->from[i] < c) i++;
    if (i == m->n) return m->to[m->n - 1];
    if (i == 0 || m->from[i] == c) return m->to[i];
    double share = (c - m->from[i - 1]) / (m->from[i] - m->from[i - 1]);
    return m->to[i - 1] + share * (m->to[i] - m->to[i - 1]);
}
