/* Which tokens may come next: a grammar over the vocabulary of a tokenizer. The tokens' bytes are a tree that is walked
 * together with the grammar, so that common beginnings cost once and refused ones nothing; masks are kept by place in
 * the grammar. A token may end inside a character or span many items of the grammar. */
#ifndef LM_GRAMMAR_MASK_H
#define LM_GRAMMAR_MASK_H

#include "lm/grammar/grammar.h"
#include "lm/tokenizer/tokenizer.h"

/* The texts of all tokens as a tree. Constant, safe for threads. Tokens without a text (control, unknown and unused
 * ones) and texts beyond 4,096 bytes never stand in an answer that follows a grammar; those that end generation do
 * where the grammar may end. Text is that of tokenizer_piece: in the middle of a text, with its leading blank. */
struct grammar_vocabulary;
struct grammar_vocabulary *grammar_vocabulary_new(const struct tokenizer *tokenizer, struct error *err) MUST_CHECK;
void grammar_vocabulary_free(struct grammar_vocabulary *vocabulary);
size_t grammar_vocabulary_nodes(const struct grammar_vocabulary *vocabulary); /* of the tree */

/* Masks of one grammar for one vocabulary, both borrowed. Safe for threads: answers that follow the same grammar share
 * what was found. Keeps at most `most` bytes (0: 64 MiB); then it begins anew, which costs time and changes nothing. */
struct grammar_mask;
struct grammar_mask *grammar_mask_new(const struct grammar *grammar, const struct grammar_vocabulary *vocabulary,
                                      size_t most, struct error *err) MUST_CHECK;
void grammar_mask_free(struct grammar_mask *mask);
size_t grammar_mask_words(const struct grammar_mask *mask); /* uint64_t, one bit a token */

/* Where one answer stands. All zero before its first token. */
struct grammar_cursor {
    uint64_t generation;
    int32_t place;
    size_t seen;
};
struct grammar_next {
    size_t tokens; /* that may come and do not end the answer */
    bool may_end;
};
/* What may follow the n tokens of an answer: allowed, [grammar_mask_words], gets their bits, with the tokens that end
 * generation where the grammar may end. Each call has the tokens of the last one and more. ERROR_DATA: the answer does
 * not follow the grammar, or the grammar is too ambiguous or too large to follow there. The outcome depends on grammar,
 * vocabulary, `most` and answer alone. */
bool grammar_mask_next(struct grammar_mask *mask, struct grammar_cursor *cursor, const int32_t *answer, size_t n,
                       uint64_t *allowed, struct grammar_next *next, struct error *err) MUST_CHECK;

#endif
