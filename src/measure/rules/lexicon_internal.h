/* What reading languages (lexicon_read.c) and using them share. */
#ifndef MEASURE_LEXICON_INTERNAL_H
#define MEASURE_LEXICON_INTERNAL_H

#include "measure/rules/lexicon.h"

struct script_range {
    uint32_t from, to;
    uint8_t script;
};

struct lexicons {
    struct arena arena;
    char digest[HASH_HEX];
    const char *script[LEXICON_SCRIPTS];
    size_t n_scripts;
    struct script_range *range; /* in the order of the file */
    size_t n_ranges;
    struct lexicon_phrases digit[10]; /* of all languages */
    struct lexicon shared;            /* sequences of every language */
    struct lexicon *at;
    size_t n;
};

int lexicon_script(const struct lexicons *lexicons, uint32_t codepoint); /* -1: none */
/* Letters, digits and the marks that belong to them. */
bool lexicon_word_char(uint32_t codepoint);
/* The character before and at a byte of the text; 0: the text begins or ends there. */
uint32_t lexicon_before(struct text t, size_t at);
uint32_t lexicon_after(struct text t, size_t at);
/* Whether t[at, at + n) is a phrase of the language by its word boundaries. */
bool lexicon_stands(const struct lexicon *l, struct text t, size_t at, size_t n);
/* The phrases of both sides; NULL: the sense has none there. */
const struct lexicon_phrases *lexicon_positive(const struct lexicon *l, enum lexicon_sense sense);
const struct lexicon_phrases *lexicon_negative(const struct lexicon *l, enum lexicon_sense sense);

#endif
