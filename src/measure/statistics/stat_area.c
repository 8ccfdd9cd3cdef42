/* Area of trials under a grid of thresholds: see area.h. */
#include "measure/statistics/area.h"

#include <math.h>

enum { SPREAD = 90, EVEN = 10 };

double stat_tracking_area(const double *error, size_t n) {
    double last = exp(-4.6), sum = 0;
    for (size_t k = 0; k < SPREAD + EVEN; k++) {
        double x = k < SPREAD ? exp(-4.6 * (double)k / (SPREAD - 1)) : last * (1 - (double)(k - SPREAD) / (EVEN - 1));
        size_t below = 0;
        for (size_t i = 0; i < n; i++) below += error[i] < x;
        sum += (double)below / (double)n;
    }
    return n ? sum / (SPREAD + EVEN) : (double)NAN;
}
