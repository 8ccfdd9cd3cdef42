/* Statistics: known answers, identities, and the bootstrap's promises. The tables were computed with 40 digits (series
 * and root finding in multiple precision) and are given to 20. */
#include "check.h"

#include "base/arena.h"
#include "base/csv.h"
#include "base/json.h"
#include "measure/material/calibrate_statistics.h"
#include "measure/figure/tally.h"
#include "measure/statistics/statistics.h"

#include <stdlib.h>

#define EACH(table) (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)

static const double normal_quantiles[][2] = {
    {1e-300, -37.047096299361199237},  {1e-20, -9.2623400897984075796},  {1e-5, -4.2648907939228246102},
    {0.001, -3.0902323061678135354},   {0.025, -1.9599639845400542118},  {0.05, -1.644853626951472688},
    {0.3, -0.52440051270804081597},    {0.425, -0.18911842627279251844}, {0.5, 0.0},
    {0.8, 0.8416212335729143638},      {0.975, 1.9599639845400538556},   {0.995, 2.5758293035489004539},
    {0.999999, 4.7534243088170877657},
};
static const double betas[][4] = {
    {0.5, 0.5, 0.25, 0.33333333333333333333},      {2, 3, 0.4, 0.52480000000000003837},
    {1, 5, 0.1, 0.40951000000000001821},           {0.1, 0.2, 0.9, 0.78048803200244669494},
    {30, 70, 0.35, 0.86157547586610909494},        {1000, 2000, 0.32, 0.059911027855426423438},
    {0.001, 1000, 1e-05, 0.99596891533972949807},  {123.25, 4.5, 0.9, 0.0017999642884284834682},
    {50000, 50000, 0.499, 0.26354493829704144847}, {1e6, 3, 0.999996, 0.23810154725299244772},
};
static const double t_quantiles[][3] = {
    {0.975, 1, 12.706204736174693314},       {0.975, 2, 4.3026527297494617894},  {0.95, 5, 2.0150483733330235417},
    {0.975, 9, 2.2621571627982049992},       {0.995, 30, 2.7499956535672249664}, {0.975, 99, 1.9842169515864171029},
    {0.975, 10000.0, 1.9602012398906258778}, {0.6, 3, 0.27667066233268984701},   {0.9999999, 4, 73.985758057510531283},
    {0.025, 19, -2.0930240544083097411},     {0.975, 0.5, 164.5576734804882408},
};
static const double gammas[][3] = {
    {0.5, 0.2, 0.47291074313446192633},
    {1, 1, 0.6321205588285576784},
    {3, 2.5, 0.456186884116670482},
    {10, 12, 0.75760783832948765132},
    {100, 90, 0.1582209891864301681},
    {1000, 1050, 0.9413288886226819229},
    {1000000.0, 1000500, 0.69155047577149718153},
    {0.01, 5, 0.99998824648058724915},
    {50.5, 49.5, 0.46229527925313393986},
};
static const double chi2s[][3] = {
    {3.841458820694124, 1, 0.050000000000000057435},
    {10, 3, 0.018566135463043233303},
    {0.5, 2, 0.77880078307140486825},
    {200, 100, 1.1784500720979422446e-8},
    {1000, 10, 1.8702907209159496958e-208},
};
static const double binomials[][4] = {
    {3, 10, 0.5, 0.171875},
    {0, 5, 0.2, 0.32767999999999997726},
    {4, 27, 0.3, 0.059098704568803740898},
    {480, 1000, 0.5, 0.10872414660207047141},
    {990, 1000, 0.98, 0.99531924956858569364},
};
static const double wilsons[][5] = {
    {7, 27, 0.95, 0.13170374561907191592, 0.44678571314553073657},
    {0, 10, 0.95, 0.0, 0.27753279986288917498},
    {10, 10, 0.95, 0.72246720013711082502, 1.0},
    {81, 263, 0.95, 0.25528851987827423534, 0.36620957698280005847},
    {1, 1000000, 0.99, 1.174054749996323366e-7, 8.5174338347555945603e-6},
    {15, 148, 0.95, 0.06238639953073628564, 0.16048724172330802545},
};
static const double exacts[][5] = {
    {7, 27, 0.95, 0.11114456284544242911, 0.46284874227617153058},
    {0, 10, 0.95, 0.0, 0.30849710781876076249},
    {10, 10, 0.95, 0.69150289218123923751, 1.0},
    {81, 263, 0.95, 0.25273674558527117298, 0.36762192260135135322},
    {1, 1000, 0.99, 5.0125292607775105894e-6, 0.007406286938352936621},
    {995, 1000, 0.9, 0.9895159230885843459, 0.99802784685819475298},
};

static double relative(double expected, double tolerance) {
    return tolerance * fmax(fabs(expected), 1e-300);
}

static void normal_distribution(void **state) {
    for
        EACH(normal_quantiles) {
            const double *row = normal_quantiles[i];
            check_near(stat_normal_quantile(row[0]), row[1], relative(row[1], 5e-16) + 1e-16);
            if (row[0] > 1e-100) check_near(stat_normal_cdf(row[1]), row[0], relative(row[0], 1e-13));
        }
    assert_true(isinf(stat_normal_quantile(0)) && isinf(stat_normal_quantile(1)));
    assert_true(isnan(stat_normal_quantile(-0.1)) && isnan(stat_normal_quantile(NAN)));
    check_near(stat_normal_cdf(0), 0.5, 0);
}

static void beta_distribution(void **state) {
    for
        EACH(betas) {
            const double *row = betas[i];
            check_near(stat_beta_incomplete(row[0], row[1], row[2]), row[3], relative(row[3], 2e-12));
            check_near(stat_beta_incomplete(row[0], row[1], row[2]) + stat_beta_incomplete(row[1], row[0], 1 - row[2]),
                       1, 1e-9);
        }
    /* quantile and distribution undo each other over many shapes */
    static const double shapes[] = {0.3, 1, 2.5, 20, 400, 30000};
    static const double shares[] = {1e-10, 0.001, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999};
    for
        EACH(shapes)
    for (size_t j = 0; j < 6; j++)
        for (size_t k = 0; k < 8; k++) {
            double x = stat_beta_quantile(shapes[i], shapes[j], shares[k]);
            /* where x is next to 1 its own rounding moves the share */
            if (x < 0.999) check_near(stat_beta_incomplete(shapes[i], shapes[j], x), shares[k], 2e-11 * shares[k]);
        }
    assert_true(isnan(stat_beta_incomplete(0, 1, 0.5)) && isnan(stat_beta_incomplete(1, 1, 1.5)));
    check_near(stat_beta_quantile(3, 4, 0), 0, 0);
    check_near(stat_beta_quantile(3, 4, 1), 1, 0);
}

