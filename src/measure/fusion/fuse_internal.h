/* What the methods of fusion share. Inside of fusion. */
#ifndef MEASURE_FUSE_INTERNAL_H
#define MEASURE_FUSE_INTERNAL_H

#include "measure/fusion/fuse.h"

extern const struct fusion fusion_vote, fusion_confidence, fusion_majority, fusion_bayes, fusion_pool,
    fusion_dawid_skene;

/* n answers, [n][K] zeros. */
bool fused_new(const struct fuse_in *in, struct arena *arena, struct fused *out, struct error *err) MUST_CHECK;
static inline const struct agent_said *fuse_said(const struct fuse_in *in, size_t item, size_t s) {
    return agent_said_at(in->log, item, in->source[s]);
}
/* exp(x - largest), summing to 1, in place; the place of the first largest. Returns the log of the sum of exp(x). */
double fuse_softmax(double *x, size_t k, size_t *best);
/* The likeliest class but one. */
size_t fuse_second(const double *p, size_t k, size_t best);
/* How much a source tells: mutual information of class and answer over the entropy of the class, 0..1. */
double fuse_information(const double *prior, const double *confusion, size_t k, size_t symbols);

/* Counts of what sources say of items whose class is known: n[s][t][symbol], and how many of class t each source spoke
 * of. A symbol is an answer and, with bins > 1, the bin of its confidence. */
struct fuse_counts {
    const struct fuse_in *in;
    double alpha;
    size_t k, bins, symbols;
    double *n, *spoke; /* [S][K][symbols], [S][K] */
    double *of_class;  /* [K] */
    double total;
};
bool fuse_count(const struct fuse_in *in, double alpha, size_t bins, struct arena *arena, struct fuse_counts *out,
                struct error *err) MUST_CHECK;
/* Adds (sign 1) or takes away (-1) what a labelled item taught. */
void fuse_count_item(struct fuse_counts *counts, size_t item, double sign);
double fuse_log_prior(const struct fuse_counts *counts, size_t t);
/* log P(what source s says of the item | class t); 0 when it is silent. */
double fuse_log_likelihood(const struct fuse_counts *counts, size_t item, size_t s, size_t t);
bool fuse_counts_weights(const struct fuse_counts *counts, struct arena *arena, double *weight,
                         struct error *err) MUST_CHECK; /* fuse_information of each source */

#endif
