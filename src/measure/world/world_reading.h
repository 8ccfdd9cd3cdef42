/* What a question about facts asks, however it is said: the way back from a prompt to the tables. The wordings of
 * pocket/relations.yaml are looked for anywhere in the text; what stands around them (frames, distractors, mark-up) may
 * be anything but a negation. Words count by their class: case, articles, synonyms and pairs that the caller adds do
 * not matter, nor does one slip inside a word (a letter missing, wrong, doubled or exchanged, a blank in it, letters
 * spaced apart) as long as its first and last letter stay. Names and values must stand as they are, but for case.
 *
 * It is no guess: where two different facts, an unknown name, a negation or no wording is found, nothing is told. */
#ifndef MEASURE_WORLD_READING_H
#define MEASURE_WORLD_READING_H

#include "measure/world/world_manner.h"

enum { ASKED_OPTIONS = 8 };
struct world_asked {
    const struct fact *fact; /* borrowed from the world */
    bool claim;              /* says that its value is `claimed`, and asks if that is so */
    int claimed;
    size_t n_options; /* lettered lines: their values; those that are no value of the column are -1 */
    int option[ASKED_OPTIONS];
};

struct world_reader; /* constant after world_reader_new, safe for threads */
/* more: further words that count as one, borrowed for the call. The world must live as long as the reader. */
struct world_reader *world_reader_new(const struct world *world, const struct exchange *more, size_t n_more,
                                      struct error *err) MUST_CHECK;
void world_reader_free(struct world_reader *reader); /* NULL does nothing */
/* NULL, or why nothing can be told ("no wording of a question is found"); constant texts. */
const char *world_read_question(const struct world_reader *reader, struct text prompt, struct world_asked *out);
/* The place of the right option among lettered lines; whether a claim holds: 0 yes, 1 no; else 0. SIZE_MAX: none of
 * the options is right, or several are. */
size_t world_asked_right(const struct world_asked *asked);

/* ---- inside */

enum { READING_IDS = 4, READING_TOKENS = 400, READING_WORD = 40, READING_LINKS = 2 };

/* A prompt in words: letters small, marks at their ends and articles gone. */
struct reading_token {
    struct text word; /* in the scratch of the reading */
    int id[READING_IDS];
    size_t n_ids;  /* classes it may be of */
    bool article;   /* or nothing at all */
    int joined;    /* class of it and the next one without the blank; -1: none */
    size_t spaced; /* this many single letters from here make the class `joined`; 0: it is of two tokens */
};

enum { SLOT_SUBJECT = -1, SLOT_VALUE = -2 };
struct reading_pattern {
    const int *part; /* classes, or slots */
    size_t n;
    uint16_t relation;
    bool claim, open_end; /* open_end: a claim cut before its value, which only the end of the text may follow */
    int next;             /* with the same first part; -1: none */
};
/* Names and values by their text. */
struct reading_name {
    struct text text;
    uint8_t set; /* kind of a name; a column of a value */
    bool is_value;
    int value; /* of the entity, or the value */
    int next;
};

struct world_reader {
    const struct world *world;
    struct arena arena;
    struct text *word; /* class representatives and their fellows: vocabulary */
    int *class_of;     /* word -> class */
    size_t n_words, capacity;
    int *table; /* open hash of words; -1: free */
    size_t table_size;
    int bucket[26][26], *chained; /* words by first and last letter, for slips */
    struct reading_pattern *patterns;
    size_t n_patterns;
    int *by_first, first_subject; /* class -> pattern; patterns that begin with the subject */
    struct reading_name *names;
    size_t n_names;
    int *name_table;
    size_t name_table_size;
};
/* The next word of a text, as above, written to `into` (READING_WORD bytes); false at the end. An over-long word is
 * cut. */
bool reading_next(struct text *rest, char into[READING_WORD], struct text *word);
bool reading_is_article(struct text word);
/* Whether a word is another one with one slip behind its first letter, or that word itself; that both end alike is for
 * the caller to see. */
bool reading_slipped(struct text word, struct text as);
/* The place of a word in the vocabulary; -1: it is none. */
int reading_find(const struct world_reader *reader, struct text word);
int reading_find_name(const struct world_reader *reader, struct text name); /* the first; -1: none */
bool reading_index(struct world_reader *reader, const struct exchange *more, size_t n_more,
                   struct error *err) MUST_CHECK;

#endif
