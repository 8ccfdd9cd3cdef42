/* Isotonic regression by pool-adjacent-violators (Ayer et al. 1955; for calibration: Zadrozny & Elkan 2002): of all
 * maps that never fall, the one with the least weighted squared error. */
#ifndef ACT_ISOTONIC_H
#define ACT_ISOTONIC_H

#include "record/claims.h"

/* Sorts the claims by confidence. Each level of the map has a point at the first and at the last confidence that it
 * holds for. On the arena. */
bool isotonic_fit(struct claim *claims, size_t n, struct arena *arena, struct confidence_map *out,
                  struct error *err) MUST_CHECK;

/* How far confidences, through the map (NULL: as they are), are from what came out: mean squared error; calibration
 * error in 10 equal bins, right-closed. */
double claims_brier(const struct claim *claims, size_t n, const struct confidence_map *map);
double claims_ece(const struct claim *claims, size_t n, const struct confidence_map *map);

#endif
