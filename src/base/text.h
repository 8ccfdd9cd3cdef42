/* Text views: (pointer, length), never owned, not zero-terminated unless said so. UTF-8 where it is text.
 * Numbers are parsed and printed independently of the locale and round-trip. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/arena.h"

struct text {
    const char *at;
    size_t len;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
#define TEXT_ARG(t) (int)(t).len, (t).at /* for "%.*s" */

struct text text_of(const char *zero_terminated); /* NULL gives the empty text */
struct text text_part(struct text t, size_t from, size_t to);
bool text_equal(struct text a, struct text b);
bool text_equal_c(struct text a, const char *b);
bool text_equal_nocase(struct text a, struct text b); /* ASCII only */
int text_compare(struct text a, struct text b);       /* by bytes */
bool text_starts(struct text t, struct text prefix);
bool text_ends(struct text t, struct text suffix);
/* Byte index of the first `part` at or after `from`, SIZE_MAX if there is none. */
size_t text_find(struct text t, struct text part, size_t from);
struct text text_trim(struct text t); /* ASCII white space on both sides */
/* Cuts the piece before the next `separator` off *rest; false when *rest is used up. Empty pieces are returned. */
bool text_next(struct text *rest, char separator, struct text *piece);
/* A zero-terminated copy in the arena; NULL when out of memory. */
char *text_copy(struct arena *arena, struct text t, struct error *err) MUST_CHECK;

/* The byte offset of the first byte that is not valid UTF-8, SIZE_MAX if all is valid. */
size_t text_utf8_invalid(struct text t);
/* Bytes of the character that starts at t.at[0] and its code point; 0 when t is empty or invalid there. */
size_t text_utf8_next(struct text t, uint32_t *codepoint);
size_t text_utf8_put(uint32_t codepoint, char out[4]); /* 1..4; 0 for no scalar value */
size_t text_utf8_count(struct text t);                 /* characters of valid UTF-8 */

/* The whole text must be the number; no leading or trailing blanks; false otherwise or out of range. */
bool text_to_i64(struct text t, int64_t *out) MUST_CHECK;
bool text_to_u64(struct text t, uint64_t *out) MUST_CHECK;
bool text_to_f64(struct text t, double *out) MUST_CHECK; /* accepts inf, -inf, nan */
/* The shortest %g form that reads back as the same double (some powers of two get 17 digits where 16 exist); at most 32
 * bytes with the zero. Returns its length. */
size_t text_from_f64(double value, char out[32]);

/* The known name nearest to `name` (edit distance), for "did you mean"; NULL when nothing is near.
 * names: n zero-terminated strings. */
const char *text_nearest(struct text name, const char *const *names, size_t n);

#endif
