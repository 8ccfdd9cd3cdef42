/* The area by which trials of a body that follows requests are scored: of n errors the mean, over 100 thresholds, of
 * the share that lies below: 90 thresholds exp(0 .. -4.6) and 10 from there evenly to 0 (Dong et al., AlignDiff, ICLR
 * 2024, as released). No integral: the grid is not weighted. No error at all gives 0.99; n = 0: NaN. */
#ifndef MEASURE_AREA_H
#define MEASURE_AREA_H

#include <stddef.h>

double stat_tracking_area(const double *error, size_t n);

#endif
