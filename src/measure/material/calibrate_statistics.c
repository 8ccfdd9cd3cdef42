/* Known answers and coverage of the statistics: see calibrate_statistics.h. */
#include "measure/material/calibrate_statistics.h"

#include "measure/figure/tally.h"
#include "measure/statistics/statistics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 160, MOST_ARGS = 10000 };

struct calibration {
    struct calibrate_out rows;
    struct arena arena;
    uint64_t seed, repeat;
};

static void give(struct calibration *c, const char *name, double expected, double found, double tolerance,
                 const char *note) {
    calibrate_number(&c->rows, name, expected, found, tolerance, note);
}

/* ---- functions by name, of numbers ---- */

static double normal_cdf(const double *x, size_t n) {
    return stat_normal_cdf(x[0]);
}
static double normal_quantile(const double *x, size_t n) {
    return stat_normal_quantile(x[0]);
}
static double t_quantile(const double *x, size_t n) {
    return stat_t_quantile(x[0], x[1]);
}
static double beta_incomplete(const double *x, size_t n) {
    return stat_beta_incomplete(x[0], x[1], x[2]);
}
static double beta_quantile(const double *x, size_t n) {
    return stat_beta_quantile(x[0], x[1], x[2]);
}
static double gamma_incomplete(const double *x, size_t n) {
    return stat_gamma_incomplete(x[0], x[1]);
}
static double chi2_sf(const double *x, size_t n) {
    return stat_chi2_sf(x[0], x[1]);
}

/* A count among the arguments; what is none becomes 0. */
static uint64_t count(double x) {
    return x >= 0 && x <= 9007199254740992.0 ? (uint64_t)x : 0;
}

static double binomial_cdf(const double *x, size_t n) {
    return stat_binomial_cdf(count(x[0]), count(x[1]), x[2]);
}
static double wilson_lo(const double *x, size_t n) {
    return stat_wilson(count(x[0]), count(x[1]), x[2]).lo;
}
static double wilson_hi(const double *x, size_t n) {
    return stat_wilson(count(x[0]), count(x[1]), x[2]).hi;
}
static double exact_lo(const double *x, size_t n) {
    return stat_clopper_pearson(count(x[0]), count(x[1]), x[2]).lo;
}
static double exact_hi(const double *x, size_t n) {
    return stat_clopper_pearson(count(x[0]), count(x[1]), x[2]).hi;
}
static double mean_t_lo(const double *x, size_t n) {
    return stat_mean_t(x + 1, n - 1, x[0]).lo;
}
static double mean_t_hi(const double *x, size_t n) {
    return stat_mean_t(x + 1, n - 1, x[0]).hi;
}
static double mcnemar(const double *x, size_t n) {
    return stat_mcnemar(count(x[0]), count(x[1]));
}

enum { MOST_TESTS = 256 };
static double adjusted(const double *x, size_t n, void (*adjust)(const double *, double *, size_t)) {
    double out[MOST_TESTS];
    size_t at = count(x[0]);
    if (n - 1 > MOST_TESTS || at >= n - 1) return NAN;
    adjust(x + 1, out, n - 1);
    return out[at];
}
static double holm(const double *x, size_t n) {
    return adjusted(x, n, stat_holm);
}
static double benjamini_hochberg(const double *x, size_t n) {
    return adjusted(x, n, stat_benjamini_hochberg);
}

static double pearson(const double *x, size_t n) {
    return stat_pearson(x, x + n / 2, n / 2);
}
static double spearman(const double *x, size_t n) {
    return stat_spearman(x, x + n / 2, n / 2, NULL);
}
static double kendall_b(const double *x, size_t n) {
    return stat_kendall_b(x, x + n / 2, n / 2);
}

static double cohen_kappa(const double *x, size_t n) {
    uint64_t table[MOST_TESTS];
    size_t k = 1;
    while (k * k < n) k++;
    if (k * k != n || n > MOST_TESTS) return NAN;
    for (size_t i = 0; i < n; i++) table[i] = count(x[i]);
    return stat_cohen_kappa(table, k);
}

