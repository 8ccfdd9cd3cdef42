/* Known blocks of storage types: see calibrate_codec.h. */
#include "lm/calibrate/calibrate_codec.h"

#include "base/arena.h"
#include "base/json.h"
#include "lm/types/types.h"

#include <stdio.h>
#include <string.h>

enum { GOLD_BYTES = 64 << 20, VALUES_MOST = 1 << 20, NAME = 96 };

struct codec_case {
    const struct lm_type_info *type; /* NULL: unknown */
    struct text type_name;
    size_t n, bytes;
    float *x, *y;          /* [n] */
    unsigned char *blocks; /* [bytes] */
    char label[NAME];
};

static int digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Exactly n bytes from 2 n hexadecimal digits; NULL and an error otherwise. */
static void *read_hex(struct arena *arena, const json_t *row, const char *key, size_t n, const char *label,
                      struct error *err) {
    struct text hex = json_text(json_object_get(row, key));
    if (hex.len != 2 * n) {
        error_set(err, ERROR_DATA, "%s: '%s' has %zu characters, expected %zu hexadecimal digits", label, key, hex.len,
                  2 * n);
        return NULL;
    }
    unsigned char *out = arena_new(arena, unsigned char, n, err);
    for (size_t i = 0; out && i < n; i++) {
        int high = digit(hex.at[2 * i]), low = digit(hex.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            error_set(err, ERROR_DATA, "%s: '%s' has no hexadecimal digit at character %zu", label, key, 2 * i);
            return NULL;
        }
        out[i] = (unsigned char)(high << 4 | low);
    }
    return out;
}

static bool read_case(struct codec_case *c, struct arena *arena, const json_t *row, size_t at, const char *gold,
                      struct error *err) {
    long long n = json_integer_value(json_object_get(row, "n")),
              bytes = json_integer_value(json_object_get(row, "bytes"));
    c->type_name = json_text(json_object_get(row, "type"));
    if (!c->type_name.len || n < 1 || n > VALUES_MOST || bytes < 1 || bytes > 8 * VALUES_MOST)
        return error_set(err, ERROR_DATA, "%s: case %zu: expected type, n (1 to %d) and bytes", gold, at, VALUES_MOST);
    c->type = lm_type_named(c->type_name);
    c->n = (size_t)n, c->bytes = (size_t)bytes;
    snprintf(c->label, sizeof c->label, "%.*s %lld", (int)(c->type_name.len < 32 ? c->type_name.len : 32),
             c->type_name.at, (long long)json_integer_value(json_object_get(row, "case")));
    if (c->type && (c->n % c->type->block != 0 || c->bytes != c->n / c->type->block * c->type->bytes))
        return error_set(err, ERROR_DATA, "%s: case %zu (%s): %zu values do not make %zu bytes", gold, at, c->label,
                         c->n, c->bytes);
    return (c->x = read_hex(arena, row, "x_f32le", c->n * sizeof(float), c->label, err)) &&
           (c->y = read_hex(arena, row, "y_f32le", c->n * sizeof(float), c->label, err)) &&
           (c->blocks = read_hex(arena, row, "blocks", c->bytes, c->label, err));
}

/* A row about n things of `size` bytes: how many are equal, and where the first is not. */
static void give_equal(const struct calibrate_out *out, const char *label, const char *what,
                       const unsigned char *expected, const unsigned char *found, size_t n, size_t size) {
    size_t equal = 0, first = n;
    char name[NAME + 16], e[48], f[48], note[64] = "";
    for (size_t i = 0; i < n; i++) {
        bool same = memcmp(expected + i * size, found + i * size, size) == 0;
        equal += same;
        if (!same && first == n) first = i;
    }
    snprintf(name, sizeof name, "%s %s", label, what);
    snprintf(e, sizeof e, "%zu equal", n);
    snprintf(f, sizeof f, "%zu equal", equal);
    if (equal < n) snprintf(note, sizeof note, "the first difference is at %zu", first);
    calibrate_give(out, name, e, f, 0, equal == n ? CALIBRATE_PASSED : CALIBRATE_MISSED, note);
}

static bool check_case(const struct calibrate_out *out, struct arena *arena, const struct codec_case *c,
                       struct error *err) {
    if (!c->type || !c->type->from_f32) {
        calibrate_give(out, c->label, "blocks", "none", 0, CALIBRATE_MISSED,
                       c->type ? "this type is read only" : "this type is unknown");
        return true;
    }
    unsigned char *blocks = arena_new(arena, unsigned char, c->bytes, err);
    float *y = blocks ? arena_new(arena, float, c->n, err) : NULL;
    if (!y) return false;
    c->type->from_f32(c->x, blocks, c->n);
    give_equal(out, c->label, "blocks", c->blocks, blocks, c->bytes, 1);
    c->type->to_f32(c->blocks, y, c->n);
    give_equal(out, c->label, "values", (const unsigned char *)c->y, (const unsigned char *)y, c->n, sizeof *y);
    return true;
}

static bool check_all(const struct calibrate_out *out, const json_t *cases, const char *gold, struct error *err) {
    size_t i;
    const json_t *row;
    if (!json_is_array(cases) || json_array_size(cases) == 0)
        return error_set(err, ERROR_DATA,
                         "%s: expected an array of cases {type, case, n, bytes, x_f32le, blocks, y_f32le}", gold);
    json_array_foreach(cases, i, row) {
        struct arena arena;
        struct codec_case c = {0};
        arena_init(&arena, (size_t)64 * VALUES_MOST);
        bool ok = read_case(&c, &arena, row, i, gold, err) && check_case(out, &arena, &c, err);
        arena_done(&arena);
        if (!ok) return false;
    }
    return true;
}

bool calibrate_codec(const char *gold, calibrate_report *report, void *context, struct error *err) {
    const struct calibrate_out out = {report, context};
    json_t *cases = json_read_file(gold, GOLD_BYTES, err);
    bool ok = cases && check_all(&out, cases, gold, err);
    json_decref(cases);
    return ok;
}