static void t_distribution(void **state) {
    for
        EACH(t_quantiles) {
            const double *row = t_quantiles[i];
            check_near(stat_t_quantile(row[0], row[1]), row[2], relative(row[2], 1e-12));
            check_near(stat_t_quantile(1 - row[0], row[1]), -row[2], relative(row[2], 1e-8));
        }
    check_near(stat_t_quantile(0.975, INFINITY), 1.9599639845400538, 1e-14);
    double z = 1.9599639845400538; /* z + (z^3 + z) / (4 d) + O(1/d^2) */
    check_near(stat_t_quantile(0.975, 1e9), z + (z * z * z + z) / 4e9, 1e-12);
    check_near(stat_t_quantile(0.5, 7), 0, 0);
    /* two degrees of freedom: (2 p - 1) sqrt(2 / (1 - (2 p - 1)^2)) */
    for (double p = 0.01; p < 1; p += 0.07) {
        double a = 2 * p - 1;
        check_near(stat_t_quantile(p, 2), a * sqrt(2 / (1 - a * a)), 1e-12 * (1 + 10 * fabs(a)));
    }
    assert_true(isnan(stat_t_quantile(0.5, 0)) && isnan(stat_t_quantile(2, 3)));
}

static void gamma_distribution(void **state) {
    for
        EACH(gammas)
        check_near(stat_gamma_incomplete(gammas[i][0], gammas[i][1]), gammas[i][2], relative(gammas[i][2], 1e-12));
    for
        EACH(chi2s) check_near(stat_chi2_sf(chi2s[i][0], chi2s[i][1]), chi2s[i][2], relative(chi2s[i][2], 1e-12));
    for (double x = 0.1; x < 60; x *= 1.7) { /* two degrees: exp(-x / 2); one: 2 Phi(-sqrt x) */
        check_near(stat_chi2_sf(x, 2), exp(-x / 2), 1e-13 * exp(-x / 2));
        check_near(stat_chi2_sf(x, 1), 2 * stat_normal_cdf(-sqrt(x)), 1e-13 * stat_normal_cdf(-sqrt(x)));
    }
    check_near(stat_chi2_sf(0, 3), 1, 0);
    check_near(stat_gamma_incomplete(2, 0), 0, 0);
    assert_true(isnan(stat_gamma_incomplete(-1, 2)) && isnan(stat_chi2_sf(1, 0)));
}

static void binomial(void **state) {
    for
        EACH(binomials)
    check_near(stat_binomial_cdf((uint64_t)binomials[i][0], (uint64_t)binomials[i][1], binomials[i][2]),
               binomials[i][3], relative(binomials[i][3], 1e-12));
    double sum = 0, term = pow(0.7, 12); /* against the plain sum */
    for (uint64_t k = 0; k <= 12; k++) {
        sum += term;
        check_near(stat_binomial_cdf(k, 12, 0.3), fmin(sum, 1), 1e-14);
        term *= (double)(12 - k) / (double)(k + 1) * 0.3 / 0.7;
    }
    check_near(stat_binomial_cdf(0, 0, 0.5), 1, 0);
    check_near(stat_binomial_cdf(2, 5, 0), 1, 0);
    check_near(stat_binomial_cdf(2, 5, 1), 0, 0);
}

static void share_intervals(void **state) {
    for
        EACH(wilsons) {
            struct interval x = stat_wilson((uint64_t)wilsons[i][0], (uint64_t)wilsons[i][1], wilsons[i][2]);
            check_near(x.estimate, wilsons[i][0] / wilsons[i][1], 1e-16);
            check_near(x.lo, wilsons[i][3], 1e-14);
            check_near(x.hi, wilsons[i][4], 1e-14);
        }
    for
        EACH(exacts) {
            struct interval x = stat_clopper_pearson((uint64_t)exacts[i][0], (uint64_t)exacts[i][1], exacts[i][2]);
            check_near(x.lo, exacts[i][3], 1e-13);
            check_near(x.hi, exacts[i][4], 1e-13);
        }
    /* Newcombe, Statistics in Medicine 17 (1998), table I, 95%: score and exact limits of 81/263, 15/148, 0/20, 1/29 */
    static const double printed[][6] = {{81, 263, .2553, .3662, .2527, .3676},
                                        {15, 148, .0624, .1605, .0578, .1617},
                                        {0, 20, .0000, .1611, .0000, .1684},
                                        {1, 29, .0061, .1718, .0009, .1776}};
    for
        EACH(printed) {
            const double *row = printed[i];
            struct interval w = stat_wilson((uint64_t)row[0], (uint64_t)row[1], 0.95);
            struct interval c = stat_clopper_pearson((uint64_t)row[0], (uint64_t)row[1], 0.95);
            check_near(w.lo, row[2], 5.1e-5);
            check_near(w.hi, row[3], 5.1e-5);
            check_near(c.lo, row[4], 5.1e-5);
            check_near(c.hi, row[5], 5.1e-5);
        }
    struct interval none = stat_wilson(0, 0, 0.95), exact = stat_clopper_pearson(0, 0, 0.95);
    assert_true(isnan(none.estimate) && none.lo == 0 && none.hi == 1);
    assert_true(isnan(exact.estimate) && exact.lo == 0 && exact.hi == 1);
    assert_true(isnan(stat_wilson(3, 2, 0.95).lo) && isnan(stat_clopper_pearson(1, 2, 1).lo));
    struct interval big = stat_clopper_pearson(500000000, 1000000000, 0.95); /* normal limit */
    check_near(big.hi - big.lo, 2 * 1.959963984540054 * 0.5 / sqrt(1e9), 1e-8);
}

