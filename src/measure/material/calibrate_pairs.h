/* Drawn scores of two subjects on the same items, compared by the code of `basanite compare` itself: what the
 * simulations of its promises (calibrate_coverage.c, calibrate_gate.c) share. */
#ifndef MEASURE_CALIBRATE_PAIRS_H
#define MEASURE_CALIBRATE_PAIRS_H

#include "base/rng.h"
#include "measure/compare/compare.h"

struct calibrate_pairs;
/* metric: one that reads a single part of its own name, as exact_match and token_f1 do. resamples: of the bootstrap. */
struct calibrate_pairs *calibrate_pairs_new(const char *metric, double confidence, uint64_t resamples,
                                            struct error *err) MUST_CHECK;
void calibrate_pairs_free(struct calibrate_pairs *pairs);
/* a, b: [n] scores of the base and of the other subject. The row and the other's figure are
 * borrowed until the next call. */
bool calibrate_pairs_compare(struct calibrate_pairs *pairs, const double *a, const double *b, size_t n, uint64_t seed,
                             struct compare_row *row, struct figure *figure, struct error *err) MUST_CHECK;
/* The verdict of a gate on the difference of such a row. */
bool calibrate_pairs_judge(struct calibrate_pairs *pairs, const struct gate *gate, const struct compare_row *row,
                           const struct figure *figure, enum gate_verdict *verdict, struct error *err) MUST_CHECK;

/* Fractions of two subjects on the same n items, the second better by `effect`: both vary by the item and by
 * themselves, their difference with a standard deviation of CALIBRATE_PAIRS_DEVIATION. */
#define CALIBRATE_PAIRS_DEVIATION 0.14142135623730951
void calibrate_pairs_draw(struct rng *rng, double effect, double *a, double *b, size_t n);

#endif
