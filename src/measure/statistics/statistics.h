/* The statistics. f64, fixed order of sums, no global state; each function names its source. Inputs are checked by
 * returning false with what was wrong. */
#ifndef MEASURE_STATISTICS_H
#define MEASURE_STATISTICS_H

#include "base/error.h"
#include "base/pool.h"
#include "base/rng.h"

struct interval {
    double estimate, lo, hi;
};

/* Share k of n. Wilson 1927 (score interval); Clopper & Pearson 1934 (exact, by inverse beta). n = 0: estimate NaN,
 * [0, 1]. */
struct interval stat_wilson(uint64_t k, uint64_t n, double confidence);
struct interval stat_clopper_pearson(uint64_t k, uint64_t n, double confidence);
/* a k1/n1 + b k2/n2 of two independent samples, from their Wilson limits: Newcombe's method 10 (Statistics in Medicine
 * 17, 1998, 873-890) for a = 1, b = -1; Zou & Donner's MOVER (Statistics in Medicine 27, 2008) for any factors. n1 or
 * n2 0: NaN. */
struct interval stat_two_shares(double a, uint64_t k1, uint64_t n1, double b, uint64_t k2, uint64_t n2,
                                double confidence);
/* x - y and x / y of two independent estimates, from their own intervals: MOVER (Zou & Donner, Statistics in Medicine
 * 27, 2008, 1693-1702; ratio: Donner & Zou, Statistical Methods in Medical Research 21, 2012, 347-359). Where both come
 * from the same items and go together, it is too wide rather than too narrow. No interval: lo, hi NaN. y not above 0,
 * or its interval not: no interval of a ratio; y = 0: NaN. */
struct interval stat_mover_difference(struct interval x, struct interval y);
struct interval stat_mover_ratio(struct interval x, struct interval y);
/* Mean with Student's t interval; n < 2: lo, hi NaN. */
struct interval stat_mean_t(const double *x, size_t n, double confidence);

/* A statistic of clusters: rows of index i carry cluster[i] (0..n_clusters-1; NULL: each row its own cluster) and
 * stratum of the cluster (NULL: one stratum). The statistic is computed from resampled row weights (0, 1, 2, ...
 * per row). */
typedef double stat_function(void *context, const uint32_t *weights, size_t n_rows);
/* Percentile bootstrap (Efron & Tibshirani 1993), resampling clusters within strata; stream keyed by (seed, name);
 * resample b uses its own stream, so the result does not depend on order or threads. Resamples in which the statistic
 * is NaN are left out; with fewer than half of them left, or an estimate that is NaN, lo and hi are NaN. */
bool stat_bootstrap(size_t n_rows, const uint32_t *cluster, size_t n_clusters, const uint32_t *stratum,
                    stat_function *function, void *context, uint64_t resamples, double confidence, uint64_t seed,
                    const char *name, struct interval *out, struct error *err) MUST_CHECK;

/* The same of rows that are each their own cluster, made by several threads (pool NULL: one): the same numbers for any
 * of them. The function is called by all at once, each with weights of its own. */
bool stat_bootstrap_rows(struct pool *pool, size_t n_rows, stat_function *function, void *context, uint64_t resamples,
                         double confidence, uint64_t seed, const char *name, struct interval *out,
                         struct error *err) MUST_CHECK;

/* The confidence at which percentiles of resamples of m clusters cover as often as `confidence` says: resampled means
 * vary by (m - 1) / m too little, and their tails are those of a normal distribution where Student's t is due
 * (Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69, 2015, section 3.6).
 * m < 2: unchanged. */
double stat_expanded_confidence(double confidence, size_t m);
/* The same resamples for any use: visits the sample itself (all weights 1), then each resample in its order. */
typedef void stat_visit(void *context, const uint32_t *weights, size_t n_rows);
bool stat_resample(size_t n_rows, const uint32_t *cluster, size_t n_clusters, const uint32_t *stratum,
                   stat_visit *visit, void *context, uint64_t resamples, uint64_t seed, const char *name,
                   struct error *err) MUST_CHECK;
/* The same resamples of rows that are each their own cluster, made by several threads (pool NULL: one), in any order:
 * number 0 is the sample itself, which is visited alone and first, b + 1 resample b. Each thread has weights of its
 * own, and its number among those of the pool. */
typedef void stat_visit_at(void *context, uint64_t number, size_t worker, const uint32_t *weights, size_t n_rows);
bool stat_resample_rows(struct pool *pool, size_t n_rows, stat_visit_at *visit, void *context, uint64_t resamples,
                        uint64_t seed, const char *name, struct error *err) MUST_CHECK;
