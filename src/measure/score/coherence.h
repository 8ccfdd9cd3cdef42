/* How near answers are to what was asked: vectors of texts. */
#ifndef MEASURE_COHERENCE_H
#define MEASURE_COHERENCE_H

#include "base/text.h"

/* Cosines of n pairs of texts by words: counts of lower-case words, each weighted by log((1 + N) / (1 + df)) + 1 over
 * all 2 n texts, df being the texts that have the word (Salton & Buckley 1988; smoothed as scikit-learn does). NaN: one
 * of both has no word. out: [n] */
bool coherence_by_words(const struct text *prompts, const struct text *answers, size_t n, double *out,
                        struct error *err) MUST_CHECK;
/* The same of states behind the model's final norm, each the mean over the text's tokens; texts beyond the context are
 * cut on the right. path: a model file. NaN: a text without tokens. */
bool coherence_by_states(const char *path, const struct text *prompts, const struct text *answers, size_t n,
                         double *out, struct error *err) MUST_CHECK;

#endif
