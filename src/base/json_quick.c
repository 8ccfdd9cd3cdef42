/* Plain JSON: see json_quick.h. One function a kind of value, which steps over it or gives up. */
#include "base/json_quick.h"

#include "base/buffer.h"

#include <math.h>
#include <string.h>

enum { DEPTH_MOST = 64, KEY_MOST = 255, DIGITS_MOST = 18 };

struct reader {
    const char *at, *end;
    int depth;
    bool no_memory;
    struct buffer unescaped; /* of the string that is read */
};

static json_t *read_value(struct reader *r);

static void skip_blanks(struct reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')) r->at++;
}

/* Steps over the character where it stands there. */
static bool skip(struct reader *r, char c) {
    if (r->at == r->end || *r->at != c) return false;
    return r->at++, true;
}

static json_t *made(struct reader *r, json_t *value) {
    r->no_memory |= !value;
    return value;
}

/* ---- strings */

/* The code unit of four hexadecimal digits, -1 otherwise. */
static int read_unit(struct reader *r) {
    int unit = 0;
    if (r->end - r->at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = *r->at++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* Behind \u; halves of pairs are put together, and alone they are not plain. */
static bool read_code(struct reader *r) {
    char utf8[4];
    int unit = read_unit(r);
    uint32_t code = (uint32_t)unit;
    if (unit >= 0xD800 && unit < 0xDC00) {
        int second = skip(r, '\\') && skip(r, 'u') ? read_unit(r) : -1;
        if (second < 0xDC00 || second > 0xDFFF) return false;
        code = 0x10000 + (((uint32_t)unit - 0xD800) << 10) + ((uint32_t)second - 0xDC00);
    }
    size_t n = unit > 0 ? text_utf8_put(code, utf8) : 0;
    return n > 0 && buffer_put(&r->unescaped, utf8, n);
}

static bool read_escape(struct reader *r) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end || !*r->at) return false;
    const char *name = strchr(names, *r->at);
    if (name) return r->at++, buffer_put_char(&r->unescaped, values[name - names]);
    return skip(r, 'u') && read_code(r);
}

/* To the next quote, backslash or control character; *high: bytes beyond ASCII were among them. */
static struct text plain_part(struct reader *r, bool *high) {
    const char *start = r->at;
    unsigned char all = 0;
    while (r->at < r->end && *r->at != '"' && *r->at != '\\' && (unsigned char)*r->at >= 0x20)
        all |= (unsigned char)*r->at++;
    *high |= all >= 0x80;
    return (struct text){start, (size_t)(r->at - start)};
}

/* Behind the opening quote. *out is borrowed until the next string. */
static bool read_text(struct reader *r, struct text *out) {
    bool high = false;
    *out = plain_part(r, &high);
    if (r->at < r->end && *r->at == '\\') {
        buffer_clear(&r->unescaped);
        buffer_put_text(&r->unescaped, *out);
        while (skip(r, '\\')) {
            if (!read_escape(r)) return false;
            buffer_put_text(&r->unescaped, plain_part(r, &high));
        }
        *out = buffer_text(&r->unescaped);
    }
    return skip(r, '"') && !r->unescaped.failed && (!high || text_utf8_invalid(*out) == SIZE_MAX);
}

static json_t *read_string(struct reader *r) {
    struct text t;
    return read_text(r, &t) ? made(r, json_stringn_nocheck(t.at, t.len)) : NULL;
}

/* ---- numbers and names */

static size_t skip_digits(struct reader *r) {
    const char *start = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
    return (size_t)(r->at - start);
}

static json_t *read_real(struct reader *r, const char *start) {
    double value;
    if (skip(r, '.') && !skip_digits(r)) return NULL;
    if (skip(r, 'e') || skip(r, 'E')) {
        if (!skip(r, '+')) (void)skip(r, '-');
        if (!skip_digits(r)) return NULL;
    }
    struct text t = {start, (size_t)(r->at - start)};
    return text_to_f64(t, &value) && isfinite(value) ? made(r, json_real(value)) : NULL;
}

static json_t *read_number(struct reader *r) {
    const char *start = r->at;
    bool negative = skip(r, '-');
    const char *first = r->at;
    size_t n = skip_digits(r);
    if (n == 0 || n > DIGITS_MOST || (n > 1 && *first == '0')) return NULL;
    if (r->at < r->end && (*r->at == '.' || *r->at == 'e' || *r->at == 'E')) return read_real(r, start);
    json_int_t value = 0;
    for (size_t i = 0; i < n; i++) value = value * 10 + (first[i] - '0');
    return made(r, json_integer(negative ? -value : value));
}

static bool skip_name(struct reader *r, struct text name) {
    if ((size_t)(r->end - r->at) < name.len || memcmp(r->at, name.at, name.len) != 0) return false;
    return r->at += name.len, true;
}

/* ---- lists and objects */

static bool read_items(struct reader *r, json_t *list) {
    skip_blanks(r);
    if (skip(r, ']')) return true;
    for (;;) {
        json_t *value = read_value(r);
        if (!value) return false;
        if (json_array_append_new(list, value) != 0) return r->no_memory = true, false;
        skip_blanks(r);
        if (skip(r, ']')) return true;
        if (!skip(r, ',')) return false;
    }
}

/* A key that was there already leaves the size as it is. */
static bool read_member(struct reader *r, json_t *object) {
    struct text t;
    char key[KEY_MOST + 1];
    skip_blanks(r);
    if (!skip(r, '"') || !read_text(r, &t) || t.len > KEY_MOST) return false;
    memcpy(key, t.at, t.len);
    key[t.len] = 0;
    skip_blanks(r);
    size_t before = json_object_size(object);
    json_t *value = skip(r, ':') ? read_value(r) : NULL;
    if (!value) return false;
    if (json_object_set_new_nocheck(object, key, value) != 0) return r->no_memory = true, false;
    return json_object_size(object) == before + 1;
}

static bool read_members(struct reader *r, json_t *object) {
    skip_blanks(r);
    if (skip(r, '}')) return true;
    for (;;) {
        if (!read_member(r, object)) return false;
        skip_blanks(r);
        if (skip(r, '}')) return true;
        if (!skip(r, ',')) return false;
    }
}

static json_t *read_inside(struct reader *r, json_t *whole, bool (*read)(struct reader *, json_t *)) {
    if (whole && ++r->depth <= DEPTH_MOST && read(r, whole)) return r->depth--, whole;
    json_decref(whole);
    return NULL;
}

static json_t *read_value(struct reader *r) {
    skip_blanks(r);
    if (r->at == r->end) return NULL;
    switch (*r->at) {
    case '"': return r->at++, read_string(r);
    case '{': return r->at++, read_inside(r, made(r, json_object()), read_members);
    case '[': return r->at++, read_inside(r, made(r, json_array()), read_items);
    case 't': return skip_name(r, TEXT("true")) ? json_true() : NULL;
    case 'f': return skip_name(r, TEXT("false")) ? json_false() : NULL;
    case 'n': return skip_name(r, TEXT("null")) ? json_null() : NULL;
    default: return read_number(r);
    }
}

json_t *json_quick_read(struct text t, bool *no_memory) {
    *no_memory = false;
    if (!t.len) return NULL;
    struct reader r = {.at = t.at, .end = t.at + t.len};
    buffer_init(&r.unescaped, SIZE_MAX);
    json_t *value = read_value(&r);
    *no_memory = r.no_memory || r.unescaped.failed;
    buffer_done(&r.unescaped);
    skip_blanks(&r);
    if (value && r.at == r.end) return value;
    json_decref(value);
    return NULL;
}
