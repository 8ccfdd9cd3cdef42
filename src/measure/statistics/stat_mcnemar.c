/* McNemar's test, exact and by mid-p, and its power: see statistics.h. */
#include "measure/statistics/statistics.h"

#include <math.h>

double stat_mcnemar(uint64_t b, uint64_t c) {
    uint64_t less = b < c ? b : c;
    return b == c ? 1 : fmin(1, 2 * stat_binomial_cdf(less, b + c, 0.5));
}

double stat_mcnemar_mid(uint64_t b, uint64_t c) {
    uint64_t less = b < c ? b : c;
    if (b == c) return 1;
    double below = less ? stat_binomial_cdf(less - 1, b + c, 0.5) : 0;
    return fmin(1, below + stat_binomial_cdf(less, b + c, 0.5));
}

/* The largest number of the rarer kind among m discordant pairs at which the test rejects; false: it never does. */
static bool critical(uint64_t m, double level, bool mid, uint64_t *out) {
    double (*test)(uint64_t, uint64_t) = mid ? stat_mcnemar_mid : stat_mcnemar;
    double guess = (double)m / 2 + stat_normal_quantile(level / 2) * sqrt((double)m) / 2;
    uint64_t c = guess > 0 ? (uint64_t)guess : 0;
    while (2 * (c + 1) < m && test(c + 1, m - c - 1) <= level) c++;
    while (c > 0 && test(c, m - c) > level) c--;
    *out = c;
    return m > 0 && 2 * c < m && test(c, m - c) <= level;
}

/* The chance of m of n; what is below 1e-13 adds nothing. */
static double chance_of(uint64_t m, uint64_t n, double p) {
    int sign;
    double a = (double)m, b = (double)(n - m);
    double log_ways = lgamma_r((double)n + 1, &sign) - lgamma_r(a + 1, &sign) - lgamma_r(b + 1, &sign);
    return exp(log_ways + (m ? a * log(p) : 0) + (n - m ? b * log1p(-p) : 0));
}

double stat_mcnemar_power(uint64_t n, double discordant, double d, double confidence, bool mid) {
    double total = 0, mean = (double)n * discordant, spread = 10 * sqrt(mean * (1 - discordant)) + 10;
    if (n == 0 || !(discordant > 0 && discordant <= 1) || !(fabs(d) <= discordant) ||
        !(confidence > 0 && confidence < 1))
        return NAN;
    double gained = (1 + d / discordant) / 2;
    uint64_t from = mean > spread ? (uint64_t)(mean - spread) : 0, c;
    for (uint64_t m = from; m <= n && (double)m <= mean + spread; m++) {
        double weight = chance_of(m, n, discordant);
        if (weight < 1e-13 || !critical(m, 1 - confidence, mid, &c)) continue;
        total += weight * (stat_binomial_cdf(c, m, gained) + stat_binomial_cdf(c, m, 1 - gained));
    }
    return fmin(1, total);
}
