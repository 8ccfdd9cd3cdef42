/* A growing byte buffer with a mandatory maximum: see buffer.h. */
#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

void buffer_init(struct buffer *b, size_t max) {
    *b = (struct buffer){.max = max < SIZE_MAX / 2 ? max : SIZE_MAX / 2};
}

void buffer_done(struct buffer *b) {
    memory_free(b->at);
    *b = (struct buffer){.max = b->max};
}

void buffer_clear(struct buffer *b) {
    b->len = 0;
    b->failed = b->full = false;
    if (b->at) b->at[0] = 0;
}

static bool reserve(struct buffer *b, size_t more) {
    if (b->failed) return false;
    if (more > b->max || b->len > b->max - more) return b->failed = b->full = true, false;
    size_t need = b->len + more + 1;
    if (need <= b->capacity) return true;
    size_t wanted = b->capacity < SIZE_MAX / 2 ? b->capacity * 2 : need;
    if (wanted < need) wanted = need < 64 ? 64 : need;
    if (wanted > b->max + 1) wanted = b->max + 1;
    char *at = memory_grow(b->at, wanted, 1);
    if (!at) return b->failed = true, false;
    b->at = at;
    b->capacity = wanted;
    return true;
}

bool buffer_put(struct buffer *b, const void *at, size_t n) {
    if (!reserve(b, n)) return false;
    if (n) memcpy(b->at + b->len, at, n);
    b->len += n;
    b->at[b->len] = 0;
    return true;
}

bool buffer_put_text(struct buffer *b, struct text t) {
    return buffer_put(b, t.at, t.len);
}

bool buffer_put_utf8(struct buffer *b, struct text t) {
    for (size_t i = 0; i < t.len;) {
        size_t bad = text_utf8_invalid(text_part(t, i, t.len));
        if (bad == SIZE_MAX) return buffer_put(b, t.at + i, t.len - i);
        buffer_put(b, t.at + i, bad);
        buffer_put_c(b, "\xEF\xBF\xBD");
        i += bad + 1;
    }
    return !b->failed;
}

bool buffer_put_c(struct buffer *b, const char *s) {
    return buffer_put(b, s, strlen(s));
}

bool buffer_put_char(struct buffer *b, char c) {
    if (!reserve(b, 1)) return false;
    b->at[b->len++] = c;
    b->at[b->len] = 0;
    return true;
}

bool buffer_put_f64(struct buffer *b, double value) {
    char s[32];
    return buffer_put(b, s, text_from_f64(value, s));
}

bool buffer_printf(struct buffer *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) return b->failed = true, false;
    if (!reserve(b, (size_t)n)) return false;
    va_start(args, format);
    vsnprintf(b->at + b->len, (size_t)n + 1, format, args);
    va_end(args);
    b->len += (size_t)n;
    return true;
}

struct text buffer_text(const struct buffer *b) {
    return (struct text){b->at ? b->at : "", b->len};
}

bool buffer_check(const struct buffer *b, const char *what, struct error *err) {
    if (!b->failed) return true;
    if (b->full) return error_set(err, ERROR_DATA, "%s is longer than %zu bytes", what, b->max);
    return error_memory(err, what);
}
