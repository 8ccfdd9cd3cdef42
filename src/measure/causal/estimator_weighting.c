/* Estimators by the share of treated at given covariates: weights, and strata of that share. */
#include "measure/causal/effect_internal.h"
#include "measure/causal/linear.h"

#include <math.h>
#include <stdlib.h>

static const struct option_def weighting_options[] = {
    {"penalty", OPTION_REAL, "0.1", 0, 1e12, NULL, "of the logistic model of the treatment"},
};

/* ---- inverse shares (Hajek's form): sum T Y/e / sum T/e - sum (1-T) Y/(1-e) / sum (1-T)/(1-e) ---- */

/* The influence of rows, less what the estimated share explains of it: its regression on the score x (t - e) (Newey &
 * McFadden, Handbook of Econometrics 4, 1994, section 6). Without this step the error is too wide. */
static double weighted_error(const struct effect_problem *p, const double *w, const double *e, const double *mean,
                             struct arena *arena, struct error *err) {
    double *psi = arena_new(arena, double, p->n, err), *score = arena_new(arena, double, p->n * p->p, err);
    double *beta = arena_new(arena, double, p->p, err);
    if (!psi || !score || !beta) return NAN;
    for (size_t i = 0; i < p->n; i++) {
        psi[i] = p->t[i] == 1 ? (p->y[i] - mean[1]) / e[i] : -(p->y[i] - mean[0]) / (1 - e[i]);
        for (size_t j = 0; j < p->p; j++) score[i * p->p + j] = p->x[i * p->p + j] * (p->t[i] - e[i]);
    }
    if (!linear_fit(score, p->n, p->p, psi, w, 0, beta, NULL, arena, err)) return NAN;
    for (size_t i = 0; i < p->n; i++) psi[i] -= linear_predict(score + i * p->p, beta, p->p);
    return effect_influence_error(psi, w, p->n);
}

static bool ipw(const struct effect_problem *p, const double *w, struct arena *arena, struct effect_estimate *out,
                struct error *err) {
    double *e = arena_new(arena, double, p->n, err), sum[2] = {0, 0}, mass[2] = {0, 0}, square[2] = {0, 0}, mean[2];
    size_t trimmed = 0;
    if (!e || !effect_propensity(p, w, p->options[0].real, e, arena, err)) return false;
    for (size_t i = 0; i < p->n; i++) {
        size_t arm = p->t[i] == 1;
        trimmed += e[i] != effect_trim(e[i]);
        e[i] = effect_trim(e[i]);
        double weight = effect_weight(w, i) / (arm ? e[i] : 1 - e[i]);
        sum[arm] += weight * p->y[i];
        mass[arm] += weight;
        square[arm] += weight * weight;
    }
    for (size_t a = 0; a < 2; a++) mean[a] = sum[a] / mass[a];
    out->value[EFFECT_ATE] = mean[1] - mean[0];
    out->error[EFFECT_ATE] = weighted_error(p, w, e, mean, arena, err);
    out->method[EFFECT_ATE] = "influence";
    effect_put_extra(out, "trimmed", (double)trimmed / (double)p->n);
    effect_put_extra(out, "effective_treated", mass[1] * mass[1] / square[1]);
    effect_put_extra(out, "effective_untreated", mass[0] * mass[0] / square[0]);
    return !isnan(out->error[EFFECT_ATE]) || !err || err->kind == ERROR_NONE;
}

const struct estimator estimator_ipw = {
    .name = "ipw",
    .summary = "means weighted by the inverse share of units of their kind at the same covariates",
    .paper = "Hajek 1971; Rosenbaum 1987",
    .options = weighting_options,
    .n_options = 1,
    .needs = EFFECT_BINARY | EFFECT_COVARIATES | EFFECT_OVERLAP | EFFECT_ADJUSTS,
    .estimate = ipw,
};

/* ---- strata of equal size by the share (Rosenbaum & Rubin, JASA 79, 1984) ---- */

static const struct option_def strata_options[] = {
    {"penalty", OPTION_REAL, "0.1", 0, 1e12, NULL, "of the logistic model of the treatment"},
    {"strata", OPTION_INT, "5", 2, 100, NULL, "groups of equal size by the share of treated"},
};

