/* How a reader makes a case: nodes as they come, links by name in either direction, resolved and checked at the end.
 * Every reader ends in case_build_end, so every format is checked alike. */
#ifndef FORMALIZE_CASE_BUILD_H
#define FORMALIZE_CASE_BUILD_H

#include "base/yaml.h"
#include "formalize/case/case_read.h"

struct case_place {
    size_t line, column; /* 0: not known */
};
enum case_link {
    CASE_SUPPORTED_BY,
    CASE_IN_CONTEXT_OF,
    CASE_CHALLENGES,
    CASE_MENTIONS, /* in no list: the name must exist */
};

struct case_named_link {
    enum case_link kind;
    struct text from, to;    /* ids: `from` is supported by, in context of, challenges `to` */
    bool from_known;         /* `from` is the node the link stands at: only `to` can dangle */
    struct case_place place; /* of the name that may not exist */
};

struct case_build {
    struct arena *arena;
    struct assurance_case *out;
    const char *file;
    size_t capacity;
    struct case_named_link *links;
    size_t n_links, links_capacity;
    struct text root; /* empty: the node that supports nothing */
    struct case_place root_place;
    struct error *err;
};

bool case_build_start(struct case_build *b, struct arena *arena, const char *file, struct assurance_case *out,
                      struct error *err) MUST_CHECK;
/* A new node: kind goal, trust not said; NULL: too many. Valid until the next one is added. */
struct case_node *case_build_node(struct case_build *b, struct text id, enum case_kind kind,
                                  struct case_place place) MUST_CHECK;
bool case_build_link(struct case_build *b, enum case_link kind, struct text from, struct text to, bool from_known,
                     struct case_place place) MUST_CHECK;
/* "FILE:LINE:COLUMN: " as far as known and the message, ERROR_DATA. Returns false. */
bool case_build_error(const struct case_build *b, struct case_place place, const char *format, ...) PRINTF_LIKE(3, 4);
#ifdef __clang_analyzer__
#define case_build_error(...) error_false(case_build_error(__VA_ARGS__)) /* see error.h */
#endif
/* Resolves, finds the root, checks (case_valid), releases what the builder holds. ok: what came before succeeded. */
bool case_build_end(struct case_build *b, bool ok, enum case_roots roots) MUST_CHECK;

/* What every format must obey, in this order: no node is its own ancestor; one root (roots), a goal; only goals,
 * strategies and solutions support, only contexts, assumptions and justifications stand beside; solutions have no
 * support; undeveloped nodes have none; a node that repeats another (same_as) has its formulas. */
bool case_valid(const struct assurance_case *c, enum case_roots roots, struct error *err) MUST_CHECK;

/* ---- what the text formats share ---- */

/* JSON as a tree with the places of YAML: t has been read as `value` before. Strings count as quoted. */
struct yaml *case_json_tree(struct arena *arena, struct text t, const json_t *value, const char *file,
                            struct error *err) MUST_CHECK;

/* Reads the members that are ours in every format into the node: join, reason, formal, trust, needs, origin, same_as,
 * undeveloped, url. Absent ones stay as they are. */
bool case_read_fields(struct case_build *b, const struct yaml *mapping, struct case_node *node) MUST_CHECK;
/* One id, or a list of them, as links of `id`; key: for messages. */
bool case_read_ids(struct case_build *b, const struct yaml *at, const char *key, enum case_link kind,
                   struct text id) MUST_CHECK;
/* The same of member `key`; absent: none. */
bool case_read_links(struct case_build *b, const struct yaml *mapping, const char *key, enum case_link kind,
                     struct text id) MUST_CHECK;
/* Puts a member that only the format knows into `other`. */
bool case_keep(struct case_build *b, json_t **other, struct text key, const struct yaml *value) MUST_CHECK;
/* The same into its member `format`: what only that format knows. */
bool case_keep_in(struct case_build *b, json_t **other, const char *format, struct text key,
                  const struct yaml *value) MUST_CHECK;

/* The kind that the beginning of an id gives, and its nodeType. */
bool case_gsn_prefix(struct text id, enum case_kind *out) MUST_CHECK;
const char *case_gsn_type(enum case_kind kind);

static inline struct case_place case_place_of(const struct yaml *y) {
    return (struct case_place){y->line, y->column};
}

#endif