static void mean_interval(void **state) {
    static const double x[] = {4.1, 3.9, 5.6, 4.4, 4.8, 5.0, 3.2};
    struct interval t = stat_mean_t(x, 7, 0.95);
    check_near(t.estimate, 4.428571428571428508, 1e-14);
    check_near(t.lo, 3.6989502178953101825, 1e-13);
    check_near(t.hi, 5.1581926392475468335, 1e-13);
    double far[7]; /* a large common part must not eat the variance */
    for (int i = 0; i < 7; i++) far[i] = x[i] + 1e9;
    t = stat_mean_t(far, 7, 0.95);
    check_near(t.hi - t.lo, 5.1581926392475468335 - 3.6989502178953101825, 1e-6);
    t = stat_mean_t(x, 1, 0.95);
    assert_true(t.estimate == 4.1 && isnan(t.lo) && isnan(t.hi));
    assert_true(isnan(stat_mean_t(x, 0, 0.95).estimate) && isnan(stat_mean_t(x, 7, 0).lo));
}

static void tests_of_pairs(void **state) {
    check_near(stat_mcnemar(0, 0), 1, 0);
    check_near(stat_mcnemar(4, 4), 1, 0);
    check_near(stat_mcnemar(22, 5), 2 * 101584.0 / 134217728, 1e-15); /* 1 + 27 + 351 + 2925 + 17550 + 80730 of 2^27 */
    check_near(stat_mcnemar(5, 22), stat_mcnemar(22, 5), 0);
    check_near(stat_mcnemar(0, 10), 2.0 / 1024, 1e-17);
}

/* The interval's ends solve the equation of the score, in another form than the code has it; without a changed item the end
 * is z^2 / (n + z^2), which follows from it. */
static double score_of_difference(double n, double gained, double lost, double d) {
    double b = 2 * n * d - d * (gained - lost) - gained - lost, root = sqrt(b * b + 8 * n * lost * d * (1 - d));
    double q = (root - b) / (4 * n);
    return (gained - lost - n * d) / sqrt(n * (q + (q + d) - d * d));
}

static void shares_of_pairs(void **state) {
    static const uint64_t cases[][3] = {{50, 12, 2}, {21, 1, 7}, {161, 6, 16}, {1000, 30, 29}, {14, 5, 0}};
    double z = 1.9599639845400542;
    struct interval x;
    for (size_t i = 0; i < 5; i++) {
        const uint64_t *c = cases[i];
        x = stat_paired_shares(c[0], c[1], c[2], 0.95);
        check_near(x.estimate, ((double)c[1] - (double)c[2]) / (double)c[0], 1e-15);
        check_near(score_of_difference((double)c[0], (double)c[1], (double)c[2], x.lo), z, 1e-9);
        check_near(score_of_difference((double)c[0], (double)c[1], (double)c[2], x.hi), -z, 1e-9);
        struct interval other = stat_paired_shares(c[0], c[2], c[1], 0.95);
        check_near(other.lo, -x.hi, 1e-9);
        check_near(stat_paired_shares_above(c[0], c[1], c[2], x.lo), 0.025, 1e-9);
    }
    x = stat_paired_shares(21, 1, 7, 0.95); /* airway data of Bentur 2009: published as -0.517 to -0.026 */
    check_near(x.lo, -0.517, 5e-4);
    check_near(x.hi, -0.026, 5e-4);
    x = stat_paired_shares(50, 0, 0, 0.95);
    check_near(x.hi, z * z / (50 + z * z), 1e-9);
    check_near(x.lo, -x.hi, 1e-12);
    x = stat_paired_shares(10, 10, 0, 0.95);
    assert_true(x.hi == 1 && x.lo > 0.4 && x.lo < 0.5);
    assert_true(isnan(stat_paired_shares(0, 0, 0, 0.95).lo) && isnan(stat_paired_shares(5, 4, 2, 0.95).lo));
    assert_true(isnan(stat_paired_shares_above(5, 1, 1, -1)));
    check_near(smallest_effect_error(0.02, 0.95, 0.8), (1.9599639845400542 + 0.8416212335729143) * 0.02, 1e-15);
    assert_true(isnan(smallest_effect_error(0, 0.95, 0.8)));
}

/* Of 4,000 samples of 60 pairs each, 95% must be covered, within 3.5 standard errors. */
static void shares_of_pairs_cover(void **state) {
    static const double truths[][2] = {{0.10, 0.10}, {0.15, 0.05}, {0.30, 0.10}, {0.03, 0.02}};
    for (size_t t = 0; t < 4; t++) {
        int covered = 0;
        for (uint64_t i = 0; i < 4000; i++) {
            struct rng rng = rng_stream(9 + t, "pairs", i);
            uint64_t gained = 0, lost = 0;
            for (int k = 0; k < 60; k++) {
                double u = rng_unit(&rng);
                gained += u < truths[t][0];
                lost += u >= truths[t][0] && u < truths[t][0] + truths[t][1];
            }
            struct interval x = stat_paired_shares(60, gained, lost, 0.95);
            double d = truths[t][0] - truths[t][1];
            covered += x.lo <= d && d <= x.hi;
        }
        if (covered < 3800 - 48) fail_msg("truth %zu: %d of 4000 covered", t, covered);
    }
}

static void adjusted_p_values(void **state) {
    /* Benjamini & Hochberg 1995, section 3.2: 15 p values; at 0.05 Bonferroni and Holm keep three, theirs four */
    static const double p[] = {.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344,
                               .0459, .3240, .4262, .5719, .6528, .7590, 1.000};
    double holm[15], bh[15];
    stat_holm(p, holm, 15);
    stat_benjamini_hochberg(p, bh, 15);
    int kept_holm = 0, kept_bh = 0;
    for (int i = 0; i < 15; i++) {
        kept_holm += holm[i] <= 0.05;
        kept_bh += bh[i] <= 0.05;
    }
    assert_int_equal(kept_holm, 3);
    assert_int_equal(kept_bh, 4);
    check_near(holm[3], 12 * .0095, 1e-15);
    check_near(bh[3], .0095 * 15 / 4, 1e-15);
    check_near(bh[5], .0298 * 15 / 7, 1e-15); /* the next one's smaller value */
    check_near(holm[14], 1, 0);
    double mixed[] = {.04, NAN, .01, .04}, out[4]; /* any order, equal values, no value */
    stat_holm(mixed, out, 4);
    check_near(out[0], .08, 1e-16);
    check_near(out[2], .03, 1e-16);
    check_near(out[3], .08, 1e-16);
    assert_true(isnan(out[1]));
    stat_benjamini_hochberg(mixed, out, 4);
    check_near(out[0], .04, 1e-16);
    check_near(out[2], .03, 1e-16);
    assert_true(isnan(out[1]));
}