static double ece(const double *x, size_t n) {
    size_t m = (n - 2) / 2;
    return stat_ece(x + 2, x + 2 + m, m, count(x[0]), x[1] != 0);
}
static double brier(const double *x, size_t n) {
    return stat_brier(x, x + n / 2, n / 2);
}
static double paired_lo(const double *x, size_t n) {
    return stat_paired_shares(count(x[0]), count(x[1]), count(x[2]), x[3]).lo;
}
static double paired_hi(const double *x, size_t n) {
    return stat_paired_shares(count(x[0]), count(x[1]), count(x[2]), x[3]).hi;
}
static double effect_share(const double *x, size_t n) {
    return smallest_effect_share(count(x[0]), x[1], x[2], x[3]);
}
static double effect_paired(const double *x, size_t n) {
    return smallest_effect_paired(count(x[0]), x[1], x[2], x[3]);
}

const char *const statistics_functions[] = {"normal_cdf",
                                            "normal_quantile",
                                            "t_quantile",
                                            "beta_incomplete",
                                            "beta_quantile",
                                            "gamma_incomplete",
                                            "chi2_sf",
                                            "binomial_cdf",
                                            "wilson_lo",
                                            "wilson_hi",
                                            "clopper_pearson_lo",
                                            "clopper_pearson_hi",
                                            "mean_t_lo",
                                            "mean_t_hi",
                                            "mcnemar",
                                            "holm",
                                            "benjamini_hochberg",
                                            "pearson",
                                            "spearman",
                                            "kendall_b",
                                            "cohen_kappa",
                                            "ece",
                                            "brier",
                                            "paired_shares_lo",
                                            "paired_shares_hi",
                                            "smallest_effect_share",
                                            "smallest_effect_paired",
                                            NULL};

static const struct {
    double (*call)(const double *x, size_t n);
    size_t least; /* arguments */
} functions[] = {{normal_cdf, 1},
                 {normal_quantile, 1},
                 {t_quantile, 2},
                 {beta_incomplete, 3},
                 {beta_quantile, 3},
                 {gamma_incomplete, 2},
                 {chi2_sf, 2},
                 {binomial_cdf, 3},
                 {wilson_lo, 3},
                 {wilson_hi, 3},
                 {exact_lo, 3},
                 {exact_hi, 3},
                 {mean_t_lo, 3},
                 {mean_t_hi, 3},
                 {mcnemar, 2},
                 {holm, 2},
                 {benjamini_hochberg, 2},
                 {pearson, 4},
                 {spearman, 4},
                 {kendall_b, 4},
                 {cohen_kappa, 1},
                 {ece, 4},
                 {brier, 2},
                 {paired_lo, 4},
                 {paired_hi, 4},
                 {effect_share, 4},
                 {effect_paired, 4}};
_Static_assert(sizeof functions / sizeof *functions + 1 == sizeof statistics_functions / sizeof *statistics_functions,
               "a name for each function");

