/* CSV, streamed: see csv.h. */
#include "base/csv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROW_MAX ((size_t)16 << 20)
#define COLUMNS_MAX 4096

struct csv {
    FILE *stream;
    char *path;
    char separator;
    size_t line; /* of the next row's start */
    struct buffer bytes; /* fields of the row, one behind the other */
    size_t ends[COLUMNS_MAX];
    struct text fields[COLUMNS_MAX];
    size_t n;
    struct arena arena;
    struct text *names;
    size_t columns; /* 0: not known yet */
    bool failed;    /* reading failed: the end comes next */
    bool ahead;     /* the first row was read to count columns and waits */
    size_t ahead_line;
};

static bool end_field(struct csv *c) {
    if (c->n >= COLUMNS_MAX) return false;
    c->ends[c->n++] = c->bytes.len;
    return true;
}

static bool row_error(struct csv *c, size_t line, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%s:%zu: %s", c->path, line, what);
}

/* A quoted field; the opening quote was read. Returns the character behind the closing quote,
 * or -2 when it never closes. */
static int read_quoted(struct csv *c) {
    for (;;) {
        int ch = getc_unlocked(c->stream);
        if (ch == EOF) return -2;
        if (ch == '"') {
            ch = getc_unlocked(c->stream);
            if (ch != '"') return ch;
        } else if (ch == '\n') {
            c->line++;
        }
        buffer_put_char(&c->bytes, (char)ch);
    }
}

/* 1 a row, 0 the end, -1 an error, 2 a blank line; *start: its first line. */
static int read_one(struct csv *c, size_t *start, struct error *err) {
    buffer_clear(&c->bytes);
    c->n = 0;
    *start = c->line;
    int ch = getc_unlocked(c->stream);
    if (ch == EOF) {
        if (!ferror(c->stream) || c->failed) return 0;
        c->failed = true;
        return error_system(err, errno, "cannot read", c->path), -1;
    }
    bool fits = true, quoted_row = false;
    for (;;) {
        if (ch == '"' && c->separator != '\t' && (c->n == 0 ? c->bytes.len == 0 : c->bytes.len == c->ends[c->n - 1])) {
            quoted_row = true;
            ch = read_quoted(c);
            if (ch == -2) return row_error(c, *start, "a quoted field is never closed", err), -1;
        }
        while (ch != EOF && ch != '\n' && ch != c->separator) {
            if (ch == '\r') {
                int next = getc_unlocked(c->stream);
                if (next == '\n' || next == EOF) {
                    ch = next;
                    break;
                }
                ungetc(next, c->stream);
            }
            buffer_put_char(&c->bytes, (char)ch);
            ch = getc_unlocked(c->stream);
        }
        fits = end_field(c) && fits;
        if (ch != c->separator) break;
        ch = getc_unlocked(c->stream);
    }
    c->line++;
    if (!fits) return row_error(c, *start, "more than 4096 columns", err), -1;
    if (c->bytes.full) return row_error(c, *start, "row is longer than 16 MiB", err), -1;
    if (c->bytes.failed) return error_memory(err, "CSV row"), -1;
    if (c->n == 1 && c->bytes.len == 0 && !quoted_row) return 2;
    for (size_t i = 0; i < c->n; i++) {
        size_t from = i ? c->ends[i - 1] : 0;
        c->fields[i] = (struct text){c->bytes.at ? c->bytes.at + from : "", c->ends[i] - from};
    }
    return 1;
}

static int read_row(struct csv *c, size_t *start, struct error *err) {
    int state;
    while ((state = read_one(c, start, err)) == 2) continue;
    return state;
}

static void skip_bom(FILE *f) {
    int first = getc(f), second, third;
    if (first != 0xEF) {
        if (first != EOF) ungetc(first, f);
        return;
    }
    second = getc(f);
    third = getc(f);
    if (second == 0xBB && third == 0xBF) return;
    if (third != EOF) ungetc(third, f);
    if (second != EOF) ungetc(second, f);
    ungetc(first, f);
}

