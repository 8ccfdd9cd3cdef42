/* Jinja's tokens and white-space control. */
#include "lm/template/jinja_internal.h"

#include <string.h>

struct lexer {
    struct arena *arena;
    struct text source;
    const char *name;
    struct jinja_options options;
    size_t at, line, line_start;
    struct jinja_token *tokens;
    size_t n, capacity;
    struct error *err;
};

static bool lex_error(struct lexer *l, const char *what) {
    return error_set(l->err, ERROR_DATA, "%s:%zu:%zu: template: %s", l->name, l->line, l->at - l->line_start + 1, what);
}

static void move_to(struct lexer *l, size_t to) {
    for (; l->at < to; l->at++)
        if (l->source.at[l->at] == '\n') {
            l->line++;
            l->line_start = l->at + 1;
        }
}

static struct jinja_token *add(struct lexer *l, enum token_kind kind, struct text text) {
    if (l->n == l->capacity) {
        size_t wanted = l->capacity ? l->capacity * 2 : 256;
        struct jinja_token *more = arena_new(l->arena, struct jinja_token, wanted, l->err);
        if (!more) return NULL;
        if (l->n) memcpy(more, l->tokens, l->n * sizeof *more);
        l->tokens = more;
        l->capacity = wanted;
    }
    struct jinja_token *t = &l->tokens[l->n++];
    *t = (struct jinja_token){.kind = kind, .text = text, .line = l->line, .column = l->at - l->line_start + 1};
    return t;
}

