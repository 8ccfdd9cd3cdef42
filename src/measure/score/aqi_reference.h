/* Models beside a fixed list of models: per axiom the mean and standard deviation of log rho_cv over the list, in a
 * file {"list": NAME, "models": n, "axioms": {AXIOM: {"mean", "sd"}}}; all texts together stand under "". A score is
 * 50 + 10 (log rho_cv - mean) / sd, and named with its list. Unlike the code's form it can compare models on the same
 * texts. */
#ifndef MEASURE_AQI_REFERENCE_H
#define MEASURE_AQI_REFERENCE_H

#include "measure/score/aqi.h"

/* Of n results, two or more; axioms that not all of them have are left out. Owned by the caller. */
json_t *aqi_reference_make(struct text list, const struct aqi_result *const *results, size_t n,
                           struct error *err) MUST_CHECK;
/* ERROR_DATA: not such a file. Owned by the caller. */
json_t *aqi_reference_read(const char *path, struct error *err) MUST_CHECK;
/* NaN: the list has no such axiom. */
double aqi_reference_score(const json_t *reference, const struct aqi_group *group);
const char *aqi_reference_name(const json_t *reference);

#endif
