/* Distribution functions of statistics.h: normal, beta, t, gamma, chi-square, binomial. Prefactors are formed with the
 * deviances of Loader, "Fast and accurate computation of binomial probabilities" (2000), so that they keep their digits
 * for large parameters, where differences of log-gammas would lose them. */
#include "measure/statistics/stat_internal.h"

#include <float.h>
#include <math.h>

#define TWO_PI 6.283185307179586476925
#define MOST_TERMS 2000000

double stat_normal_cdf(double z) {
    return 0.5 * erfc(-z * 0.70710678118654752440);
}

static double ratio(const double *top, const double *bottom, int n, double x) {
    double a = top[n - 1], b = bottom[n - 1];
    for (int i = n - 2; i >= 0; i--) {
        a = a * x + top[i];
        b = b * x + bottom[i];
    }
    return a / b;
}

/* Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988): about 1 part in 1e16. */
double stat_normal_quantile(double p) {
    static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                               1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[] = {1.0,
                               4.2313330701600911252e+1,
                               6.8718700749205790830e+2,
                               5.3941960214247511077e+3,
                               2.1213794301586595867e+4,
                               3.9307895800092710610e+4,
                               2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                               3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                               2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    if (!(p >= 0 && p <= 1)) return NAN;
    if (p == 0 || p == 1) return p == 0 ? -INFINITY : INFINITY;
    double q = p - 0.5;
    if (fabs(q) <= 0.425) return q * ratio(a, b, 8, 0.180625 - q * q);
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double z = r <= 5 ? ratio(c, d, 8, r - 1.6) : ratio(e, f, 8, r - 5);
    return q < 0 ? -z : z;
}

/* delta(a) of Gamma(a) = sqrt(2 pi / a) (a / e)^a e^delta(a). */
static double stirling_rest(double a) {
    if (a < 16) {
        int sign;
        return lgamma_r(a, &sign) - (a - 0.5) * log(a) + a - 0.5 * log(TWO_PI);
    }
    double i = 1 / (a * a);
    return (1 / 12.0 - i * (1 / 360.0 - i * (1 / 1260.0 - i * (1 / 1680.0 - i * (1 / 1188.0 - i * 691 / 360360.0))))) /
           a;
}

/* x log(x / m) + m - x without cancellation near x = m (Loader, section 2.2). */
static double deviance(double x, double m) {
    if (fabs(x - m) < 0.1 * (x + m)) {
        double v = (x - m) / (x + m), sum = (x - m) * v, term = 2 * x * v;
        for (int j = 1; j < 1000; j++) {
            term *= v * v;
            double next = sum + term / (2 * j + 1);
            if (next == sum) break;
            sum = next;
        }
        return sum;
    }
    return x * log(x / m) + m - x;
}

/* x^a y^b / B(a, b) with y = 1 - x. */
static double beta_front(double a, double b, double x, double y) {
    double n = a + b;
    return sqrt(a / n * b / TWO_PI) *
           exp(stirling_rest(n) - stirling_rest(a) - stirling_rest(b) - deviance(a, n * x) - deviance(b, n * y));
}

/* The continued fraction of DiDonato & Morris, "Algorithm 708", ACM TOMS 18 (1992), BFRAC: I_x(a, b) divided by the
 * front factor, for lambda = a - (a + b) x >= 0. Its terms are formed from lambda, which the caller has without
 * cancellation. */
static double beta_fraction(double a, double b, double x, double y, double lambda) {
    double c = 1 + lambda, c1 = 1 + 1 / a, p = 1, s = a + 1;
    double top = 0, bottom = 1, next_top = 1, next_bottom = c / c1, r = c1 / c;
    for (int term = 1; term < MOST_TERMS; term++) {
        double n = term, t = n / a, w = n * (b - n) * x, e = a / s;
        double alpha = p * (p + b / a) * e * e * (w * x);
        e = (1 + t) / (c1 + t + t);
        double beta = n + w / s + e * (c + n * (y + 1));
        p = 1 + t;
        s += 2;
        t = alpha * top + beta * next_top;
        top = next_top;
        next_top = t;
        t = alpha * bottom + beta * next_bottom;
        bottom = next_bottom;
        next_bottom = t;
        double last = r;
        r = next_top / next_bottom;
        if (fabs(r - last) <= DBL_EPSILON * r) break;
        top /= next_bottom;
        bottom /= next_bottom;
        next_top = r;
        next_bottom = 1;
    }
    return r;
}

/* Both tails of the beta distribution at x (y = 1 - x); the smaller one keeps its relative precision. */
static void beta_tails(double a, double b, double x, double y, double *lower, double *upper) {
    if (x <= 0 || y <= 0) {
        *lower = x <= 0 ? 0 : 1;
        *upper = 1 - *lower;
        return;
    }
    double lambda = a > b ? (a + b) * y - b : a - (a + b) * x;
    if (lambda >= 0) {
        *lower = fmin(1, beta_front(a, b, x, y) * beta_fraction(a, b, x, y, lambda));
        *upper = 1 - *lower;
    } else {
        *upper = fmin(1, beta_front(a, b, x, y) * beta_fraction(b, a, y, x, -lambda));
        *lower = 1 - *upper;
    }
}

double stat_beta_incomplete(double a, double b, double x) {
    double lower, upper;
    if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return NAN;
    beta_tails(a, b, x, 1 - x, &lower, &upper);
    return lower;
}

/* The x <= 1/2 with lower tail p and upper tail q: Newton steps inside a shrinking bracket. */
static double beta_solve_half(double a, double b, double p, double q) {
    double lo = 0, hi = 0.5, x = fmin(0.25, a / (a + b));
    for (int i = 0; i < 2200; i++) {
        double lower, upper;
        beta_tails(a, b, x, 1 - x, &lower, &upper);
        double off = p < q ? lower - p : q - upper;
        if (off == 0) return x;
        *(off < 0 ? &lo : &hi) = x;
        double slope = beta_front(a, b, x, 1 - x) / (x * (1 - x)), next = x - off / slope;
        if (!(next > lo && next < hi)) next = hi > 8 * lo && lo > 0 ? sqrt(lo * hi) : lo > 0 ? (lo + hi) / 2 : hi / 64;
        if (fabs(next - x) <= DBL_EPSILON * fabs(x) || next == 0) return next;
        x = next;
    }
    return x;
}

void stat_beta_solve(double a, double b, double p, double q, double *x, double *y) {
    double lower, upper;
    if (p <= 0 || q <= 0) {
        *x = p <= 0 ? 0 : 1;
        *y = 1 - *x;
        return;
    }
    beta_tails(a, b, 0.5, 0.5, &lower, &upper);
    if (p < q ? p <= lower : q >= upper) {
        *x = beta_solve_half(a, b, p, q);
        *y = 1 - *x;
    } else {
        *y = beta_solve_half(b, a, q, p);
        *x = 1 - *y;
    }
}

double stat_beta_quantile(double a, double b, double p) {
    double x, y;
    if (!(a > 0 && b > 0 && p >= 0 && p <= 1)) return NAN;
    stat_beta_solve(a, b, p, 1 - p, &x, &y);
    return x;
}

double stat_t_quantile(double p, double degrees) {
    double x, y;
    if (!(p >= 0 && p <= 1 && degrees > 0)) return NAN;
    if (isinf(degrees)) return stat_normal_quantile(p);
    if (p == 0 || p == 1) return p == 0 ? -INFINITY : INFINITY;
    if (p == 0.5) return 0;
    double tail = p < 0.5 ? p : 1 - p; /* of t: half of what lies below x = d / (d + t^2) */
    stat_beta_solve(degrees / 2, 0.5, 2 * tail, 1 - 2 * tail, &x, &y);
    double t = sqrt(degrees) * sqrt(y / x);
    return p < 0.5 ? -t : t;
}

/* Both tails of the gamma distribution of shape a at x: series (DLMF 8.11.4) below a + 1, continued fraction (8.9.2)
 * above. */
static void gamma_tails(double a, double x, double *lower, double *upper) {
    if (x <= 0 || isinf(x)) {
        *lower = x <= 0 ? 0 : 1;
        *upper = 1 - *lower;
        return;
    }
    double front = sqrt(a / TWO_PI) * exp(-stirling_rest(a) - deviance(a, x)); /* x^a e^-x / Gamma(a) */
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (int n = 1; n < MOST_TERMS && term > sum * DBL_EPSILON / 4; n++) sum += term *= x / (a + n);
        *lower = fmin(1, front * sum);
        *upper = 1 - *lower;
        return;
    }
    const double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
    for (int n = 1; n < MOST_TERMS; n++) {
        double an = -n * (n - a);
        b += 2;
        d = an * d + b;
        c = b + an / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        if (fabs(c) < tiny) c = tiny;
        h *= d * c;
        if (fabs(d * c - 1) <= DBL_EPSILON) break;
    }
    *upper = fmin(1, front * h);
    *lower = 1 - *upper;
}

double stat_gamma_incomplete(double a, double x) {
    double lower, upper;
    if (!(a > 0 && x >= 0)) return NAN;
    gamma_tails(a, x, &lower, &upper);
    return lower;
}

double stat_chi2_sf(double x, double degrees) {
    double lower, upper;
    if (!(degrees > 0) || isnan(x)) return NAN;
    gamma_tails(degrees / 2, x / 2, &lower, &upper);
    return upper;
}

double stat_binomial_cdf(uint64_t k, uint64_t n, double p) {
    double lower, upper;
    if (!(p >= 0 && p <= 1)) return NAN;
    if (k >= n) return 1;
    beta_tails((double)(n - k), (double)k + 1, 1 - p, p, &lower, &upper);
    return lower;
}
