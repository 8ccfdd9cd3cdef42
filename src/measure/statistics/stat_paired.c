/* Two shares of the same items: see statistics.h. With gained items right only with the second subject, lost ones only
 * with the first, the score of a difference d is
 *
 *     z(d) = (gained - lost - n d) / sqrt(n (2 q + d (1 - d))),
 *     q = (sqrt(B^2 - 4 A C) - B) / (2 A),  A = 2 n,  B = -gained - lost + (2 n - gained + lost) d,  C = -lost d (1 -
 * d),
 *
 * q being the likeliest share of lost items under d (Tango 1998). It falls as d rises. */
#include "measure/statistics/statistics.h"

#include <math.h>

static double score(double n, double gained, double lost, double d) {
    double a = 2 * n, b = -gained - lost + (2 * n - gained + lost) * d, c = -lost * d * (1 - d);
    double q = (sqrt(fmax(0, b * b - 4 * a * c)) - b) / (2 * a);
    double variance = n * (2 * q + d * (1 - d)), above = gained - lost - n * d;
    if (variance > 0) return above / sqrt(variance);
    return above > 0 ? INFINITY : above < 0 ? -INFINITY : 0;
}

/* Where the score is `wanted`, between from and to. */
static double solve(double n, double gained, double lost, double wanted, double from, double to) {
    for (int i = 0; i < 200; i++) {
        double d = (from + to) / 2;
        if (d <= from || d >= to) break;
        *(score(n, gained, lost, d) > wanted ? &from : &to) = d;
    }
    return (from + to) / 2;
}

struct interval stat_paired_shares(uint64_t n, uint64_t gained, uint64_t lost, double confidence) {
    struct interval out = {NAN, NAN, NAN};
    if (n == 0 || gained > n || lost > n - gained || !(confidence > 0 && confidence < 1)) return out;
    double m = (double)n, g = (double)gained, l = (double)lost, z = -stat_normal_quantile((1 - confidence) / 2);
    out.estimate = (g - l) / m;
    out.lo = lost == n ? -1 : solve(m, g, l, z, -1, out.estimate);
    out.hi = gained == n ? 1 : solve(m, g, l, -z, out.estimate, 1);
    return out;
}

double stat_paired_shares_above(uint64_t n, uint64_t gained, uint64_t lost, double d) {
    if (n == 0 || gained > n || lost > n - gained || !(d > -1 && d < 1)) return NAN;
    return stat_normal_cdf(-score((double)n, (double)gained, (double)lost, d));
}

/* The least number gained among m pairs that differ whose interval lies above -margin; m + 1: none. */
static uint64_t least_gained(uint64_t n, uint64_t m, double margin, double level) {
    uint64_t from = 0, to = m + 1;
    while (from < to) {
        uint64_t middle = from + (to - from) / 2;
        bool above = stat_paired_shares_above(n, middle, m - middle, -margin) <= level;
        *(above ? &to : &from) = above ? middle : middle + 1;
    }
    return to;
}

double stat_paired_shares_pass(uint64_t n, double discordant, double d, double margin, double confidence) {
    double total = 0, mean = (double)n * discordant, spread = 10 * sqrt(mean * (1 - discordant)) + 10;
    if (n == 0 || !(discordant >= 0 && discordant <= 1) || !(fabs(d) <= discordant) || !(margin >= 0 && margin < 1) ||
        !(confidence > 0 && confidence < 1))
        return NAN;
    double gained = discordant > 0 ? (1 + d / discordant) / 2 : 0.5;
    uint64_t from = mean > spread ? (uint64_t)(mean - spread) : 0;
    double below = from ? stat_binomial_cdf(from - 1, n, discordant) : 0;
    for (uint64_t m = from; m <= n && (double)m <= mean + spread; m++) {
        double up_to = stat_binomial_cdf(m, n, discordant);
        uint64_t least = least_gained(n, m, margin, (1 - confidence) / 2);
        if (least <= m) total += (up_to - below) * (least ? 1 - stat_binomial_cdf(least - 1, m, gained) : 1);
        below = up_to;
    }
    return fmin(1, total);
}
