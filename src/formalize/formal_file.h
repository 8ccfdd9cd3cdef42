/* Going through a file of claims, row by row: JSONL, or a JSON array in a file that ends in .json. */
#ifndef FORMALIZE_FORMAL_FILE_H
#define FORMALIZE_FORMAL_FILE_H

#include "formalize/domain.h"

enum formal_verb { FORMAL_CHECK, FORMAL_SOLVE };

/* One row's verdict: {"id", "line", "holds", "why"?, ...}; borrowed for the call. */
typedef bool formal_sink(void *context, const json_t *verdict, struct error *err);

struct formal_settings {
    enum formal_verb verb;
    const struct domain *domain; /* NULL: told from the first row */
    size_t most;                 /* solutions; solve */
    bool lenient;                /* rows that are not what they must be are counted and told to the sink, not fatal */
    formal_sink *sink;
    void *context;
};
struct formal_result {
    const struct domain *domain;
    uint64_t rows, hold, fail, bad;
};
/* Adds to *out. */
bool formal_file(const char *path, const struct formal_settings *settings, struct formal_result *out,
                 struct error *err) MUST_CHECK;

#endif
