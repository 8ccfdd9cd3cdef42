/* What estimators see: columns of numbers. Made by effect_design.c. */
#ifndef MEASURE_EFFECT_INTERNAL_H
#define MEASURE_EFFECT_INTERNAL_H

#include "measure/causal/effect.h"
#include "measure/causal/effect_table.h"
#include "measure/statistics/statistics.h"

enum { EFFECT_ROLES = 4, EFFECT_EXTRAS = 16, EFFECT_FOLDS_MOST = 50, EFFECT_COLUMNS_MOST = 512 };

struct effect_role {  /* a column that an option names */
    const char *name; /* NULL: not given */
    const double *x;  /* [n]; of a category which label */
    size_t n_labels;  /* 0: numbers */
};

struct effect_problem {
    const struct estimator *estimator;
    const struct option_value *options;
    const char *table;
    size_t n, p;
    double *x; /* [n, p]: 1, then the covariates: numbers standardised over the rows, one column a label */
    const char **x_name;
    double *t, *y;          /* [n]; y: of a pair the one that was seen */
    double *y0, *y1;        /* [n]; NULL: not known */
    bool binary;            /* t is 0 or 1 */
    const char *low, *high; /* what 0 and 1 of t were in the file, where it is binary */
    struct effect_role role[EFFECT_ROLES];
    const size_t *line;
    uint32_t *cluster; /* [n]; NULL */
    size_t n_clusters;
    uint64_t seed;
    const double *share_start; /* [p] where fits of the share of treated begin: those of all rows; NULL: at 0 */
};

struct effect_extra {
    const char *name;
    double value;
};
struct effect_estimate {
    double value[EFFECT_TARGETS], error[EFFECT_TARGETS]; /* NaN: none */
    double lo[EFFECT_TARGETS], hi[EFFECT_TARGETS];       /* an interval of its own; NaN: from the error */
    const char *method[EFFECT_TARGETS];                  /* how the error comes about; NULL: no error */
    struct effect_extra extra[EFFECT_EXTRAS];
    size_t n_extras;
    double confidence;       /* wanted of an interval of its own */
    struct buffer *warnings; /* lines; NULL: nobody listens */
};
void effect_estimate_init(struct effect_estimate *out);
void effect_put_extra(struct effect_estimate *out, const char *name, double value);
void effect_warn(struct effect_estimate *out, const char *format, ...) PRINTF_LIKE(2, 3);
static inline double effect_weight(const double *w, size_t i) {
    return w ? w[i] : 1;
}

/* Columns of the table to a problem. *missing, *left_out: see struct effect_result. `covariates` is what the settings
 * say, or what a graph gave. */
bool effect_design(const struct effect_table *table, const struct effect_settings *settings, const char *covariates,
                   const struct estimator *estimator, const struct option_value *options, struct arena *arena,
                   struct effect_problem *out, struct effect_result *result, struct error *err) MUST_CHECK;

/* Coefficients of the share of T = 1 given x, [p], and the share itself: [n]. */
bool effect_share_fit(const struct effect_problem *p, const double *w, double penalty, double *beta,
                      struct arena *arena, struct error *err) MUST_CHECK;
bool effect_propensity(const struct effect_problem *p, const double *w, double penalty, double *e, struct arena *arena,
                       struct error *err) MUST_CHECK;
double effect_trim(double e); /* to [0.01, 0.99] */
/* sd sqrt(sum w^2) / sum w of influence values whose weighted mean is 0: the standard error of a mean. */
double effect_influence_error(const double *psi, const double *w, size_t n);

/* What is checked of a problem before and after: overlap (an error where there is none), balance, refuters. */
bool effect_check_overlap(const struct effect_problem *p, struct effect_estimate *out, struct arena *arena,
                          struct error *err) MUST_CHECK;
bool effect_refute(const struct effect_problem *p, const struct effect_estimate *found, struct effect_estimate *out,
                   struct arena *arena, struct error *err) MUST_CHECK;

extern const struct estimator estimator_truth, estimator_difference, estimator_regression, estimator_ipw,
    estimator_aipw, estimator_t_learner, estimator_matching, estimator_strata, estimator_did, estimator_synthetic,
    estimator_iv, estimator_front_door;

#endif
