/* JSON through jansson: reading with file:line and JSON path in every message, canonical writing.
 * json_t references: a returned json_t is owned by the caller (json_decref) unless the name says `get`. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"
#include "base/hash.h"

#include <jansson.h>

/* Where a value came from, for messages: FILE:LINE and a path such as items[3].gold. */
struct json_place {
    const char *file; /* shown name */
    size_t line;      /* 0: not known */
    const char *path; /* "" at the top */
};

/* One value from memory; duplicate keys are errors, \u0000 is refused, a BOM is skipped, numbers too big for 64 bits
 * become reals, any top-level value is allowed. NULL and err (ERROR_DATA, "FILE:LINE:COLUMN: ...") otherwise. */
json_t *json_read(struct text t, const char *shown_name, size_t first_line, struct error *err) MUST_CHECK;
/* A whole file of at most max bytes. */
json_t *json_read_file(const char *path, size_t max, struct error *err) MUST_CHECK;

/* The same of a list: an array, or of a file that ends in .jsonl one value a line. */
json_t *json_read_list(const char *path, size_t max, struct error *err) MUST_CHECK;

/* JSONL: one value a line; blank lines are skipped; a line longer than max_line is an error; the file is streamed. */
struct jsonl;
struct jsonl *jsonl_open(const char *path, size_t max_line, struct error *err) MUST_CHECK;
void jsonl_close(struct jsonl *lines);
/* 1 a value (owned by the caller), 0 the end, -1 an error (the reader may be asked again for the next line). */
int jsonl_next(struct jsonl *lines, json_t **value, size_t *line, struct error *err) MUST_CHECK;
/* The same without reading what stands in the line. */
int jsonl_skip(struct jsonl *lines, size_t *line, struct error *err) MUST_CHECK;

/* Typed members, with messages that name file, line, path, expected and found. `get`: borrowed. */
bool json_get_text(const json_t *object, const char *key, struct json_place place, struct text *out,
                   struct error *err) MUST_CHECK;
bool json_get_i64(const json_t *object, const char *key, struct json_place place, int64_t *out,
                  struct error *err) MUST_CHECK;
bool json_get_f64(const json_t *object, const char *key, struct json_place place, double *out,
                  struct error *err) MUST_CHECK;
bool json_get_array(const json_t *object, const char *key, struct json_place place, json_t **out,
                    struct error *err) MUST_CHECK;
bool json_get_object(const json_t *object, const char *key, struct json_place place, json_t **out,
                     struct error *err) MUST_CHECK;
/* "FILE:LINE: field 'PATH.KEY': expected EXPECTED, found TYPE". Returns false. */
bool json_mismatch(const json_t *found, const char *key, struct json_place place, const char *expected,
                   struct error *err);
#ifdef __clang_analyzer__
#define json_mismatch(...) error_false(json_mismatch(__VA_ARGS__)) /* see error.h */
#endif
struct text json_text(const json_t *string); /* borrowed view of a string value, empty for others */

/* Canonical form: sorted keys, no blanks, shortest numbers, UTF-8 unescaped where JSON allows.
 * Digests are made of it. */
bool json_put_canonical(struct buffer *out, const json_t *value);
/* sha256 of the canonical form (at most 64 MiB of it). */
bool json_digest(const json_t *value, char hex[HASH_HEX], struct error *err) MUST_CHECK;
/* For people: keys in their order, two blanks of indent (indent = 0: one line). Shortest numbers. */
bool json_put(struct buffer *out, const json_t *value, int indent);
/* A JSON string literal with quotes. Invalid UTF-8 is written as U+FFFD. */
bool json_put_string(struct buffer *out, struct text t);
/* A json string from bytes; invalid UTF-8 is replaced by U+FFFD, so it never fails but for memory. */
json_t *json_from_text(struct text t);
json_t *json_from_f64(double value); /* NaN and infinities become null */

#endif