static bool call(struct text name, const double *args, size_t n, double *out, struct error *err) {
    for (size_t i = 0; statistics_functions[i]; i++) {
        if (!text_equal_c(name, statistics_functions[i])) continue;
        if (n < functions[i].least)
            return error_set(err, ERROR_DATA, "function '%s' takes at least %zu numbers, found %zu",
                             statistics_functions[i], functions[i].least, n);
        *out = functions[i].call(args, n);
        return true;
    }
    const char *near = text_nearest(name, statistics_functions, sizeof functions / sizeof *functions);
    return error_set(err, ERROR_DATA, "no statistic '%.*s'%s%s%s", (int)(name.len < 80 ? name.len : 80), name.at,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- built-in answers ---- */

#define EIGHT_X 1, 2, 3, 4, 5, 6, 7, 8
#define EIGHT_Y 2, 1, 4, 3, 6, 5, 8, 7
#define TEN_CONFIDENT .95, .92, .88, .85, .81, .73, .66, .55, .42, .31
#define TEN_RIGHT 1, 1, 0, 1, 1, 0, 1, 0, 1, 0

static const struct known {
    const char *function;
    double args[24];
    size_t n;
    double expected, tolerance;
    const char *origin;
} known[] = {
    {"normal_cdf", {1}, 1, 0.84134474606854294859, 1e-15, "series to 40 digits"},
    {"paired_shares_lo", {21, 1, 7, 0.95}, 4, -0.5172, 5e-5, "Bentur 2009 in Fagerland, Lydersen and Laake 2014"},
    {"paired_shares_hi", {21, 1, 7, 0.95}, 4, -0.0260, 5e-5, "Bentur 2009 in Fagerland, Lydersen and Laake 2014"},
    {"normal_quantile", {0.025}, 1, -1.9599639845400542118, 1e-14, "inverse to 40 digits"},
    {"t_quantile", {0.975, 1}, 2, 12.706204736174693314, 1e-12, "tan(0.475 pi)"},
    {"t_quantile", {0.975, 9}, 2, 2.2621571627982049992, 1e-13, "inverse to 40 digits"},
    {"beta_incomplete", {0.5, 0.5, 0.25}, 3, 1.0 / 3, 1e-15, "2 asin(sqrt(x)) / pi"},
    {"beta_incomplete", {1000, 2000, 0.32}, 3, 0.059911027855426423438, 1e-13, "series to 40 digits"},
    {"beta_quantile", {1, 5, 0.5}, 3, 0.12944943670387587, 1e-15, "1 - 0.5^(1/5)"},
    {"gamma_incomplete", {1, 1}, 2, 0.63212055882855767840, 1e-15, "1 - exp(-1)"},
    {"chi2_sf", {3, 2}, 2, 0.22313016014842982893, 1e-15, "exp(-1.5)"},
    {"binomial_cdf", {3, 10, 0.5}, 3, 0.171875, 1e-15, "176 / 1024"},
    {"wilson_lo", {81, 263, 0.95}, 3, 0.25528851987827423, 1e-14, "formula; Newcombe 1998 prints .2553"},
    {"wilson_hi", {81, 263, 0.95}, 3, 0.36620957698280007, 1e-14, "formula; Newcombe 1998 prints .3662"},
    {"clopper_pearson_lo", {10, 10, 0.95}, 3, 0.69150289218123917, 1e-14, "0.025^(1/10)"},
    {"clopper_pearson_hi", {0, 10, 0.95}, 3, 0.30849710781876083, 1e-14, "1 - 0.025^(1/10)"},
    {"mean_t_lo", {0.95, -1, 1}, 3, -12.706204736174693, 1e-12, "mean 0, standard error 1, one degree of freedom"},
    {"mean_t_hi", {0.95, -1, 1}, 3, 12.706204736174693, 1e-12, "mean 0, standard error 1, one degree of freedom"},
    {"mcnemar", {1, 6}, 2, 0.125, 1e-15, "2 (1 + 7) / 128"},
    {"holm", {1, 0.01, 0.04, 0.03, 0.005}, 5, 0.06, 1e-15, "by hand: .03 .06 .06 .02"},
    {"benjamini_hochberg", {2, 0.01, 0.04, 0.03, 0.005}, 5, 0.04, 1e-15, "by hand: .02 .04 .04 .02"},
    {"pearson", {EIGHT_X, EIGHT_Y}, 16, 19.0 / 21, 1e-15, "1 - 6 x 8 / (8 x 63), no ties"},
    {"spearman", {EIGHT_X, EIGHT_Y}, 16, 19.0 / 21, 1e-15, "1 - 6 x 8 / (8 x 63)"},
    {"kendall_b", {EIGHT_X, EIGHT_Y}, 16, 20.0 / 28, 1e-15, "4 of 28 pairs turned round"},
    {"cohen_kappa", {20, 5, 10, 15}, 4, 0.4, 1e-15, "agreement .7, by chance .5"},
    {"ece", {10, 0, TEN_CONFIDENT, TEN_RIGHT}, 22, 0.318, 1e-14, "by hand, right-closed bins"},
    {"brier", {TEN_CONFIDENT, TEN_RIGHT}, 20, 0.22254, 1e-14, "by hand"},
    {"smallest_effect_share", {100, 0.5, 0.95, 0.5}, 4, 0.09799819922700271, 1e-14, "1.96 sqrt(0.25 / 100)"},
    {"smallest_effect_paired", {100, 0.25, 0.95, 0.5}, 4, 0.09799819922700271, 1e-14, "1.96 sqrt(0.25 / 100)"},
};

static bool check_built_in(struct calibration *c, struct error *err) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct known *k = &known[i];
        char name[NAME];
        double found;
        int len = snprintf(name, sizeof name, "%s(", k->function);
        for (size_t a = 0; a < k->n && len < NAME - 40; a++)
            len += snprintf(name + len, sizeof name - (size_t)len, "%s%g", a ? ", " : "", k->args[a]);
        snprintf(name + len, sizeof name - (size_t)len, ")");
        if (!call(text_of(k->function), k->args, k->n, &found, err)) return false;
        give(c, name, k->expected, found, k->tolerance, k->origin);
    }
    return true;
}

