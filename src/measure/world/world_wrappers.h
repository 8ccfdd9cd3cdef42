/* Reversible operations that dress a request up: see pocket/wrappers.yaml. */
#ifndef MEASURE_WORLD_WRAPPERS_H
#define MEASURE_WORLD_WRAPPERS_H

#include "measure/world/world_part.h"

enum { WRAPPERS = 24 };
enum writing {
    WRITE_TEXT,
    WRITE_HALVES,
    WRITE_SPACED,
    WRITE_BASE64,
    WRITE_TONGUE,
    WRITE_WORDS_BACK,
    WRITE_HYPHENS,
    WRITE_DIGITS,
    WRITE_BACKWARDS,
    WRITE_LINES,
    WRITE_SHIFTED,
    N_WRITINGS
};
extern const char *const world_writing_names[N_WRITINGS];

/* Writes a text of letters, blanks and . , ? ' another way, and back. The tongue is p1: it renders the meaning of a
 * request, so only requests can be written in it. False: no memory, or not of that writing. */
bool world_rewrite(struct buffer *out, const struct world *w, enum writing writing, struct text t);
bool world_unwrite(struct buffer *out, const struct world *w, enum writing writing, struct text t);

struct wrapper {
    struct text name, text;
    enum writing writing;
    enum split split; /* TRAIN or HELD_OUT */
};
const struct wrapper *world_wrapper(const struct world *w, size_t i);
bool world_wrap(struct buffer *out, const struct world *w, size_t wrapper, struct text request);
/* The request again; false where the text is not in this wrapper. */
bool world_unwrap(struct buffer *out, const struct world *w, size_t wrapper, struct text wrapped);

extern const struct world_part world_part_wrappers;

#endif
