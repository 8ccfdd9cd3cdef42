/* Estimators without a model: means of what was seen, and of both potential outcomes where a file holds them. */
#include "measure/causal/effect_internal.h"

#include <math.h>

/* Mean and variance of y (NULL: 1) where t is `arm`. */
static void arm_moments(const struct effect_problem *p, const double *w, double arm, double *n, double *mean,
                        double *variance) {
    double sum = 0, square = 0;
    *n = 0;
    for (size_t i = 0; i < p->n; i++) {
        double weight = p->t[i] == arm ? effect_weight(w, i) : 0;
        *n += weight;
        sum += weight * p->y[i];
    }
    *mean = sum / *n;
    for (size_t i = 0; i < p->n; i++)
        if (p->t[i] == arm) square += effect_weight(w, i) * pow(p->y[i] - *mean, 2);
    *variance = square / (*n - 1);
}

/* The difference of two means with Neyman's error (Statistical Science 5, 1990 [1923], 465-472): the effect where the
 * treatment was dealt at random. */
static bool difference(const struct effect_problem *p, const double *w, struct arena *arena,
                       struct effect_estimate *out, struct error *err) {
    double n[2], mean[2], variance[2];
    (void)arena, (void)err;
    for (size_t a = 0; a < 2; a++) arm_moments(p, w, (double)a, &n[a], &mean[a], &variance[a]);
    out->value[EFFECT_ATE] = mean[1] - mean[0];
    out->error[EFFECT_ATE] = sqrt(variance[0] / n[0] + variance[1] / n[1]);
    out->method[EFFECT_ATE] = "neyman";
    return true;
}

/* Means of y1 - y0. No sampling is involved: these are the effects of these units. */
static bool truth(const struct effect_problem *p, const double *w, struct arena *arena, struct effect_estimate *out,
                  struct error *err) {
    double sum[2] = {0, 0}, n[2] = {0, 0};
    (void)arena, (void)err;
    for (size_t i = 0; i < p->n; i++) {
        sum[p->t[i] == 1] += effect_weight(w, i) * (p->y1[i] - p->y0[i]);
        n[p->t[i] == 1] += effect_weight(w, i);
    }
    out->value[EFFECT_ATE] = (sum[0] + sum[1]) / (n[0] + n[1]);
    out->value[EFFECT_ATT] = sum[1] / n[1];
    return true;
}

const struct estimator estimator_difference = {
    .name = "difference",
    .summary = "difference of means: the effect where the treatment was dealt at random",
    .paper = "Neyman 1923",
    .needs = EFFECT_BINARY,
    .estimate = difference,
};
const struct estimator estimator_truth = {
    .name = "truth",
    .summary = "mean difference of both potential outcomes, where a file holds them",
    .paper = "Rubin 1974",
    .needs = EFFECT_BINARY | EFFECT_PAIR | EFFECT_OWN_ERROR,
    .estimate = truth,
};