static void correlations(void **state) {
    struct error err = {0};
    /* Anscombe 1973, first set: r = 0.81642051634484 */
    static const double ax[] = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
    static const double ay[] = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
    check_near(stat_pearson(ax, ay, 11), 0.81642051634484003, 1e-14);
    check_near(stat_spearman(ax, ay, 11, &err), 1 - 6 * 40.0 / (11 * 120), 1e-14);
    /* ties: ranks 1 2.5 2.5 4 against 1 2 3.5 3.5; r = 3.75 / 4.5; pairs: 4 agree, one tie on each side */
    static const double x[] = {1, 2, 2, 3}, y[] = {1, 2, 3, 3};
    check_near(stat_spearman(x, y, 4, &err), 3.75 / 4.5, 1e-15);
    check_near(stat_kendall_b(x, y, 4), 4.0 / 5, 1e-15);
    static const double down[] = {4, 3, 2, 1}, same[] = {2, 2, 2, 2};
    check_near(stat_kendall_b(x, down, 4), -5 / sqrt(5.0 * 6), 1e-15);
    check_near(stat_pearson(down, down, 4), 1, 1e-15);
    assert_true(isnan(stat_pearson(x, same, 4)) && isnan(stat_kendall_b(x, same, 4)));
    assert_true(isnan(stat_spearman(x, same, 4, &err)) && isnan(stat_pearson(x, y, 1)));
    memory_fail_at(1);
    assert_true(isnan(stat_spearman(x, y, 4, &err)));
    memory_fail_at(0);
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
}

static void agreement(void **state) {
    static const uint64_t a[] = {45, 15, 25, 15}, b[] = {25, 35, 5, 35}; /* both agree on 60 of 100 */
    check_near(stat_cohen_kappa(a, 2), (0.6 - 0.54) / 0.46, 1e-15);
    check_near(stat_cohen_kappa(b, 2), (0.6 - 0.46) / 0.54, 1e-15);
    static const uint64_t three[] = {10, 0, 0, 0, 10, 0, 0, 0, 10}, one[] = {7, 0, 0, 0}, empty[] = {0, 0, 0, 0};
    check_near(stat_cohen_kappa(three, 3), 1, 1e-15);
    assert_true(isnan(stat_cohen_kappa(one, 2)) && isnan(stat_cohen_kappa(empty, 2)));
}

static void calibration_errors(void **state) {
    static const double sure[] = {.95, .92, .88, .85, .81, .73, .66, .55, .42, .31};
    static const double right[] = {1, 1, 0, 1, 1, 0, 1, 0, 1, 0};
    check_near(stat_ece(sure, right, 10, 10, false), 0.318, 1e-15);
    check_near(stat_brier(sure, right, 10), 0.22254, 1e-15);
    for (size_t b = 0; b <= 10; b++) { /* on every edge */
        double edge = (double)b / 10;
        assert_int_equal(stat_ece_bin(edge, 10, true), b < 10 ? b : 9);
        assert_int_equal(stat_ece_bin(edge, 10, false), b > 0 ? b - 1 : 0);
    }
    static const double bad[] = {1.2};
    assert_true(isnan(stat_ece(bad, right, 1, 10, true)) && isnan(stat_ece(sure, right, 0, 10, true)));
    assert_true(isnan(stat_brier(bad, right, 1)) && isnan(stat_ece(sure, right, 10, 0, true)));
}

static void effects(void **state) {
    /* 80% power, 95%: (1.959964 + 0.841621)^2 = 7.848879735; near a share of 1/2 the difference is about 2.8 / (2 sqrt
     * n) */
    double d = smallest_effect_share(1000000, 0.5, 0.95, 0.8);
    check_near(d, sqrt(7.848879735) / 2000, 1e-6);
    d = smallest_effect_share(200, 0.3, 0.95, 0.8); /* solves its own equation */
    check_near(d * sqrt(200), 1.959963984540054 * sqrt(0.21) + 0.8416212335729143 * sqrt((0.3 + d) * (0.7 - d)), 1e-12);
    check_near(smallest_effect_share(200, 0.7, 0.95, 0.8), d, 1e-12); /* both sides alike */
    d = smallest_effect_paired(400, 0.2, 0.95, 0.8);
    check_near(d * 20, 1.959963984540054 * sqrt(0.2) + 0.8416212335729143 * sqrt(0.2 - d * d), 1e-12);
    assert_true(isnan(smallest_effect_share(2, 0.5, 0.95, 0.8)) && isnan(smallest_effect_share(0, 0.5, 0.95, 0.8)));
    assert_true(isnan(smallest_effect_paired(3, 0.2, 0.95, 0.8)));
}

/* ---- the bootstrap ---- */

struct rows {
    const double *x;
    uint64_t calls, rows_seen[8];
};

static double mean_of(void *context, const uint32_t *w, size_t n) {
    struct rows *r = context;
    double sum = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        sum += w[i] * r->x[i];
        total += w[i];
    }
    r->calls++;
    return sum / total;
}

static double never(void *context, const uint32_t *w, size_t n) {
    return NAN;
}

/* Counts how often strata keep their size and rows of a cluster their common weight. */
static double check_weights(void *context, const uint32_t *w, size_t n) {
    assert_int_equal(w[0], w[1]);            /* cluster 0 */
    assert_int_equal(w[3], w[5]);            /* cluster 2 */
    assert_int_equal(w[0] + w[2], 2);        /* stratum 9: clusters 0 and 1 */
    assert_int_equal(w[3] + w[4] + w[6], 3); /* stratum 4: clusters 2, 3 and 4 */
    return w[0];
}

