/* Coverage, false alarms and power: see calibrate_coverage.h. */
#include "measure/material/calibrate_coverage.h"

#include "base/rng.h"
#include "measure/material/calibrate_pairs.h"
#include "measure/statistics/statistics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 200, SHARES = 19, PAIRS = 60, RESAMPLES = 199, REPEAT_LEAST = 1000 };
#define LEVEL 0.95
#define POWER 0.8

struct simulation {
    struct calibrate_out rows;
    uint64_t seed, repeat;
};

static double share_at(int i) {
    return 0.05 * (i + 1);
}

static bool covers(struct interval x, double truth) {
    return x.lo <= truth && truth <= x.hi;
}

/* ---- shares, over all outcomes ---- */

typedef struct interval share_interval(uint64_t k, uint64_t n, double confidence);

static double exact_coverage(share_interval *interval, uint64_t n, double p) {
    double sum = 0, below = 0;
    for (uint64_t k = 0; k <= n; k++) {
        double up_to = stat_binomial_cdf(k, n, p);
        if (covers(interval(k, n, LEVEL), p)) sum += up_to - below;
        below = up_to;
    }
    return sum;
}

static void shares(const struct simulation *s) {
    static const uint64_t sizes[] = {50, 100, 200, 400};
    char name[NAME];
    for (size_t i = 0; i < 4; i++) {
        double sum = 0, least = 1;
        for (int p = 0; p < SHARES; p++) sum += exact_coverage(stat_wilson, sizes[i], share_at(p));
        snprintf(name, sizeof name, "coverage of Wilson, n = %" PRIu64 ", mean over p", sizes[i]);
        calibrate_range(&s->rows, name, sum / SHARES, 0.93, 0.97, "summed over all outcomes");
        for (int p = 1; p < 100; p++) least = fmin(least, exact_coverage(stat_clopper_pearson, sizes[i], p / 100.0));
        snprintf(name, sizeof name, "coverage of Clopper-Pearson, n = %" PRIu64 ", lowest of p", sizes[i]);
        calibrate_range(&s->rows, name, least, 0.95, 1, "summed over all outcomes, p = .01, .02, ... .99");
    }
}

/* ---- means and corrected shares, drawn ---- */

static uint64_t draw(struct rng *rng, uint64_t n, double p) {
    uint64_t k = 0;
    for (uint64_t i = 0; i < n; i++) k += rng_unit(rng) < p;
    return k;
}

/* Fractions with mean p: of four tries, each right with p. */
static bool covers_mean(struct rng *rng, double p) {
    double x[50];
    for (int i = 0; i < 50; i++) x[i] = (double)draw(rng, 4, p) / 4;
    return covers(stat_mean_t(x, 50, LEVEL), p);
}

static bool covers_corrected(struct rng *rng, double p) {
    double se = 0.9, sp = 0.85, uncut;
    struct stat_detector d = {draw(rng, 100, se), 100, draw(rng, 100, sp), 100};
    double said = (double)draw(rng, 200, p * se + (1 - p) * (1 - sp)) / 200;
    return covers(stat_rogan_gladen(said, 200, d, LEVEL, &uncut), p);
}

static void drawn(const struct simulation *s, const char *name, const char *stream, bool (*one)(struct rng *, double)) {
    uint64_t each = s->repeat / 4 + 1, covered = 0;
    char how[NAME];
    for (int p = 0; p < SHARES; p++)
        for (uint64_t r = 0; r < each; r++) {
            struct rng rng = rng_stream(s->seed, stream, (uint64_t)p * each + r);
            covered += one(&rng, share_at(p));
        }
    snprintf(how, sizeof how, "%" PRIu64 " samples of each of %d shares", each, SHARES);
    calibrate_range(&s->rows, name, (double)covered / (double)(each * SHARES), 0.93, 0.97, how);
}

static void looks(const struct simulation *s) {
    static const double shares_of[] = {0.1, 0.5, 0.8};
    uint64_t missed = 0, each = s->repeat / 6 + 1;
    char how[NAME];
    for (int p = 0; p < 3; p++)
        for (uint64_t r = 0; r < each; r++) {
            struct rng rng = rng_stream(s->seed, "coverage/looks", (uint64_t)p * each + r);
            double sum = 0;
            bool once = false;
            for (uint64_t n = 1; n <= 500 && !once; n++) {
                sum += rng_unit(&rng) < shares_of[p];
                once = n % 5 == 0 && !covers(stat_always_valid(sum, n, LEVEL), shares_of[p]);
            }
            missed += once;
        }
    snprintf(how, sizeof how, "%" PRIu64 " sequences of 500 items, looked at after every fifth", 3 * each);
    calibrate_range(&s->rows, "always valid: the truth is ever left out", (double)missed / (double)(3 * each), 0, 0.05,
                    how);
}

/* ---- McNemar ---- */

static const struct {
    uint64_t n;
    double discordant;
} designs[] = {{50, 0.2}, {50, 0.4}, {100, 0.1}, {100, 0.4}, {200, 0.2}, {400, 0.1}};
enum { DESIGNS = sizeof designs / sizeof *designs };