/* The same where many rows are alike: times[k] rows of kind k, n_kinds of them. How often each kind is drawn is a
 * multinomial number, drawn as one binomial number a kind: as many draws as kinds, whatever the number of rows. The law
 * is that of stat_resample, the numbers are others. The function or visit gets how often each kind counts. */
bool stat_resample_kinds(const uint32_t *times, size_t n_kinds, stat_visit *visit, void *context, uint64_t resamples,
                         uint64_t seed, const char *name, struct error *err) MUST_CHECK;
bool stat_bootstrap_kinds(const uint32_t *times, size_t n_kinds, stat_function *function, void *context,
                          uint64_t resamples, double confidence, uint64_t seed, const char *name, struct interval *out,
                          struct error *err) MUST_CHECK;
/* Successes of n tries with p: exact. Inversion where few are expected, else BTRS (Hoermann, Journal of Statistical
 * Computation and Simulation 46, 1993, 101-110). */
uint64_t stat_draw_binomial(struct rng *rng, uint64_t n, double p);
/* Both ends of the middle `confidence` of n > 0 values, which are sorted. */
void stat_percentiles(double *values, size_t n, double confidence, double *lo, double *hi);

/* How a detector answered what people had labelled: `found` of the `positives`, and `kept` (taken for no) of the
 * `negatives`. */
struct stat_detector {
    uint64_t found, positives, kept, negatives;
};
/* The true share behind a share p of n (any number: an effective one of clusters) that a detector says: Rogan & Gladen,
 * American Journal of Epidemiology 107, 1978, 71-76; interval with the variance of sensitivity and specificity, as Lang
 * & Reiczigel, Preventive Veterinary Medicine 113, 2014, 13-22. Estimate and limits are cut to 0..1; *uncut is the
 * estimate before. Limits that both lie outside are NaN: what is counted contradicts the detector's error. Without
 * positives or negatives, or where the detector tells no better than chance: all NaN. */
struct interval stat_rogan_gladen(double p, double n, struct stat_detector detector, double confidence, double *uncut);
/* The same of the difference of two such shares on rows of their own, which is the raw one over sensitivity +
 * specificity - 1: the delta method, with Lang & Reiczigel's counts and one more yes and no on each side (Agresti &
 * Caffo, The American Statistician 54, 2000). */
struct interval stat_rogan_gladen_gap(double p1, double n1, double p2, double n2, struct stat_detector detector,
                                      double confidence, double *uncut);
/* Always valid: with this confidence the interval holds the mean of n values in 0..1, whose sum is `sum`, at every n at
 * once, so that one may look after each and stop when one likes. The values that a mixture of bets, Beta(1/2, 1/2),
 * does not rule out: Robbins, Annals of Mathematical Statistics 41, 1970, 1397-1409, for yes and no; for fractions by
 * convexity (sub-Bernoulli: Howard, Ramdas, McAuliffe & Sekhon, Annals of Statistics 49, 2021, 1055-1080). Wider than
 * that of a fixed n. n = 0: estimate NaN, [0, 1]. */
struct interval stat_always_valid(double sum, uint64_t n, double confidence);

double stat_normal_cdf(double z);
double stat_normal_quantile(double p);
double stat_t_quantile(double p, double degrees);
double stat_beta_incomplete(double a, double b, double x); /* regularised */
double stat_beta_quantile(double a, double b, double p);
double stat_gamma_incomplete(double a, double x);          /* regularised lower */
double stat_chi2_sf(double x, double degrees);
double stat_binomial_cdf(uint64_t k, uint64_t n, double p);
/* Exact McNemar (two-sided binomial on discordant pairs). */
double stat_mcnemar(uint64_t b, uint64_t c);
/* The same with half of the chance of what was seen (mid-p: Lancaster, JASA 56, 1961; Fagerland, Lydersen & Laake, BMC
 * Medical Research Methodology 13, 2013): nearer to the level it says, which it may exceed a little. */
double stat_mcnemar_mid(uint64_t b, uint64_t c);
/* The chance that either test finds (p at most 1 - confidence) a true difference d of two shares on the same n items,
 * of which the share `discordant` differs (|d| at most that): summed over all outcomes. NaN: out of range. */
double stat_mcnemar_power(uint64_t n, double discordant, double d, double confidence, bool mid);
/* The difference (gained - lost) / n of two shares on the same n items, of which `gained` are a yes only the second
 * time and `lost` only the first: score interval (Tango, Statistics in Medicine 17, 1998, 891-908). No pairs: NaN. */
