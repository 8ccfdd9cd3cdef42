/* RS(c), thresholds, curves: see reliability.h. */
#include "measure/statistics/reliability.h"

#include "base/arena.h"
#include "measure/statistics/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t reliability_n(const struct reliability *r) {
    return r->right + r->missed + r->wrong + r->silent + r->falsely;
}

uint64_t reliability_harmful(const struct reliability *r) {
    return r->wrong + r->falsely;
}

uint64_t reliability_answered(const struct reliability *r) {
    return r->right + r->wrong + r->falsely;
}

/* Infinity times nothing is nothing. */
static double cost(double c, double harmful) {
    return harmful > 0 ? c * harmful : 0;
}

double reliability_score(const struct reliability *r, double c) {
    double n = (double)reliability_n(r), good = (double)(r->right + r->silent);
    return n > 0 ? 100 * (good - cost(c, (double)reliability_harmful(r))) / n : NAN;
}

double reliability_break_even(const struct reliability *r) {
    double good = (double)(r->right + r->silent), harmful = (double)reliability_harmful(r);
    if (!reliability_n(r)) return NAN;
    return harmful > 0 ? good / harmful : INFINITY;
}

double reliability_useful_until(const struct reliability *r) {
    /* right + silent - c E = silent + falsely */
    double gain = (double)r->right - (double)r->falsely, harmful = (double)reliability_harmful(r);
    if (!reliability_n(r)) return NAN;
    return harmful > 0 ? gain / harmful : gain > 0 ? INFINITY : -1;
}

double reliability_reweighted(const struct reliability *r, double f, double c) {
    double feasible = (double)(r->right + r->missed + r->wrong), infeasible = (double)(r->silent + r->falsely);
    double of_feasible = ((double)r->right - cost(c, (double)r->wrong)) / feasible;
    double of_infeasible = ((double)r->silent - cost(c, (double)r->falsely)) / infeasible;
    if ((f < 1 && feasible == 0) || (f > 0 && infeasible == 0)) return NAN;
    return 100 * ((f < 1 ? (1 - f) * of_feasible : 0) + (f > 0 ? f * of_infeasible : 0));
}

double reliability_threshold(double feasible, double c) {
    double whole = isinf(c) ? 1 : (1 - feasible + c) / (1 + c);
    return feasible > 0 ? whole / feasible : INFINITY;
}

/* ---- cuts */

static int by_signal(const void *a, const void *b) {
    double x = ((const struct reliability_case *)a)->signal, y = ((const struct reliability_case *)b)->signal;
    return x > y ? -1 : x < y;
}

/* Highest signal first; those without one left out, and counted. */
static struct reliability_case *sorted(const struct reliability_case *cases, size_t n, size_t *known,
                                       struct error *err) {
    struct reliability_case *copy = memory_zeroed(n + 1, sizeof *copy);
    if (!copy) return error_memory(err, "signals"), NULL;
    *known = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(cases[i].signal)) copy[(*known)++] = cases[i];
    qsort(copy, *known, sizeof *copy, by_signal);
    return copy;
}

static double infeasible_of(const struct reliability_case *cases, size_t n) {
    double count = 0;
    for (size_t i = 0; i < n; i++) count += cases[i].infeasible;
    return count;
}

static struct reliability_cut never(const struct reliability_case *cases, size_t n) {
    return (struct reliability_cut){INFINITY, n ? 100 * infeasible_of(cases, n) / (double)n : NAN, 0, 0};
}

/* Answers one more question of the sorted ones. good: right answers and right silences. */
static void answer(const struct reliability_case *one, double *good, struct reliability_cut *cut) {
    *good += one->right - one->infeasible;
    cut->harmful += !one->right;
    cut->answered++;
    cut->at = one->signal;
}

bool reliability_best_cut(const struct reliability_case *cases, size_t n, double c, struct reliability_cut *out,
                          struct error *err) {
    size_t known = 0;
    struct reliability_case *all = sorted(cases, n, &known, err);
    double good = infeasible_of(cases, n);
    struct reliability_cut now = never(cases, n);
    if (!all) return false;
    *out = now;
    for (size_t i = 0; i < known; i++) {
        answer(&all[i], &good, &now);
        if (i + 1 < known && all[i + 1].signal == all[i].signal) continue;
        now.score = 100 * (good - cost(c, (double)now.harmful)) / (double)n;
        if (now.score > out->score) *out = now;
    }
    memory_free(all);
    return true;
}

bool reliability_at_cut(const struct reliability_case *cases, size_t n, double c, double at,
                        struct reliability_cut *out) {
    double good = infeasible_of(cases, n);
    *out = never(cases, n);
    for (size_t i = 0; i < n; i++)
        if (cases[i].signal >= at) answer(&cases[i], &good, out);
    out->at = at;
    if (n) out->score = 100 * (good - cost(c, (double)out->harmful)) / (double)n;
    return n > 0;
}

bool reliability_safe_cut(const struct reliability_case *cases, size_t n, double alpha, double confidence, double c,
                          struct reliability_cut *out, struct error *err) {
    size_t known = 0;
    struct reliability_case *all = sorted(cases, n, &known, err);
    double good = infeasible_of(cases, n);
    struct reliability_cut now = never(cases, n);
    if (!all) return false;
    *out = now;
    for (size_t i = 0; i < known; i++) {
        answer(&all[i], &good, &now);
        if (i + 1 < known && all[i + 1].signal == all[i].signal) continue;
        /* As many right answers as this must come first, or even no mistake would be enough. */
        bool enough = stat_clopper_pearson(0, now.answered, 2 * confidence - 1).hi <= alpha;
        double upper = stat_clopper_pearson(now.harmful, now.answered, 2 * confidence - 1).hi;
        if (enough && !(upper <= alpha)) break;
        now.score = 100 * (good - cost(c, (double)now.harmful)) / (double)n;
        if (enough) *out = now;
    }
    memory_free(all);
    return true;
}

bool reliability_auroc(const struct reliability_case *cases, size_t n, double *out, struct error *err) {
    size_t known = 0;
    struct reliability_case *all = sorted(cases, n, &known, err);
    double right_before = 0, wins = 0, right = 0, wrong = 0;
    if (!all) return false;
    for (size_t i = 0, to; i < known; i = to) {
        double here = 0, bad = 0;
        for (to = i; to < known && all[to].signal == all[i].signal; to++) here += all[to].right, bad += !all[to].right;
        wins += bad * (right_before + here / 2);
        right_before += here;
        right += here;
        wrong += bad;
    }
    memory_free(all);
    *out = right > 0 && wrong > 0 ? wins / (right * wrong) : NAN;
    return true;
}

bool reliability_risk_area(const struct reliability_case *cases, size_t n, double *out, struct error *err) {
    size_t known = 0;
    struct reliability_case *all = sorted(cases, n, &known, err);
    double sum = 0, harmful = 0;
    if (!all) return false;
    for (size_t i = 0, to; i < known; i = to) {
        double here = 0;
        for (to = i; to < known && all[to].signal == all[i].signal; to++) here += !all[to].right;
        /* Among ties the mistakes come evenly. */
        for (size_t k = i; k < to; k++)
            sum += (harmful + here * (double)(k - i + 1) / (double)(to - i)) / (double)(k + 1);
        harmful += here;
    }
    memory_free(all);
    *out = known ? sum / (double)known : NAN;
    return true;
}
