/* RWKV's "world" vocabularies: a line "ID LITERAL BYTES" for each token, the literal written as Python prints a str or
 * bytes. Texts are cut greedily, the longest token first. Id 0, which no line gives, ends a text. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <string.h>

#define WORLD_MAX ((size_t)64 << 20)

struct world_source {
    struct tokenizer *t;
    const char *path;
    size_t line;
    struct error *err;
};

static bool bad(struct world_source *s, const char *what) {
    return error_set(s->err, ERROR_DATA, "%s:%zu: %s; expected an id, a Python literal, and its bytes", s->path,
                     s->line, what);
}

static bool hex_number(struct text digits, uint32_t *out) {
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.at[i];
        int v = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (v < 0) return false;
        *out = *out << 4 | (uint32_t)v;
    }
    return true;
}

/* What stands behind a backslash; returns its bytes in the literal, 0: unknown. */
static size_t read_escape(struct text rest, bool bytes, struct buffer *out) {
    static const char plain[] = "n\nr\rt\t\\\\''\"\"";
    char utf8[4], c = rest.len ? rest.at[0] : 0;
    uint32_t code;
    for (size_t i = 0; plain[i]; i += 2)
        if (c == plain[i]) return buffer_put_char(out, plain[i + 1]), 1;
    size_t digits = c == 'x' ? 2 : c == 'u' && !bytes ? 4 : c == 'U' && !bytes ? 8 : 0;
    if (!digits || rest.len < digits + 1 || !hex_number(text_part(rest, 1, digits + 1), &code)) return 0;
    size_t n = 1;
    if (bytes)
        utf8[0] = (char)code;
    else
        n = text_utf8_put(code, utf8);
    buffer_put(out, utf8, n);
    return n ? digits + 1 : 0;
}

/* 'text' or b'bytes', also with double quotes. */
static bool read_literal(struct world_source *s, struct text literal, struct buffer *out) {
    bool bytes = text_starts(literal, TEXT("b"));
    if (bytes) literal = text_part(literal, 1, literal.len);
    char quote = literal.len >= 2 ? literal.at[0] : 0;
    if ((quote != '\'' && quote != '"') || literal.at[literal.len - 1] != quote) return bad(s, "no quoted literal");
    literal = text_part(literal, 1, literal.len - 1);
    for (size_t i = 0; i < literal.len;) {
        if (literal.at[i] != '\\') {
            buffer_put_char(out, literal.at[i++]);
            continue;
        }
        size_t n = read_escape(text_part(literal, i + 1, literal.len), bytes, out);
        if (!n) return bad(s, "an unknown escape");
        i += n + 1;
    }
    return buffer_check(out, "token", s->err);
}

static bool split_line(struct world_source *s, struct text line, uint64_t *id, struct text *literal, uint64_t *len) {
    size_t first = text_find(line, TEXT(" "), 0), last = line.len;
    while (last && line.at[last - 1] != ' ') last--;
    if (first == SIZE_MAX || last < first + 2) return bad(s, "fewer than three fields");
    *literal = text_part(line, first + 1, last - 1);
    if (!text_to_u64(text_part(line, 0, first), id) || *id == 0 || *id >= TOKENIZER_MOST_TOKENS)
        return bad(s, "no id");
    return text_to_u64(text_part(line, last, line.len), len) || bad(s, "no number of bytes");
}

/* The stored form that GGUF files have: printable ASCII and whole characters as they are, the rest escaped. */
static void put_stored(struct buffer *out, struct text bytes) {
    while (bytes.len) {
        uint32_t c;
        size_t n = text_utf8_next(bytes, &c);
        unsigned char byte = (unsigned char)bytes.at[0];
        if (byte == '\t' || byte == '\n' || byte == '\r')
            buffer_printf(out, "\\%c", byte == '\t' ? 't' : byte == '\n' ? 'n' : 'r');
        else if (byte == '\\' || byte == '\'')
            buffer_printf(out, "\\%c", byte);
        else if (!n || byte < 32 || byte == 127)
            buffer_printf(out, "\\x%02x", byte);
        else
            buffer_put(out, bytes.at, n);
        bytes = text_part(bytes, n ? n : 1, bytes.len);
    }
}

static bool keep_token(struct world_source *s, struct text line, struct buffer *bytes, struct buffer *stored) {
    struct tokenizer *t = s->t;
    uint64_t id, len;
    struct text literal;
    buffer_clear(bytes);
    buffer_clear(stored);
    if (!split_line(s, line, &id, &literal, &len) || !read_literal(s, literal, bytes)) return false;
    if (bytes->len != len || !len) return bad(s, "the literal has another number of bytes");
    if (t->tokens[id].at) return bad(s, "this id has been given before");
    put_stored(stored, buffer_text(bytes));
    t->types[id] = TOKEN_NORMAL;
    return buffer_check(stored, "token", s->err) && tokenizer_keep(t, buffer_text(stored), &t->tokens[id], s->err);
}

static bool each_line(struct world_source *s, struct text rest, size_t *most) {
    struct text line, literal;
    struct buffer bytes, stored;
    uint64_t id, len;
    bool ok = true;
    buffer_init(&bytes, 1 << 20);
    buffer_init(&stored, 1 << 22);
    for (s->line = 1; ok && text_next(&rest, '\n', &line); s->line++) {
        if (line.len && line.at[line.len - 1] == '\r') line.len--;
        if (!line.len) continue;
        ok = most ? split_line(s, line, &id, &literal, &len) : keep_token(s, line, &bytes, &stored);
        if (ok && most && id > *most) *most = (size_t)id;
    }
    buffer_done(&stored);
    buffer_done(&bytes);
    return ok;
}

static bool read_all(struct world_source *s, struct text text) {
    struct tokenizer *t = s->t;
    size_t most = 0;
    t->family = FAMILY_GREEDY;
    if (!each_line(s, text, &most)) return false;
    if (!most || most / 64 > text.len)
        return error_set(s->err, ERROR_DATA, "%s: ids go up to %zu in %zu bytes, expected a vocabulary", s->path, most,
                         text.len);
    if (!tokenizer_reserve(t, most + 1, s->err)) return error_wrap(s->err, "%s", s->path);
    memset(t->types, TOKEN_UNUSED, t->n);
    if (!each_line(s, text, NULL)) return false;
    t->tokens[0] = TEXT("<s>");
    t->types[0] = TOKEN_CONTROL;
    t->eos = 0;
    return tokenizer_index(t, s->err) && tokenizer_finish(t, s->path, s->err);
}

struct tokenizer *tokenizer_from_world_text(struct text text, const char *shown_name, struct error *err) {
    struct world_source s = {.t = tokenizer_new(err), .path = shown_name, .err = err};
    if (s.t && read_all(&s, text)) return s.t;
    tokenizer_free(s.t);
    return NULL;
}

struct tokenizer *tokenizer_from_world(const char *path, struct error *err) {
    struct arena arena;
    struct text text;
    arena_init(&arena, WORLD_MAX + 64);
    struct tokenizer *t =
        file_read(&arena, path, WORLD_MAX, &text, err) ? tokenizer_from_world_text(text, path, err) : NULL;
    arena_done(&arena);
    return t;
}
