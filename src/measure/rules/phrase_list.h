/* Lists of words that are data: files of lines "KIND: TEXT" where a reader says which kinds there are. Lines that begin
 * with # say nothing. */
#ifndef MEASURE_PHRASE_LIST_H
#define MEASURE_PHRASE_LIST_H

#include "base/text.h"

enum { PHRASES_MOST = 4096, PHRASE_FILE_MOST = 1 << 20 };

struct phrase_line {
    size_t kind;      /* place in `kinds` */
    struct text text; /* trimmed, not empty */
    size_t line;
};
struct phrase_list {
    struct text source; /* the file, for a digest */
    const char *shown;  /* its name for messages */
    struct phrase_line *at;
    size_t n;
};

/* name: a file, looked up in the colon list `path`; empty: the built-in one ("rules/access-phrases.txt"). All on the
 * arena. ERROR_DATA names FILE:LINE of a line of no such kind, or the file when it has none. */
bool phrase_list_read(struct text name, const char *builtin, const char *path, const char *const *kinds, size_t n_kinds,
                      struct arena *arena, struct phrase_list *out, struct error *err) MUST_CHECK;

/* "A = B" of a line, trimmed; ERROR_DATA with its place where either side is missing. */
bool phrase_pair(const struct phrase_list *list, const struct phrase_line *line, struct text *left, struct text *right,
                 struct error *err) MUST_CHECK;

#endif
