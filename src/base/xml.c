/* XML as a tree: see xml.h. */
#include "base/xml.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct reader {
    struct text t;
    size_t at;
    size_t elements;
    size_t seen, line, start; /* up to `seen` lines are counted; start: of the line */
    struct arena *arena;
    const char *file;
    struct error *err;
};

static void place(struct reader *r, size_t at, size_t *line, size_t *column) {
    for (; r->seen < at && r->seen < r->t.len; r->seen++)
        if (r->t.at[r->seen] == '\n') {
            r->line++;
            r->start = r->seen + 1;
        }
    *line = r->line;
    *column = at >= r->start ? at - r->start + 1 : 1;
}

static bool fail(struct reader *r, size_t at, const char *what) {
    size_t line, column;
    place(r, at, &line, &column);
    return error_set(r->err, ERROR_DATA, "%s:%zu:%zu: XML: %s", r->file, line, column, what);
}

bool(xml_error)(const struct xml *at, struct error *err, const char *format, ...) {
    char message[768];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return error_set(err, ERROR_DATA, "%s:%zu:%zu: %s", at->file, at->line, at->column, message);
}

static bool starts(const struct reader *r, const char *with) {
    return text_starts(text_part(r->t, r->at, r->t.len), text_of(with));
}

static char peek(const struct reader *r) {
    return r->at < r->t.len ? r->t.at[r->at] : 0;
}

static void skip_blanks(struct reader *r) {
    while (r->at < r->t.len && strchr(" \t\r\n", r->t.at[r->at]) && r->t.at[r->at]) r->at++;
}

static bool name_byte(char c) {
    unsigned char u = (unsigned char)c;
    return isalnum(u) || u >= 0x80 || (c && strchr("_-.:", c));
}

static bool read_name(struct reader *r, struct text *out) {
    size_t from = r->at;
    while (r->at < r->t.len && name_byte(r->t.at[r->at])) r->at++;
    *out = text_part(r->t, from, r->at);
    return r->at > from && !isdigit((unsigned char)r->t.at[from]) && !strchr("-.", r->t.at[from]);
}

/* ---- text ---- */

/* r->at is behind '#'; moves behind ';'. */
static bool put_number(struct reader *r, struct buffer *out, size_t amp) {
    bool hex = peek(r) == 'x';
    uint32_t code = 0;
    size_t digits = 0;
    char bytes[4];
    if (hex) r->at++;
    for (; isxdigit((unsigned char)peek(r)) && digits < 8; digits++, r->at++) {
        char c = (char)tolower(peek(r));
        if (!hex && !isdigit((unsigned char)c)) break;
        code = code * (hex ? 16 : 10) + (uint32_t)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
    }
    bool allowed = code == 9 || code == 10 || code == 13 || (code >= 0x20 && code != 0xFFFE && code != 0xFFFF);
    size_t n = digits && peek(r) == ';' && allowed ? text_utf8_put(code, bytes) : 0;
    if (n == 0) return fail(r, amp, "a number that is no character");
    r->at++;
    return buffer_put(out, bytes, n);
}

