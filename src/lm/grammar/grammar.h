/* Grammars for constrained decoding: what texts an answer may be. Two ways to write one, one compiled form.
 *
 * 1. GBNF, the dialect of llama.cpp: `name ::= alternatives`, names of letters, digits and '-', the text is `root`.
 * Alternatives are separated by '|' and may be empty; an item is a "literal", a class [a-z], [^...], '.', a name or a
 * group (...), each with '*', '+', '?', {m}, {m,} or {m,n} behind it. Escapes in literals and classes: \n \r \t \\ \"
 * \[ \] \xHH \uHHHH \UHHHHHHHH, each one code point. '#' begins a comment. A rule ends with its line, except inside a
 * group and behind '::=' or '|'. Beyond llama.cpp, repetitions of what may be empty are allowed; stricter than it,
 * rules that are defined twice, empty classes, and ranges or repetitions from more to less are refused. Tokens as items
 * (<...>) are refused.
 * 2. JSON Schema: see grammar_schema.h.
 *
 * A compiled grammar is a network of byte automata that call one another: code points have become UTF-8, so text is
 * read byte by byte and may end inside a character. '.' and negated classes do not match U+0000. Left recursion is
 * refused. Constant after compiling, safe for threads. Limits: GRAMMAR_TEXT_MOST bytes of source, 65,536 rules, 2^20
 * states, 65,536 repetitions of one item, groups 200 deep. */
#ifndef LM_GRAMMAR_H
#define LM_GRAMMAR_H

#include "base/text.h"

#define GRAMMAR_TEXT_MOST ((size_t)4 << 20)

struct grammar;

/* ERROR_DATA: "NAME:LINE:COLUMN: what"; also when a limit is passed. */
struct grammar *grammar_from_gbnf(struct text t, const char *shown_name, struct error *err) MUST_CHECK;
void grammar_free(struct grammar *grammar);
size_t grammar_states(const struct grammar *grammar); /* size of the compiled form */

enum grammar_verdict { GRAMMAR_REFUSED, GRAMMAR_BEGINNING, GRAMMAR_ACCEPTED };
/* BEGINNING: no text of the grammar, but it can become one. REFUSED: *at (may be NULL) is the byte that no text of the
 * grammar has there. ERROR_DATA: the text nests deeper than 1,000 rules or the grammar is too ambiguous to follow. */
bool grammar_match(const struct grammar *grammar, struct text t, enum grammar_verdict *verdict, size_t *at,
                   struct error *err) MUST_CHECK;

#endif