static char peek(const struct lexer *l, size_t ahead) {
    return l->at + ahead < l->source.len ? l->source.at[l->at + ahead] : 0;
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Position of the next mark ({{, {%, {#) or the end. */
static size_t next_mark(const struct lexer *l) {
    for (size_t i = l->at; i + 1 < l->source.len; i++)
        if (l->source.at[i] == '{' && strchr("{%#", l->source.at[i + 1])) return i;
    return l->source.len;
}

/* The text before a mark at `to`; strip: the mark says "-", lstrip: blanks before it on its own line go. */
static bool add_text(struct lexer *l, size_t to, bool strip, bool lstrip) {
    size_t end = to;
    if (strip) {
        while (end > l->at && is_blank(l->source.at[end - 1])) end--;
    } else if (lstrip) {
        size_t e = end;
        while (e > l->at && (l->source.at[e - 1] == ' ' || l->source.at[e - 1] == '\t')) e--;
        bool line_begin = e == 0 || l->source.at[e - 1] == '\n';
        if (line_begin) end = e;
    }
    bool ok = end == l->at || add(l, TOK_TEXT, text_part(l->source, l->at, end));
    move_to(l, to);
    return ok;
}

/* Behind a closing mark: "-" strips all blanks, trim_blocks the first line end after a block or comment. */
static void after_mark(struct lexer *l, bool strip, bool trim) {
    size_t to = l->at;
    if (strip)
        while (to < l->source.len && is_blank(l->source.at[to])) to++;
    else if (trim && to < l->source.len && l->source.at[to] == '\n')
        to++;
    else if (trim && to + 1 < l->source.len && l->source.at[to] == '\r' && l->source.at[to + 1] == '\n')
        to += 2;
    move_to(l, to);
}

static bool lex_comment(struct lexer *l) {
    size_t end = text_find(l->source, TEXT("#}"), l->at + 2);
    if (end == SIZE_MAX) return lex_error(l, "comment is never closed; expected '#}'");
    bool strip = end > l->at + 2 && l->source.at[end - 1] == '-';
    move_to(l, end + 2);
    after_mark(l, strip, l->options.trim_blocks);
    return true;
}

static bool unescape(struct lexer *l, struct text raw, struct text *out) {
    char *copy = arena_alloc(l->arena, raw.len + 1, 1, l->err);
    size_t n = 0;
    if (!copy) return false;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.at[i];
        if (c == '\\' && i + 1 < raw.len) {
            static const char from[] = "nrtbf\\'\"", to[] = "\n\r\t\b\f\\'\"";
            char e = raw.at[++i];
            const char *p = strchr(from, e);
            if (p && e) {
                copy[n++] = to[p - from];
                continue;
            }
            uint32_t code = 0;
            size_t digits = e == 'u' ? 4 : e == 'x' ? 2 : 0, k = 0;
            for (; k < digits && i + 1 + k < raw.len; k++) {
                char h = raw.at[i + 1 + k];
                int v = is_digit(h)            ? h - '0'
                        : h >= 'a' && h <= 'f' ? h - 'a' + 10
                        : h >= 'A' && h <= 'F' ? h - 'A' + 10
                                               : -1;
                if (v < 0) break;
                code = code * 16 + (uint32_t)v;
            }
            if (digits && k == digits && text_utf8_put(code, copy + n)) {
                char put[4];
                n += text_utf8_put(code, put);
                i += digits;
                continue;
            }
            copy[n++] = '\\';
            c = e;
        }
        copy[n++] = c;
    }
    *out = (struct text){copy, n};
    return true;
}

static bool lex_string(struct lexer *l) {
    char quote = peek(l, 0);
    size_t end = l->at + 1;
    while (end < l->source.len && l->source.at[end] != quote) end += l->source.at[end] == '\\' ? 2 : 1;
    if (end >= l->source.len) return lex_error(l, "string is never closed");
    struct text value;
    if (!unescape(l, text_part(l->source, l->at + 1, end), &value) || !add(l, TOK_STRING, value)) return false;
    move_to(l, end + 1);
    return true;
}

static bool lex_number(struct lexer *l) {
    size_t end = l->at;
    bool real = false;
    while (end < l->source.len && (is_digit(l->source.at[end]) || l->source.at[end] == '_')) end++;
    if (end + 1 < l->source.len && l->source.at[end] == '.' && is_digit(l->source.at[end + 1])) {
        real = true;
        end++;
        while (end < l->source.len && is_digit(l->source.at[end])) end++;
    }
    if (end + 1 < l->source.len && (l->source.at[end] | 32) == 'e') {
        size_t e = end + 1;
        if (l->source.at[e] == '+' || l->source.at[e] == '-') e++;
        if (e < l->source.len && is_digit(l->source.at[e])) {
            real = true;
            while (e < l->source.len && is_digit(l->source.at[e])) e++;
            end = e;
        }
    }
    struct text t = text_part(l->source, l->at, end);
    struct jinja_token *token = add(l, real ? TOK_REAL : TOK_INTEGER, t);
    if (!token) return false;
    bool ok = real ? text_to_f64(t, &token->real) : text_to_i64(t, &token->integer);
    if (!ok) return lex_error(l, "number is out of range");
    move_to(l, end);
    return true;
}

static bool lex_operator(struct lexer *l) {
    static const char *const two[] = {"==", "!=", "<=", ">=", "//", "**"};
    size_t n = 1;
    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        if (peek(l, 0) == two[i][0] && peek(l, 1) == two[i][1]) n = 2;
    if (n == 1 && !strchr("+-*/%~<>=()[]{},.:|", peek(l, 0))) return lex_error(l, "unexpected character");
    if (!add(l, TOK_OPERATOR, text_part(l->source, l->at, l->at + n))) return false;
    move_to(l, l->at + n);
    return true;
}

/* Tokens up to the closing mark. */
static bool lex_inside(struct lexer *l, bool block) {
    const char close = block ? '%' : '}';
    int open = 0; /* braces of dict literals */
    for (;;) {
        while (is_blank(peek(l, 0))) move_to(l, l->at + 1);
        char c = peek(l, 0);
        if (l->at >= l->source.len)
            return lex_error(l, block ? "block is never closed; expected '%}'"
                                      : "expression is never closed; expected '}}'");
        bool minus = (c == '-' || c == '+') && peek(l, 1) == close && peek(l, 2) == '}';
        if (open == 0 && (minus || (c == close && peek(l, 1) == '}'))) {
            if (!add(l, block ? TOK_BLOCK_END : TOK_EXPR_END, TEXT(""))) return false;
            move_to(l, l->at + (minus ? 3 : 2));
            after_mark(l, c == '-', block && c != '+' && l->options.trim_blocks);
            return true;
        }
        open += c == '{' ? 1 : c == '}' ? -1 : 0;
        bool ok;
        if (c == '\'' || c == '"') {
            ok = lex_string(l);
        } else if (is_digit(c)) {
            ok = lex_number(l);
        } else if (is_name(c)) {
            size_t end = l->at;
            while (end < l->source.len && is_name(l->source.at[end])) end++;
            ok = add(l, TOK_NAME, text_part(l->source, l->at, end));
            if (ok) move_to(l, end);
        } else {
            ok = lex_operator(l);
        }
        if (!ok) return false;
    }
}

/* {% raw %} ... {% endraw %}: 1 taken, 0 not raw, -1 error. */
static int lex_raw(struct lexer *l, size_t inside) {
    size_t i = inside;
    while (i < l->source.len && is_blank(l->source.at[i])) i++;
    if (!text_starts(text_part(l->source, i, l->source.len), TEXT("raw"))) return 0;
    i += 3;
    while (i < l->source.len && (is_blank(l->source.at[i]) || l->source.at[i] == '-')) i++;
    if (!text_starts(text_part(l->source, i, l->source.len), TEXT("%}"))) return 0;
    size_t from = i + 2, mark = from;
    while ((mark = text_find(l->source, TEXT("{%"), mark)) != SIZE_MAX) {
        size_t k = mark + 2;
        while (k < l->source.len && (is_blank(l->source.at[k]) || l->source.at[k] == '-')) k++;
        if (text_starts(text_part(l->source, k, l->source.len), TEXT("endraw"))) {
            size_t end = text_find(l->source, TEXT("%}"), k);
            if (end == SIZE_MAX) break;
            move_to(l, from);
            after_mark(l, false, l->options.trim_blocks);
            if (!add_text(l, mark, l->source.at[mark + 2] == '-', l->options.lstrip_blocks)) return -1;
            bool strip = l->source.at[end - 1] == '-';
            move_to(l, end + 2);
            after_mark(l, strip, l->options.trim_blocks);
            return 1;
        }
        mark += 2;
    }
    lex_error(l, "raw block is never closed");
    return -1;
}

static bool lex_mark(struct lexer *l) {
    char kind = peek(l, 1), sign = peek(l, 2);
    bool block = kind == '%';
    if (kind == '#') return lex_comment(l);
    size_t inside = l->at + 2 + (sign == '-' || sign == '+');
    int raw = block ? lex_raw(l, inside) : 0;
    if (raw != 0) return raw > 0;
    if (!add(l, block ? TOK_BLOCK_BEGIN : TOK_EXPR_BEGIN, TEXT(""))) return false;
    move_to(l, inside);
    return lex_inside(l, block);
}

bool jinja_tokens(struct arena *arena, struct text source, const char *name, struct jinja_options options,
                  struct jinja_token **tokens, size_t *n, struct error *err) {
    struct lexer l = {.arena = arena, .source = source, .name = name, .options = options, .line = 1, .err = err};
    /* One line end at the very end belongs to the file, not to the text. */
    if (text_ends(l.source, TEXT("\n"))) l.source.len--;
    while (l.at < l.source.len) {
        size_t mark = next_mark(&l);
        char sign = mark + 2 < l.source.len ? l.source.at[mark + 2] : 0;
        bool plain = mark < l.source.len && l.source.at[mark + 1] == '{';
        if (!add_text(&l, mark, mark < l.source.len && sign == '-',
                      mark < l.source.len && !plain && sign != '+' && options.lstrip_blocks))
            return false;
        if (l.at < l.source.len && !lex_mark(&l)) return false;
    }
    if (!add(&l, TOK_END, TEXT(""))) return false;
    *tokens = l.tokens;
    *n = l.n;
    return true;
}
