/* From raw figures of a cohort of synthetic tables to one index between 0 and 1 (Belgodere et al., "Auditing and
 * Generating Synthetic Data with Controllable Trust Trade-offs", 2023): polarity, empirical distribution over the
 * cohort, weighted geometric mean within a dimension and over the five. Pure functions: no table is read here.
 *
 *   a = s m                                      aligned: larger is better (s: polarity, 1 or -1)
 *   u = #{j: a_j <= a} / N                       over the candidates of the same fold; ecdf=mid: (mid-rank - 1/2) / N
 *   pi_T = exp(mean of ln u over the metrics of dimension T)
 *   tau = exp(sum_T w_T ln pi_T)
 *
 * The worth of a u is relative to its cohort; `absolute` is the place of a between two anchors that every cohort can be
 * given: 0 at uniform (of privacy: leak), 1 at fresh. */
#ifndef MEASURE_TRUST_INDEX_H
#define MEASURE_TRUST_INDEX_H

#include "measure/statistics/statistics.h"
#include "base/text.h"

enum trust_dimension { TRUST_FIDELITY, TRUST_PRIVACY, TRUST_UTILITY, TRUST_FAIRNESS, TRUST_ROBUSTNESS };
enum { TRUST_DIMENSIONS = TRUST_ROBUSTNESS + 1, TRUST_ENOUGH = 5, TRUST_ALPHAS = 3 };
extern const char trust_letters[TRUST_DIMENSIONS + 1]; /* "FPUAB" */
extern const char *const trust_names[TRUST_DIMENSIONS];
extern const double trust_alphas[TRUST_ALPHAS]; /* 0, 0.1, 1 */

struct trust_candidate {
    const char *id, *generator;
    uint64_t seed, fold, step;
    double epsilon; /* NaN: none */
    const char *file, *sha256;
    bool anchor;
};
struct trust_metric {
    const char *name;
    enum trust_dimension dimension;
    int polarity;    /* 1 or -1 */
    bool shown_only; /* takes no part in an index */
};
struct trust_cohort {
    struct trust_candidate *candidate;
    struct trust_metric *metric;
    size_t n, k;
    struct interval *raw; /* [n][k]; NaN: could not be measured; lo, hi NaN: no interval */
};

struct trust_weights {
    const char *name;
    double of[TRUST_DIMENSIONS]; /* sum 1 */
    bool mid;
};
/* The presets of a report. */
struct trust_preset {
    const char *name;
    double of[TRUST_DIMENSIONS];
};
size_t trust_presets(const struct trust_preset **out);
/* "all", "PUF", any of the letters F P U A B, "privacy-first", or "F=0.5,P=0.5"; ",ecdf=mid" behind either. Weights are
 * scaled to the sum 1. ERROR_USAGE. */
bool trust_weights_parse(const char *spec, struct arena *arena, struct trust_weights *out,
                         struct error *err) MUST_CHECK;

/* u of a among n values of a cohort; one that belongs to none of them, and lies below all, gets 1 / (2 n), not 0. */
double trust_ecdf(const double *cohort, size_t n, double a, bool mid);

enum trust_use { TRUST_USED, TRUST_DROPPED, TRUST_UNINFORMATIVE, TRUST_SHOWN };
struct trust_index {
    double *u, *absolute; /* [n][k]; NaN: none */
    enum trust_use *use;  /* [k] dropped: NaN for a candidate; uninformative: the same for all, u = 1 */
    double *pi;           /* [n][TRUST_DIMENSIONS]; NaN: nothing measures it */
    double *nats;         /* [n][TRUST_DIMENSIONS] w_T ln pi_T: what each dimension costs; their sum is ln tau */
    double *tau;          /* [n] */
    double weight[TRUST_DIMENSIONS]; /* as used: a dimension that nothing measures has none, the others are scaled */
};
/* On the arena. ERROR_DATA: fewer than two candidates in a fold; all weight on what nothing measures. */
bool trust_index_of(const struct trust_cohort *cohort, const struct trust_weights *weights, struct arena *arena,
                    struct trust_index *out, struct error *err) MUST_CHECK;

/* Generators over their folds and seeds, best mean first; anchors are not ranked. */
struct trust_rank {
    const char *generator;
    size_t n;                  /* candidates */
    double mean, sd;           /* sd: NaN of one */
    double risk[TRUST_ALPHAS]; /* mean - alpha sd */
    double first;              /* share of resamples in which it is first; NaN: one candidate each tells nothing */
};
struct trust_ranking {
    struct trust_rank *row;
    size_t n;
    double kendall;    /* mean of tau-b of all pairs of folds; NaN: fewer than two folds or generators */
    bool clear_winner; /* the first row is first in at least 80 % of the resamples */
};
/* `resamples` over folds, then over the seeds within. */
bool trust_rank_of(const struct trust_cohort *cohort, const double *tau, uint64_t resamples, uint64_t seed,
                   struct arena *arena, struct trust_ranking *out, struct error *err) MUST_CHECK;

#endif
