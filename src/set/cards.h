/* Values cards {id, title, policies, canonical?}: cards that say the same value are merged. As the published program
 * does for a new card: it becomes the same as the nearest card that stands for itself where that one is near enough,
 * else stands for itself. Near: the cosine of n-gram vectors (guide_find.h) of the policies, sorted, is at least `tau`;
 * what the vectors take for the same a person may refuse. A card that says "canonical" already keeps it, and goes with
 * it where that one is merged: whatever a card is the same as stands for itself.
 * Rows whose `kind` is neither value nor card are passed over. */
#ifndef SET_CARDS_H
#define SET_CARDS_H

#include "base/json.h"

enum { CARDS_MOST = 20000 };

struct card {
    const char *id, *title;
    const char *text; /* its policies, or its title where it has none */
    size_t line;      /* of its row, among rows of all kinds */
    json_t *row;      /* as it was read; borrowed from struct cards */
    size_t canonical; /* the card that it is the same as; its own place: it stands for itself */
    double likeness;  /* to that one; NaN: it said so itself, or stands for itself */
};
struct cards {
    struct card *card;
    size_t n;
    json_t *rows;
};
/* ERROR_DATA: FILE:LINE of a row without an id or title, an id that comes twice, a canonical card that is not there,
 * or that leads round in a circle. */
bool cards_read(const char *path, struct arena *arena, struct cards *out, struct error *err) MUST_CHECK;
void cards_done(struct cards *cards);

/* May the card be merged into the other one? false with err set: an error; *yes: the answer. */
typedef bool cards_ask(void *context, const struct cards *cards, size_t card, size_t into, double likeness, bool *yes,
                       struct error *err);
/* ask NULL: always. refused: merges that were refused. */
bool cards_merge(struct cards *cards, double tau, cards_ask *ask, void *context, struct arena *arena, size_t *refused,
                 struct error *err) MUST_CHECK;

/* A list of merges that were made elsewhere: CSV of card_id, canonical_id. The two may be numbered on their own, so
 * that the same number need not be the same card. */
struct card_merges {
    const char **card, **canonical; /* [n], in the order of the file */
    size_t n, n_canonical;
    size_t largest; /* cards of the canonical card that has most */
};
bool cards_read_merges(const char *path, struct arena *arena, struct card_merges *out, struct error *err) MUST_CHECK;

#endif
