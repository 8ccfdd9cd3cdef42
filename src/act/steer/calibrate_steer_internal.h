/* What both halves of the calibration share. Inside of the room. */
#ifndef ACT_CALIBRATE_STEER_INTERNAL_H
#define ACT_CALIBRATE_STEER_INTERNAL_H

#include "act/steer/steer_toy.h"
#include "lm/calibrate/calibrate.h"

/* The settings of a spec, formatted, for a toy: all its tokens are candidates. */
bool toy_settings(struct steer_settings *out, struct arena *arena, const char *spec, double alpha, double beta,
                  struct error *err) MUST_CHECK;

/* Both sides of the bound on what steering by the aligned value loses beside the aligned model:
 * E_rho[r] - E_alg[r] <= alpha (sum_t E_{s ~ alg} KL(rho(. | s) || base(. | s)) - h), h = KL(alg || base). */
struct toy_bound {
    double gap, h, right;
};
bool toy_bound_of(struct steer_toy *toy, const double *steered, double alpha, struct toy_bound *out,
                  struct error *err) MUST_CHECK;

/* Statements of the theory on toys that are drawn from the seed. */
bool calibrate_steer_theory(uint64_t seed, const struct calibrate_out *out, struct error *err) MUST_CHECK;

#endif
