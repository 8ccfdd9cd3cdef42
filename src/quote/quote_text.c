/* The normaliser: see quote_text.h. */
#include "quote/quote_text.h"

#include "base/buffer.h"

#include <string.h>

enum { LONGEST = 1 << 30 };

bool quote_is_blank(uint32_t c) {
    if (c < 128) return c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

bool quote_is_binary(struct text t) {
    size_t controls = 0;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if (c == 0) return true;
        controls += c < 32 && !(c >= 9 && c <= 13);
    }
    return controls > t.len / 30;
}

/* One character of the normalised text: its bytes stand in the text as it was, or it is a blank or an LF that stands
 * for a run. */
struct piece {
    const char *at;
    size_t len, from, end; /* from, end: bytes of the text as it was */
};

struct walk {
    struct text t;
    size_t next;
    bool after_line; /* the last piece was an LF */
};

/* A run of blanks of one kind (of lines, of others) from where the walk stands; its first character has `len` bytes. */
static size_t run_end(const struct walk *w, bool lines) {
    size_t at = w->next;
    for (;;) {
        uint32_t c;
        size_t len = text_utf8_next(text_part(w->t, at, w->t.len), &c);
        if (len == 0 || !quote_is_blank(c) || (c == '\n' || c == '\r') != lines) return at;
        at += len;
    }
}

/* The next piece before ends are cut; false at the end. The text is valid. */
static bool next_piece(struct walk *w, struct piece *out) {
    for (;;) {
        uint32_t c;
        size_t from = w->next, len = text_utf8_next(text_part(w->t, from, w->t.len), &c);
        if (len == 0) return false;
        if (!quote_is_blank(c)) {
            w->next += len;
            w->after_line = false;
            *out = (struct piece){w->t.at + from, len, from, w->next};
            return true;
        }
        bool line = c == '\n' || c == '\r', swallowed = w->after_line && !line;
        w->next = run_end(w, line);
        w->after_line = line;
        if (swallowed) continue;
        *out = (struct piece){line ? "\n" : " ", 1, from, w->next};
        return true;
    }
}

/* Where the text begins and ends once blanks at its ends are gone. */
static struct text trimmed(struct text t, size_t *from) {
    size_t at = 0, len;
    uint32_t c;
    while ((len = text_utf8_next(text_part(t, at, t.len), &c)) > 0 && quote_is_blank(c)) at += len;
    size_t end = t.len;
    while (end > at) {
        size_t start = end - 1;
        while (start > at && ((unsigned char)t.at[start] & 0xc0) == 0x80) start--;
        if (text_utf8_next(text_part(t, start, end), &c) == 0 || !quote_is_blank(c)) break;
        end = start;
    }
    *from = at;
    return text_part(t, at, end);
}

static bool checked(struct text t, struct error *err) {
    if (t.len >= LONGEST) return error_set(err, ERROR_DATA, "a text of %zu bytes is longer than 1 GiB", t.len);
    size_t bad = text_utf8_invalid(t);
    return bad == SIZE_MAX || error_set(err, ERROR_DATA, "byte %zu is not valid UTF-8", bad);
}

bool quote_text_normalise(struct text t, struct arena *arena, struct quote_text *out, struct error *err) {
    memset(out, 0, sizeof *out);
    if (!checked(t, err)) return false;
    size_t start;
    struct walk w = {trimmed(t, &start), 0, false};
    size_t most = text_utf8_count(w.t);
    char *text = arena_new(arena, char, w.t.len + 1, err);
    uint32_t *at = text ? arena_new(arena, uint32_t, most + 1, err) : NULL;
    uint32_t *from = at ? arena_new(arena, uint32_t, most + 1, err) : NULL;
    if (!from) return false;
    size_t n = 0, len = 0, end = start;
    for (struct piece p; next_piece(&w, &p); n++) {
        at[n] = (uint32_t)len;
        from[n] = (uint32_t)(start + p.from);
        end = start + p.end;
        memcpy(text + len, p.at, p.len);
        len += p.len;
    }
    at[n] = (uint32_t)len;
    from[n] = (uint32_t)end;
    *out = (struct quote_text){{text, len}, n, at, from};
    return true;
}

bool quote_text_append(struct text t, struct buffer *out, size_t *n, struct error *err) {
    *n = 0;
    if (!checked(t, err)) return false;
    size_t start;
    struct walk w = {trimmed(t, &start), 0, false};
    for (struct piece p; next_piece(&w, &p); ++*n) buffer_put(out, p.at, p.len);
    return buffer_check(out, "documents", err);
}
