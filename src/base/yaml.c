/* YAML through libfyaml's events: see yaml.h. The tree is ours, so every node has a place, and nothing is expanded. */
#include "base/yaml.h"

#include "base/file.h"
#include "base/hash.h"

#include <libfyaml.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 60

struct builder {
    struct fy_parser *parser;
    struct arena *arena;
    const char *file;
    size_t line, column; /* of the last event that had a place */
    struct error *err;
};

static bool fail_at(struct builder *b, size_t line, size_t column, const char *what) {
    return error_set(b->err, ERROR_DATA, "%s:%zu:%zu: %s", b->file, line, column, what);
}

/* Values that are not written ("key:" alone) have no mark: they get the place of what stands before them. */
static void event_place(struct builder *b, struct fy_event *e, size_t *line, size_t *column) {
    const struct fy_mark *m = fy_event_start_mark(e);
    if (m && m->line >= 0 && m->column >= 0) {
        b->line = (size_t)m->line + 1;
        b->column = (size_t)m->column + 1;
        enum fy_scalar_style style = FYSS_PLAIN;
        if (e->type == FYET_SCALAR && e->scalar.value) style = fy_token_scalar_style(e->scalar.value);
        /* libfyaml's mark stands behind the quote or the asterisk */
        bool behind = e->type == FYET_ALIAS || style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
        if (behind && b->column > 1) b->column--;
    }
    *line = b->line;
    *column = b->column;
}

static struct yaml *new_node(struct builder *b, struct fy_event *e, enum yaml_kind kind) {
    struct yaml *node = arena_new(b->arena, struct yaml, 1, b->err);
    if (!node) return NULL;
    node->kind = kind;
    node->file = b->file;
    event_place(b, e, &node->line, &node->column);
    return node;
}

static bool plain_node(struct builder *b, struct fy_event *e) {
    size_t line, column;
    event_place(b, e, &line, &column);
    bool anchor = false, tag = false;
    if (e->type == FYET_SCALAR) anchor = e->scalar.anchor, tag = e->scalar.tag;
    if (e->type == FYET_SEQUENCE_START) anchor = e->sequence_start.anchor, tag = e->sequence_start.tag;
    if (e->type == FYET_MAPPING_START) anchor = e->mapping_start.anchor, tag = e->mapping_start.tag;
    if (anchor) return fail_at(b, line, column, "anchors (&) are not used here; write the value out");
    if (tag)
        return fail_at(b, line, column,
                       "tags (!) are not used here; leave it out. Python (!function) is not run: write a template, "
                       "or write the rows as they should be");
    return true;
}

static struct yaml *build(struct builder *b, struct fy_event *e, int depth);

static struct yaml *build_scalar(struct builder *b, struct fy_event *e) {
    struct yaml *node = new_node(b, e, YAML_SCALAR);
    if (!node) return NULL;
    size_t n = 0;
    const char *s = e->scalar.value ? fy_token_get_text(e->scalar.value, &n) : "";
    char *copy = arena_copy(b->arena, s ? s : "", s ? n : 0, b->err);
    if (!copy) return NULL;
    node->scalar = (struct text){copy, s ? n : 0};
    if (text_utf8_invalid(node->scalar) != SIZE_MAX) /* an escape such as "\ud800" can make it so */
        return fail_at(b, node->line, node->column, "an escape stands for no character"), NULL;
    node->quoted = e->scalar.value && fy_token_scalar_style(e->scalar.value) != FYSS_PLAIN;
    return node;
}

struct children {
    struct yaml **at;
    size_t n, capacity;
};

static bool add_child(struct builder *b, struct children *list, struct yaml *node) {
    if (!node) return false;
    if (list->n == list->capacity) {
        size_t wanted = list->capacity ? list->capacity * 2 : 8;
        struct yaml **more = memory_grow(list->at, wanted, sizeof *more);
        if (!more) return error_memory(b->err, "YAML");
        list->at = more;
        list->capacity = wanted;
    }
    list->at[list->n++] = node;
    return true;
}

/* Reads nodes until the closing event. */
static bool read_children(struct builder *b, struct children *list, enum fy_event_type closing, int depth) {
    for (;;) {
        struct fy_event *e = fy_parser_parse(b->parser);
        if (!e) return fail_at(b, 1, 1, "the text ends inside a collection");
        bool closed = e->type == closing;
        bool ok = closed || add_child(b, list, build(b, e, depth));
        fy_parser_event_free(b->parser, e);
        if (closed || !ok) return ok;
    }
}

