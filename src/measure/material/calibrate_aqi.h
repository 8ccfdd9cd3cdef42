/* Shows that the indices of cluster.h and the weights of layers.h find what was planted: sets whose values are worked
 * out by hand, in one thread and two; two Gaussians; flipped labels; labels that mean nothing; one layer that carries
 * the signal; another frame; an outlier; the pruned Dunn against all pairs; forms of one number. */
#ifndef MEASURE_CALIBRATE_AQI_H
#define MEASURE_CALIBRATE_AQI_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* repeat: draws of each planted separation, sets of labels that mean nothing (0: 200), and a fifth of the instances of
 * Dunn. Rows come in a fixed order and are the same for the same seed. */
bool calibrate_aqi(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                   struct error *err) MUST_CHECK;

#endif
