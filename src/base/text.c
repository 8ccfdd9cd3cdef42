/* Text views, UTF-8, numbers: see text.h. */
#include "base/text.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text text_of(const char *s) {
    return (struct text){s ? s : "", s ? strlen(s) : 0};
}

struct text text_part(struct text t, size_t from, size_t to) {
    if (to > t.len) to = t.len;
    if (from > to) from = to;
    return (struct text){t.at + from, to - from};
}

bool text_equal(struct text a, struct text b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool text_equal_c(struct text a, const char *b) {
    return text_equal(a, text_of(b));
}

static char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool text_equal_nocase(struct text a, struct text b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) return false;
    return true;
}

int text_compare(struct text a, struct text b) {
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.at, b.at, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

bool text_starts(struct text t, struct text prefix) {
    return t.len >= prefix.len && text_equal(text_part(t, 0, prefix.len), prefix);
}

bool text_ends(struct text t, struct text suffix) {
    return t.len >= suffix.len && text_equal(text_part(t, t.len - suffix.len, t.len), suffix);
}

/* memmem prepares a table first, which takes longer than to look through a short text. */
enum { FIND_SHORT = 512 };

static size_t find_short(struct text t, struct text part, size_t from) {
    const char *at = t.at + from, *last = t.at + t.len - part.len;
    while (at <= last && (at = memchr(at, part.at[0], (size_t)(last - at) + 1))) {
        if (memcmp(at, part.at, part.len) == 0) return (size_t)(at - t.at);
        at++;
    }
    return SIZE_MAX;
}

size_t text_find(struct text t, struct text part, size_t from) {
    if (from > t.len || part.len > t.len - from) return SIZE_MAX;
    if (part.len == 0) return from;
    if (t.len - from <= FIND_SHORT) return find_short(t, part, from);
    const char *p = memmem(t.at + from, t.len - from, part.at, part.len);
    return p ? (size_t)(p - t.at) : SIZE_MAX;
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text text_trim(struct text t) {
    while (t.len && is_blank(t.at[0])) t = text_part(t, 1, t.len);
    while (t.len && is_blank(t.at[t.len - 1])) t.len--;
    return t;
}

bool text_next(struct text *rest, char separator, struct text *piece) {
    if (!rest->at) return false;
    const char *p = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    if (!p) {
        *piece = *rest;
        *rest = (struct text){NULL, 0};
        return true;
    }
    size_t n = (size_t)(p - rest->at);
    *piece = text_part(*rest, 0, n);
    *rest = (struct text){p + 1, rest->len - n - 1};
    return true;
}

char *text_copy(struct arena *arena, struct text t, struct error *err) {
    return arena_copy(arena, t.at, t.len, err);
}

size_t text_utf8_next(struct text t, uint32_t *codepoint) {
    if (t.len == 0) return 0;
    const unsigned char *p = (const unsigned char *)t.at;
    if (p[0] < 0x80) return *codepoint = p[0], 1;
    size_t n = p[0] >= 0xF0 && p[0] < 0xF5 ? 4 : p[0] >= 0xE0 && p[0] < 0xF0 ? 3 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2 : 0;
    if (n == 0 || t.len < n) return 0;
    uint32_t c = p[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
        c = c << 6 | (p[i] & 0x3F);
    }
    if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return 0;
    *codepoint = c;
    return n;
}

size_t text_utf8_invalid(struct text t) {
    size_t at = 0;
    while (at < t.len) {
        uint32_t c;
        size_t n = (unsigned char)t.at[at] < 0x80 ? 1 : text_utf8_next(text_part(t, at, t.len), &c);
        if (n == 0) return at;
        at += n;
    }
    return SIZE_MAX;
}

size_t text_utf8_put(uint32_t c, char out[4]) {
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return 0;
    if (c < 0x80) return out[0] = (char)c, 1;
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    static const unsigned char first[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(first[n] | c);
    return n;
}

size_t text_utf8_count(struct text t) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) n += ((unsigned char)t.at[i] & 0xC0) != 0x80;
    return n;
}

/* A zero-terminated copy for the C library's parsers; false when it cannot be a number. */
static bool number_copy(struct text t, char out[64]) {
    if (t.len == 0 || t.len > 63 || is_blank(t.at[0]) || t.at[0] == '+') return false;
    memcpy(out, t.at, t.len);
    out[t.len] = 0;
    return strlen(out) == t.len;
}

bool text_to_i64(struct text t, int64_t *out) {
    char s[64], *end;
    if (!number_copy(t, s)) return false;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (errno || *end || end == s) return false;
    *out = v;
    return true;
}

bool text_to_u64(struct text t, uint64_t *out) {
    char s[64], *end;
    if (!number_copy(t, s) || s[0] == '-') return false;
    errno = 0;
    unsigned long long v = strtoull(s, &end, 10);
    if (errno || *end || end == s) return false;
    *out = v;
    return true;
}

/* The program never calls setlocale, so the C locale's point holds. strtod would also read 0x1p3, infinity, nan(1). */
bool text_to_f64(struct text t, double *out) {
    char s[64], *end;
    if (!number_copy(t, s)) return false;
    bool named = strcmp(s, "inf") == 0 || strcmp(s, "-inf") == 0 || strcmp(s, "nan") == 0;
    if (!named && strspn(s, "0123456789.eE+-") != t.len) return false;
    errno = 0;
    double v = strtod(s, &end);
    if (*end || end == s || (errno == ERANGE && !named && isinf(v))) return false;
    *out = v;
    return true;
}

size_t text_from_f64(double value, char out[32]) {
    if (isnan(value)) return (size_t)snprintf(out, 32, "nan");
    if (isinf(value)) return (size_t)snprintf(out, 32, value < 0 ? "-inf" : "inf");
    int n = 0;
    /* 15 digits always survive, so fewer can only be enough for the subnormal numbers, which have less precision. */
    for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        n = snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value) break;
    }
    return (size_t)n;
}

static size_t edit_distance(struct text a, struct text b) {
    enum { LONGEST = 64 };
    size_t row[LONGEST + 1];
    if (a.len > LONGEST || b.len > LONGEST) return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++) row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (ascii_lower(a.at[i - 1]) != ascii_lower(b.at[j - 1]));
            diagonal = row[j];
            size_t best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[b.len];
}

const char *text_nearest(struct text name, const char *const *names, size_t n) {
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        struct text known = text_of(names[i]);
        size_t d = edit_distance(name, known);
        if (name.len >= 3 && d > 2 && (text_starts(known, name) || text_starts(name, known))) d = 2;
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    size_t allowed = name.len <= 3 ? 1 : name.len / 3 + 1;
    return best <= allowed ? nearest : NULL;
}
