/* JSON as a tree with places: jansson has read and checked the text, and keeps the order of members; here the text is
 * walked beside its values. See case_build.h. */
#include "formalize/case/case_build.h"

#include <string.h>

struct walker {
    struct text t;
    size_t at, line, start; /* start: of the line */
    struct arena *arena;
    const char *file;
    struct error *err;
};

/* Blanks, and the commas and colons between values. */
static void skip_between(struct walker *w) {
    for (; w->at < w->t.len; w->at++) {
        char c = w->t.at[w->at];
        if (c == '\n') {
            w->line++;
            w->start = w->at + 1;
        } else if (!strchr(" \t\r,:", c) || c == 0) {
            return;
        }
    }
}

static void skip_string(struct walker *w) {
    for (w->at++; w->at < w->t.len && w->t.at[w->at] != '"'; w->at++) w->at += w->t.at[w->at] == '\\';
    w->at++;
}

static void skip_word(struct walker *w) {
    while (w->at < w->t.len && !strchr(" \t\r\n,:]}", w->t.at[w->at])) w->at++;
}

static struct yaml *new_node(struct walker *w, enum yaml_kind kind) {
    struct yaml *y = arena_new(w->arena, struct yaml, 1, w->err);
    skip_between(w);
    if (!y) return NULL;
    *y = (struct yaml){.kind = kind, .line = w->line, .column = w->at - w->start + 1, .file = w->file};
    return y;
}

/* The value goes before the tree does, so its texts are copied. */
static struct yaml *new_scalar(struct walker *w, struct text value) {
    struct yaml *y = new_node(w, YAML_SCALAR);
    if (!y || !(y->scalar.at = text_copy(w->arena, value, w->err))) return NULL;
    y->scalar.len = value.len;
    return y;
}

static struct yaml *walk_string(struct walker *w, struct text value) {
    struct yaml *y = new_scalar(w, value);
    if (!y) return NULL;
    y->quoted = true;
    skip_string(w);
    return y;
}

static struct yaml *walk_value(struct walker *w, const json_t *value);

static struct yaml *walk_array(struct walker *w, const json_t *value) {
    struct yaml *y = new_node(w, YAML_SEQUENCE);
    if (!y || !(y->child = arena_new(w->arena, struct yaml *, json_array_size(value) + 1, w->err))) return NULL;
    w->at++;
    for (y->n = 0; y->n < json_array_size(value); y->n++)
        if (!(y->child[y->n] = walk_value(w, json_array_get(value, y->n)))) return NULL;
    skip_between(w);
    w->at++;
    return y;
}

static struct yaml *walk_object(struct walker *w, const json_t *value) {
    struct yaml *y = new_node(w, YAML_MAPPING);
    const char *key;
    json_t *member;
    if (!y) return NULL;
    y->key = arena_new(w->arena, struct yaml *, json_object_size(value) + 1, w->err);
    y->child = arena_new(w->arena, struct yaml *, json_object_size(value) + 1, w->err);
    if (!y->key || !y->child) return NULL;
    w->at++;
    json_object_foreach((json_t *)value, key, member) {
        if (!(y->key[y->n] = walk_string(w, text_of(key))) || !(y->child[y->n] = walk_value(w, member))) return NULL;
        y->n++;
    }
    skip_between(w);
    w->at++;
    return y;
}

static struct yaml *walk_value(struct walker *w, const json_t *value) {
    if (json_is_object(value)) return walk_object(w, value);
    if (json_is_array(value)) return walk_array(w, value);
    if (json_is_string(value)) return walk_string(w, json_text(value));
    skip_between(w);
    size_t from = w->at;
    skip_word(w);
    struct text word = text_part(w->t, from, w->at);
    w->at = from;
    struct yaml *y = new_scalar(w, word);
    w->at = from + word.len;
    return y;
}

struct yaml *case_json_tree(struct arena *arena, struct text t, const json_t *value, const char *file,
                            struct error *err) {
    struct walker w = {.t = t, .line = 1, .arena = arena, .file = file, .err = err};
    if (text_starts(t, TEXT("\xef\xbb\xbf"))) w.at = w.start = 3;
    return walk_value(&w, value);
}