static double mean_only(void *context, const uint32_t *weights, size_t n) {
    const double *x = context;
    double sum = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] < 0 && weights[i] > 3) return NAN; /* some resamples do not determine it */
        sum += weights[i] * x[i];
        all += weights[i];
    }
    return sum / all;
}

/* The same numbers as one thread's, whoever makes the resamples; of few rows and of so many that they are drawn in
 * blocks. */
static void bootstrap_by_threads(void **state) {
    (void)state;
    struct error err = {0};
    struct interval one, other;
    static const size_t sizes[] = {3, 50, 20000};
    double *x = malloc(20000 * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < 20000; i++) x[i] = (double)(i * i % 101) - (i % 50 == 7);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        size_t n = sizes[k];
        uint64_t resamples = n > 1000 ? 150 : 999;
        check_ok(stat_bootstrap(n, NULL, 0, NULL, mean_only, x, resamples, 0.95, 3, "s", &one, &err));
        for (size_t threads = 0; threads <= 5; threads++) {
            struct pool *pool = threads ? pool_new(threads, &err) : NULL;
            check_ok(pool || !threads);
            check_ok(stat_bootstrap_rows(pool, n, mean_only, x, resamples, 0.95, 3, "s", &other, &err));
            assert_memory_equal(&one, &other, sizeof one);
            pool_free(pool);
        }
    }
    check_fails(stat_bootstrap_rows(NULL, 0, never, NULL, 10, 0.95, 1, "s", &one, &err), ERROR_DATA, "no rows");
    check_fails(stat_bootstrap_rows(NULL, 2, never, NULL, 10, 1, 1, "s", &one, &err), ERROR_USAGE, "confidence");
    free(x);
}

static void bootstrap_draws(void **state) {
    struct error err = {0};
    struct interval a, b, c;
    static const uint32_t cluster[] = {0, 0, 1, 2, 3, 2, 4}, stratum[] = {9, 9, 4, 4, 4};
    check_ok(stat_bootstrap(7, cluster, 5, stratum, check_weights, NULL, 500, 0.95, 1, "t", &a, &err));
    double x[50];
    for (int i = 0; i < 50; i++) x[i] = i * i % 17;
    struct rows rows = {.x = x};
    check_ok(stat_bootstrap(50, NULL, 0, NULL, mean_of, &rows, 999, 0.95, 1, "s", &a, &err));
    assert_int_equal(rows.calls, 1000);
    check_ok(stat_bootstrap(50, NULL, 0, NULL, mean_of, &rows, 999, 0.95, 1, "s", &b, &err));
    assert_memory_equal(&a, &b, sizeof a);
    check_ok(stat_bootstrap(50, NULL, 0, NULL, mean_of, &rows, 999, 0.95, 2, "s", &c, &err));
    assert_true(a.lo != c.lo || a.hi != c.hi);
    uint32_t own[50]; /* each row its own cluster: the same draws */
    for (uint32_t i = 0; i < 50; i++) own[i] = i;
    check_ok(stat_bootstrap(50, own, 50, NULL, mean_of, &rows, 999, 0.95, 1, "s", &b, &err));
    assert_memory_equal(&a, &b, sizeof a);
    /* the ends are the 25th smallest and largest resample; the width is that of the normal theory within a tenth */
    double mean = 0, square = 0;
    for (int i = 0; i < 50; i++) mean += x[i] / 50;
    for (int i = 0; i < 50; i++) square += (x[i] - mean) * (x[i] - mean) / 50;
    check_near(a.estimate, mean, 1e-14);
    check_near((a.hi - a.lo) / (2 * 1.96 * sqrt(square / 50)), 1, 0.1);
    check_ok(stat_bootstrap(50, NULL, 0, NULL, never, NULL, 100, 0.95, 1, "s", &c, &err));
    assert_true(isnan(c.lo) && isnan(c.hi));
}

/* With B = 9 and 80% the ends are the smallest and largest resample. */
static double first_weight(void *context, const uint32_t *w, size_t n) {
    double *seen = context, value = w[0] + 0.1 * w[1] + 0.01 * w[2];
    seen[(size_t)seen[0]++ + 1] = value;
    return value;
}

static void bootstrap_percentiles(void **state) {
    struct error err = {0};
    double seen[32] = {0}, least = 1e9, most = -1e9;
    struct interval x;
    check_ok(stat_bootstrap(3, NULL, 0, NULL, first_weight, seen, 9, 0.8, 5, "p", &x, &err));
    for (int i = 2; i <= 10; i++) { /* the first value is the estimate */
        least = fmin(least, seen[i]);
        most = fmax(most, seen[i]);
    }
    check_near(x.estimate, 1.11, 1e-15);
    check_near(x.lo, least, 0);
    check_near(x.hi, most, 0);
}

static void bootstrap_refusals(void **state) {
    struct error err;
    struct interval x;
    static const uint32_t cluster[] = {0, 5}, stratum[] = {0, 0};
    check_fails(stat_bootstrap(0, NULL, 0, NULL, never, NULL, 10, 0.95, 1, "s", &x, &err), ERROR_DATA, "no rows");
    check_fails(stat_bootstrap(2, cluster, 2, NULL, never, NULL, 10, 0.95, 1, "s", &x, &err), ERROR_DATA,
                "row 1 is of cluster 5");
    check_fails(stat_bootstrap(2, NULL, 0, NULL, never, NULL, 0, 0.95, 1, "s", &x, &err), ERROR_USAGE, "resamples");
    check_fails(stat_bootstrap(2, NULL, 0, NULL, never, NULL, 10, 1, 1, "s", &x, &err), ERROR_USAGE, "confidence");
    static const uint32_t good[] = {0, 1};
    for (uint64_t n = 1; n < 20; n++) {
        error_clear(&err);
        memory_fail_at(n);
        bool ok = stat_bootstrap(2, good, 2, stratum, never, NULL, 10, 0.95, 1, "s", &x, &err);
        memory_fail_at(0);
        if (ok) return;
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    }
    fail_msg("never got through");
}

