/* YAML through libfyaml: a tree of nodes with line and column, on an arena. All scalars are text; the reader of a file
 * decides their types. Refused, with FILE:LINE:COLUMN: invalid UTF-8, duplicate keys, a second document, depth over 60,
 * aliases and anchors, tags, more than max bytes. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/json.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml {
    enum yaml_kind kind;
    bool quoted;         /* scalar was quoted or a block: never read as number, boolean or null */
    size_t line, column; /* 1-based */
    struct text scalar;
    size_t n; /* children; of a mapping: pairs */
    struct yaml **child;
    struct yaml **key; /* mapping only: scalars */
    const char *file;  /* shown name */
};

struct yaml *yaml_read(struct arena *arena, struct text t, const char *shown_name, struct error *err) MUST_CHECK;
struct yaml *yaml_read_file(struct arena *arena, const char *path, size_t max, struct error *err) MUST_CHECK;

const struct yaml *yaml_get(const struct yaml *mapping, const char *key); /* NULL if absent or not a mapping */
/* Every key must be one of the n known ones; the message names the nearest. */
bool yaml_check_keys(const struct yaml *mapping, const char *const *known, size_t n, struct error *err) MUST_CHECK;
/* "FILE:LINE:COLUMN: " and the message. Returns false. */
bool yaml_error(const struct yaml *at, struct error *err, const char *format, ...) PRINTF_LIKE(3, 4);
#ifdef __clang_analyzer__
#define yaml_error(...) error_false(yaml_error(__VA_ARGS__)) /* see error.h */
#endif

/* Optional members: absent leaves *out as it is and returns true. */
bool yaml_opt_text(const struct yaml *mapping, const char *key, struct text *out, struct error *err) MUST_CHECK;
bool yaml_opt_i64(const struct yaml *mapping, const char *key, int64_t *out, struct error *err) MUST_CHECK;
bool yaml_opt_f64(const struct yaml *mapping, const char *key, double *out, struct error *err) MUST_CHECK;
bool yaml_opt_bool(const struct yaml *mapping, const char *key, bool *out, struct error *err) MUST_CHECK;
/* The JSON twin: unquoted scalars become null, booleans, decimal numbers by the core schema of YAML 1.2, else strings.
 * Caller owns it. */
json_t *yaml_to_json(const struct yaml *node, struct error *err) MUST_CHECK;

#endif
