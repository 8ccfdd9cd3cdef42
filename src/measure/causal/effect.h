/* The effect of a treatment on an outcome, from a table of units, by one of several estimators (estimators.c). What an
 * estimator must assume is said where it is known to fail: treated and untreated units that do not overlap, covariates
 * that still differ, weak instruments, refuters that find an effect where none can be. Where the effect cannot be
 * estimated at all there is an error and no figure.
 *
 * Targets: ate, of all units; att, of the treated; late, of those whom an instrument moves.
 * Rows with a missing value in a column that is used are left out, and counted.
 * Intervals: by the estimator's own standard error, or by resampling rows (or clusters) where it has none or where that
 * is asked for. Same numbers for any number of threads. */
#ifndef MEASURE_EFFECT_H
#define MEASURE_EFFECT_H

#include "base/option.h"
#include "base/pool.h"
#include "record/record.h"

enum effect_target { EFFECT_ATE, EFFECT_ATT, EFFECT_LATE, EFFECT_TARGETS };
extern const char *const effect_target_names[EFFECT_TARGETS];

/* What an estimator needs, and what it cannot have. */
enum {
    EFFECT_BINARY = 1,     /* a treatment of two values */
    EFFECT_COVARIATES = 2, /* covariates that block what confounds */
    EFFECT_OVERLAP = 4,    /* units of both kinds at all shares: refused where a tenth has none */
    EFFECT_PAIR = 8,       /* both potential outcomes */
    EFFECT_OWN_ERROR = 16, /* resampling rows is wrong for it (matching), or means nothing (a panel) */
    EFFECT_ADJUSTS = 32    /* takes covariates where they are given */
};

struct effect_problem;
struct effect_estimate;
struct estimator {
    const char *name, *summary, *paper;
    const struct option_def *options;
    size_t n_options;
    const char *const *roles; /* options that name a column, NULL at the end; may be NULL */
    unsigned needs;
    /* w: [n] weights of rows, NULL: all 1. Resamples come as weights, of which many are 0: where so few rows are left
     * that there is no answer (nobody was treated), the value stays NaN. err only for what makes the answer impossible.
     */
    bool (*estimate)(const struct effect_problem *problem, const double *w, struct arena *arena,
                     struct effect_estimate *out, struct error *err);
};
size_t estimators(const struct estimator *const **out);
const struct estimator *estimator_find(struct text name, struct error *err) MUST_CHECK; /* ERROR_USAGE: the nearest */

struct effect_settings {
    const char *const *tables; /* files, side by side */
    size_t n_tables;
    const char *treatment;
    const char
        *treated; /* the value of it that is the treatment; NULL: the larger of two numbers, yes, true, treated */
    const char *outcome;    /* a column, or both potential outcomes, "Y0,Y1" */
    const char *covariates; /* names with commas; with * in them: all that fit; NAME:category, NAME:square. NULL: none,
                             * or those that the graph gives */
    const char *graph;      /* file of a causal graph; NULL: none. The effect must be identifiable in it */
    const char *estimator;  /* spec */
    const char *cluster;    /* column of units that go together; NULL: every row for itself */
    double confidence;
    uint64_t bootstrap; /* resamples; 0: the estimator's own error, else 1000 */
    uint64_t seed;
    struct pool *pool;
};
struct effect_result {
    struct figure *figures; /* the targets first; all on the arena */
    size_t n_figures;
    const char **warnings;
    size_t n_warnings;
    const char *adjusted; /* names of the covariates */
    size_t rows, left_out, treated;
    const char *treated_value; /* what the treated have in the column of the treatment; NULL: more than two values */
    const char *missing; /* the column that is missing most often; "" */
};
/* ERROR_USAGE: a column or an estimator that is not there; ERROR_DATA: rows, or an effect that cannot be estimated. */
bool effect_estimate_table(const struct effect_settings *settings, struct arena *arena, struct effect_result *out,
                           struct error *err) MUST_CHECK;
/* The same question of two tables: figures of `a`, then of `b`, then their differences with normal intervals, and a
 * warning where a difference is not chance. */
bool effect_compare_tables(const struct effect_settings *a, const struct effect_settings *b, struct arena *arena,
                           struct effect_result *out, struct error *err) MUST_CHECK;

#endif