struct key_hash {
    uint64_t hash;
    size_t at;
};

static int compare_hashes(const void *a, const void *b) {
    const struct key_hash *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* libfyaml's own check is quadratic. */
static bool check_unique(struct builder *b, const struct yaml *mapping) {
    struct key_hash *hashes = memory_alloc((mapping->n + 1) * sizeof *hashes);
    if (!hashes) return error_memory(b->err, "YAML");
    for (size_t i = 0; i < mapping->n; i++)
        hashes[i] = (struct key_hash){hash_xxh3(mapping->key[i]->scalar.at, mapping->key[i]->scalar.len), i};
    qsort(hashes, mapping->n, sizeof *hashes, compare_hashes);
    bool ok = true;
    for (size_t i = 1; ok && i < mapping->n; i++) {
        const struct yaml *k = mapping->key[hashes[i].at], *before = mapping->key[hashes[i - 1].at];
        if (hashes[i].hash == hashes[i - 1].hash && text_equal(k->scalar, before->scalar))
            ok = error_set(b->err, ERROR_DATA, "%s:%zu:%zu: key '%.*s' is already given in line %zu", b->file, k->line,
                           k->column, TEXT_ARG(k->scalar), before->line);
    }
    memory_free(hashes);
    return ok;
}

static bool fill_mapping(struct builder *b, struct yaml *node, const struct children *list) {
    if (list->n % 2 != 0) return fail_at(b, node->line, node->column, "a key without a value");
    node->n = list->n / 2;
    node->key = arena_new(b->arena, struct yaml *, node->n + 1, b->err);
    node->child = arena_new(b->arena, struct yaml *, node->n + 1, b->err);
    if (!node->key || !node->child) return false;
    for (size_t i = 0; i < node->n; i++) {
        node->key[i] = list->at[2 * i];
        node->child[i] = list->at[2 * i + 1];
        if (node->key[i]->kind != YAML_SCALAR)
            return fail_at(b, node->key[i]->line, node->key[i]->column, "a key must be a word");
        if (memchr(node->key[i]->scalar.at, 0, node->key[i]->scalar.len))
            return fail_at(b, node->key[i]->line, node->key[i]->column, "a key holds a zero byte");
    }
    return check_unique(b, node);
}

static struct yaml *build_collection(struct builder *b, struct fy_event *e, int depth) {
    bool mapping = e->type == FYET_MAPPING_START;
    struct yaml *node = new_node(b, e, mapping ? YAML_MAPPING : YAML_SEQUENCE);
    struct children list = {0};
    if (!node) return NULL;
    bool ok = read_children(b, &list, mapping ? FYET_MAPPING_END : FYET_SEQUENCE_END, depth + 1);
    if (ok && mapping) ok = fill_mapping(b, node, &list);
    if (ok && !mapping) {
        node->n = list.n;
        node->child = arena_new(b->arena, struct yaml *, list.n + 1, b->err);
        ok = node->child != NULL;
        if (ok && list.n) memcpy(node->child, list.at, list.n * sizeof *list.at);
    }
    memory_free(list.at);
    return ok ? node : NULL;
}

static struct yaml *build(struct builder *b, struct fy_event *e, int depth) {
    size_t line, column;
    event_place(b, e, &line, &column);
    if (depth > DEPTH_MAX) return fail_at(b, line, column, "nested deeper than 60 levels"), NULL;
    if (e->type == FYET_ALIAS)
        return fail_at(b, line, column, "aliases (*) are not used here; write the value out"), NULL;
    if (!plain_node(b, e)) return NULL;
    if (e->type == FYET_SCALAR) return build_scalar(b, e);
    if (e->type == FYET_MAPPING_START || e->type == FYET_SEQUENCE_START) return build_collection(b, e, depth);
    return fail_at(b, line, column, "unexpected YAML"), NULL;
}

/* The first of libfyaml's own messages, with its place. */
static void parser_error(struct builder *b, struct fy_diag *diag) {
    void *iterator = NULL;
    struct fy_diag_error *e = fy_diag_errors_iterate(diag, &iterator);
    if (e)
        error_set(b->err, ERROR_DATA, "%s:%d:%d: YAML: %s", b->file, e->line > 0 ? e->line : 1,
                  e->column > 0 ? e->column : 1, e->msg);
    else if (b->err && b->err->kind == ERROR_NONE)
        error_set(b->err, ERROR_DATA, "%s:1:1: not YAML", b->file);
}

/* Up to 0.7, libfyaml keeps a key twice when it refuses a tab behind its ':' within a '?' key, and would release it
 * twice. Nothing can be told from outside but the message: after it the parser is left alone, which loses some kB. */
static bool can_be_destroyed(struct fy_diag *diag) {
    void *iterator = NULL;
    for (struct fy_diag_error *e; (e = fy_diag_errors_iterate(diag, &iterator)) != NULL;)
        if (strstr(e->msg, "tab for indentation of block entry")) return false;
    return true;
}

static struct yaml *read_document(struct builder *b) {
    struct yaml *root = NULL;
    int documents = 0;
    for (;;) {
        struct fy_event *e = fy_parser_parse(b->parser);
        if (!e) return NULL;
        enum fy_event_type type = e->type;
        size_t line, column;
        event_place(b, e, &line, &column);
        bool ok = true;
        if (type == FYET_DOCUMENT_START && ++documents > 1)
            ok = fail_at(b, line, column, "a second document; one is expected");
        else if (type == FYET_SCALAR || type == FYET_ALIAS || type == FYET_MAPPING_START || type == FYET_SEQUENCE_START)
            ok = (root = build(b, e, 0)) != NULL;
        fy_parser_event_free(b->parser, e);
        if (!ok) return NULL;
        if (type == FYET_STREAM_END) break;
    }
    if (!root) fail_at(b, 1, 1, "no YAML in it");
    return root;
}

static size_t line_of(struct text t, size_t at) {
    size_t line = 1;
    for (size_t i = 0; i < at; i++) line += t.at[i] == '\n';
    return line;
}

struct yaml *yaml_read(struct arena *arena, struct text t, const char *shown_name, struct error *err) {
    struct error local = {0};
    char *name = text_copy(arena, text_of(shown_name), err);
    if (!name) return NULL;
    struct builder b = {.arena = arena, .file = name, .line = 1, .column = 1, .err = err ? err : &local};
    error_clear(b.err);
    size_t bad = text_utf8_invalid(t);
    if (bad != SIZE_MAX) {
        error_set(err, ERROR_DATA, "%s:%zu:1: byte %zu is not UTF-8", name, line_of(t, bad), bad);
        return NULL;
    }
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = fopen("/dev/null", "w");
    diag_config.colorize = false;
    struct fy_diag *diag = diag_config.fp ? fy_diag_create(&diag_config) : NULL;
    struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_ALLOW_DUPLICATE_KEYS, .diag = diag};
    struct yaml *root = NULL;
    if (diag) {
        fy_diag_set_collect_errors(diag, true);
        b.parser = fy_parser_create(&config);
    }
    if (!b.parser)
        error_memory(b.err, "YAML parser");
    else if (fy_parser_set_string(b.parser, t.at, t.len) != 0 || !(root = read_document(&b)))
        if (b.err->kind == ERROR_NONE || strstr(b.err->message, "the text ends inside")) parser_error(&b, diag);
    if (b.parser && can_be_destroyed(diag)) fy_parser_destroy(b.parser);
    if (diag) fy_diag_destroy(diag);
    if (diag_config.fp) fclose(diag_config.fp);
    return root;
}