struct unit {
    double e;
    size_t row;
};
static int by_share(const void *a, const void *b) {
    const struct unit *x = a, *y = b;
    if (x->e != y->e) return x->e < y->e ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The stratum of the units from..to that have the same share: where the middle of them falls. Equals are never parted,
 * so that the order of rows says nothing. */
static size_t stratum_of(size_t from, size_t to, size_t n, size_t strata) {
    return (from + to - 1) * strata / (2 * n);
}

struct stratum {
    double n[2], sum[2], square[2]; /* of the untreated, the treated: mass, and about `base` their outcomes */
};

static void add_unit(struct stratum *s, size_t arm, double weight, double y) {
    s->n[arm] += weight, s->sum[arm] += weight * y, s->square[arm] += weight * y * y;
}

/* Mean difference within a stratum and its variance; NaN: one kind has fewer than two. */
static void effect_within(const struct stratum *s, double *mass, double *effect, double *variance) {
    double spread[2];
    *mass = s->n[0] + s->n[1];
    *effect = s->sum[1] / s->n[1] - s->sum[0] / s->n[0];
    for (size_t a = 0; a < 2; a++)
        spread[a] =
            s->n[a] > 1 ? fmax(s->square[a] - s->sum[a] * s->sum[a] / s->n[a], 0) / (s->n[a] - 1) / s->n[a] : NAN;
    *variance = spread[0] + spread[1];
}

static void fill_strata(const struct effect_problem *p, const double *w, const struct unit *u, struct stratum *s,
                        size_t k) {
    const double same = 1e-12; /* as far apart as rounding may put equals */
    double base = 0;
    for (size_t i = 0; i < p->n; i++) base += p->y[i] / (double)p->n;
    for (size_t from = 0, to; from < p->n; from = to) {
        for (to = from + 1; to < p->n && u[to].e - u[to - 1].e <= same; to++) {
        }
        for (size_t i = from; i < to; i++)
            add_unit(&s[stratum_of(from, to, p->n, k)], p->t[u[i].row] == 1, effect_weight(w, u[i].row),
                     p->y[u[i].row] - base);
    }
}

static bool strata(const struct effect_problem *p, const double *w, struct arena *arena, struct effect_estimate *out,
                   struct error *err) {
    size_t k = (size_t)p->options[1].integer;
    double *e = arena_new(arena, double, p->n, err), total = 0, effect = 0, variance = 0;
    struct unit *u = arena_new(arena, struct unit, p->n, err);
    struct stratum *s = arena_new(arena, struct stratum, k, err);
    if (!e || !u || !s || !effect_propensity(p, w, p->options[0].real, e, arena, err)) return false;
    for (size_t i = 0; i < p->n; i++) u[i] = (struct unit){e[i], i};
    qsort(u, p->n, sizeof *u, by_share);
    fill_strata(p, w, u, s, k);
    for (size_t i = 0; i < k; i++) {
        double mass, one, spread;
        effect_within(&s[i], &mass, &one, &spread);
        if (mass == 0) continue; /* fewer different shares than strata */
        if (isnan(spread))
            return error_set(err, ERROR_DATA,
                             "%s: stratum %zu of %zu by the share of treated holds units of one kind; "
                             "there is nothing to compare them with",
                             p->table, i + 1, k);
        total += mass, effect += mass * one, variance += mass * mass * spread;
    }
    out->value[EFFECT_ATE] = effect / total;
    out->error[EFFECT_ATE] = sqrt(variance) / total;
    out->method[EFFECT_ATE] = "strata";
    return true;
}

const struct estimator estimator_strata = {
    .name = "strata",
    .summary = "differences within strata of the share of treated, summed up; some bias stays within strata",
    .paper = "Rosenbaum & Rubin 1984",
    .options = strata_options,
    .n_options = 2,
    .needs = EFFECT_BINARY | EFFECT_COVARIATES | EFFECT_OVERLAP | EFFECT_ADJUSTS,
    .estimate = strata,
};
