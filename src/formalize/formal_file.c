/* Rows of claims: see formal_file.h. */
#include "formalize/formal_file.h"

enum { LINE_MOST = 16 << 20, FILE_MOST = 1 << 30 };

struct walk {
    const struct formal_settings *settings;
    struct formal_result *out;
    const char *path;
    struct arena arena;
    void *state;
    bool opened;
};

static bool open_domain(struct walk *w, const json_t *row, struct json_place place, struct error *err) {
    if (w->opened) return true;
    if (!w->out->domain) w->out->domain = w->settings->domain ? w->settings->domain : domain_of(row, place, err);
    if (!w->out->domain) return false;
    error_clear(err);
    if (w->out->domain->open) w->state = w->out->domain->open(err);
    return w->opened = err->kind == ERROR_NONE;
}

static json_t *verdict_new(const json_t *row, size_t line) {
    json_t *verdict = json_object(), *id = json_object_get(row, "id");
    if (!id) id = json_object_get(row, "unique_id");
    if (verdict && id) json_object_set(verdict, "id", id);
    if (verdict) json_object_set_new(verdict, "line", json_integer((json_int_t)line));
    return verdict;
}

static bool decide(struct walk *w, const json_t *row, struct json_place place, json_t *verdict, bool *holds,
                   struct error *err) {
    const struct domain *d = w->out->domain;
    return w->settings->verb == FORMAL_CHECK
               ? d->check(w->state, row, place, &w->arena, verdict, holds, err)
               : d->solve(w->state, row, place, w->settings->most, &w->arena, verdict, holds, err);
}

static bool take_row(struct walk *w, const json_t *row, size_t line, struct error *err) {
    struct json_place place = {w->path, line, ""};
    bool holds = false, bad = false;
    if (!json_is_object(row)) return error_set(err, ERROR_DATA, "%s:%zu: expected an object", w->path, line);
    if (!open_domain(w, row, place, err)) return false;
    json_t *verdict = verdict_new(row, line);
    if (!verdict) return error_memory(err, "verdict");
    bool ok = decide(w, row, place, verdict, &holds, err);
    if (!ok && w->settings->lenient && err->kind == ERROR_DATA) {
        json_object_set_new(verdict, "why", json_string(err->message));
        error_clear(err);
        ok = bad = true;
    }
    w->out->rows++;
    w->out->hold += ok && holds;
    w->out->bad += bad;
    w->out->fail += ok && !holds && !bad;
    ok = ok && json_object_set_new(verdict, "holds", json_boolean(holds)) == 0 &&
         (!w->settings->sink || w->settings->sink(w->settings->context, verdict, err));
    json_decref(verdict);
    arena_reset(&w->arena);
    return ok;
}

static bool walk_array(struct walk *w, struct error *err) {
    json_t *list = json_read_file(w->path, FILE_MOST, err);
    bool ok = list && (json_is_array(list) || error_set(err, ERROR_DATA, "%s:1: expected a list of rows", w->path));
    for (size_t i = 0; ok && i < json_array_size(list); i++) ok = take_row(w, json_array_get(list, i), i + 1, err);
    json_decref(list);
    return ok;
}

static bool walk_lines(struct walk *w, struct error *err) {
    struct jsonl *lines = jsonl_open(w->path, LINE_MOST, err);
    json_t *row;
    size_t line;
    int state = -1;
    while (lines && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        bool ok = take_row(w, row, line, err);
        json_decref(row);
        if (!ok) {
            state = -1;
            break;
        }
    }
    jsonl_close(lines);
    return state == 0;
}

bool formal_file(const char *path, const struct formal_settings *settings, struct formal_result *out,
                 struct error *err) {
    struct walk w = {.settings = settings, .out = out, .path = path};
    arena_init(&w.arena, (size_t)256 << 20);
    bool ok = text_ends(text_of(path), TEXT(".json")) ? walk_array(&w, err) : walk_lines(&w, err);
    if (w.opened && out->domain->close) out->domain->close(w.state);
    arena_done(&w.arena);
    return ok;
}
