/* JSON through jansson: see json.h. */
#include "base/json.h"

#include "base/file.h"
#include "base/json_quick.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_FLAGS (JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Whether there can be an integer beyond 64 bits: quick, and no in nearly every text. */
static bool has_many_digits(struct text t) {
    size_t digits = 0;
    for (size_t i = 0; i < t.len; i++) {
        digits = is_digit(t.at[i]) ? digits + 1 : 0;
        if (digits >= 19) return true;
    }
    return false;
}

static int hex_value(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The code unit of \uXXXX at t[i], or -1. */
static int escape_at(struct text t, size_t i) {
    if (i + 6 > t.len || t.at[i] != '\\' || t.at[i + 1] != 'u') return -1;
    int v = 0;
    for (size_t k = i + 2; k < i + 6; k++) {
        int d = hex_value(t.at[k]);
        if (d < 0) return -1;
        v = v * 16 + d;
    }
    return v;
}

/* Foreign files hold half surrogate pairs, which jansson refuses. Offset of the first one at or after `from`,
 * or SIZE_MAX. */
static size_t half_pair(struct text t, size_t from) {
    for (size_t i = from; i + 1 < t.len; i++) {
        if (t.at[i] != '\\') continue;
        int unit = escape_at(t, i);
        if (unit < 0xD800 || unit > 0xDFFF) {
            i++; /* also steps over the second of two backslashes */
            continue;
        }
        int next = i + 6 < t.len ? escape_at(t, i + 6) : -1;
        if (unit >= 0xDC00 || next < 0xDC00 || next > 0xDFFF) return i;
        i += 11;
    }
    return SIZE_MAX;
}

/* The end of the first integer outside strings, at or after `from`, that does not fit 64 bits, or SIZE_MAX. */
static size_t big_integer(struct text t, size_t from) {
    bool quoted = false;
    for (size_t i = from; i < t.len; i++) {
        if (quoted && t.at[i] == '\\') {
            i++;
        } else if (t.at[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && is_digit(t.at[i])) {
            size_t start = i > 0 && t.at[i - 1] == '-' ? i - 1 : i;
            while (i < t.len && is_digit(t.at[i])) i++;
            bool whole = i == t.len || !strchr(".eE", t.at[i]) || !t.at[i];
            int64_t fits;
            if (whole && i - start >= 19 && !text_to_i64(text_part(t, start, i), &fits)) return i;
            while (i < t.len && t.at[i] && (is_digit(t.at[i]) || strchr(".eE+-", t.at[i]))) i++;
            i--;
        }
    }
    return SIZE_MAX;
}

/* What jansson refuses and foreign files have, made readable: half surrogate pairs become U+FFFD, integers beyond 64
 * bits become reals (its own flag for that would turn every integer of the text into one). *b stays empty when nothing
 * is to be mended. */
static bool mend(struct text t, struct buffer *b, struct error *err) {
    size_t half = half_pair(t, 0), big = has_many_digits(t) ? big_integer(t, 0) : SIZE_MAX, done = 0;
    while (half != SIZE_MAX || big != SIZE_MAX) {
        if (half < big) {
            buffer_put_text(b, text_part(t, done, half));
            buffer_put_c(b, "\\uFFFD");
            done = half + 6;
            half = half_pair(t, done);
        } else {
            buffer_put_text(b, text_part(t, done, big));
            buffer_put_c(b, "e0");
            done = big;
            big = big_integer(t, done);
        }
    }
    if (done) buffer_put_text(b, text_part(t, done, t.len));
    return buffer_check(b, "JSON text", err);
}

json_t *json_read(struct text t, const char *shown_name, size_t first_line, struct error *err) {
    if (text_starts(t, TEXT("\xEF\xBB\xBF"))) t = text_part(t, 3, t.len);
    bool no_memory;
    json_t *plain = json_quick_read(t, &no_memory);
    if (plain) return plain;
    if (no_memory) return error_memory(err, "JSON value"), NULL;
    struct buffer mended;
    buffer_init(&mended, SIZE_MAX);
    if (!mend(t, &mended, err)) {
        buffer_done(&mended);
        return NULL;
    }
    json_error_t e;
    struct text source = mended.len ? buffer_text(&mended) : t;
    json_t *value = json_loadb(source.at ? source.at : "", source.len, READ_FLAGS, &e);
    buffer_done(&mended);
    if (!value && (!e.text[0] || json_error_code(&e) == json_error_out_of_memory))
        error_memory(err, "JSON value");
    else if (!value)
        error_set(err, ERROR_DATA, "%s:%zu:%d: JSON: %s%s", shown_name,
                  (first_line ? first_line - 1 : 0) + (size_t)(e.line > 0 ? e.line : 1), e.column,
                  json_error_code(&e) == json_error_invalid_utf8 ? "invalid UTF-8: " : "", e.text);
    return value;
}

json_t *json_read_file(const char *path, size_t max, struct error *err) {
    struct arena arena;
    arena_init(&arena, max + ((size_t)1 << 20));
    struct text t;
    json_t *value = file_read(&arena, path, max, &t, err) ? json_read(t, path, 1, err) : NULL;
    arena_done(&arena);
    return value;
}

static const char *type_name(const json_t *v) {
    if (!v) return "nothing";
    switch (json_typeof(v)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_INTEGER: return "an integer";
    case JSON_REAL: return "a number";
    case JSON_TRUE:
    case JSON_FALSE: return "a boolean";
    default: return "null";
    }
}

bool (json_mismatch)(const json_t *found, const char *key, struct json_place place, const char *expected,
                   struct error *err) {
    char line[32] = "";
    if (place.line) snprintf(line, sizeof line, ":%zu", place.line);
    return error_set(err, ERROR_DATA, "%s%s: field '%s%s%s': expected %s, found %s", place.file, line, place.path,
                     place.path[0] && key[0] ? "." : "", key, expected, type_name(found));
}

bool json_get_text(const json_t *object, const char *key, struct json_place place, struct text *out,
                   struct error *err) {
    const json_t *v = json_object_get(object, key);
    if (!json_is_string(v)) return json_mismatch(v, key, place, "a string", err);
    *out = json_text(v);
    return true;
}

bool json_get_i64(const json_t *object, const char *key, struct json_place place, int64_t *out, struct error *err) {
    const json_t *v = json_object_get(object, key);
    if (!json_is_integer(v)) return json_mismatch(v, key, place, "an integer", err);
    *out = json_integer_value(v);
    return true;
}

bool json_get_f64(const json_t *object, const char *key, struct json_place place, double *out, struct error *err) {
    const json_t *v = json_object_get(object, key);
    if (!json_is_number(v)) return json_mismatch(v, key, place, "a number", err);
    *out = json_number_value(v);
    return true;
}

bool json_get_array(const json_t *object, const char *key, struct json_place place, json_t **out, struct error *err) {
    json_t *v = json_object_get(object, key);
    if (!json_is_array(v)) return json_mismatch(v, key, place, "an array", err);
    *out = v;
    return true;
}

bool json_get_object(const json_t *object, const char *key, struct json_place place, json_t **out,
                     struct error *err) {
    json_t *v = json_object_get(object, key);
    if (!json_is_object(v)) return json_mismatch(v, key, place, "an object", err);
    *out = v;
    return true;
}

struct text json_text(const json_t *string) {
    if (!json_is_string(string)) return TEXT("");
    return (struct text){json_string_value(string), json_string_length(string)};
}

/* Where the bytes from `from` on end that stand in a string as they are. */
static size_t end_of_plain(struct text t, size_t from) {
    size_t i = from;
    for (; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
    }
    return i;
}

bool json_put_string(struct buffer *out, struct text t) {
    static const char hex[] = "0123456789abcdef";
    buffer_put_char(out, '"');
    for (size_t i = 0, plain; i < t.len;) {
        if ((plain = end_of_plain(t, i)) > i) {
            buffer_put(out, t.at + i, plain - i);
            i = plain;
            continue;
        }
        unsigned char c = (unsigned char)t.at[i];
        if (c == '"' || c == '\\') {
            char pair[2] = {'\\', (char)c};
            buffer_put(out, pair, 2);
        } else if (c < 0x20) {
            static const char short_from[] = "\n\r\t\b\f", short_to[] = "nrtbf";
            const char *s = strchr(short_from, c);
            if (s && c) {
                char pair[2] = {'\\', short_to[s - short_from]};
                buffer_put(out, pair, 2);
            } else {
                char six[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
                buffer_put(out, six, 6);
            }
        } else {
            uint32_t codepoint;
            size_t n = text_utf8_next(text_part(t, i, t.len), &codepoint);
            buffer_put(out, n ? t.at + i : "\xEF\xBF\xBD", n ? n : 3);
            i += n ? n : 1;
            continue;
        }
        i++;
    }
    return buffer_put_char(out, '"');
}

struct put {
    struct buffer *out;
    bool sorted;
    int indent;
};

static bool put_value(const struct put *p, const json_t *v, int depth);

static void put_break(const struct put *p, int depth) {
    if (p->indent == 0) return;
    buffer_put_char(p->out, '\n');
    for (int i = 0; i < depth * p->indent; i++) buffer_put_char(p->out, ' ');
}

static int compare_keys(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool put_object(const struct put *p, const json_t *v, int depth) {
    size_t n = json_object_size(v), i = 0;
    const char **keys = memory_alloc((n + 1) * sizeof *keys);
    if (!keys) return p->out->failed = true, false;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)v, key, member) keys[i++] = key;
    if (p->sorted) qsort(keys, n, sizeof *keys, compare_keys);
    buffer_put_char(p->out, '{');
    for (i = 0; i < n; i++) {
        if (i) buffer_put_char(p->out, ',');
        put_break(p, depth + 1);
        json_put_string(p->out, text_of(keys[i]));
        buffer_put_c(p->out, p->indent ? ": " : ":");
        put_value(p, json_object_get(v, keys[i]), depth + 1);
    }
    memory_free(keys);
    if (n) put_break(p, depth);
    return buffer_put_char(p->out, '}');
}

static bool put_array(const struct put *p, const json_t *v, int depth) {
    size_t n = json_array_size(v);
    bool flat = true;
    for (size_t i = 0; i < n; i++)
        flat = flat && !json_is_object(json_array_get(v, i)) && !json_is_array(json_array_get(v, i));
    buffer_put_char(p->out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_put_c(p->out, p->indent && flat ? ", " : ",");
        if (!flat) put_break(p, depth + 1);
        put_value(p, json_array_get(v, i), depth + 1);
    }
    if (n && !flat) put_break(p, depth);
    return buffer_put_char(p->out, ']');
}

/* "-0" alone would be read as an integer, which has no sign of zero. */
static bool put_real(struct buffer *out, double value) {
    return value == 0 && signbit(value) ? buffer_put_c(out, "-0.0") : buffer_put_f64(out, value);
}

static bool put_value(const struct put *p, const json_t *v, int depth) {
    switch (json_typeof(v)) {
    case JSON_OBJECT: return put_object(p, v, depth);
    case JSON_ARRAY: return put_array(p, v, depth);
    case JSON_STRING: return json_put_string(p->out, json_text(v));
    case JSON_INTEGER: return buffer_printf(p->out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    case JSON_REAL: return put_real(p->out, json_real_value(v));
    case JSON_TRUE: return buffer_put_c(p->out, "true");
    case JSON_FALSE: return buffer_put_c(p->out, "false");
    default: return buffer_put_c(p->out, "null");
    }
}

bool json_put_canonical(struct buffer *out, const json_t *value) {
    return put_value(&(struct put){out, true, 0}, value, 0) && !out->failed;
}

bool json_digest(const json_t *value, char hex[HASH_HEX], struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    json_put_canonical(&b, value);
    bool ok = buffer_check(&b, "digest of JSON", err);
    if (ok) sha256_hex(b.at, b.len, hex);
    buffer_done(&b);
    return ok;
}

bool json_put(struct buffer *out, const json_t *value, int indent) {
    return put_value(&(struct put){out, false, indent}, value, 0) && !out->failed;
}

json_t *json_from_text(struct text t) {
    if (text_utf8_invalid(t) == SIZE_MAX) return json_stringn_nocheck(t.at ? t.at : "", t.len);
    struct buffer b;
    buffer_init(&b, SIZE_MAX);
    json_t *v = buffer_put_utf8(&b, t) ? json_stringn_nocheck(b.at, b.len) : NULL;
    buffer_done(&b);
    return v;
}

json_t *json_from_f64(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_read_list(const char *path, size_t max, struct error *err) {
    if (!text_ends(text_of(path), TEXT(".jsonl"))) return json_read_file(path, max, err);
    struct jsonl *lines = jsonl_open(path, max, err);
    json_t *list = lines ? json_array() : NULL, *value;
    size_t line;
    int state = 1;
    if (lines && !list) error_memory(err, path);
    while (list && (state = jsonl_next(lines, &value, &line, err)) == 1)
        if (json_array_append_new(list, value) != 0) state = error_memory(err, path) - 1;
    jsonl_close(lines);
    if (state >= 0) return list;
    json_decref(list);
    return NULL;
}