/* Two shares: differences as Newcombe 1998 prints them (table II, method 10), and what follows from the formula. */
static void two_shares(void **state) {
    static const double printed[][6] = {{56, 70, 48, 80, .0524, .3339}, {9, 10, 3, 10, .1705, .8090},
                                        {6, 7, 2, 7, .0582, .8062},     {5, 56, 0, 29, -.0381, .1926},
                                        {0, 10, 0, 20, -.1611, .2775},  {10, 10, 0, 10, .6075, 1}};
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        const double *row = printed[i];
        struct interval x = stat_two_shares(1, (uint64_t)row[0], (uint64_t)row[1], -1, (uint64_t)row[2],
                                            (uint64_t)row[3], 0.95);
        check_near(x.estimate, row[0] / row[1] - row[2] / row[3], 1e-15);
        check_near(x.lo, row[4], 5e-5);
        check_near(x.hi, row[5], 5e-5);
        struct interval turned = stat_two_shares(1, (uint64_t)row[2], (uint64_t)row[3], -1, (uint64_t)row[0],
                                                 (uint64_t)row[1], 0.95);
        check_near(turned.lo, -x.hi, 1e-15);
    }
    struct interval mean = stat_two_shares(0.5, 7, 27, 0.5, 7, 27, 0.95), one = stat_wilson(7, 27, 0.95);
    check_near(mean.estimate, one.estimate, 1e-15);
    check_near(mean.estimate - mean.lo, (one.estimate - one.lo) / sqrt(2), 1e-15);
    assert_true(isnan(stat_two_shares(1, 0, 0, -1, 1, 2, 0.95).estimate));
    assert_true(isnan(stat_two_shares(1, 3, 2, -1, 1, 2, 0.95).lo));
}

/* t of 8 degrees 2.3060 x sqrt(9 / 8) = 2.4459 normal standard errors: 2 x 0.99277 - 1. Never less than asked, never 1. */
static void expanded_confidence(void **state) {
    check_near(stat_expanded_confidence(0.95, 9), 0.985551, 1e-5);
    check_near(stat_expanded_confidence(0.95, 100000), 0.95, 1e-5);
    check_near(stat_expanded_confidence(0.95, 1), 0.95, 0);
    for (size_t m = 2; m < 400; m++) {
        double p = stat_expanded_confidence(0.9, m);
        assert_true(p > 0.9 && p < 1 && p >= stat_expanded_confidence(0.9, m + 1));
    }
}

/* ---- calibrate ---- */

struct seen_rows {
    size_t n, missed;
    double digest;
    char first_missed[256];
};

static void take_row(void *context, const struct calibrate_row *row) {
    struct seen_rows *seen = context;
    double found = NAN;
    assert_true(text_to_f64(text_of(row->found), &found));
    seen->n++;
    seen->digest += found * (double)seen->n;
    if (row->state == CALIBRATE_PASSED) return;
    if (!seen->missed++)
        snprintf(seen->first_missed, sizeof seen->first_missed, "%.60s: %s, expected %s within %g (%.80s)", row->name,
                 row->found, row->expected, row->tolerance, row->note);
}

static void calibrates(void **state) {
    struct error err = {0};
    struct seen_rows a = {0}, b = {0};
    check_ok(calibrate_statistics(NULL, 1, 0, take_row, &a, &err));
    if (a.missed) fail_msg("%s", a.first_missed);
    assert_true(a.n > 30);
    check_ok(calibrate_statistics(NULL, 1, 0, take_row, &b, &err));
    assert_true(a.digest == b.digest);
}

static void calibrates_gold(void **state) {
    struct error err = {0};
    struct seen_rows seen = {0};
    json_t *gold = json_read(
        TEXT("[{\"name\":\"right\",\"function\":\"mcnemar\",\"args\":[1,6],\"expected\":0.125,\"tolerance\":1e-15},"
             "{\"name\":\"wrong\",\"function\":\"normal_cdf\",\"args\":[0],\"expected\":0.4,\"tolerance\":0.01}]"),
        "gold", 1, &err);
    assert_non_null(gold);
    check_ok(calibrate_statistics(gold, 1, 0, take_row, &seen, &err));
    assert_true(strstr(seen.first_missed, "wrong") != NULL);
    json_decref(gold);
    static const char *const bad[] = {
        "{}",
        "[{}]",
        "[{\"name\":\"a\",\"function\":\"normal_cdv\",\"args\":[1],\"expected\":1,\"tolerance\":0}]",
        "[{\"name\":\"a\",\"function\":\"t_quantile\",\"args\":[1],\"expected\":1,\"tolerance\":0}]",
        "[{\"name\":\"a\",\"function\":\"mcnemar\",\"args\":[],\"expected\":1,\"tolerance\":0}]",
        "[{\"name\":\"a\",\"function\":\"mcnemar\",\"args\":[1,\"b\"],\"expected\":1,\"tolerance\":0}]"};
    static const char *const why[] = {"array", "name", "normal_cdf", "at least 2", "args", "args"};
    for
        EACH(bad) {
            gold = json_read(text_of(bad[i]), "gold", 1, &err);
            assert_non_null(gold);
            check_fails(calibrate_statistics(gold, 1, 2, take_row, &seen, &err), ERROR_DATA, why[i]);
            json_decref(gold);
        }
}

/* ---- public logs ---- */

static const char *root;
enum { MOST_ROWS = 400 };

/* Confidences and outcomes of one agent of a log; *n 0: no such file. */
static void read_agent(const char *path, const char *agent, double *sure, double *right, size_t *n) {
    struct error err = {0};
    struct csv *csv = csv_open(path, ',', true, &err);
    const struct text *fields;
    size_t line;
    char column[64];
    if (!csv) fail_msg("%s", err.message);
    snprintf(column, sizeof column, "%s_confidence", agent);
    size_t gold = csv_column(csv, "Category"), said = csv_column(csv, agent), at = csv_column(csv, column);
    assert_true(gold != SIZE_MAX && said != SIZE_MAX && at != SIZE_MAX);
    for (*n = 0; *n < MOST_ROWS && csv_next(csv, &fields, &line, &err) == 1; (*n)++) {
        assert_true(text_to_f64(fields[at], &sure[*n]));
        right[*n] = text_equal_nocase(text_trim(fields[said]), text_trim(fields[gold]));
    }
    csv_close(csv);
}

