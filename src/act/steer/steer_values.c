/* Estimators of values: see steer_values.h. */
#include "act/steer/steer_values.h"

#include <math.h>

static double mass_of(const struct steer_ends *e) {
    double sum = 0;
    for (size_t i = 0; i < e->n; i++) sum += e->of[i].mass;
    return sum;
}

/* Standard error of the mean of what f gives for each end; 0 of exact ends. */
static double error_of_mean(const struct steer_ends *e, const double *f, double mean) {
    double sum = 0;
    if (e->exact) return 0;
    if (e->n < 2) return NAN;
    for (size_t i = 0; i < e->n; i++) sum += (f[i] - mean) * (f[i] - mean);
    return sqrt(sum / (double)(e->n - 1) / (double)e->n);
}

void steer_mean(const struct steer_ends *e, struct steer_value *out) {
    double mass = mass_of(e), sum = 0, spread = 0;
    for (size_t i = 0; i < e->n; i++) sum += e->of[i].mass * e->of[i].reward;
    out->q = sum / mass;
    for (size_t i = 0; i < e->n; i++) spread += (e->of[i].reward - out->q) * (e->of[i].reward - out->q);
    out->error = e->exact ? 0 : e->n < 2 ? NAN : sqrt(spread / (double)(e->n - 1) / (double)e->n);
    out->effective = NAN;
}

void steer_log_mean(const struct steer_ends *e, double beta, struct steer_value *out) {
    double mass = mass_of(e), most = -INFINITY, sum = 0, squares = 0;
    for (size_t i = 0; i < e->n; i++) most = fmax(most, e->of[i].reward / beta);
    for (size_t i = 0; i < e->n; i++) {
        double w = exp(e->of[i].reward / beta - most);
        sum += e->of[i].mass * w;
        squares += w * w;
    }
    double mean = sum / mass, n = (double)e->n;
    out->q = beta * (most + log(mean));
    out->error = e->exact ? 0 : e->n < 2 ? NAN : beta * sqrt(fmax(squares / n - mean * mean, 0) / (n - 1)) / mean;
    out->effective = NAN;
}

/* Cuts weights at `clip` times their mean; what is cut lowers the mean, which is not taken again. */
static void cut(double *w, size_t n, double clip) {
    double sum = 0;
    if (!(clip > 0)) return;
    for (size_t i = 0; i < n; i++) sum += w[i];
    for (size_t i = 0; i < n; i++) w[i] = fmin(w[i], clip * sum / (double)n);
}

/* The effective share of the mass; times n an effective number of samples. */
static double effective_share(const struct steer_ends *e, const double *w) {
    double mass = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < e->n; i++) {
        double m = e->of[i].mass;
        mass += m;
        sum += m * w[i];
        squares += m * w[i] * w[i];
    }
    return sum * sum / (mass * squares);
}

void steer_corrected(const struct steer_ends *e, double beta, double clip, double least, double *w,
                     struct steer_value *out) {
    double most = -INFINITY, total = 0, q = 0, spread = 0;
    for (size_t i = 0; i < e->n; i++) most = fmax(most, (e->of[i].reward - e->of[i].baseline_reward) / beta);
    for (size_t i = 0; i < e->n; i++) w[i] = exp((e->of[i].reward - e->of[i].baseline_reward) / beta - most);
    cut(w, e->n, clip);
    out->effective = effective_share(e, w) * (e->exact ? 1 : (double)e->n);
    if (!e->exact && e->n > 1 && out->effective < least) {
        double effective = out->effective;
        steer_mean(e, out);
        out->effective = effective;
        out->fell_back = true;
        for (size_t i = 0; i < e->n; i++) w[i] = 1 / (double)e->n;
        return;
    }
    for (size_t i = 0; i < e->n; i++) total += w[i] *= e->of[i].mass;
    for (size_t i = 0; i < e->n; i++) q += (w[i] /= total) * e->of[i].reward;
    for (size_t i = 0; i < e->n; i++) spread += w[i] * w[i] * (e->of[i].reward - q) * (e->of[i].reward - q);
    out->q = q;
    out->error = e->exact ? 0 : e->n < 2 ? NAN : sqrt(spread);
}

void steer_uncorrected_product(const struct steer_ends *e, double beta, double *w, struct steer_value *out) {
    double mass = mass_of(e), sum = 0, weights = 0;
    for (size_t i = 0; i < e->n; i++) w[i] = exp((e->of[i].reward - e->of[i].baseline_reward) / beta);
    out->effective = effective_share(e, w) * (e->exact ? 1 : (double)e->n);
    for (size_t i = 0; i < e->n; i++) weights += w[i] * e->of[i].mass;
    for (size_t i = 0; i < e->n; i++) sum += e->of[i].mass * (w[i] *= e->of[i].reward);
    out->q = sum / mass;
    out->error = error_of_mean(e, w, out->q);
    for (size_t i = 0; i < e->n; i++)
        w[i] = e->of[i].mass * exp((e->of[i].reward - e->of[i].baseline_reward) / beta) / weights;
}