static char *copy_name(struct csv *c, struct text field, struct error *err) {
    struct buffer b;
    buffer_init(&b, 3 * ROW_MAX);
    buffer_put_utf8(&b, field);
    char *name = buffer_check(&b, "name of a column", err) ? text_copy(&c->arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return name;
}

static bool keep_names(struct csv *c, bool header, struct error *err) {
    c->columns = c->n;
    c->names = arena_new(&c->arena, struct text, c->n, err);
    for (size_t i = 0; c->names && i < c->n; i++) {
        char *name = header ? copy_name(c, c->fields[i], err) : arena_printf(&c->arena, err, "%zu", i);
        if (!name) return false;
        c->names[i] = text_of(name);
    }
    return c->names != NULL;
}

struct csv *csv_open(const char *path, char separator, bool header, struct error *err) {
    struct csv *c = memory_zeroed(1, sizeof *c);
    size_t n = strlen(path);
    if (!c || !(c->path = memory_alloc(n + 1))) {
        memory_free(c);
        return error_memory(err, "CSV reader"), NULL;
    }
    memcpy(c->path, path, n + 1);
    c->separator = separator;
    c->line = 1;
    buffer_init(&c->bytes, ROW_MAX);
    arena_init(&c->arena, (size_t)64 << 20);
    c->stream = fopen(path, "rb");
    if (!c->stream) {
        error_system(err, errno, "cannot open", path);
    } else {
        skip_bom(c->stream);
        int state = read_row(c, &c->ahead_line, err);
        if (state == 0) error_set(err, ERROR_DATA, "'%s' is empty, expected rows of CSV", path);
        c->ahead = state == 1 && !header;
        if (state == 1 && keep_names(c, header, err)) return c;
    }
    csv_close(c);
    return NULL;
}

void csv_close(struct csv *c) {
    if (!c) return;
    if (c->stream) fclose(c->stream);
    buffer_done(&c->bytes);
    arena_done(&c->arena);
    memory_free(c->path);
    memory_free(c);
}

size_t csv_columns(const struct csv *c) {
    return c->columns;
}

struct text csv_name(const struct csv *c, size_t column) {
    return column < c->columns ? c->names[column] : TEXT("");
}

size_t csv_column(const struct csv *c, const char *name) {
    for (size_t i = 0; i < c->columns; i++)
        if (text_equal_c(c->names[i], name)) return i;
    return SIZE_MAX;
}

int csv_next(struct csv *c, const struct text **fields, size_t *line, struct error *err) {
    int state = 1;
    if (c->ahead) {
        c->ahead = false;
        *line = c->ahead_line;
    } else {
        state = read_row(c, line, err);
    }
    if (state != 1) return state;
    *fields = c->fields;
    if (c->n == c->columns) return 1;
    return error_set(err, ERROR_DATA, "%s:%zu: row has %zu fields, the first row has %zu", c->path, *line, c->n,
                     c->columns), -1;
}

int csv_next_object(struct csv *c, const char *const *names, json_t **row, size_t *line, struct error *err) {
    const struct text *fields;
    *row = NULL;
    int state = csv_next(c, &fields, line, err);
    if (state != 1) return state;
    json_t *object = json_object();
    bool ok = object != NULL;
    for (size_t i = 0; ok && i < c->columns; i++)
        ok = json_object_set_new(object, names ? names[i] : c->names[i].at, json_from_text(fields[i])) == 0;
    if (ok) return *row = object, 1;
    json_decref(object);
    return error_memory(err, "CSV row"), -1;
}

void csv_put_field(struct buffer *out, struct text t) {
    bool quoted = false;
    for (size_t i = 0; i < t.len && !quoted; i++) quoted = memchr(",\"\n\r", t.at[i], 4) != NULL;
    if (!quoted) {
        buffer_put_text(out, t);
        return;
    }
    buffer_put_char(out, '"');
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '"') buffer_put_char(out, '"');
        buffer_put_char(out, t.at[i]);
    }
    buffer_put_char(out, '"');
}
