/* Which guidelines of a library are for an input. The library is ranked by likeness, then the best are taken one by
 * one unless they say nearly what is taken already (the published rule: likeness by ratio below `spread`) or contradict
 * it (conflicts_with).
 *
 * Likeness: the cosine of vectors. Without a model they are hashed n-grams: words, pairs of words and runs of four
 * characters of words, in lower case, hashed to 2^16 places, each (1 + ln count) x (ln((1 + n)/(1 + texts that have
 * it)) + 1), of the guidelines' texts; what shares none with the
 * input is not found. With one they are what the
 * caller's function makes of a text. */
#ifndef SET_GUIDE_FIND_H
#define SET_GUIDE_FIND_H

#include "base/pool.h"
#include "set/guide.h"

enum { GUIDE_PLACES = 1 << 16, GUIDE_LONG_LIST = 100, GUIDE_WIDTH_MOST = 65536 };

/* Vectors of all texts at once, [n][width], any length; they are divided by it. ERROR_DATA where one is not finite. */
typedef bool guide_embed(void *context, const struct text *text, size_t n, size_t *width, float **out,
                         struct error *err);

struct guide_find_settings {
    size_t k;           /* at most so many; at least 1 */
    double spread;      /* 0.5; a ratio at or above it to one that is taken: passed over. 1 and more: none is */
    bool compat;        /* ratios rounded as published */
    guide_embed *embed; /* NULL: n-grams */
    void *context;
    const float *vectors; /* of the library, [n][width], as embed would make them; NULL: they are made */
};
struct guide_hit {
    const struct guideline *guide;
    double score;
};
struct guide_found {
    struct guide_hit *hit; /* best first; equal ones by gid */
    size_t n;
    size_t alike, contradicting; /* passed over */
};
/* ERROR_USAGE: k is 0. ERROR_DATA: the library is empty. */
bool guide_find(const struct guide_library *library, struct text input, const struct guide_find_settings *settings,
                struct arena *arena, struct guide_found *out, struct error *err) MUST_CHECK;

/* ---- n-grams, for whoever needs them: sparse vectors of length 1 */

struct guide_vector {
    uint32_t *place; /* ascending */
    float *value;
    size_t n;
};
struct guide_grams {
    uint32_t *texts; /* that have each place */
    size_t n;        /* texts */
    struct guide_vector *vector;
};
/* Of n texts, weighted among themselves. */
bool guide_grams_make(const struct text *text, size_t n, struct arena *arena, struct guide_grams *out,
                      struct error *err) MUST_CHECK;
/* Of another text, with their weights; what none of them has is left out. */
bool guide_grams_of(const struct guide_grams *grams, struct text t, struct arena *arena, struct guide_vector *out,
                    struct error *err) MUST_CHECK;
double guide_cosine(const struct guide_vector *a, const struct guide_vector *b);

#endif
