/* Escaping for the formats of reports: see escape.h. */
#include "report/escape.h"

#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Takes the next character off *t. One byte that is not valid UTF-8 gives U+FFFD. bytes: the character as it stands. */
static uint32_t next_character(struct text *t, struct text *bytes) {
    uint32_t c;
    size_t n = text_utf8_next(*t, &c);
    *bytes = n ? text_part(*t, 0, n) : TEXT(REPLACEMENT);
    *t = text_part(*t, n ? n : 1, t->len);
    return n ? c : 0xFFFD;
}

static bool is_control(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

/* strchr would find the zero byte that ends the set. */
static bool is_one_of(const char *set, uint32_t c) {
    return c > 0 && c < 0x80 && strchr(set, (int)c);
}

static const char *markup_name(uint32_t c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

static bool put_markup(struct buffer *out, struct text t, bool attribute) {
    while (t.len > 0) {
        struct text bytes;
        uint32_t c = next_character(&t, &bytes);
        const char *name = markup_name(c);
        bool blank = c == '\t' || c == '\n' || c == '\r';
        if (name)
            buffer_put_c(out, name);
        else if (blank && attribute)
            buffer_printf(out, "&#%u;", (unsigned)c);
        else if (c == '\r')
            continue; /* a bare carriage return is a line break to no reader; with \n it is one too many */
        else if ((is_control(c) && !blank) || c == 0xFFFE || c == 0xFFFF)
            buffer_put_c(out, REPLACEMENT);
        else
            buffer_put_text(out, bytes);
    }
    return !out->failed;
}

bool escape_markup(struct buffer *out, struct text t) {
    return put_markup(out, t, false);
}

bool escape_attribute(struct buffer *out, struct text t) {
    return put_markup(out, t, true);
}

bool escape_csv(struct buffer *out, struct text t) {
    bool formula = t.len > 0 && is_one_of("=+-@\t\r", (unsigned char)t.at[0]);
    bool quote = false;
    for (size_t i = 0; i < t.len && !quote; i++) quote = is_one_of(",\"\n\r", (unsigned char)t.at[i]);
    if (quote) buffer_put_char(out, '"');
    if (formula) buffer_put_char(out, '\'');
    while (t.len > 0) {
        struct text bytes;
        uint32_t c = next_character(&t, &bytes);
        if (c == '"') buffer_put_char(out, '"');
        if (c == 0)
            buffer_put_c(out, REPLACEMENT);
        else
            buffer_put_text(out, bytes);
    }
    if (quote) buffer_put_char(out, '"');
    return !out->failed;
}

bool escape_markdown(struct buffer *out, struct text t) {
    while (t.len > 0) {
        struct text bytes;
        uint32_t c = next_character(&t, &bytes);
        if (c == '\n' || c == '\r' || c == '\t')
            buffer_put_char(out, ' ');
        else if (is_control(c))
            buffer_put_c(out, REPLACEMENT);
        else if (c == '<' || c == '>' || c == '&')
            buffer_put_c(out, markup_name(c));
        else {
            if (is_one_of("\\`*_[]|#~!", c)) buffer_put_char(out, '\\');
            buffer_put_text(out, bytes);
        }
    }
    return !out->failed;
}

static bool is_bidi_control(uint32_t c) {
    return c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool escape_terminal(struct buffer *out, struct text t) {
    while (t.len > 0) {
        struct text bytes;
        uint32_t c = next_character(&t, &bytes);
        if (c == '\n' || c == '\r' || c == '\t' || c == 0x2028 || c == 0x2029)
            buffer_put_char(out, ' ');
        else if (is_control(c) || is_bidi_control(c))
            buffer_put_c(out, REPLACEMENT);
        else
            buffer_put_text(out, bytes);
    }
    return !out->failed;
}

size_t escape_terminal_width(struct text t) {
    size_t n = 0;
    for (struct text bytes; t.len > 0; n++) next_character(&t, &bytes);
    return n;
}
