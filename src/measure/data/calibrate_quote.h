/* What is known of quoting: an index of a public corpus, texts whose windows were counted by set membership, a filter
 * in the public form, and which pairs of answers are valid. */
#ifndef MEASURE_CALIBRATE_QUOTE_H
#define MEASURE_CALIBRATE_QUOTE_H

#include "base/pool.h"
#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* gold: folder with corpus_a.jsonl, corpus_a.stats.json, quip_gold_a.jsonl, mini_a.25-1.bf and its gold file,
 * pairing_gold_a.jsonl; NULL: none of these. Planted checks and random queries against a naive search (repeat of them)
 * need no files. Indexes are made in a folder of the system's temporary files. */
bool calibrate_quote(const char *gold, uint64_t seed, uint64_t repeat, struct pool *pool, calibrate_report *report,
                     void *context, struct error *err) MUST_CHECK;

#endif
