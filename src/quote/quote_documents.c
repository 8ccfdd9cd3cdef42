/* Walking files and folders: see quote_documents.h. */
#include "quote/quote_documents.h"

#include "base/file.h"
#include "quote/quote_text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1 << 30, MAX_LINE = 256 << 20, DEEPEST = 32 };

struct reading {
    const struct quote_documents_settings *settings;
    quote_document_sink *sink;
    void *context;
    uint64_t taken, *skipped;
    struct error *why;
    struct arena arena; /* of one document */
};

static bool enough(const struct reading *r) {
    return r->settings->limit && r->taken >= r->settings->limit;
}

/* A document that cannot be taken; true: go on without it. */
static bool left_out(struct reading *r, struct error *err) {
    if (!r->settings->lenient || err->kind != ERROR_DATA) return false;
    if (++*r->skipped == 1 && r->why) *r->why = *err;
    error_clear(err);
    return true;
}

static bool check_text(struct text t, const char *file, size_t line, struct error *err) {
    char where[32] = "";
    if (line) snprintf(where, sizeof where, ":%zu", line);
    size_t bad = text_utf8_invalid(t);
    if (bad != SIZE_MAX)
        return error_set(err, ERROR_DATA, "%s%s: byte %zu of the text is not valid UTF-8", file, where, bad);
    return !quote_is_binary(t) || error_set(err, ERROR_DATA, "%s%s: this is no text, but binary data", file, where);
}

static bool give(struct reading *r, struct text text, const json_t *id, const char *file, size_t line,
                 struct error *err) {
    if (!check_text(text, file, line, err)) return false;
    json_t *source = json_object();
    struct buffer out;
    buffer_init(&out, 1 << 20);
    char made[32];
    snprintf(made, sizeof made, "%zu", line);
    json_object_set_new(source, "id",
                        id && (json_is_string(id) || json_is_integer(id)) ? json_incref((json_t *)id)
                        : line                                            ? json_string(made)
                                                                          : json_from_text(text_of(file)));
    json_object_set_new(source, "file", json_from_text(text_of(file)));
    if (line) json_object_set_new(source, "line", json_integer((json_int_t)line));
    bool ok = (source && json_put(&out, source, 0)) || error_memory(err, "source of a document");
    struct quote_document d = {text, buffer_text(&out), file, line};
    ok = ok && r->sink(r->context, &d, err);
    r->taken += ok;
    buffer_done(&out);
    json_decref(source);
    return ok;
}

static bool give_row(struct reading *r, const json_t *row, const char *file, size_t line, struct error *err) {
    struct text text;
    struct json_place place = {file, line, ""};
    return json_get_text(row, "text", place, &text, err) && give(r, text, json_object_get(row, "id"), file, line, err);
}

static bool interrupted_here(const struct reading *r, struct error *err) {
    return interrupted(r->settings->stop) && !error_set(err, ERROR_INTERRUPTED, "interrupted");
}

static bool read_rows(struct reading *r, const char *path, const char *file, struct error *err) {
    struct jsonl *lines = jsonl_open(path, MAX_LINE, err);
    bool ok = lines;
    while (ok && !enough(r)) {
        json_t *row = NULL;
        size_t line;
        int got = jsonl_next(lines, &row, &line, err);
        if (got == 0) break;
        ok = got < 0 ? left_out(r, err) : give_row(r, row, file, line, err) || left_out(r, err);
        json_decref(row);
        ok = ok && !interrupted_here(r, err);
    }
    jsonl_close(lines);
    return ok;
}

static bool read_whole(struct reading *r, const char *path, const char *file, struct error *err) {
    struct text text;
    arena_reset(&r->arena);
    return (file_read(&r->arena, path, MAX_FILE, &text, err) && give(r, text, NULL, file, 0, err)) || left_out(r, err);
}

static int is_shown(const struct dirent *e) {
    return e->d_name[0] != '.';
}
static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* file: how the path is shown, NULL: by its last name. */
static bool read_path(struct reading *r, const char *path, const char *file, int depth, struct error *err) {
    if (interrupted_here(r, err)) return false;
    if (!file_is_folder(path))
        return text_ends(text_of(path), TEXT(".jsonl")) ? read_rows(r, path, file, err)
                                                        : read_whole(r, path, file, err);
    if (depth == DEEPEST)
        return error_set(err, ERROR_DATA, "%s: folders within folders, more than %d deep", path, DEEPEST);
    struct dirent **list;
    int n = scandir(path, &list, is_shown, by_name);
    if (n < 0) return error_system(err, errno, "read folder", path);
    struct arena arena;
    arena_init(&arena, 1 << 20);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        char *below = ok && !enough(r) ? arena_printf(&arena, err, "%s/%s", path, list[i]->d_name) : NULL;
        char *shown = below ? arena_printf(&arena, err, "%s%s%s", file, *file ? "/" : "", list[i]->d_name) : NULL;
        if (ok && !enough(r)) ok = shown && read_path(r, below, shown, depth + 1, err);
        free(list[i]);
    }
    free(list);
    arena_done(&arena);
    return ok;
}

bool quote_documents_read(const char *const *paths, size_t n, const struct quote_documents_settings *settings,
                          quote_document_sink *sink, void *context, uint64_t *skipped, struct error *why,
                          struct error *err) {
    struct reading r = {.settings = settings, .sink = sink, .context = context, .skipped = skipped, .why = why};
    *skipped = 0;
    arena_init(&r.arena, 2 * (size_t)MAX_FILE);
    bool ok = true;
    for (size_t i = 0; ok && i < n && !enough(&r); i++) {
        const char *slash = strrchr(paths[i], '/');
        ok = read_path(&r, paths[i], file_is_folder(paths[i]) ? "" : slash ? slash + 1 : paths[i], 0, err);
    }
    arena_done(&r.arena);
    return ok;
}
