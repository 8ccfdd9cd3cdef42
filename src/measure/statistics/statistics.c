/* Intervals, tests and calibration errors: see statistics.h. Distributions: stat_special.c, resampling:
 * stat_bootstrap.c, ranks and agreement: stat_rank.c. */
#include "measure/statistics/stat_internal.h"

#include <math.h>

static const struct interval undefined = {NAN, NAN, NAN};

static bool share_fits(uint64_t k, uint64_t n, double confidence) {
    return k <= n && confidence > 0 && confidence < 1;
}

/* The centre and half width of the score interval: Wilson, "Probable inference", JASA 22 (1927). */
struct interval stat_wilson(uint64_t k, uint64_t n, double confidence) {
    if (!share_fits(k, n, confidence)) return undefined;
    if (n == 0) return (struct interval){NAN, 0, 1};
    double m = (double)n, p = (double)k / m, z = -stat_normal_quantile((1 - confidence) / 2), zz = z * z;
    double centre = (p + zz / (2 * m)) / (1 + zz / m);
    double half = z / (1 + zz / m) * sqrt(p * (1 - p) / m + zz / (4 * m * m));
    return (struct interval){p, k == 0 ? 0 : fmax(0, centre - half), k == n ? 1 : fmin(1, centre + half)};
}

struct interval stat_clopper_pearson(uint64_t k, uint64_t n, double confidence) {
    if (!share_fits(k, n, confidence)) return undefined;
    if (n == 0) return (struct interval){NAN, 0, 1};
    double tail = (1 - confidence) / 2, lo = 0, hi = 1, rest;
    if (k > 0) stat_beta_solve((double)k, (double)(n - k) + 1, tail, 1 - tail, &lo, &rest);
    if (k < n) stat_beta_solve((double)k + 1, (double)(n - k), 1 - tail, tail, &hi, &rest);
    return (struct interval){(double)k / (double)n, lo, hi};
}

/* How far factor x share may lie below and above its estimate. */
static void reach(double factor, struct interval x, double *below, double *above) {
    double to_lo = factor * (x.estimate - x.lo), to_hi = factor * (x.hi - x.estimate);
    *below = factor >= 0 ? to_lo : -to_hi;
    *above = factor >= 0 ? to_hi : -to_lo;
}

struct interval stat_two_shares(double a, uint64_t k1, uint64_t n1, double b, uint64_t k2, uint64_t n2,
                                double confidence) {
    if (!share_fits(k1, n1, confidence) || !share_fits(k2, n2, confidence) || n1 == 0 || n2 == 0) return undefined;
    struct interval x = stat_wilson(k1, n1, confidence), y = stat_wilson(k2, n2, confidence);
    double below[2], above[2], estimate = a * x.estimate + b * y.estimate;
    reach(a, x, &below[0], &above[0]);
    reach(b, y, &below[1], &above[1]);
    return (struct interval){estimate, estimate - hypot(below[0], below[1]), estimate + hypot(above[0], above[1])};
}

struct interval stat_mover_difference(struct interval x, struct interval y) {
    double estimate = x.estimate - y.estimate;
    return (struct interval){estimate, estimate - hypot(x.estimate - x.lo, y.hi - y.estimate),
                             estimate + hypot(x.hi - x.estimate, y.estimate - y.lo)};
}

/* One limit: the root of (product)^2 - a b (2x - a)(2y - b), a of x and b of y. */
static double ratio_limit(double x, double a, double y, double b, double sign) {
    double product = x * y, inside = product * product - a * b * (2 * x - a) * (2 * y - b);
    return (product + sign * sqrt(fmax(0, inside))) / (b * (2 * y - b));
}

struct interval stat_mover_ratio(struct interval x, struct interval y) {
    if (isnan(x.estimate) || !(y.estimate > 0)) return undefined;
    double estimate = x.estimate / y.estimate;
    if (!(y.lo > 0) || isnan(x.lo) || !(2 * y.estimate > y.hi)) return (struct interval){estimate, NAN, NAN};
    return (struct interval){estimate, fmax(0, ratio_limit(x.estimate, x.lo, y.estimate, y.hi, -1)),
                             ratio_limit(x.estimate, x.hi, y.estimate, y.lo, 1)};
}

static double mean_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum / (double)n;
}

