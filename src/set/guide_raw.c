/* Rows of raw guidelines: see guide_raw.h. */
#include "set/guide_raw.h"

#include <string.h>

enum { LINE_MOST = 1 << 22, FILE_MOST = 1 << 28 };

struct row {
    const char *path;
    size_t line; /* of an array: the row's number */
    const json_t *json;
    struct arena *arena;
    guide_raw_sink *sink;
    void *context;
    struct guide_raw raw; /* what is the same for all guidelines of the row */
    struct error *err;
};

static bool bad(const struct row *r, const char *key, const char *what) {
    return error_set(r->err, ERROR_DATA, "%s:%zu: field '%s': %s", r->path, r->line, key, what);
}

static const char *copy(const struct row *r, struct text t) {
    return text_copy(r->arena, t, r->err);
}

/* A text that may be missing. */
static bool optional(const struct row *r, const char *key, const char *otherwise, const char **out) {
    const json_t *value = json_object_get(r->json, key);
    struct text t = text_trim(json_text(value));
    if (!value || json_is_null(value)) return *out = otherwise, true;
    if (!json_is_string(value) || !t.len || t.len > GUIDE_TEXT_MOST)
        return bad(r, key, "expected a text of 1 to 4000 bytes");
    return (*out = copy(r, t)) != NULL;
}

/* `source`, else `id`, else the place of the row. */
static bool read_source(struct row *r) {
    static const char *const keys[] = {"source", "id"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = json_object_get(r->json, keys[i]);
        if (json_is_integer(value))
            return (r->raw.source = arena_printf(r->arena, r->err, "%lld", (long long)json_integer_value(value))) !=
                   NULL;
        if (value && !json_is_null(value)) return optional(r, keys[i], NULL, &r->raw.source);
    }
    const char *slash = strrchr(r->path, '/');
    return (r->raw.source = arena_printf(r->arena, r->err, "%s:%zu", slash ? slash + 1 : r->path, r->line)) != NULL;
}

static bool give(struct row *r, const char *title, const char *text) {
    r->raw.title = title;
    r->raw.text = text;
    return title && text && r->sink(r->context, &r->raw, r->err);
}

/* A guideline that says it is one: without a title of its own it must have a colon. */
static bool take_guideline(struct row *r, const json_t *object) {
    struct text text = text_trim(json_text(json_object_get(object, "text")));
    struct text title = text_trim(json_text(json_object_get(object, "title"))), rest = text;
    struct guide_line line;
    if (!text.len || text.len + title.len + 2 > GUIDE_TEXT_MOST)
        return bad(r, "text", "expected a text of 1 to 4000 bytes");
    if (text_find(text, TEXT("\n"), 0) != SIZE_MAX) return bad(r, "text", "a guideline is one line");
    if (text_utf8_count(title) > GUIDE_TITLE_MOST) return bad(r, "title", "is longer than 80 characters");
    if (guide_next_line(&rest, &line)) return give(r, copy(r, line.title), copy(r, line.text));
    if (!title.len)
        return bad(r, "text", "a guideline is 'Title: explanation'; there is no colon, and no field 'title'");
    return give(r, copy(r, title), arena_printf(r->arena, r->err, "%.*s: %.*s", TEXT_ARG(title), TEXT_ARG(text)));
}

static bool take_answer(struct row *r, struct text answer, struct guide_built *counts) {
    struct guide_line line;
    bool none = true;
    while (guide_next_line(&answer, &line)) {
        none = false;
        if (!give(r, copy(r, line.title), copy(r, line.text))) return false;
    }
    counts->no_guideline += none;
    return true;
}

static bool take_contexts(struct row *r, const json_t *list, struct guide_built *counts) {
    if (!json_is_array(list)) return bad(r, "positive_ctxs", "expected a list of {title, text}");
    counts->no_guideline += json_array_size(list) == 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!take_guideline(r, json_array_get(list, i))) return false;
    return true;
}

static bool take_row(struct row *r, struct guide_built *counts) {
    const json_t *risk = json_object_get(r->json, "risk"), *answer = json_object_get(r->json, "answer"),
                 *contexts = json_object_get(r->json, "positive_ctxs"), *text = json_object_get(r->json, "text");
    bool answered = json_object_get(r->json, "finish") || json_object_get(r->json, "subject");
    const char *origin = r->raw.origin;
    if (!json_is_object(r->json)) return error_set(r->err, ERROR_DATA, "%s:%zu: expected an object", r->path, r->line);
    if (risk && !json_is_null(risk) && !json_is_boolean(risk)) return bad(r, "risk", "expected true or false");
    r->raw.risk = json_is_boolean(risk) ? json_is_true(risk) : -1;
    counts->rows++;
    if (!read_source(r) || !optional(r, "when", "", &r->raw.when) || !optional(r, "origin", origin, &r->raw.origin))
        return false;
    if (contexts) return take_contexts(r, contexts, counts);
    if (json_is_string(answer)) return take_answer(r, json_text(answer), counts);
    if (json_is_string(text) && answered) return take_answer(r, json_text(text), counts);
    if (json_is_string(text)) return take_guideline(r, r->json);
    return error_set(r->err, ERROR_DATA,
                     "%s:%zu: expected a guideline {text}, an answer {id, answer} or a list {positive_ctxs}", r->path,
                     r->line);
}

static bool read_array(struct row *r, struct guide_built *counts, const char *origin) {
    json_t *list = json_read_list(r->path, FILE_MOST, r->err);
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        r->json = json_array_get(list, i);
        r->line = i + 1;
        r->raw = (struct guide_raw){.origin = origin};
        ok = take_row(r, counts);
    }
    json_decref(list);
    return ok;
}

static bool read_lines(struct row *r, struct guide_built *counts, const char *origin) {
    struct jsonl *lines = jsonl_open(r->path, LINE_MOST, r->err);
    json_t *json;
    int more = 0;
    bool ok = lines != NULL;
    while (ok && (more = jsonl_next(lines, &json, &r->line, r->err)) > 0) {
        r->json = json;
        r->raw = (struct guide_raw){.origin = origin};
        ok = take_row(r, counts);
        json_decref(json);
    }
    jsonl_close(lines);
    return ok && more == 0;
}

bool guide_raw_read(const char *path, const char *origin, struct arena *arena, guide_raw_sink *sink, void *context,
                    struct guide_built *counts, struct error *err) {
    struct row r = {.path = path, .arena = arena, .sink = sink, .context = context, .err = err};
    bool array = text_ends(text_of(path), TEXT(".json"));
    return (array ? read_array : read_lines)(&r, counts, origin ? origin : "teacher");
}
