/* What the readers of moral graphs share: rows are gathered as they come, then put in order once. */
#ifndef SET_MORAL_INTERNAL_H
#define SET_MORAL_INTERNAL_H

#include "base/json.h"
#include "set/moral.h"
#include "set/text_set.h"

/* Where a text stands, for messages. */
struct moral_place {
    const char *file;
    size_t line;
    const char *column;
};
/* "FILE:LINE: column 'C': what". Returns false. */
bool moral_bad(struct moral_place at, const char *what, struct error *err);

/* A row by the numbers of its texts: a vote, or n votes of one kind that nobody in particular gave. */
struct moral_row {
    uint32_t voter, from, to, context, n;
    uint8_t says;
};
struct moral_gather {
    struct arena *arena;
    struct text_set value, context, voter;
    struct moral_value *about; /* by number of the value */
    size_t about_room;
    struct moral_row *row;
    size_t n, room;
    bool counts, simulated;
};
void moral_gather_init(struct moral_gather *g, struct arena *arena);
void moral_gather_done(struct moral_gather *g);
/* The number of a text: valid UTF-8, not empty, MORAL_ID_MOST bytes at most. */
bool moral_gather_text(struct moral_gather *g, struct text_set *set, struct text t, struct moral_place at,
                       uint32_t *number, struct error *err) MUST_CHECK;
bool moral_gather_row(struct moral_gather *g, struct moral_row row, struct error *err) MUST_CHECK;
bool moral_gather_about(struct moral_gather *g, uint32_t value, const struct moral_value *about,
                        struct error *err) MUST_CHECK;
/* Makes the graph of what was gathered; only: one context, NULL: all. place_of_value (NULL: not wanted): where each
 * gathered value came to stand. */
bool moral_build(struct moral_gather *g, const char *only, struct moral *out, uint32_t **place_of_value,
                 struct error *err) MUST_CHECK;
/* The pair of two values, NULL: nobody compared them. back: does it run from its b to its a? */
struct moral_pair *moral_pair_find(const struct moral *m, uint32_t from, uint32_t to, uint8_t *back);

/* A member that is a text or a whole number, as text on the arena; empty where there is none. */
bool moral_json_text(const json_t *row, const char *key, struct arena *arena, struct text *out,
                     struct error *err) MUST_CHECK;
/* A card {title, policies} as it stands in JSONL. */
bool moral_card_read(const json_t *row, struct moral_place at, struct arena *arena, struct moral_value *out,
                     struct error *err) MUST_CHECK;
/* Columns that say who somebody is are refused. */
bool moral_refuse_personal(struct text column, const char *file, size_t line, struct error *err) MUST_CHECK;

#endif
