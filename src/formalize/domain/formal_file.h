/* Going through files of claims: JSONL row by row, a JSON array in a file that ends in .json, and text files of a
 * domain's own, unit by unit. */
#ifndef FORMALIZE_DOMAIN_FORMAL_FILE_H
#define FORMALIZE_DOMAIN_FORMAL_FILE_H

#include "formalize/domain/domain.h"

enum formal_verb { FORMAL_CHECK, FORMAL_SOLVE, FORMAL_PARSE };

/* One unit's verdict: {"id", "line", "holds", "why"?, ...}; borrowed for the call. */
typedef bool formal_sink(void *context, const json_t *verdict, struct error *err);

struct formal_settings {
    enum formal_verb verb;
    const struct domain *domain; /* NULL: told from the first row or file */
    struct domain_settings how;
    bool lenient; /* units that are not what they must be are counted and told to the sink, not fatal */
    formal_sink *sink;
    void *context;
    /* Where files stand together: one that could not be read, while the others are gone through. NULL: not told. */
    void (*bad)(void *context, const char *why);
};
struct formal_result {
    const struct domain *domain;
    uint64_t rows, hold, fail, bad;
    json_t *sum;          /* of a scan: an object that gets what the domain sums up; NULL */
    struct buffer *lines; /* the same for people; NULL */
};
/* Adds to *out. */
bool formal_file(const char *path, const struct formal_settings *settings, struct formal_result *out,
                 struct error *err) MUST_CHECK;
/* All findings of a file. A file that cannot be read as its domain: ERROR_DATA. */
bool formal_scan(const char *path, const struct formal_settings *settings, struct formal_result *out,
                 finding_sink *sink, void *context, struct error *err) MUST_CHECK;
/* All files of a domain with `add` as one: their findings to `sink`, or with NULL the verdicts of parse. Files that
 * cannot be read are counted and told, and the others gone through. */
bool formal_together(const char *const *paths, size_t n, const struct formal_settings *settings,
                     struct formal_result *out, finding_sink *sink, void *context, struct error *err) MUST_CHECK;
/* The domain of a file by its ending, by its first row or by its text; NULL and err: none is told. */
const struct domain *formal_domain(const char *path, struct error *err) MUST_CHECK;
bool formal_is_json(const char *path); /* by its ending: .json, .jsonl */
/* The first unit of a file as a picture. */
bool formal_draw(const char *path, const struct formal_settings *settings, struct formal_result *out,
                 struct buffer *svg, struct error *err) MUST_CHECK;

#endif
