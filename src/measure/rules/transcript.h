/* Transcripts of speech: one form for all ways to write the same words, and how far two of them are apart.
 *
 * Word error rate: (S + D + I) / N of the alignment with the fewest edits, N the words of the reference (Levenshtein
 * 1966; Morris, Maier, Green 2004 on what it means above 1). Of alignments with as few edits the one is taken that has,
 * from the end, a substitution rather than a deletion rather than an insertion.
 *
 * Normal form, in this order: compatibility characters composed, lower case; what stands in round, square, curly or
 * lenticular brackets is dropped (an open bracket that nothing closes drops nothing); letters with dots (U.S.) are one
 * word; contractions become their words; number words become digits, and whole numbers beside each other one, as nobody
 * hears how digits are grouped (555 1234; nineteen eighty-four); pairs like "e mail" are one word; British spellings
 * American ones; marks and symbols become blanks; blanks are one. The words are data: rules/speech-words.txt. */
#ifndef MEASURE_TRANSCRIPT_H
#define MEASURE_TRANSCRIPT_H

#include "base/text.h"

struct transcript_words; /* constant after opening */
/* name: a file, looked up in `path`; empty: the built-in list. */
struct transcript_words *transcript_words_open(const char *name, const char *path, struct error *err) MUST_CHECK;
void transcript_words_close(struct transcript_words *words);
const char *transcript_words_digest(const struct transcript_words *words);

/* On the arena, words with one blank between them. ERROR_DATA: no UTF-8. */
bool transcript_normal(const struct transcript_words *words, struct text t, struct arena *arena, struct text *out,
                       struct error *err) MUST_CHECK;

enum transcript_unit { TRANSCRIPT_WORDS, TRANSCRIPT_CHARACTERS };
/* Characters for what is written without blanks: most letters are Han, kana, Thai, Lao, Khmer or Burmese. */
enum transcript_unit transcript_unit_of(struct text reference);

struct transcript_errors {
    uint64_t substituted, deleted, inserted;
    uint64_t length; /* of the reference, in units */
};
/* Of texts in normal form; characters leave blanks out. ERROR_DATA: longer than 65,535 units, or more than 2^26 pairs
 * of them. */
bool transcript_errors_of(struct text reference, struct text said, enum transcript_unit unit, struct arena *arena,
                          struct transcript_errors *out, struct error *err) MUST_CHECK;

#endif