struct interval stat_paired_shares(uint64_t n, uint64_t gained, uint64_t lost, double confidence);
/* One-sided p value of the same score for a difference that is at most d (-1 < d < 1); of at least -d: turn gained and
 * lost round. */
double stat_paired_shares_above(uint64_t n, uint64_t gained, uint64_t lost, double d);
/* The chance that the interval of stat_paired_shares lies at or above -margin, so that a gate d(x) >= -margin is met:
 * for a true difference d of two shares on n items of which the share `discordant` differs (|d| at most that), summed
 * over all outcomes. NaN: out of range. */
double stat_paired_shares_pass(uint64_t n, double discordant, double d, double margin, double confidence);
/* Holm 1979 and Benjamini & Hochberg 1995: adjusted p values in place order. NaN stays NaN and is not counted as a
 * test. Quadratic in n, without memory: meant for the tasks of a comparison. adjusted may not be p. */
void stat_holm(const double *p, double *adjusted, size_t n);
void stat_benjamini_hochberg(const double *p, double *adjusted, size_t n);
/* Wilcoxon's signed ranks (Biometrics Bulletin 1, 1945): zeros are left out; w is the sum of the ranks of positive
 * differences. Up to 30 without ties p is exact, else by the normal approximation with ties and continuity corrected,
 * two-sided. biserial: the ranks' sums' difference over their sum. n: without zeros; none: p NaN. */
struct stat_signed {
    size_t n;
    double w, p, biserial;
    bool exact;
};
bool stat_wilcoxon(const double *d, size_t n, struct stat_signed *out, struct error *err) MUST_CHECK;
/* Friedman (JASA 32, 1937), ties corrected, and Kendall's W of the same ranks. x: [n][k], n people, k treatments. */
struct stat_friedman {
    double chi2, p, w;
};
bool stat_friedman(const double *x, size_t n, size_t k, struct stat_friedman *out, struct error *err) MUST_CHECK;
/* Cliff (Psychological Bulletin 114, 1993): share of pairs with x above y less that below; quadratic. */
double stat_cliff_delta(const double *x, size_t nx, const double *y, size_t ny);
/* Correlations: NaN when n < 2, a side does not vary, or a value is NaN. */
double stat_pearson(const double *x, const double *y, size_t n);
/* Average ranks; out of memory: NaN with err set. */
double stat_spearman(const double *x, const double *y, size_t n, struct error *err);
double stat_kendall_b(const double *x, const double *y, size_t n); /* quadratic in n */
double stat_cohen_kappa(const uint64_t *table, size_t k); /* k x k, row-major */

/* Expected calibration error with equal-width bins; edges left: [a, b) and the last one closed, right: (a, b] and the
 * first one closed. Empty bins count nothing. A value outside 0..1: NaN. */
double stat_ece(const double *confidence, const double *correct, size_t n, size_t bins, bool left_closed);
size_t stat_ece_bin(double confidence, size_t bins, bool left_closed); /* 0..bins-1 */
double stat_brier(const double *confidence, const double *correct, size_t n);

/* Smallest difference that n items can show with this confidence (two-sided) and power (0.8), by the normal
 * approximation; planning, printed before a run. NaN: no difference can be shown with so few.
 * share: of a known share p, towards 1/2: d sqrt(n) = z_a sqrt(p (1-p)) + z_b sqrt(q (1-q)), q = p +- d.
 * paired: between two shares on the same items of which the share `discordant` differs (Connor, Biometrics 43, 1987):
 * d sqrt(n) = z_a sqrt(discordant) + z_b sqrt(discordant - d^2). */
double smallest_effect_share(uint64_t n, double p, double confidence, double power);
double smallest_effect_paired(uint64_t n, double discordant, double confidence, double power);
/* mcnemar: the same of the exact test (or mid-p) itself, whose power is summed over all outcomes; above 5,000 pairs by
 * Connor's formula with the correction for continuity (of mid-p: without). */
double smallest_effect_mcnemar(uint64_t n, double discordant, double confidence, double power, bool mid);
/* The least margin at which a gate d(share) >= -margin passes an unchanged subject with the chance `power`, where by
 * chance the share `discordant` of n items differs, to 1e-6: stat_paired_shares_pass. NaN: none below 1. */
double smallest_margin_shares(uint64_t n, double discordant, double confidence, double power);
/* The least n at which smallest_effect_share is at most d; 0: none up to 2^40. */
uint64_t items_for_effect(double d, double p, double confidence, double power);
/* error: of anything whose standard error is known: (z_a + z_b) error. */
double smallest_effect_error(double error, double confidence, double power);

#endif
