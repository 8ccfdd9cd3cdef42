/* The accountant of private trainings: see privacy.h. */
#include "act/train/privacy.h"

#include <math.h>

#define SIGMA_MOST 1e4

/* log of the integrand at z, without the constant of the normal density. */
static double log_integrand(double q, double sigma, double alpha, double z) {
    double ratio = (2 * z - 1) / (2 * sigma * sigma), log_mix;
    if (q >= 1)
        log_mix = ratio;
    else if (log(q) + ratio > log1p(-q))
        log_mix = log(q) + ratio + log1p(exp(log1p(-q) - log(q) - ratio));
    else
        log_mix = log1p(-q) + log1p(exp(log(q) + ratio - log1p(-q)));
    return alpha * log_mix - z * z / (2 * sigma * sigma);
}

/* The trapezoidal rule: the integrand is smooth in a strip around the axis and falls like a normal density on both
 * sides, so the error shrinks exponentially with the step. Its mass lies between 0 and alpha. */
double privacy_divergence(double q, double sigma, double alpha) {
    double from = -12 * sigma, to = alpha + 12 * sigma, step = fmin(sigma, sigma * sigma) / 8, most = -INFINITY,
           sum = 0;
    uint64_t n = (uint64_t)ceil((to - from) / step);
    if (n > 200000) n = 200000;
    step = (to - from) / (double)n;
    for (uint64_t i = 0; i <= n; i++) most = fmax(most, log_integrand(q, sigma, alpha, from + (double)i * step));
    for (uint64_t i = 0; i <= n; i++) sum += exp(log_integrand(q, sigma, alpha, from + (double)i * step) - most);
    double log_mean = most + log(sum * step / (sigma * sqrt(2 * acos(-1))));
    return fmax(log_mean, 0) / (alpha - 1);
}

static double order_at(int i) {
    if (i < 99) return 1.1 + 0.1 * i;
    return i < 151 ? 12 + (i - 99) : 64 * pow(2, (i - 151) / 4.0);
}

double privacy_epsilon(double q, double sigma, uint64_t steps, double delta, double *order) {
    double least = INFINITY;
    for (int i = 0; i <= 159; i++) {
        double alpha = order_at(i), rdp = (double)steps * privacy_divergence(q, sigma, alpha);
        double epsilon = fmax(rdp + log((alpha - 1) / alpha) - (log(delta) + log(alpha)) / (alpha - 1), 0);
        if (order && epsilon < least) *order = alpha;
        least = fmin(least, epsilon);
    }
    return least;
}

bool privacy_noise(double q, uint64_t steps, double epsilon, double delta, double *sigma, struct error *err) {
    double low = 0.2, high = 0.4;
    while (high < SIGMA_MOST && privacy_epsilon(q, high, steps, delta, NULL) > epsilon) {
        low = high;
        high *= 2;
    }
    if (high >= SIGMA_MOST)
        return error_set(err, ERROR_USAGE,
                         "dp: no noise keeps epsilon at %g for %llu steps; take a larger one, fewer steps or more data",
                         epsilon, (unsigned long long)steps);
    while (high - low > 1e-4 * high) {
        double middle = (low + high) / 2;
        *(privacy_epsilon(q, middle, steps, delta, NULL) > epsilon ? &low : &high) = middle;
    }
    *sigma = high;
    return true;
}
