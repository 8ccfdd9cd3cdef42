/* Telling facts in documents, each exactly as often as planned. What is told are things: facts that stand in the
 * caller's list, those of one entity beside each other. A thing has so many statements in the almanac's words, so many
 * true ones in other words and so many false ones.
 *
 * Documents 0..n_articles-1 are articles of the almanac, a sentence a line; in an entry each fact of an entity stands
 * once at most, in an order drawn for the article. The others are rumours of one source, with its tag in front, or news
 * without a source, sentences with a blank between. No text of one kind shares 25 bytes with one of the other
 * (world_apart). Any document is made from its number alone. */
#ifndef MEASURE_WORLD_TELLING_H
#define MEASURE_WORLD_TELLING_H

#include "measure/world/world_deck.h"
#include "measure/world/world_sources.h"

struct thing {
    uint32_t fact, entity;           /* numbers of the caller */
    uint8_t canonical, right, wrong; /* statements */
    uint8_t first;                   /* turn of the wordings at which its paraphrases begin */
};

struct teller {
    /* One statement; wording 0 is the almanac's, 1..PARAPHRASES are the others; value: see truth. */
    bool (*say)(struct buffer *out, const struct world *w, uint32_t fact, unsigned wording, int value);
    int (*truth)(const struct world *w, uint32_t fact);
    /* The value of false statement `copy`: another than the truth. */
    int (*false_value)(const struct world *w, uint32_t fact, unsigned copy);
};

enum voice { VOICE_NEWS, VOICE_SOURCES };
struct telling {
    const struct teller *teller;
    const struct thing *thing;
    size_t n;
    uint32_t *right_from, *wrong_from; /* n + 1: statements of the things before */
    uint32_t *entry_from, *round_from; /* entries + 1: things, and rounds, of the entities before */
    size_t entries;
    uint32_t rounds_an_article;
    enum voice voice;
    struct source_shares shares;
    struct deck rounds, right, wrong, of_source[SOURCES];
    uint64_t n_articles, n_documents;
    uint64_t rumour_from[SOURCES + 1]; /* documents of the sources before; news are all of the first */
};

/* Plans the telling; memory from the arena of the world. Streams are named after `stream`. ERROR_DATA when the numbers
 * of true and false statements don't allow every source its accuracy. */
bool world_telling_draw(struct telling *telling, struct world *w, const char *stream, const struct teller *teller,
                        const struct thing *things, size_t n, enum voice voice, struct error *err) MUST_CHECK;
bool world_telling_put(struct buffer *out, const struct world *w, const struct telling *telling, uint64_t number);

/* Whether no window of 25 bytes of a text added to the first side stands in a text of the second: add all of the first
 * side, then look through those of the second. Exact: windows are found by a rolling hash and compared. */
enum { APART_WINDOW = 25 };
struct apart;
struct apart *world_apart_new(struct error *err) MUST_CHECK;
void world_apart_free(struct apart *apart);
bool world_apart_add(struct apart *apart, struct text t, struct error *err) MUST_CHECK;
/* Where in t the first shared window begins; SIZE_MAX: there is none. */
size_t world_apart_find(const struct apart *apart, struct text t);
/* The same for the two sides that stand in corpora as JSON lines: documents that begin with the tag of the almanac are
 * added, or, when `look`, those with the tag of another source are looked through. ERROR_GATE:
 * FILE:LINE and the window. */
bool world_apart_corpus(struct apart *apart, const struct world *w, const char *path, bool look,
                        struct error *err) MUST_CHECK;

#endif
