/* JSON as other programs write it: see foreign.h. */
#include "measure/exchange/foreign.h"

#include <math.h>
#include <string.h>

#define LINE_MOST ((size_t)256 << 20)

static bool starts_c(struct text t, size_t at, const char *word) {
    size_t n = strlen(word);
    return t.len - at >= n && memcmp(t.at + at, word, n) == 0;
}

static int hex_value(struct text t, size_t at) {
    int v = 0;
    if (t.len - at < 4) return -1;
    for (size_t i = at; i < at + 4; i++) {
        char c = t.at[i];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0) return -1;
        v = v * 16 + d;
    }
    return v;
}

/* An escape at `at` (the backslash) that JSON readers refuse: nothing that is a character. *n: its bytes. */
static bool escape_is_void(struct text t, size_t at, size_t *n) {
    *n = t.len - at < 2 ? 1 : 2;
    if (*n < 2 || t.at[at + 1] != 'u') return false;
    int v = hex_value(t, at + 2);
    if (v < 0) return false;
    *n = 6;
    if (v < 0xD800 || v > 0xDFFF) return v == 0;
    int second = v < 0xDC00 && starts_c(t, at + 6, "\\u") ? hex_value(t, at + 8) : -1;
    if (second < 0xDC00 || second > 0xDFFF) return true;
    *n = 12;
    return false;
}

/* Length of a word that is no JSON and means nothing; 0: none. */
static size_t void_word(struct text t, size_t at) {
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < 3; i++)
        if (starts_c(t, at, words[i])) return strlen(words[i]);
    return 0;
}

/* The text with what is void replaced; without any, `out` stays empty. */
static bool tame(struct text t, struct buffer *out, bool *changed) {
    size_t kept = 0, n;
    bool string = false;
    *changed = false;
    for (size_t at = 0; at < t.len; at += n) {
        const char *instead = NULL;
        n = 1;
        if (string && t.at[at] == '\\') {
            if (escape_is_void(t, at, &n)) instead = "\\ufffd";
        } else if (t.at[at] == '"') {
            string = !string;
        } else if (!string && (n = void_word(t, at))) {
            instead = "null";
        } else {
            n = 1;
        }
        if (!instead) continue;
        *changed = true;
        buffer_put(out, t.at + kept, at - kept);
        buffer_put_c(out, instead);
        kept = at + n;
    }
    return !*changed || buffer_put(out, t.at + kept, t.len - kept);
}

json_t *foreign_json(struct text t, const char *shown, size_t line, struct error *err) {
    struct buffer b;
    bool changed;
    buffer_init(&b, 2 * LINE_MOST);
    json_t *value = NULL;
    if (tame(t, &b, &changed) || buffer_check(&b, "JSON", err))
        value = json_read(changed ? buffer_text(&b) : t, shown, line, err);
    buffer_done(&b);
    return value;
}

bool foreign_lines_open(struct foreign_lines *lines, const char *path, const char *shown, struct error *err) {
    *lines = (struct foreign_lines){.shown = shown};
    return file_map(path, &lines->map, err);
}

void foreign_lines_close(struct foreign_lines *lines) {
    file_unmap(&lines->map);
}

int foreign_lines_next(struct foreign_lines *lines, json_t **value, struct error *err) {
    while (lines->at < lines->map.len) {
        const char *from = (const char *)lines->map.at + lines->at;
        size_t left = lines->map.len - lines->at;
        const char *end = memchr(from, '\n', left);
        struct text line = {from, end ? (size_t)(end - from) : left};
        lines->at += line.len + (end != NULL);
        lines->line++;
        if (!text_trim(line).len) continue;
        if (line.len > LINE_MOST)
            return error_set(err, ERROR_DATA, "%s:%zu: a line of %zu bytes; at most %zu are read", lines->shown,
                             lines->line, line.len, LINE_MOST),
                   -1;
        return (*value = foreign_json(line, lines->shown, lines->line, err)) ? 1 : -1;
    }
    return 0;
}

const char *foreign_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool foreign_content(const json_t *content, struct arena *arena, struct text *out, struct error *err) {
    struct buffer b;
    bool first = true;
    buffer_init(&b, LINE_MOST);
    if (json_is_string(content)) buffer_put_text(&b, json_text(content));
    for (size_t i = 0; i < json_array_size(content); i++) {
        const json_t *part = json_array_get(content, i),
                     *text = json_is_string(part) ? part : json_object_get(part, "text");
        if (!json_is_string(text)) continue;
        buffer_put_c(&b, first ? "" : "\n");
        buffer_put_text(&b, json_text(text));
        first = false;
    }
    char *copy = buffer_check(&b, "message", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, b.len};
    buffer_done(&b);
    return copy != NULL;
}

double foreign_number(const json_t *value) {
    double v;
    if (json_is_number(value)) return json_number_value(value);
    if (json_is_boolean(value)) return json_is_true(value);
    return json_is_string(value) && text_to_f64(json_text(value), &v) ? v : NAN;
}

bool foreign_lines_each(const char *path, const char *shown, foreign_give *give, void *context, struct error *err) {
    struct foreign_lines lines;
    json_t *value;
    int state = 0;
    bool ok = true;
    if (!foreign_lines_open(&lines, path, shown, err)) return false;
    while (ok && (state = foreign_lines_next(&lines, &value, err)) == 1) {
        ok = give(context, value, lines.line, err);
        json_decref(value);
    }
    foreign_lines_close(&lines);
    return ok && state == 0;
}