static void mcnemar(const struct simulation *s) {
    char name[NAME];
    for (size_t i = 0; i < DESIGNS; i++) {
        uint64_t n = designs[i].n;
        double d = designs[i].discordant;
        snprintf(name, sizeof name, "false alarms of exact McNemar, n = %" PRIu64 ", %g differ", n, d);
        calibrate_range(&s->rows, name, stat_mcnemar_power(n, d, 0, LEVEL, false), 0, 0.05, "summed over all outcomes");
        snprintf(name, sizeof name, "false alarms of mid-p, n = %" PRIu64 ", %g differ", n, d);
        calibrate_range(&s->rows, name, stat_mcnemar_power(n, d, 0, LEVEL, true), 0.035, 0.065,
                        "summed over all outcomes");
    }
}

/* Pairs are drawn and the test is made: nothing of the formula of the power is used here. */
static void mcnemar_power(const struct simulation *s, bool mid) {
    char name[NAME], how[NAME];
    for (size_t i = 0; i < DESIGNS; i++) {
        uint64_t n = designs[i].n, found = 0, times = 2 * s->repeat;
        double d = designs[i].discordant, effect = smallest_effect_mcnemar(n, d, LEVEL, POWER, mid);
        for (uint64_t r = 0; r < times && !isnan(effect); r++) {
            struct rng rng = rng_stream(s->seed, mid ? "coverage/power/mid" : "coverage/power", i * times + r);
            uint64_t gained = 0, lost = 0;
            for (uint64_t k = 0; k < n; k++) {
                double u = rng_unit(&rng);
                gained += u < (d + effect) / 2;
                lost += u >= (d + effect) / 2 && u < d;
            }
            found += (mid ? stat_mcnemar_mid : stat_mcnemar)(gained, lost) <= 1 - LEVEL;
        }
        snprintf(name, sizeof name, "power of %s, n = %" PRIu64 ", %g differ", mid ? "mid-p" : "exact McNemar", n, d);
        snprintf(how, sizeof how,
                 "%" PRIu64 " comparisons with a true difference of %.4f, the smallest that is printed", times, effect);
        calibrate_range(&s->rows, name, (double)found / (double)times, POWER - 0.03, POWER + 0.03, how);
    }
}

/* ---- the paired bootstrap and exchanges, by the comparison's own code ---- */

struct found {
    uint64_t p, interval;
    double detectable;
};

static bool compare_many(struct calibrate_pairs *pairs, const struct simulation *s, const char *stream, double effect,
                         struct found *found, struct error *err) {
    double x[2][PAIRS];
    *found = (struct found){0};
    for (uint64_t r = 0; r < s->repeat; r++) {
        struct rng rng = rng_stream(s->seed, stream, r);
        struct compare_row row;
        struct figure figure;
        calibrate_pairs_draw(&rng, effect, x[0], x[1], PAIRS);
        if (!calibrate_pairs_compare(pairs, x[0], x[1], PAIRS, r + 1, &row, &figure, err)) return false;
        found->p += row.p <= 1 - LEVEL;
        found->interval += row.lo > 0 || row.hi < 0;
        found->detectable += row.detectable;
    }
    return true;
}

static bool bootstrap(const struct simulation *s, struct calibrate_pairs *pairs, struct error *err) {
    double n = (double)s->repeat;
    struct found found;
    char how[NAME];
    if (!compare_many(pairs, s, "coverage/exchange", 0, &found, err)) return false;
    double effect = found.detectable / n;
    snprintf(how, sizeof how, "%" PRIu64 " comparisons of %d pairs of fractions, B = %d", s->repeat, PAIRS, RESAMPLES);
    calibrate_range(&s->rows, "false alarms of exchanges (p)", (double)found.p / n, 0.035, 0.065, how);
    calibrate_range(&s->rows, "false alarms of the paired bootstrap (interval)", (double)found.interval / n, 0.035,
                    0.065, how);
    if (!compare_many(pairs, s, "coverage/exchange/power", effect, &found, err)) return false;
    snprintf(how, sizeof how, "%" PRIu64 " comparisons with a true difference of %.4f, the smallest that is printed",
             s->repeat, effect);
    calibrate_range(&s->rows, "power of exchanges (p)", (double)found.p / n, POWER - 0.03, POWER + 0.03, how);
    return true;
}

static bool compare_fractions(const struct simulation *s, struct error *err) {
    struct calibrate_pairs *pairs = calibrate_pairs_new("token_f1", LEVEL, RESAMPLES, err);
    bool ok = pairs && bootstrap(s, pairs, err);
    calibrate_pairs_free(pairs);
    return ok;
}

bool calibrate_coverage(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    struct simulation s = {.rows = {report, context}, .seed = seed, .repeat = repeat ? repeat : 2000};
    shares(&s);
    mcnemar(&s);
    if (s.repeat < REPEAT_LEAST)
        return calibrate_skip(&s.rows, "what is drawn", "fewer than 1000 repetitions show too little"), true;
    drawn(&s, "coverage of Student's t, 50 fractions, mean over p", "coverage/mean", covers_mean);
    drawn(&s, "coverage of corrected shares, mean over p", "coverage/corrected", covers_corrected);
    looks(&s);
    mcnemar_power(&s, false);
    mcnemar_power(&s, true);
    return compare_fractions(&s, err);
}