/* ---- coverage ---- */

/* Gives the share of repetitions whose interval covered the truth, beside what it must be. */
static void give_coverage(struct calibration *c, const char *name, uint64_t covered, double expected, const char *how) {
    double band = 3.5 * sqrt(expected * (1 - expected) / (double)c->repeat);
    char note[NAME];
    snprintf(note, sizeof note, "%" PRIu64 " of %" PRIu64 " intervals; band %.4f..%.4f: %s", covered, c->repeat,
             expected - band, expected + band, how);
    give(c, name, expected, (double)covered / (double)c->repeat, band, note);
}

static bool covers(struct interval x, double truth) {
    return x.lo <= truth && truth <= x.hi;
}

enum { TRIALS = 30 };
typedef struct interval share_interval(uint64_t k, uint64_t n, double confidence);

static void share_coverage(struct calibration *c, const char *name, share_interval *interval, double p) {
    double expected = 0, below = 0;
    uint64_t covered = 0;
    for (uint64_t k = 0; k <= TRIALS; k++) {
        double up_to = stat_binomial_cdf(k, TRIALS, p);
        if (covers(interval(k, TRIALS, 0.95), p)) expected += up_to - below;
        below = up_to;
    }
    for (uint64_t r = 0; r < c->repeat; r++) {
        struct rng rng = rng_stream(c->seed, "calibrate/share", r);
        uint64_t k = 0;
        for (int i = 0; i < TRIALS; i++) k += rng_unit(&rng) < p;
        covered += covers(interval(k, TRIALS, 0.95), p);
    }
    give_coverage(c, name, covered, expected, "exact coverage, summed over all outcomes");
}

static void mean_coverage(struct calibration *c) {
    double x[10];
    uint64_t covered = 0;
    for (uint64_t r = 0; r < c->repeat; r++) {
        struct rng rng = rng_stream(c->seed, "calibrate/mean", r);
        for (int i = 0; i < 10; i++) x[i] = 5 + 2 * rng_normal(&rng);
        covered += covers(stat_mean_t(x, 10, 0.95), 5);
    }
    give_coverage(c, "coverage student-t, n = 10, normal", covered, 0.95, "exact");
}

enum { CLUSTERS = 40, CLUSTER_ROWS = 3, RESAMPLES = 400 };
struct sample {
    double x[CLUSTERS * CLUSTER_ROWS];
};

static double weighted_mean(void *context, const uint32_t *weights, size_t n) {
    const struct sample *s = context;
    double sum = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weights[i] * s->x[i];
        total += weights[i];
    }
    return sum / total;
}

/* Cluster means are normal here, so that with Student's t the coverage is the nominal one; what is left are the
 * percentiles of finitely many resamples. */
