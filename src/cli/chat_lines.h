/* Lines of standard input, one at a time, from a terminal or a pipe; a signal ends the waiting. */
#ifndef CLI_CHAT_LINES_H
#define CLI_CHAT_LINES_H

#include "base/buffer.h"

enum { CHAT_LINE_MAX = 1 << 20 };

struct chat_lines {
    struct buffer line;
    char part[4096];
    size_t at, n;  /* of part: bytes not yet taken */
    size_t number; /* of the newest line, from 1 */
};
void chat_lines_init(struct chat_lines *lines);
void chat_lines_done(struct chat_lines *lines);
/* 1 a line without its end, borrowed; 0 the end of input; -1 an error: ERROR_INTERRUPTED (a signal; what was typed of
 * the line is forgotten), ERROR_DATA (longer than 1 MiB, no UTF-8, a zero byte), ERROR_ENVIRONMENT. */
int chat_lines_next(struct chat_lines *lines, struct text *line, struct error *err) MUST_CHECK;

#endif