/* Accuracy, confidence, ECE (left-closed) and correlation of the agents of a published study, computed elsewhere. */
static void public_logs(void **state) {
    char path[4096], file[4096];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/../shared/data/orchestrator-trust/known_answers_dev.json", root);
    FILE *there = fopen(path, "r");
    if (!there) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    fclose(there);
    json_t *known = json_read_file(path, 1 << 20, &err), *row;
    assert_non_null(known);
    const char *key;
    size_t agents = 0;
    json_object_foreach(known, key, row) {
        static double sure[MOST_ROWS], right[MOST_ROWS];
        size_t n;
        snprintf(file, sizeof file, "%s/../shared/data/orchestrator-trust/%.5s_dev.csv", root, key);
        read_agent(file, key + 6, sure, right, &n);
        check_near(stat_mean_t(right, n, 0.95).estimate, json_number_value(json_object_get(row, "acc")), 1e-12);
        check_near(stat_mean_t(sure, n, 0.95).estimate, json_number_value(json_object_get(row, "conf")), 1e-12);
        check_near(stat_ece(sure, right, n, 10, true), json_number_value(json_object_get(row, "ece")), 1e-9);
        check_near(stat_pearson(sure, right, n), json_number_value(json_object_get(row, "ccc")), 1e-9);
        agents++;
    }
    json_decref(known);
    assert_int_equal(agents, 12);
}

/* ---- binomial numbers, and resamples of kinds ---- */

static void binomial_numbers_have_their_law(void **state) {
    static const struct {
        uint64_t n;
        double p;
    } cases[] = {{1, 0.3}, {20, 0.05}, {30, 0.5}, {100, 0.97}, {1000, 0.2}, {60, 0.4}};
    enum { TIMES = 20000 };
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint64_t n = cases[c].n, below = 0, at = (uint64_t)((double)n * cases[c].p);
        double sum = 0, square = 0, mean = (double)n * cases[c].p, variance = mean * (1 - cases[c].p);
        for (uint64_t r = 0; r < TIMES; r++) {
            struct rng rng = rng_stream(3, "binomial", c * TIMES + r);
            uint64_t k = stat_draw_binomial(&rng, n, cases[c].p);
            assert_true(k <= n);
            sum += (double)k;
            square += ((double)k - mean) * ((double)k - mean);
            below += k <= at;
        }
        double share = stat_binomial_cdf(at, n, cases[c].p);
        check_near(sum / TIMES, mean, 4.5 * sqrt(variance / TIMES));
        check_near(square / TIMES / variance, 1, 0.06);
        check_near((double)below / TIMES, share, 4.5 * sqrt(share * (1 - share) / TIMES) + 1e-9);
    }
    struct rng rng = rng_stream(3, "binomial", 0);
    assert_int_equal(stat_draw_binomial(&rng, 0, 0.5), 0);
    assert_int_equal(stat_draw_binomial(&rng, 9, 1), 9);
    assert_int_equal(stat_draw_binomial(&rng, 9, 0), 0);
}

static double share_of_second(void *context, const uint32_t *times, size_t n) {
    double all = 0;
    (void)context;
    for (size_t k = 0; k < n; k++) all += times[k];
    return times[1] / all;
}

static void kinds_are_resampled_like_rows(void **state) {
    static const uint32_t times[] = {600, 300, 100};
    struct interval x, again;
    struct error err = {0};
    (void)state;
    check_ok(stat_bootstrap_kinds(times, 3, share_of_second, NULL, 4000, 0.95, 5, "kinds", &x, &err));
    check_near(x.estimate, 0.3, 1e-15);
    check_near(x.lo, 0.3 - 1.96 * sqrt(0.21 / 1000), 0.003);
    check_near(x.hi, 0.3 + 1.96 * sqrt(0.21 / 1000), 0.003);
    check_ok(stat_bootstrap_kinds(times, 3, share_of_second, NULL, 4000, 0.95, 5, "kinds", &again, &err));
    assert_memory_equal(&x, &again, sizeof x);
    static const uint32_t none[] = {0};
    check_fails(stat_bootstrap_kinds(none, 1, share_of_second, NULL, 100, 0.95, 5, "kinds", &x, &err), ERROR_DATA, "no rows");
}

static void mcnemar_tells_its_power(void **state) {
    (void)state;
    check_near(stat_mcnemar_mid(1, 6), 2 * (1 + 7.0 / 2) / 128, 1e-15);
    check_near(stat_mcnemar_mid(3, 3), 1, 0);
    /* ten pairs, all discordant: rejected at 0, 1, 9 and 10 of 10, 22 of 1024 */
    check_near(stat_mcnemar_power(10, 1, 0, 0.95, false), 22.0 / 1024, 1e-14);
    double d = smallest_effect_mcnemar(200, 0.2, 0.95, 0.8, false);
    check_near(stat_mcnemar_power(200, 0.2, d, 0.95, false), 0.8, 1e-6);
    assert_true(d > smallest_effect_mcnemar(200, 0.2, 0.95, 0.8, true));
    check_near(smallest_effect_mcnemar(6000, 0.2, 0.95, 0.8, false), smallest_effect_mcnemar(5000, 0.2, 0.95, 0.8, false) * sqrt(5.0 / 6), 1e-4);
    assert_true(isnan(smallest_effect_mcnemar(4, 0.2, 0.95, 0.8, false)));
    uint64_t n = items_for_effect(0.05, 0.5, 0.95, 0.8);
    assert_true(smallest_effect_share(n, 0.5, 0.95, 0.8) <= 0.05 && smallest_effect_share(n - 1, 0.5, 0.95, 0.8) > 0.05);
}

