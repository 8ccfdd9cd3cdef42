/* Two runs' figures on the same items, resampled and exchanged cluster by cluster, by several threads: each resample
 * and each exchange has its own random stream, so the numbers are the same for any of them. */
#ifndef MEASURE_COMPARE_JOINT_H
#define MEASURE_COMPARE_JOINT_H

#include "measure/figure/tally_internal.h"

/* The clusters of both sides as one list. */
struct joint {
    struct tally_selection *side[2];
    uint32_t *of[2]; /* [side's clusters]: place in the list */
    size_t n;
    bool whole; /* each cluster counts on both sides */
    const struct figure_settings *figures;
};
/* The selections hold the metric in use; they, the settings and what lies on the arena are borrowed. */
bool joint_make(struct joint *joint, struct tally_selection sides[2], const struct figure_settings *figures,
                struct arena *arena, struct error *err) MUST_CHECK;
/* Resamples clusters for both sides at once: the differences of the figures, second less first, that are known, in the
 * order of their resamples. kept: room for figures->bootstrap of them. Needs tally_gather_sums of both sides. */
bool joint_resample(struct joint *joint, const char *stream, double *kept, size_t *n_kept,
                    struct error *err) MUST_CHECK;
/* The share of random exchanges of both sides' clusters, and of the answers as they are, whose difference is at least
 * as far from 0 as d. */
bool joint_exchange(struct joint *joint, const char *stream, double d, double *p, struct error *err) MUST_CHECK;

#endif
