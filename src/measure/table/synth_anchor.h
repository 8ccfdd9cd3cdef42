/* Candidates whose worth is known, so that a cohort has fixed ends: `leak` (the training rows themselves), `fresh`
 * (real rows that nobody saw: R_va), `shuffle` (every column of the training rows permuted on its own: right alone,
 * wrong together), `uniform` (every level and number as likely as any other). */
#ifndef MEASURE_SYNTH_ANCHOR_H
#define MEASURE_SYNTH_ANCHOR_H

#include "measure/table/synth_fold.h"

enum { SYNTH_ANCHORS = 4 };
extern const char *const synth_anchors[SYNTH_ANCHORS];

/* which: place in synth_anchors. Borrows rows of the fold where it is a copy of them. */
bool synth_anchor_make(const struct synth_fold *fold, size_t which, uint64_t seed, struct arena *arena,
                       struct synth_table *out, struct error *err) MUST_CHECK;

#endif
