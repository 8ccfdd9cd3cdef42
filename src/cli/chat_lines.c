/* Lines of standard input: see chat_lines.h. read(2) and not stdio, so that a signal is seen and a pipe's next line is
 * not waited for. */
#include "cli/chat_lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void chat_lines_init(struct chat_lines *l) {
    *l = (struct chat_lines){0};
    buffer_init(&l->line, CHAT_LINE_MAX);
}

void chat_lines_done(struct chat_lines *l) {
    buffer_done(&l->line);
}

static int check(struct chat_lines *l, struct text *line, struct error *err) {
    if (l->line.full)
        return error_set(err, ERROR_DATA, "line %zu is longer than %d bytes", l->number, CHAT_LINE_MAX), -1;
    if (!buffer_check(&l->line, "line", err)) return -1;
    *line = buffer_text(&l->line);
    if (line->len && line->at[line->len - 1] == '\r') line->len--;
    size_t bad = text_utf8_invalid(*line);
    if (bad != SIZE_MAX) return error_set(err, ERROR_DATA, "line %zu: byte %zu is no UTF-8", l->number, bad), -1;
    if (line->len && memchr(line->at, 0, line->len))
        return error_set(err, ERROR_DATA, "line %zu holds a zero byte", l->number), -1;
    return 1;
}

int chat_lines_next(struct chat_lines *l, struct text *line, struct error *err) {
    buffer_clear(&l->line);
    l->number++;
    for (;;) {
        const char *end = l->n ? memchr(l->part + l->at, '\n', l->n) : NULL;
        size_t n = end ? (size_t)(end - (l->part + l->at)) : l->n;
        buffer_put(&l->line, l->part + l->at, n);
        l->at += n + (end != NULL);
        l->n -= n + (end != NULL);
        if (end) return check(l, line, err);
        ssize_t got = read(STDIN_FILENO, l->part, sizeof l->part);
        if (got < 0 && errno == EINTR) return error_set(err, ERROR_INTERRUPTED, "interrupted"), -1;
        if (got < 0) return error_system(err, errno, "cannot read", "standard input"), -1;
        l->at = 0;
        l->n = (size_t)got;
        if (got == 0) return l->line.len || l->line.failed ? check(l, line, err) : 0;
    }
}
