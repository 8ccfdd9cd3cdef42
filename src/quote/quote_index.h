/* An index of trusted text, opened: which words of an answer stand in it, and where. Two engines behind one interface:
 *   exact  sorted suffixes (quote_shard.h): sources, counts, spans of any length; no error
 *   bloom  a filter of all windows (quote_bloom.h): membership alone, with false "yes" at a known rate; also public
 *          sketches of corpora
 * Constant once opened: any number of threads look in it at the same time. */
#ifndef QUOTE_INDEX_H
#define QUOTE_INDEX_H

#include "quote/quote_bloom.h"
#include "quote/quote_shard.h"
#include "quote/quote_text.h"

enum quote_engine { QUOTE_EXACT, QUOTE_BLOOM, QUOTE_ENGINES };
extern const char *const quote_engines[QUOTE_ENGINES + 1]; /* "exact", "bloom"; ended by NULL */

struct quote_index;
/* path: the folder of an exact index, or the JSON file of a filter. memory: most bytes of the index that stay resident
 * while it is searched, 0: as the system likes; never changes a result. ERROR_DATA: damaged, cut short, of another
 * normaliser; ERROR_ENVIRONMENT: not there. */
struct quote_index *quote_index_open(const char *path, size_t memory, struct error *err) MUST_CHECK;
void quote_index_close(struct quote_index *index);
/* An exact index of these texts in memory, as of documents that an item brings along; width 0: 25. Together below 2^31
 * bytes. ERROR_DATA: invalid UTF-8. */
struct quote_index *quote_index_of_texts(const struct text *texts, size_t n, size_t width,
                                         struct error *err) MUST_CHECK;

struct quote_facts {
    enum quote_engine engine;
    size_t width;                                      /* characters of a window */
    size_t stride;                                     /* of the corpus: a window begins every so many characters */
    uint64_t documents, characters, windows, distinct; /* 0: not known (public sketches); distinct of a filter: as its
                                                          set bits speak */
    uint64_t bytes;                                    /* of the text */
    double rate;                                       /* of false "yes", as set bits have it; 0 for exact */
    double declared_rate;
    size_t shards;
};
const struct quote_facts *quote_index_facts(const struct quote_index *index);
const struct quote_bloom *quote_index_bloom(const struct quote_index *index);               /* NULL: exact */
size_t quote_index_shards(const struct quote_index *index, const struct quote_shard **out); /* 0: bloom */
/* sha256 of what the index is (normaliser, width, digests of its parts), for records. */
const char *quote_index_digest(const struct quote_index *index);

/* Whether each window of `width` characters of the text is in the trusted text: yes[0 .. n - width]. Nothing where the
 * text is shorter. */
void quote_index_members(const struct quote_index *index, const struct quote_text *text, bool *yes);

/* ---- exact alone ---- */

/* Bytes of the longest beginning of the string that stands in one document. */
size_t quote_index_longest(const struct quote_index *index, struct text string);
/* The same in characters: from character `from` of the text on, before `end`. */
size_t quote_index_reach(const struct quote_index *index, const struct quote_text *text, size_t from, size_t end);
/* How often the string stands there. */
uint64_t quote_index_count(const struct quote_index *index, struct text string);
/* Where: places in the order of documents, at most `most`; of a string that stands there more than 4096 times in one
 * shard those among its first 4096 in sorted order. */
struct quote_place {
    size_t document;           /* of the index, from 0 */
    size_t at;                 /* characters of the normalised document before it */
    struct text source;        /* JSON: {"id", "file", "line"?}; borrowed from the index */
    struct text before, after; /* what stands around it, whole characters of at most 120 bytes; borrowed */
};
size_t quote_index_places(const struct quote_index *index, struct text string, struct quote_place *out, size_t most);
/* The document whose number this is; borrowed. */
struct text quote_index_document(const struct quote_index *index, size_t document);

/* Recomputes the digests of all parts. ERROR_DATA names the one that is not what it was. */
bool quote_index_check(const struct quote_index *index, struct error *err) MUST_CHECK;
/* Gives memory back when about as much as the limit is resident; every search does so. */
void quote_index_trim(const struct quote_index *index);
size_t quote_resident_bytes(void); /* of this process, what maps files included */

#endif