struct interval stat_mean_t(const double *x, size_t n, double confidence) {
    if (n == 0 || !(confidence > 0 && confidence < 1)) return undefined;
    double mean = mean_of(x, n), square = 0, rest = 0;
    if (n < 2) return (struct interval){mean, NAN, NAN};
    for (size_t i = 0; i < n; i++) {
        double d = x[i] - mean;
        square += d * d;
        rest += d; /* corrects the rounding of the mean (Chan, Golub, LeVeque 1983) */
    }
    double variance = fmax(0, square - rest * rest / (double)n) / (double)(n - 1);
    double half = -stat_t_quantile((1 - confidence) / 2, (double)(n - 1)) * sqrt(variance / (double)n);
    return (struct interval){mean, mean - half, mean + half};
}

/* True when place i comes after place j in the order of p, equal values by their place. */
static bool comes_after(const double *p, size_t i, size_t j) {
    return p[i] > p[j] || (p[i] == p[j] && i > j);
}

/* The place that follows `last` in rising order (SIZE_MAX: the first one), SIZE_MAX at the end. NaN has no place. */
static size_t next_up(const double *p, size_t n, size_t last) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i]) || (last != SIZE_MAX && !comes_after(p, i, last))) continue;
        if (best == SIZE_MAX || comes_after(p, best, i)) best = i;
    }
    return best;
}

static size_t next_down(const double *p, size_t n, size_t last) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i]) || (last != SIZE_MAX && !comes_after(p, last, i))) continue;
        if (best == SIZE_MAX || comes_after(p, i, best)) best = i;
    }
    return best;
}

static size_t prepare_adjusted(const double *p, double *adjusted, size_t n) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        m += !isnan(p[i]);
        adjusted[i] = NAN;
    }
    return m;
}

void stat_holm(const double *p, double *adjusted, size_t n) {
    size_t m = prepare_adjusted(p, adjusted, n);
    double most = 0;
    for (size_t rank = 0, at = next_up(p, n, SIZE_MAX); rank < m; rank++, at = next_up(p, n, at)) {
        most = fmax(most, fmin(1, (double)(m - rank) * p[at]));
        adjusted[at] = most;
    }
}

void stat_benjamini_hochberg(const double *p, double *adjusted, size_t n) {
    size_t m = prepare_adjusted(p, adjusted, n);
    double least = 1;
    for (size_t rank = m, at = next_down(p, n, SIZE_MAX); rank > 0; rank--, at = next_down(p, n, at)) {
        least = fmin(least, p[at] * (double)m / (double)rank);
        adjusted[at] = least;
    }
}

/* The edges are i / bins, rounded once, so that a confidence written 0.3 lies exactly on the edge 3 / 10. */
size_t stat_ece_bin(double confidence, size_t bins, bool left_closed) {
    double scaled = confidence * (double)bins;
    size_t bin = scaled >= (double)bins ? bins - 1 : scaled > 0 ? (size_t)scaled : 0;
    if (left_closed) {
        while (bin + 1 < bins && confidence >= (double)(bin + 1) / (double)bins) bin++;
        while (bin > 0 && confidence < (double)bin / (double)bins) bin--;
    } else {
        while (bin + 1 < bins && confidence > (double)(bin + 1) / (double)bins) bin++;
        while (bin > 0 && confidence <= (double)bin / (double)bins) bin--;
    }
    return bin;
}

static bool all_shares(const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!(x[i] >= 0 && x[i] <= 1)) return false;
    return true;
}

double stat_ece(const double *confidence, const double *correct, size_t n, size_t bins, bool left_closed) {
    double total = 0;
    if (n == 0 || bins == 0 || !all_shares(confidence, n) || !all_shares(correct, n)) return NAN;
    for (size_t b = 0; b < bins; b++) {
        double sure = 0, right = 0;
        for (size_t i = 0; i < n; i++)
            if (stat_ece_bin(confidence[i], bins, left_closed) == b) {
                sure += confidence[i];
                right += correct[i];
            }
        total += fabs(sure - right);
    }
    return total / (double)n;
}

double stat_brier(const double *confidence, const double *correct, size_t n) {
    double sum = 0;
    if (n == 0 || !all_shares(confidence, n) || !all_shares(correct, n)) return NAN;
    for (size_t i = 0; i < n; i++) sum += (confidence[i] - correct[i]) * (confidence[i] - correct[i]);
    return sum / (double)n;
}
