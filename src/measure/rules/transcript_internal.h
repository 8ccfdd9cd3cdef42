/* What the files of transcripts share. */
#ifndef MEASURE_TRANSCRIPT_INTERNAL_H
#define MEASURE_TRANSCRIPT_INTERNAL_H

#include "base/hash.h"
#include "measure/rules/transcript.h"

enum transcript_kind {
    SPOKEN_CONTRACTION, /* a whole word and its words */
    SPOKEN_ENDING,      /* an ending and its word: n't = not */
    SPOKEN_NUMBER,      /* a word and its value: 0..19 and tens */
    SPOKEN_SCALE,       /* hundred, thousand, ... */
    SPOKEN_ORDINAL,     /* first = 1, twentieth = 20 */
    SPOKEN_SPELLING,    /* a word and how it is written here */
    SPOKEN_PAIR,        /* two words and the one that they are: e mail = email */
    SPOKEN_BEGINNING,   /* the same of how words begin */
    SPOKEN_SIGN,        /* a character and its word */
    SPOKEN_MONEY,       /* a character before a number and its word behind it */
    SPOKEN_KINDS
};

struct spoken {
    struct text from, to;
    uint64_t value; /* of numbers */
};
struct transcript_words {
    struct arena arena;
    struct phrases *phrases; /* what the words point into */
    struct spoken *of[SPOKEN_KINDS]; /* each sorted by `from` */
    size_t n[SPOKEN_KINDS];
    char digest[HASH_HEX];
};

/* The entry for exactly this; NULL: none. */
const struct spoken *transcript_find(const struct transcript_words *words, enum transcript_kind kind, struct text t);

/* A list of words on an arena. */
struct word_list {
    struct text *at;
    size_t n, capacity;
};
bool word_list_add(struct word_list *list, struct text word, struct arena *arena, struct error *err) MUST_CHECK;

/* Number words to digits: "two hundred and five" 205, "twenty first" 21st, "three point one" 3.1, "5 million" 5000000;
 * "a hundred" 100; single digits stay single ("one two" 1 2), for transcript.c to put together. */
bool transcript_numbers(const struct transcript_words *words, const struct word_list *in, struct word_list *out,
                        struct arena *arena, struct error *err) MUST_CHECK;

#endif
