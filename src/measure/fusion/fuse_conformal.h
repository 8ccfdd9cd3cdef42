/* Abstaining by split conformal prediction: of each item the set of classes that can't be ruled out, so that the true
 * one is in it with chance 1 - alpha (Vovk, Gammerman & Shafer 2005; Angelopoulos & Bates, arXiv 2107.07511). Score of
 * class t: 1 - p(t), ties broken at random; the threshold is the ceil((n + 1)(1 - alpha))-th least score of n gold
 * answers. A set of more than one class, or of none, is for a person to decide. */
#ifndef MEASURE_FUSE_CONFORMAL_H
#define MEASURE_FUSE_CONFORMAL_H

#include "measure/fusion/fuse.h"

struct conformal {
    bool *in;                     /* [n][K] by the threshold of all gold answers; on the arena */
    size_t splits;                /* halves: one sets the threshold, the other is covered or not */
    double coverage, least, most; /* mean over the splits, and their ends */
    double size;                  /* mean of classes in a set, over the splits */
    double escalated;             /* share of sets that are no single class */
};
/* p: [n][K], each of an item with a gold answer told without it. */
bool fuse_conformal(const struct agent_log *log, const double *p, double alpha, uint64_t seed, struct arena *arena,
                    struct conformal *out, struct error *err) MUST_CHECK;

#endif
