/* The two searches of AWQ (Lin et al. 2024), apart from the codec, for known answers. */
#ifndef ACT_CODEC_AWQ_H
#define ACT_CODEC_AWQ_H

#include "act/compress/codec.h"

/* A try of the search: s_j = max(a_j^alpha, 1e-4), a_j the mean magnitude of input j, over the root of its largest
 * times its smallest. out: [columns] */
void awq_factors(const struct moments *inputs, double alpha, double *out);
/* Rounds W diag(s) and divides by s again: what the search judges. */
void awq_round_scaled(struct codec_matrix *m, const double *s, unsigned bits, size_t group);
/* Largest magnitude that each group of each row keeps, [rows, columns / group]: of ten, falling from the largest weight
 * to 55% of it, the one with which rounding changes the output of the group least. */
bool awq_clip(const struct codec_matrix *m, unsigned bits, size_t group, struct pool *pool, double *most,
              struct error *err) MUST_CHECK;

#endif