static bool put_entity(struct reader *r, struct buffer *out) {
    static const struct {
        const char *name;
        char c;
    } known[] = {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
    size_t amp = r->at++;
    if (peek(r) == '#') {
        r->at++;
        return put_number(r, out, amp);
    }
    for (size_t i = 0; i < 5; i++)
        if (starts(r, known[i].name)) {
            r->at += strlen(known[i].name);
            return buffer_put_char(out, known[i].c);
        }
    return fail(r, amp, "an entity that is none of &amp; &lt; &gt; &quot; &apos;");
}

static bool keep(struct reader *r, struct buffer *from, struct text *out) {
    if (!buffer_check(from, "XML", r->err)) return false;
    out->len = from->len;
    return (out->at = arena_copy(r->arena, from->at ? from->at : "", from->len, r->err)) != NULL;
}

static bool read_value(struct reader *r, struct text *out) {
    struct buffer value;
    char quote = peek(r);
    size_t from = r->at++;
    if (quote != '"' && quote != '\'') return fail(r, from, "expected a value in quotes");
    buffer_init(&value, r->t.len + 16);
    bool ok = true;
    while (ok && peek(r) != quote) {
        char c = peek(r);
        if (r->at >= r->t.len || c == '<')
            ok = fail(r, from, "a value without its closing quote");
        else if (c == '&')
            ok = put_entity(r, &value);
        else /* line breaks and tabs are blanks there */
            ok = buffer_put_char(&value, c == '\n' || c == '\t' || c == '\r' ? ' ' : c), r->at++;
    }
    r->at++;
    ok = ok && keep(r, &value, out);
    buffer_done(&value);
    return ok;
}

/* ---- elements ---- */

enum { ATTRIBUTES_MOST = 256 };

static bool read_attributes(struct reader *r, struct xml *e) {
    struct xml_attribute found[ATTRIBUTES_MOST];
    for (;;) {
        skip_blanks(r);
        if (peek(r) == '>' || peek(r) == '/' || r->at >= r->t.len) break;
        size_t from = r->at;
        struct xml_attribute a;
        if (e->n_attributes == ATTRIBUTES_MOST) return fail(r, from, "an element with more than 256 attributes");
        if (!read_name(r, &a.name)) return fail(r, from, "expected the name of an attribute");
        skip_blanks(r);
        if (peek(r) != '=') return fail(r, r->at, "expected '=' behind the name of an attribute");
        r->at++;
        skip_blanks(r);
        if (!read_value(r, &a.value)) return false;
        for (size_t i = 0; i < e->n_attributes; i++)
            if (text_equal(found[i].name, a.name)) return fail(r, from, "an attribute stands twice");
        found[e->n_attributes++] = a;
    }
    e->attributes = arena_new(r->arena, struct xml_attribute, e->n_attributes + 1, r->err);
    if (!e->attributes) return false;
    if (e->n_attributes) memcpy(e->attributes, found, e->n_attributes * sizeof *found);
    return true;
}

/* Comments, processing instructions: skipped; 1 skipped, 0 something else, -1 bad. */
static int skip_aside(struct reader *r) {
    static const char *const asides[][2] = {{"<!--", "-->"}, {"<?", "?>"}};
    for (size_t i = 0; i < 2; i++) {
        if (!starts(r, asides[i][0])) continue;
        size_t end = text_find(r->t, text_of(asides[i][1]), r->at + strlen(asides[i][0]));
        if (end == SIZE_MAX) return fail(r, r->at, "a comment or instruction without its end"), -1;
        r->at = end + strlen(asides[i][1]);
        return 1;
    }
    return 0;
}

struct open_list {
    struct xml **at;
    size_t n, room;
};

static bool add_child(struct reader *r, struct open_list *list, struct xml *child) {
    if (!child) return false;
    if (list->n == list->room) {
        size_t wanted = list->room ? list->room * 2 : 8;
        struct xml **more = memory_grow(list->at, wanted, sizeof *more);
        if (!more) return error_memory(r->err, "XML");
        list->at = more;
        list->room = wanted;
    }
    list->at[list->n++] = child;
    return true;
}

static struct xml *read_element(struct reader *r, size_t depth);

static bool read_piece(struct reader *r, struct buffer *text, struct open_list *children, size_t depth) {
    if (starts(r, "<![CDATA[")) {
        size_t end = text_find(r->t, TEXT("]]>"), r->at + 9);
        if (end == SIZE_MAX) return fail(r, r->at, "CDATA without its end");
        bool ok = buffer_put_text(text, text_part(r->t, r->at + 9, end));
        r->at = end + 3;
        return ok;
    }
    if (peek(r) == '<') {
        int aside = skip_aside(r);
        return aside != 0 ? aside > 0 : add_child(r, children, read_element(r, depth));
    }
    if (peek(r) == '&') return put_entity(r, text);
    size_t from = r->at;
    while (r->at < r->t.len && r->t.at[r->at] != '<' && r->t.at[r->at] != '&') r->at++;
    return buffer_put_text(text, text_part(r->t, from, r->at));
}

/* r->at is behind the '>' of the start; moves behind that of the end. */
static bool read_content(struct reader *r, struct xml *e, size_t depth) {
    struct buffer text;
    struct open_list children = {0};
    struct text name;
    bool ok = true;
    buffer_init(&text, r->t.len + 16);
    while (ok && !starts(r, "</"))
        ok = r->at < r->t.len ? read_piece(r, &text, &children, depth) : fail(r, r->at, "an element without its end");
    if (ok) {
        size_t from = r->at;
        r->at += 2;
        ok = (read_name(r, &name) && text_equal(name, e->name)) || fail(r, from, "the end of another element");
        skip_blanks(r);
        ok = ok && (peek(r) == '>' || fail(r, r->at, "expected '>'"));
        r->at++;
    }
    ok = ok && keep(r, &text, &e->text) && (e->child = arena_new(r->arena, struct xml *, children.n + 1, r->err));
    if (ok && (e->n = children.n)) memcpy(e->child, children.at, children.n * sizeof *children.at);
    memory_free(children.at);
    buffer_done(&text);
    return ok;
}

static struct xml *read_element(struct reader *r, size_t depth) {
    size_t from = r->at++;
    if (depth > XML_DEPTH_MOST) return fail(r, from, "nested deeper than 200 levels"), NULL;
    if (++r->elements > XML_ELEMENTS_MOST) return fail(r, from, "more than a million elements"), NULL;
    struct xml *e = arena_new(r->arena, struct xml, 1, r->err);
    if (!e) return NULL;
    e->file = r->file;
    place(r, from, &e->line, &e->column);
    if (peek(r) == '!') return fail(r, from, "document types and entities are not read here"), NULL;
    if (!read_name(r, &e->name)) return fail(r, from, "expected the name of an element"), NULL;
    if (!read_attributes(r, e)) return NULL;
    bool closed = peek(r) == '/';
    r->at += closed;
    if (peek(r) != '>') return fail(r, r->at, "expected '>'"), NULL;
    r->at++;
    if (!closed && !read_content(r, e, depth + 1)) return NULL;
    e->source = text_part(r->t, from, r->at);
    return e;
}

struct xml *xml_read(struct arena *arena, struct text t, const char *shown_name, struct error *err) {
    struct reader r = {.t = t, .line = 1, .arena = arena, .err = err};
    int aside = 1;
    if (!(r.file = text_copy(arena, text_of(shown_name), err))) return NULL;
    size_t bad = text_utf8_invalid(t);
    if (bad != SIZE_MAX) return fail(&r, bad, "not UTF-8"), NULL;
    if (text_starts(t, TEXT("\xef\xbb\xbf"))) r.at = 3;
    for (skip_blanks(&r); aside > 0; skip_blanks(&r)) aside = skip_aside(&r);
    if (aside < 0) return NULL;
    if (peek(&r) != '<') return fail(&r, r.at, "expected an element"), NULL;
    struct xml *root = read_element(&r, 0);
    if (!root) return NULL;
    for (skip_blanks(&r), aside = 1; aside > 0; skip_blanks(&r)) aside = skip_aside(&r);
    if (aside < 0) return NULL;
    if (r.at < t.len) return fail(&r, r.at, "something stands behind the root element"), NULL;
    return root;
}

struct text xml_local(struct text name) {
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] == ':') return text_part(name, i + 1, name.len);
    return name;
}

struct text xml_get(const struct xml *element, const char *name) {
    for (size_t i = 0; element && i < element->n_attributes; i++)
        if (text_equal_c(xml_local(element->attributes[i].name), name)) return element->attributes[i].value;
    return (struct text){0};
}

bool xml_put(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len;) {
        uint32_t code;
        size_t n = text_utf8_next(text_part(t, i, t.len), &code);
        bool good = n && (code >= 0x20 || code == 9 || code == 10 || code == 13) && code != 0xFFFE && code != 0xFFFF;
        if (!good)
            buffer_put_c(out, "\xef\xbf\xbd");
        else if (code == '&' || code == '<' || code == '>' || code == '"' || code < 0x20)
            buffer_printf(out, "&#%u;", (unsigned)code);
        else
            buffer_put(out, t.at + i, n);
        i += n ? n : 1;
    }
    return !out->failed;
}
