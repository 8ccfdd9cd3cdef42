/* JSON as other programs write it: Python's NaN and Infinity become null, halves of surrogate pairs and \u0000 become
 * U+FFFD; everything else is as strict as base/json.h. */
#ifndef MEASURE_EXCHANGE_FOREIGN_H
#define MEASURE_EXCHANGE_FOREIGN_H

#include "base/file.h"
#include "base/json.h"

json_t *foreign_json(struct text t, const char *shown, size_t line, struct error *err) MUST_CHECK; /* owned */

/* Lines of a file, which is mapped and not read whole; blank ones are skipped. */
struct foreign_lines {
    struct file_map map;
    size_t at, line;
    const char *shown;
};
bool foreign_lines_open(struct foreign_lines *lines, const char *path, const char *shown, struct error *err) MUST_CHECK;
void foreign_lines_close(struct foreign_lines *lines);
/* 1 a value (owned by the caller), 0 the end, -1 an error; lines->line: where it stands. Lines over 256 MiB are
 * refused. */
int foreign_lines_next(struct foreign_lines *lines, json_t **value, struct error *err) MUST_CHECK;
/* Every value with its line; ends at the first that `give` refuses. */
typedef bool foreign_give(void *context, const json_t *value, size_t line, struct error *err);
bool foreign_lines_each(const char *path, const char *shown, foreign_give *give, void *context,
                        struct error *err) MUST_CHECK;

/* Last part of a path. */
const char *foreign_name(const char *path);
/* Text of a message's content: a string, or its text parts, a line each; on the arena. */
bool foreign_content(const json_t *content, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;
/* What stands for a number: a number, a boolean, a string that is one; NaN: nothing does. */
double foreign_number(const json_t *value);

#endif
