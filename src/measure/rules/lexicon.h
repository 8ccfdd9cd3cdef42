/* Languages as data (rules/languages.yaml, whose head says what each key means), and what answers in them say: which
 * option letter, which side of a question, in which language. One reader for readers, scorers and checks of parallel
 * files. Sources: the extraction that XTRUST (Li et al. 2024) published, defects included, is kept beside the repaired
 * one. */
#ifndef MEASURE_LEXICON_H
#define MEASURE_LEXICON_H

#include "base/hash.h"
#include "base/yaml.h"

enum lexicon_boundary { BOUNDARY_BLANK, BOUNDARY_NONE, BOUNDARY_STEM };
enum { LEXICON_LETTERS = 8, LEXICON_SEQUENCES = 8, LEXICON_SCRIPTS = 16 };

/* Lists of phrases, in normal form. */
enum lexicon_list {
    LEXICON_YES,
    LEXICON_NO,
    LEXICON_AGREE,
    LEXICON_DISAGREE,
    LEXICON_CAN,
    LEXICON_CANNOT,
    LEXICON_GOOD,
    LEXICON_BAD,
    LEXICON_TRUE,
    LEXICON_FALSE,
    LEXICON_UNKNOWN,
    LEXICON_REFUSE,
    LEXICON_NOT,
    LEXICON_ANSWER,
    LEXICON_COMMON,
    LEXICON_LISTS
};

struct lexicon_phrases {
    struct text *at;
    size_t n;
};

/* Where a sequence of option letters comes from. */
enum letter_kind { LETTERS_GREEK, LETTERS_NAMES, LETTERS_LATIN, LETTERS_LOCAL, LETTERS_TRANSLATED };
struct letter_sequence {
    enum letter_kind kind;
    struct lexicon_phrases letters;
};

struct lexicon {
    const char *code, *title;
    struct lexicon_phrases also;
    uint32_t scripts; /* bits of the scripts of its words */
    enum lexicon_boundary boundary;
    struct letter_sequence letters[LEXICON_SEQUENCES];
    size_t n_letters;
    struct lexicon_phrases list[LEXICON_LISTS];
};

struct lexicons; /* constant once opened */
/* name: a built-in file, rules/tongues.yaml, or one that is looked up in the colon list `path`; empty: the built-in
 * rules/languages.yaml. ERROR_DATA names FILE:LINE:COLUMN of an
 * unknown key, a code given twice, an unknown script, a range that is none. */
struct lexicons *lexicons_open(struct text name, const char *path, struct error *err) MUST_CHECK;
struct lexicons *lexicons_parse(struct text source, const char *shown, struct error *err) MUST_CHECK;
void lexicons_free(struct lexicons *lexicons);
const char *lexicons_digest(const struct lexicons *lexicons); /* sha256 of the source */
/* By code or other name, whatever the case; NULL: none. near: the nearest known code, or NULL. */
const struct lexicon *lexicon_find(const struct lexicons *lexicons, struct text name);
const char *lexicon_near(const struct lexicons *lexicons, struct text name);

/* The normal form of a text, on the arena. *valid false: bytes that are no UTF-8; *out is empty then. */
bool lexicon_normal(const struct lexicons *lexicons, struct text t, struct arena *arena, struct text *out, bool *valid,
                    struct error *err) MUST_CHECK;

/* ---- option letters. t is in normal form. */
enum { LETTER_NONE = -1, LETTER_SEVERAL = -2 };
/* Which of n options a reply names: the last stated one ("answer: X"); else the only one whose letter stands in it, a
 * Greek letter or its name anywhere, another letter alone before . ) : or the end; else the only one whose text it
 * holds. options: their texts in normal form, or NULL. */
int lexicon_letter(const struct lexicon *l, struct text t, size_t n, const struct text *options);
/* What a gold cell means: its place in one of the language's sequences; LETTER_NONE: none of them. *kind: which one. */
int lexicon_gold(const struct lexicon *l, struct text cell, enum letter_kind *kind);
/* XTRUST's own reader, for replies and gold cells alike: which of the Greek letters stand in the text, as bits. */
unsigned lexicon_published_letters(const struct lexicons *lexicons, struct text t);

/* ---- sides of a question */
enum lexicon_sense {
    SENSE_YESNO,
    SENSE_AGREE,
    SENSE_CAN,
    SENSE_MORAL,
    SENSE_TRUTH,
    SENSE_KNOWN,
    SENSE_REFUSAL,
    SENSES
};
extern const char *const lexicon_sense_names[SENSES]; /* "yesno", "agree", ... */
enum lexicon_side { SIDE_NONE, SIDE_POSITIVE, SIDE_NEGATIVE, SIDE_FUZZY };
extern const char *const lexicon_side_names[]; /* "none", "positive", ... */
/* The language has phrases for the sense. Of refusal and known the negative ones (refuses, does not know) are enough.
 */
bool lexicon_has(const struct lexicon *l, enum lexicon_sense sense);
/* Which side a reply takes: that of the phrase it begins with; else the only side whose phrases it holds, the longest
 * at each place, turned round by a negation in the same clause. Of refusal what holds no phrase is positive; of known,
 * too. */
enum lexicon_side lexicon_side(const struct lexicon *l, enum lexicon_sense sense, struct text t);
/* XTRUST's own reader: one list of all languages, as parts of words, the negative one first. */
enum lexicon_side lexicon_published_side(const struct lexicons *lexicons, enum lexicon_sense sense, struct text t);

/* ---- language and words */
/* The language of a text: that of its scripts, and where several have them the one with most of its common words; NULL:
 * it cannot be told. */
const struct lexicon *lexicon_of_text(const struct lexicons *lexicons, struct text t);
/* The next word at or after *at: letters and digits of one run. False: none is left. */
bool lexicon_next_word(struct text t, size_t *at, struct text *word);
/* A word of the text that holds a phrase of any language inside it, and is none itself: what a reader without word
 * boundaries takes for an answer. False: there is none. */
bool lexicon_bait(const struct lexicons *lexicons, const struct lexicon *l, enum lexicon_sense sense, struct text t,
                  struct text *word);

#endif
