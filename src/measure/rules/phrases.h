/* Lists of phrases: lines "KIND: TEXT", empty ones and those that begin with # left out. What the kinds mean is said by
 * whoever opens the list. A built-in list (rules/NAME), or a file of the same form in its place. */
#ifndef MEASURE_PHRASES_H
#define MEASURE_PHRASES_H

#include "base/text.h"

struct phrase {
    int kind; /* place in `kinds` */
    struct text text;
};
struct phrases {
    struct arena arena;
    struct text source; /* the file as it is */
    struct phrase *phrase;
    size_t n;
};
/* name empty: the built-in file; else a file, looked up in the colon list `path`, too. kinds: NULL ends. At least one
 * phrase; ERROR_DATA names FILE:LINE. */
struct phrases *phrases_open(const char *name, const char *path, const char *builtin, const char *const *kinds,
                             struct error *err) MUST_CHECK;
void phrases_close(struct phrases *phrases);

#endif
