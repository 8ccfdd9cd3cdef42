/* Trusted text and answers in one form, so that "the same words" means the same bytes. Both go through the same
 * normaliser, in this order (Zhang et al. 2024, data portraits):
 *   1. a run of CR and LF is one LF;
 *   2. a run of white space without LF is one blank (Unicode's white space: no-break space, tab, em space, ...);
 *   3. a blank behind an LF vanishes;
 *   4. white space at both ends vanishes.
 * Nothing else is touched: no case, no punctuation, no Unicode normal form, so typographic and plain quotation marks
 * are different text. */
#ifndef QUOTE_TEXT_H
#define QUOTE_TEXT_H

#include "base/text.h"

/* Raised when the rules above change: an index made by another normaliser is refused. */
#define QUOTE_NORMALISER "quip-1"

struct quote_text {
    struct text text;   /* normalised, UTF-8 */
    size_t n;           /* its characters (code points) */
    const uint32_t *at; /* [n + 1] byte offset of each character in text; at[n]: its length */
    const uint32_t
        *from; /* [n + 1] byte offset of each character in the text as it was; from[n]: where the last ends */
};

/* On the arena. ERROR_DATA: invalid UTF-8, by byte offset; longer than 1 GiB. */
bool quote_text_normalise(struct text t, struct arena *arena, struct quote_text *out, struct error *err) MUST_CHECK;

/* The same of a document, whose characters nobody asks for: appended to out. *n: its characters. */
struct buffer;
bool quote_text_append(struct text t, struct buffer *out, size_t *n, struct error *err) MUST_CHECK;

bool quote_is_blank(uint32_t codepoint); /* white space, LF and CR too */
/* Holds a NUL or more than one control character in thirty: nobody's words. */
bool quote_is_binary(struct text t);

#endif
