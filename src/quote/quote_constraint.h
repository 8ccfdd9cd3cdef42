/* Constrained copying: between quotation marks an answer can only go on as the trusted text does, so that every quote
 * is verbatim by construction. Outside of them nothing changes. A quote begins behind " or an opening typographic mark,
 * where a word of the trusted text does, and ends with the mark that belongs to it, at the end of a word once it has
 * its least length, or where the trusted text ends; an answer cannot end inside of one (but where its token limit cuts
 * it).
 *
 * Ranges of sorted suffixes (quote_shard.h) follow the quote byte by byte; tokens are walked as a tree of bytes. */
#ifndef QUOTE_CONSTRAINT_H
#define QUOTE_CONSTRAINT_H

#include "lm/engine/logits_processor.h"
#include "lm/grammar/grammar_mask.h"
#include "quote/quote_index.h"

/* Constant but for what it keeps of its first answers, which it guards. */
struct quote_constraint;
/* index: exact; borrowed, as the vocabulary is. least: characters of a quote. ERROR_USAGE: a filter, which knows no
 * continuations. */
struct quote_constraint *quote_constraint_new(const struct quote_index *index,
                                              const struct grammar_vocabulary *vocabulary, size_t least,
                                              struct error *err) MUST_CHECK;
void quote_constraint_free(struct quote_constraint *constraint);
/* Settings: a struct quote_constraint. */
extern const struct logits_processor_kind quote_processor;

#endif