struct yaml *yaml_read_file(struct arena *arena, const char *path, size_t max, struct error *err) {
    struct text t;
    if (!file_read(arena, path, max, &t, err)) return NULL;
    return yaml_read(arena, t, path, err);
}

const struct yaml *yaml_get(const struct yaml *mapping, const char *key) {
    if (!mapping || mapping->kind != YAML_MAPPING) return NULL;
    for (size_t i = 0; i < mapping->n; i++)
        if (text_equal_c(mapping->key[i]->scalar, key)) return mapping->child[i];
    return NULL;
}

bool (yaml_error)(const struct yaml *at, struct error *err, const char *format, ...) {
    char message[768];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return error_set(err, ERROR_DATA, "%s:%zu:%zu: %s", at->file, at->line, at->column, message);
}

bool yaml_check_keys(const struct yaml *mapping, const char *const *known, size_t n, struct error *err) {
    if (mapping->kind != YAML_MAPPING) return yaml_error(mapping, err, "expected a mapping of keys to values");
    for (size_t i = 0; i < mapping->n; i++) {
        const struct yaml *key = mapping->key[i];
        bool found = false;
        for (size_t k = 0; k < n && !found; k++) found = text_equal_c(key->scalar, known[k]);
        if (found) continue;
        const char *near = text_nearest(key->scalar, known, n);
        return yaml_error(key, err, "unknown key '%.*s'%s%s%s", TEXT_ARG(key->scalar), near ? "; did you mean '" : "",
                          near ? near : "", near ? "'?" : "");
    }
    return true;
}

