/* Planning: the smallest difference that a run can show. See statistics.h. */
#include "measure/statistics/statistics.h"

#include <math.h>

static bool planable(uint64_t n, double confidence, double power) {
    return n > 0 && confidence > 0 && confidence < 1 && power > 0 && power < 1;
}

/* Difference minus what n items can tell apart, for a true share q = p + d or p - d; rises with d. */
static double surplus(double d, double p, double n, double z_alpha, double z_beta) {
    double q = p <= 0.5 ? p + d : p - d;
    return d - (z_alpha * sqrt(p * (1 - p)) + z_beta * sqrt(fmax(0, q * (1 - q)))) / sqrt(n);
}

double smallest_effect_share(uint64_t n, double p, double confidence, double power) {
    if (!planable(n, confidence, power) || !(p >= 0 && p <= 1)) return NAN;
    double z_alpha = -stat_normal_quantile((1 - confidence) / 2), z_beta = stat_normal_quantile(power);
    double lo = 0, hi = p <= 0.5 ? 1 - p : p;
    if (surplus(hi, p, (double)n, z_alpha, z_beta) < 0) return NAN;
    for (int i = 0; i < 200 && lo < hi; i++) {
        double d = (lo + hi) / 2;
        if (d <= lo || d >= hi) break;
        *(surplus(d, p, (double)n, z_alpha, z_beta) < 0 ? &lo : &hi) = d;
    }
    return hi;
}

/* Connor's formula; correction: 1 for the exact test, as of |b - c| - 1. */
static double connor(uint64_t n, double discordant, double confidence, double power, double correction) {
    if (!planable(n, confidence, power) || !(discordant > 0 && discordant <= 1)) return NAN;
    double z_alpha = -stat_normal_quantile((1 - confidence) / 2), z_beta = stat_normal_quantile(power);
    double lo = 0, hi = discordant, root = sqrt((double)n);
    if (hi * root - correction / root < z_alpha * sqrt(discordant)) return NAN;
    for (int i = 0; i < 200; i++) {
        double d = (lo + hi) / 2;
        if (d <= lo || d >= hi) break;
        bool less = d * root - correction / root < z_alpha * sqrt(discordant) + z_beta * sqrt(discordant - d * d);
        *(less ? &lo : &hi) = d;
    }
    return hi;
}

double smallest_effect_paired(uint64_t n, double discordant, double confidence, double power) {
    return connor(n, discordant, confidence, power, 0);
}

double smallest_effect_mcnemar(uint64_t n, double discordant, double confidence, double power, bool mid) {
    if (n > 5000) return connor(n, discordant, confidence, power, mid ? 0 : 1);
    if (!planable(n, confidence, power) || !(discordant > 0 && discordant <= 1)) return NAN;
    double lo = 0, hi = discordant;
    if (!(stat_mcnemar_power(n, discordant, hi, confidence, mid) >= power)) return NAN;
    for (int i = 0; i < 30; i++) { /* to 1e-9: the power is a sum of thousands of terms */
        double d = (lo + hi) / 2;
        *(stat_mcnemar_power(n, discordant, d, confidence, mid) < power ? &lo : &hi) = d;
    }
    return hi;
}

double smallest_margin_shares(uint64_t n, double discordant, double confidence, double power) {
    if (!planable(n, confidence, power) || !(discordant >= 0 && discordant <= 1)) return NAN;
    double lo = 0, hi = 1 - 1e-9;
    if (!(stat_paired_shares_pass(n, discordant, 0, hi, confidence) >= power)) return NAN;
    while (hi - lo > 1e-6) {
        double margin = (lo + hi) / 2;
        *(stat_paired_shares_pass(n, discordant, 0, margin, confidence) < power ? &lo : &hi) = margin;
    }
    return hi;
}

uint64_t items_for_effect(double d, double p, double confidence, double power) {
    uint64_t lo = 0, hi = 1;
    while (hi < (uint64_t)1 << 40 && !(smallest_effect_share(hi, p, confidence, power) <= d)) lo = hi, hi *= 2;
    if (!(smallest_effect_share(hi, p, confidence, power) <= d)) return 0;
    while (hi - lo > 1) {
        uint64_t middle = lo + (hi - lo) / 2;
        *(smallest_effect_share(middle, p, confidence, power) <= d ? &hi : &lo) = middle;
    }
    return hi;
}

double smallest_effect_error(double error, double confidence, double power) {
    if (!planable(1, confidence, power) || !(error > 0)) return NAN;
    return (stat_normal_quantile(power) - stat_normal_quantile((1 - confidence) / 2)) * error;
}
