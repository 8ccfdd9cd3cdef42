/* What the files of the statistics share. */
#ifndef MEASURE_STAT_INTERNAL_H
#define MEASURE_STAT_INTERNAL_H

#include "measure/statistics/statistics.h"

/* x and y = 1 - x where the beta distribution has lower tail p and upper tail q = 1 - p; giving both keeps the digits
 * of the smaller one, on either side. */
void stat_beta_solve(double a, double b, double p, double q, double *x, double *y);

#endif
