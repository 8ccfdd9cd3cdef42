/* Prompts that are data: files of lines "NAME: TEXT" in which {SLOT} stands for what a
 * row says and \n for a new line. */
#ifndef MEASURE_WORDING_H
#define MEASURE_WORDING_H

#include "base/text.h"

/* The texts of names[0 .. n-1], in their order, on the arena. name: a file, looked up in the colon list `path`; empty:
 * the built-in one (`builtin`, such as "rules/situated-words.txt"). Lines that begin with # say nothing. ERROR_DATA
 * names FILE:LINE of any other line, and the first name that has no text. */
bool wording_read(struct text name, const char *builtin, const char *path, const char *const *names, size_t n,
                  struct arena *arena, struct text *out, struct error *err) MUST_CHECK;

/* The same of a text that is there; shown: its name for messages. Texts point into it. */
bool wording_parse(struct text source, const char *shown, const char *const *names, size_t n, struct text *out,
                   struct error *err) MUST_CHECK;

struct wording_slot {
    const char *name;
    struct text value;
};
/* The text with its slots filled; what stands in braces and is no slot stays. On the arena. */
bool wording_fill(struct text pattern, const struct wording_slot *slots, size_t n, struct arena *arena,
                  struct text *out, struct error *err) MUST_CHECK;

#endif