static bool mismatch(const struct yaml *v, const char *key, const char *expected, struct error *err) {
    static const char *const kinds[] = {"", "a list", "a mapping"};
    if (v->kind != YAML_SCALAR) return yaml_error(v, err, "'%s': expected %s, found %s", key, expected, kinds[v->kind]);
    return yaml_error(v, err, "'%s': expected %s, found '%.*s'", key, expected, TEXT_ARG(v->scalar));
}

bool yaml_opt_text(const struct yaml *mapping, const char *key, struct text *out, struct error *err) {
    const struct yaml *v = yaml_get(mapping, key);
    if (!v) return true;
    if (v->kind != YAML_SCALAR) return mismatch(v, key, "text", err);
    *out = v->scalar;
    return true;
}

bool yaml_opt_i64(const struct yaml *mapping, const char *key, int64_t *out, struct error *err) {
    const struct yaml *v = yaml_get(mapping, key);
    if (!v) return true;
    return (v->kind == YAML_SCALAR && text_to_i64(v->scalar, out)) || mismatch(v, key, "a whole number", err);
}

bool yaml_opt_f64(const struct yaml *mapping, const char *key, double *out, struct error *err) {
    const struct yaml *v = yaml_get(mapping, key);
    if (!v) return true;
    return (v->kind == YAML_SCALAR && text_to_f64(v->scalar, out)) || mismatch(v, key, "a number", err);
}

static bool read_bool(struct text t, bool *out) {
    *out = text_equal_c(t, "true") || text_equal_c(t, "True") || text_equal_c(t, "yes");
    return *out || text_equal_c(t, "false") || text_equal_c(t, "False") || text_equal_c(t, "no");
}

bool yaml_opt_bool(const struct yaml *mapping, const char *key, bool *out, struct error *err) {
    const struct yaml *v = yaml_get(mapping, key);
    if (!v) return true;
    bool value;
    if (v->kind != YAML_SCALAR || !read_bool(v->scalar, &value)) return mismatch(v, key, "true or false", err);
    *out = value;
    return true;
}

static bool is_one_of(struct text t, const char *words) {
    struct text rest = text_of(words), word;
    while (text_next(&rest, '|', &word))
        if (text_equal(word, t)) return true;
    return false;
}

static json_t *scalar_to_json(const struct yaml *node) {
    struct text t = node->scalar;
    int64_t i;
    double d;
    if (node->quoted) return json_stringn_nocheck(t.at, t.len);
    if (t.len == 0 || is_one_of(t, "null|Null|NULL|~")) return json_null();
    if (is_one_of(t, "true|True|TRUE")) return json_true();
    if (is_one_of(t, "false|False|FALSE")) return json_false();
    if (t.at[0] == '+' && t.len > 1 && t.at[1] != '-') t = text_part(t, 1, t.len);
    if (text_to_i64(t, &i)) return json_integer(i);
    if (text_to_f64(t, &d) && isfinite(d)) return json_real(d);
    return json_stringn_nocheck(node->scalar.at, node->scalar.len);
}

static json_t *to_json(const struct yaml *node) {
    if (node->kind == YAML_SCALAR) return scalar_to_json(node);
    json_t *v = node->kind == YAML_MAPPING ? json_object() : json_array();
    for (size_t i = 0; v && i < node->n; i++) {
        json_t *child = to_json(node->child[i]);
        int failed = !child ? -1
                     : node->kind == YAML_SEQUENCE ? json_array_append_new(v, child)
                                                   : json_object_set_new_nocheck(v, node->key[i]->scalar.at,
                                                                          child);
        if (failed) {
            json_decref(v);
            v = NULL;
        }
    }
    return v;
}

json_t *yaml_to_json(const struct yaml *node, struct error *err) {
    json_t *v = to_json(node);
    if (!v) error_memory(err, "YAML as JSON");
    return v;
}
