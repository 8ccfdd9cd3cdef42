/* What a score says as JSON. Members, the names of the public scorer where it has them: normalised_len, numerator,
 * denominator, quip, too_short, state, quoted_spans [[from, to]] (characters of the normalised text),
 * longest_run_windows, longest_span_chars, covered_chars, repeated, corrected, expected_longest, badness; exact engine:
 * sentences, whole, stitched, sources; with QUOTE_ALL doc (the normalised text), stretches [{from, to, text, count,
 * places [{id, file, line?, at, before, after}]}] and every_sentence [{from, to, text, whole, longest, joins,
 * stitched}]. */
#ifndef QUOTE_JSON_H
#define QUOTE_JSON_H

#include "quote/quote_score.h"

enum quote_detail { QUOTE_NUMBERS, QUOTE_ALL };
/* Owned by the caller; NULL: out of memory. */
json_t *quote_score_json(const struct quote_index *index, const struct quote_score *score, enum quote_detail detail);
/* {"id", "file", "line"?, "document", "at", "before", "after"} */
json_t *quote_place_json(const struct quote_place *place);
/* {"engine", "width", "stride", "documents", "characters", "windows", "distinct", "bytes", "rate", "shards", ...} */
json_t *quote_facts_json(const struct quote_facts *facts);

#endif
