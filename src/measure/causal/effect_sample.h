/* An effect of a table that is in memory, for those who draw tables: simulations, tests. */
#ifndef MEASURE_EFFECT_SAMPLE_H
#define MEASURE_EFFECT_SAMPLE_H

#include "base/arena.h"

struct effect_sample {
    double value, lo, hi; /* of the first target, 95% interval */
};
/* cells: [rows][columns], finite; the first column is the treatment, the second the outcome. covariates: as in struct
 * effect_settings. Intervals by the estimator's own error, else by 200 resamples. */
bool effect_sample_estimate(const double *cells, size_t rows, const char *const *column, size_t columns,
                            const char *spec, const char *covariates, uint64_t seed, struct arena *arena,
                            struct effect_sample *out, struct error *err) MUST_CHECK;

#endif
