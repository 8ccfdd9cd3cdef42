/* Words and numbers in texts: how two texts agree, what a text holds. */
#ifndef MEASURE_MATCH_H
#define MEASURE_MATCH_H

#include "base/arena.h"
#include "base/text.h"

/* SQuAD's normal form: lower case (ASCII), no punctuation, no articles, single blanks. On the arena. */
bool match_normal_form(struct text t, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;
/* SQuAD's F1 of the words of two texts in that form. */
bool match_token_f1(struct text a, struct text b, struct arena *arena, double *out, struct error *err) MUST_CHECK;
/* The same of texts that are in that form already. */
double match_words_f1(struct text a, struct text b);

/* Whether the text holds the word or phrase as a whole, in any case (ASCII). */
bool text_holds_word(struct text t, struct text word);
/* Whether the text holds one of the words or phrases, divided by |, so. */
bool text_holds_any(struct text t, struct text list);

/* A number in a text: the first or the last; thousands separators and units are stepped over. */
bool number_in(struct text t, bool last, double *out, struct text *where);

#endif
