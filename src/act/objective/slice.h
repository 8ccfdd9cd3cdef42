/* Slices of a teacher's distributions: its K likeliest next tokens and what is left for all others ("rest"), how they
 * are mended before a student learns them, and the divergence of the student from them. FIRST (Shum et al. 2024,
 * section 3), with a sixth bucket. */
#ifndef ACT_SLICE_H
#define ACT_SLICE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* How the K probabilities p become w, which sum to 1:
 *   power    p^(1/c) / sum              a temperature c; above 1 it softens
 *   paper    exp(p / c) / sum           as FIRST has it: a ceiling exp(1/c) / (exp(1/c) + K -
 *                                       1) and a floor for every token
 *   smooth   p1 - delta, the others + delta / (K - 1), over the sum
 *   linear   (p + eps) / sum            no mending */
enum slice_map { SLICE_POWER, SLICE_PAPER, SLICE_SMOOTH, SLICE_LINEAR };

struct slice_mend {
    enum slice_map map;
    double c, delta, eps;
};
/* p: [k], falling, the first above 0 -> w: [k]. */
void slice_mend(const struct slice_mend *mend, const double *p, size_t k, double *w);

/* How the student's distribution is compared. Six buckets: the k tokens at their probabilities and the rest in one, so
 * that mass outside of the slice is pushed, too. Five: only the slice, renormalised as p / sum,
 * or (as the published code) softmax(p). */
enum slice_form { SLICE_SIX, SLICE_FIVE, SLICE_FIVE_SOFTMAX };

/* KL(target || student) in nats. logits: [n]; ids: [k] different ones below n; w: [k] sums to 1; rest: what the teacher
 * left, used by SLICE_SIX, whose targets are (1 - rest) w and rest. Overwritten: p: [n] the student's probabilities;
 * gradient: [n] d KL / d logits. */
double slice_divergence(enum slice_form form, const float *logits, size_t n, const int32_t *ids, const double *w,
                        size_t k, double rest, double *p, double *gradient);

/* What a slice claims of one position, for the choice of c: the largest mended probability, and whether the token that
 * came was the likeliest one. */
struct slice_case {
    const double *p; /* [k] */
    double rest;
    bool right;
};
/* Expected calibration error of the largest mended probability (with the rest:
 * times 1 - rest) in 10 equal bins, right-closed. */
double slice_ece(const struct slice_mend *mend, bool with_rest, const struct slice_case *cases, size_t n, size_t k);
/* The c of smallest error: FIRST's grid 0.1, 0.2, .. 1 and then steps of 0.02 around the best for `paper`; 0.25 to 8 in
 * 21 steps of equal ratio and then 9 between the neighbours for `power`; ties go to the c nearest 1. tell (may be NULL)
 * gets every c that was tried. */
typedef void slice_tell(void *context, double c, double ece);
double slice_fit(struct slice_mend mend, bool with_rest, const struct slice_case *cases, size_t n, size_t k,
                 slice_tell *tell, void *context);

#endif
