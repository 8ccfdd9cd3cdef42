/* Part `quote` of `basanite bench`. */
#ifndef QUOTE_BENCH_QUOTE_H
#define QUOTE_BENCH_QUOTE_H

#include "base/bench.h"

/* On made-up text of words as frequent as words are: windows a second in a filter of four million elements, of text
 * that is in it and of text that is not, by one thread (floor: the same filter when it is small enough for the caches);
 * MB of text a second that are normalised and sorted into an exact index; microseconds to score an answer of 1,000
 * characters, copied, half copied and not copied. */
bool bench_quote(struct bench *b, struct error *err) MUST_CHECK;

#endif
