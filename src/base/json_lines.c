/* JSON Lines, streamed: see json.h. A line that lies whole in the piece that was read last is not copied. */
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)

struct jsonl {
    int file;
    bool standard, failed, ended;
    char *path;
    size_t max_line, line;
    struct buffer text; /* of a line that goes over several pieces */
    char *piece;
    size_t at, n;
};

struct jsonl *jsonl_open(const char *path, size_t max_line, struct error *err) {
    struct jsonl *l = memory_zeroed(1, sizeof *l);
    size_t n = strlen(path);
    if (l) l->file = -1;
    if (!l || !(l->path = memory_alloc(n + 1)) || !(l->piece = memory_alloc(PIECE))) {
        jsonl_close(l);
        return error_memory(err, "JSONL reader"), NULL;
    }
    memcpy(l->path, path, n + 1);
    l->max_line = max_line;
    buffer_init(&l->text, max_line);
    l->standard = strcmp(path, "-") == 0;
    l->file = l->standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (l->file >= 0) return l;
    error_system(err, errno, "cannot open", path);
    jsonl_close(l);
    return NULL;
}

void jsonl_close(struct jsonl *l) {
    if (!l) return;
    if (l->file >= 0 && !l->standard) close(l->file);
    buffer_done(&l->text);
    memory_free(l->piece);
    memory_free(l->path);
    memory_free(l);
}

/* 1 there are bytes, 0 the end, -1 an error, which is said once, so that a caller who goes on comes to an end. */
static int read_piece(struct jsonl *l, struct error *err) {
    if (l->at < l->n) return 1;
    if (l->failed || l->ended) return 0;
    ssize_t n = read(l->file, l->piece, PIECE);
    if (n < 0) {
        l->failed = true;
        return error_system(err, errno, "cannot read", l->path), -1;
    }
    l->at = 0;
    l->n = (size_t)n;
    l->ended = n == 0;
    return n > 0;
}

static bool too_long(const struct jsonl *l, struct error *err) {
    return error_set(err, ERROR_DATA, "%s:%zu: line is longer than %zu bytes", l->path, l->line, l->max_line);
}

/* The next line without its end, borrowed until the next call: 1, 0 at the end of the file, -1. */
static int read_line(struct jsonl *l, struct text *out, struct error *err) {
    bool any = false, whole = false;
    int state = 1;
    buffer_clear(&l->text);
    *out = TEXT("");
    while (!whole && (state = read_piece(l, err)) == 1) {
        const char *start = l->piece + l->at, *end = memchr(start, '\n', l->n - l->at);
        size_t n = end ? (size_t)(end - start) : l->n - l->at;
        whole = end != NULL;
        l->at += n + whole;
        *out = (struct text){start, n};
        if ((any || !whole) && !l->text.failed) buffer_put(&l->text, start, n);
        if (any || !whole) *out = buffer_text(&l->text);
        any = true;
    }
    if (state < 0) return -1;
    if (!any) return 0;
    l->line++;
    if (l->text.failed && !l->text.full) return error_memory(err, "line of JSON"), -1;
    return l->text.failed || out->len > l->max_line ? (too_long(l, err), -1) : 1;
}

/* The same of a line that is not blank. */
static int read_filled(struct jsonl *l, struct text *out, size_t *line, struct error *err) {
    int state;
    do {
        state = read_line(l, out, err);
        *line = l->line;
        *out = text_trim(*out);
    } while (state == 1 && out->len == 0);
    return state;
}

int jsonl_next(struct jsonl *l, json_t **value, size_t *line, struct error *err) {
    struct text t;
    int state = read_filled(l, &t, line, err);
    if (state != 1) return state;
    *value = json_read(t, l->path, l->line, err);
    return *value ? 1 : -1;
}

int jsonl_skip(struct jsonl *l, size_t *line, struct error *err) {
    struct text t;
    return read_filled(l, &t, line, err);
}