static bool bootstrap_coverage(struct calibration *c, struct error *err) {
    static const char name[] = "coverage cluster bootstrap, 40 clusters of 3";
    uint32_t cluster[CLUSTERS * CLUSTER_ROWS];
    uint64_t covered = 0;
    for (uint32_t i = 0; i < CLUSTERS * CLUSTER_ROWS; i++) cluster[i] = i / CLUSTER_ROWS;
    for (uint64_t r = 0; r < c->repeat; r++) {
        struct rng rng = rng_stream(c->seed, "calibrate/cluster", r);
        struct sample sample;
        struct interval interval;
        char stream[64];
        for (size_t i = 0; i < CLUSTERS * CLUSTER_ROWS; i += CLUSTER_ROWS) {
            double shared = rng_normal(&rng);
            for (size_t j = 0; j < CLUSTER_ROWS; j++) sample.x[i + j] = 3 + shared + rng_normal(&rng);
        }
        snprintf(stream, sizeof stream, "calibrate/bootstrap/%" PRIu64, r);
        if (!stat_bootstrap(CLUSTERS * CLUSTER_ROWS, cluster, CLUSTERS, NULL, weighted_mean, &sample, RESAMPLES,
                            stat_expanded_confidence(0.95, CLUSTERS), c->seed, stream, &interval, err))
            return false;
        covered += covers(interval, 3);
    }
    give_coverage(c, name, covered, 0.95, "nominal: percentiles expanded by Student's t");
    return true;
}

/* ---- answers from outside ---- */

static bool check_gold(struct calibration *c, const json_t *gold, struct error *err) {
    if (!json_is_array(gold))
        return json_mismatch(gold, "", (struct json_place){.file = "gold", .path = ""}, "an array", err);
    for (size_t i = 0; i < json_array_size(gold); i++) {
        const json_t *entry = json_array_get(gold, i);
        struct text name, function;
        json_t *list;
        double expected, tolerance, found;
        char path[NAME];
        snprintf(path, sizeof path, "[%zu]", i);
        struct json_place place = {.file = "gold", .path = path};
        if (!json_get_text(entry, "name", place, &name, err) ||
            !json_get_text(entry, "function", place, &function, err) ||
            !json_get_array(entry, "args", place, &list, err) ||
            !json_get_f64(entry, "expected", place, &expected, err) ||
            !json_get_f64(entry, "tolerance", place, &tolerance, err))
            return false;
        size_t n = json_array_size(list);
        if (n == 0 || n > MOST_ARGS) return json_mismatch(list, "args", place, "1 to 10000 numbers", err);
        arena_reset(&c->arena);
        double *args = arena_new(&c->arena, double, n, err);
        char *shown = args ? text_copy(&c->arena, name, err) : NULL;
        if (!shown) return false;
        for (size_t a = 0; a < n; a++) {
            const json_t *value = json_array_get(list, a);
            if (!json_is_number(value)) return json_mismatch(value, "args", place, "numbers", err);
            args[a] = json_number_value(value);
        }
        if (!call(function, args, n, &found, err)) return error_wrap(err, "gold%s", path);
        give(c, shown, expected, found, tolerance, "from the gold file");
    }
    return true;
}

bool calibrate_statistics(const json_t *gold, uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                          struct error *err) {
    struct calibration c = {.rows = {report, context}, .seed = seed, .repeat = repeat ? repeat : 2000};
    arena_init(&c.arena, (size_t)16 << 20);
    bool ok = check_built_in(&c, err);
    if (ok) {
        share_coverage(&c, "coverage wilson, n = 30, p = 0.3", stat_wilson, 0.3);
        share_coverage(&c, "coverage wilson, n = 30, p = 0.03", stat_wilson, 0.03);
        share_coverage(&c, "coverage clopper-pearson, n = 30, p = 0.3", stat_clopper_pearson, 0.3);
        share_coverage(&c, "coverage clopper-pearson, n = 30, p = 0.03", stat_clopper_pearson, 0.03);
        mean_coverage(&c);
        ok = bootstrap_coverage(&c, err) && (!gold || check_gold(&c, gold, err));
    }
    arena_done(&c.arena);
    return ok;
}