/* Every outcome of seven items, one after the other: each is gained, lost or the same. */
static double pass_by_hand(unsigned n, double gained, double lost, double margin) {
    double total = 0;
    unsigned outcomes = 1;
    for (unsigned i = 0; i < n; i++) outcomes *= 3;
    for (unsigned o = 0; o < outcomes; o++) {
        unsigned g = 0, l = 0, rest = o;
        double chance = 1;
        for (unsigned i = 0; i < n; i++, rest /= 3) {
            g += rest % 3 == 1;
            l += rest % 3 == 2;
            chance *= rest % 3 == 1 ? gained : rest % 3 == 2 ? lost : 1 - gained - lost;
        }
        if (stat_paired_shares(n, g, l, 0.8).lo >= -margin) total += chance;
    }
    return total;
}

static void gates_tell_how_often_they_pass(void **state) {
    (void)state;
    static const double margins[] = {0.05, 0.2, 0.45, 0.8};
    for (int i = 0; i < 4; i++) {
        check_near(stat_paired_shares_pass(7, 0.4, -0.1, margins[i], 0.8), pass_by_hand(7, 0.15, 0.25, margins[i]), 1e-12);
        check_near(stat_paired_shares_pass(7, 0.4, 0.4, margins[i], 0.8), pass_by_hand(7, 0.4, 0, margins[i]), 1e-12);
    }
    /* nothing differs: the interval of 0 of n is known, -z^2 / (n + z^2) */
    double z = stat_normal_quantile(0.975), least = z * z / (100 + z * z);
    check_near(stat_paired_shares_pass(100, 0, 0, least * 1.001, 0.95), 1, 0);
    check_near(stat_paired_shares_pass(100, 0, 0, least * 0.999, 0.95), 0, 0);
    check_near(smallest_margin_shares(100, 0, 0.95, 0.95), least, 2e-6);
    double margin = smallest_margin_shares(400, 0.1, 0.95, 0.95);
    assert_true(stat_paired_shares_pass(400, 0.1, 0, margin, 0.95) >= 0.95);
    assert_true(stat_paired_shares_pass(400, 0.1, 0, margin - 2e-6, 0.95) < 0.95);
    /* of many items: what the normal law says */
    check_near(smallest_margin_shares(20000, 0.1, 0.95, 0.95), (1.959964 + 1.644854) * sqrt(0.1 / 20000), 1e-4);
    assert_true(isnan(stat_paired_shares_pass(100, 0.1, 0.2, 0.05, 0.95)));
    assert_true(isnan(stat_paired_shares_pass(100, 0.1, 0, 1, 0.95)));
}

/* Each resample of many rows has as many draws as there are rows; how often a row comes is binomial with mean 1, in whole
 * blocks and in what is left behind them; the mean of values varies as its standard error says. */
enum { MANY_ROWS = 3 * 4096 + 137, MANY_TIMES = 200 };
struct many {
    uint64_t visits, by_count[4], rest, pairs;
    double sum, square;
};

static void see_many(void *context, const uint32_t *weights, size_t n) {
    struct many *m = context;
    uint64_t draws = 0;
    double mean = 0;
    if (m->visits++ == 0) return;
    for (size_t i = 0; i < n; i++) {
        draws += weights[i];
        m->by_count[weights[i] < 3 ? weights[i] : 3]++;
        mean += (double)weights[i] * (i % 2 ? 1 : -1);
    }
    for (size_t i = 3 * 4096; i < n; i++) m->rest += weights[i];
    m->pairs += (uint64_t)weights[0] * weights[n - 1];
    assert_int_equal(draws, n);
    m->sum += mean;
    m->square += mean * mean;
}

static void draws_many_rows(void **state) {
    (void)state;
    struct many m = {0}, again = {0};
    struct error err = {0};
    double all = (double)MANY_ROWS * MANY_TIMES;
    check_ok(stat_resample(MANY_ROWS, NULL, MANY_ROWS, NULL, see_many, &m, MANY_TIMES, 4, "many", &err));
    check_near((double)m.by_count[0] / all, exp(-1), 0.002);
    check_near((double)m.by_count[1] / all, exp(-1), 0.002);
    check_near((double)m.by_count[2] / all, exp(-1) / 2, 0.002);
    check_near((double)m.rest, 137.0 * MANY_TIMES, 5 * sqrt(137.0 * MANY_TIMES));
    double expected = MANY_ROWS; /* variance of a sum of n draws of 1 and -1 */
    check_near(m.square / MANY_TIMES / expected, 1, 5 * sqrt(2.0 / MANY_TIMES));
    check_near(m.sum / MANY_TIMES / sqrt(expected), 0, 5 / sqrt(MANY_TIMES));
    check_ok(stat_resample(MANY_ROWS, NULL, MANY_ROWS, NULL, see_many, &again, MANY_TIMES, 4, "many", &err));
    assert_memory_equal(&m, &again, sizeof m);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binomial_numbers_have_their_law),
        cmocka_unit_test(kinds_are_resampled_like_rows),
        cmocka_unit_test(mcnemar_tells_its_power),
        cmocka_unit_test(normal_distribution),
        cmocka_unit_test(beta_distribution),
        cmocka_unit_test(t_distribution),
        cmocka_unit_test(gamma_distribution),
        cmocka_unit_test(binomial),
        cmocka_unit_test(share_intervals),
        cmocka_unit_test(mean_interval),
        cmocka_unit_test(tests_of_pairs),
        cmocka_unit_test(adjusted_p_values),
        cmocka_unit_test(correlations),
        cmocka_unit_test(agreement),
        cmocka_unit_test(calibration_errors),
        cmocka_unit_test(effects),
        cmocka_unit_test(bootstrap_draws), cmocka_unit_test(bootstrap_by_threads),
        cmocka_unit_test(bootstrap_percentiles),
        cmocka_unit_test(bootstrap_refusals),
        cmocka_unit_test(two_shares),
        cmocka_unit_test(expanded_confidence),
        cmocka_unit_test(shares_of_pairs),
        cmocka_unit_test(shares_of_pairs_cover),
        cmocka_unit_test(draws_many_rows),
        cmocka_unit_test(gates_tell_how_often_they_pass),
        cmocka_unit_test(calibrates),
        cmocka_unit_test(calibrates_gold),
        cmocka_unit_test(public_logs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
