/* The table of estimators: see effect.h. */
#include "measure/causal/effect_internal.h"

static const struct estimator *const table[] = {
    &estimator_difference, &estimator_regression, &estimator_ipw,        &estimator_aipw,
    &estimator_t_learner,  &estimator_matching,   &estimator_strata,     &estimator_did,
    &estimator_synthetic,  &estimator_iv,         &estimator_front_door, &estimator_truth,
};

size_t estimators(const struct estimator *const **out) {
    *out = table;
    return sizeof table / sizeof *table;
}

const struct estimator *estimator_find(struct text name, struct error *err) {
    enum { N = sizeof table / sizeof *table };
    const char *names[N];
    for (size_t i = 0; i < N; i++) {
        if (text_equal_c(name, table[i]->name)) return table[i];
        names[i] = table[i]->name;
    }
    const char *near = text_nearest(name, names, N);
    error_set(err, ERROR_USAGE, "no estimator '%.*s'%s%s%s; `basanite methods estimator` lists them", TEXT_ARG(name),
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}
