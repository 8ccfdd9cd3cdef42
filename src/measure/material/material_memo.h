/* Scores that were already worked out. A score is a function of the item and the answer, and in the repetitions of a
 * material the same items get the same few answers again and again. */
#ifndef MEASURE_MATERIAL_MEMO_H
#define MEASURE_MATERIAL_MEMO_H

#include "measure/figure/metric_internal.h"

struct material_memo;

/* For n items of one task; used by one thread. NULL: out of memory. */
struct material_memo *material_memo_new(size_t n, struct error *err) MUST_CHECK;
void material_memo_free(struct material_memo *memo);
/* The row of item number `at` with the score of its answer; row->evidence is borrowed from the memo. */
bool material_memo_score(struct material_memo *memo, const struct task *task, const struct item *item, size_t at,
                         const struct answer *answer, struct record_row *row, struct error *err) MUST_CHECK;

#endif
