/* Reliability where a wrong answer costs more than none: the score RS(c) of Lee et al. 2024 (TrustSQL, arXiv
 * 2403.15879), what follows from it, and where to cut a signal of trust. Pure functions in f64. NaN: not known. */
#ifndef MEASURE_RELIABILITY_H
#define MEASURE_RELIABILITY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* What became of n questions: of the feasible ones right answers, none, harmful ones; of the infeasible ones silence,
 * answers. */
struct reliability {
    uint64_t right, missed, wrong, silent, falsely;
};
uint64_t reliability_n(const struct reliability *r);
uint64_t reliability_harmful(const struct reliability *r);  /* E = wrong + falsely */
uint64_t reliability_answered(const struct reliability *r); /* right + wrong + falsely */
/* RS(c) = 100 (right + silent - c E) / n. c infinite: -infinity with E > 0, else RS(0). n 0: NaN. */
double reliability_score(const struct reliability *r, double c);
/* The c at which RS(c) = 0: how many right answers one mistake may cost. No mistake: infinity. */
double reliability_break_even(const struct reliability *r);
/* The c up to which it is better than always saying nothing, which has 100 x the infeasible share at every c; below
 * zero: at none. */
double reliability_useful_until(const struct reliability *r);
/* RS(c) if the share f of the questions were infeasible. A side without questions: NaN, unless it weighs nothing. */
double reliability_reweighted(const struct reliability *r, double infeasible, double c);
/* The chance p of being right above which answering is best, for a question that is feasible with chance f:
 * f p > (1 - f + c) / (1 + c). Above 1: never. */
double reliability_threshold(double feasible, double c);

/* A question with a signal: higher is surer. answered: 1 right, 0 not, if the answer is given; silent: 1 if nothing is
 * right to say. */
struct reliability_case {
    double signal;
    bool right, infeasible;
};
struct reliability_cut {
    double at;    /* answer from here on; infinity: never */
    double score; /* RS(c) with it */
    uint64_t answered, harmful;
};
/* The best cut, by one pass over the sorted signals; of equal ones the more silent. False: no memory. Signals that are
 * NaN are never answered. */
bool reliability_best_cut(const struct reliability_case *cases, size_t n, double c, struct reliability_cut *out,
                          struct error *err) MUST_CHECK;
bool reliability_at_cut(const struct reliability_case *cases, size_t n, double c, double at,
                        struct reliability_cut *out);
/* Split conformal: the smallest cut above which the harmful share of what is answered is at most alpha with this
 * confidence (upper limit of Clopper & Pearson, one-sided), at it and at every higher cut that answers as many as that
 * limit needs at all. None: infinity, which answers nothing. */
bool reliability_safe_cut(const struct reliability_case *cases, size_t n, double alpha, double confidence, double c,
                          struct reliability_cut *out, struct error *err) MUST_CHECK;
/* Chance that the signal of a question whose answer is right is higher than that of one whose is not; ties half. NaN
 * without both. */
bool reliability_auroc(const struct reliability_case *cases, size_t n, double *out, struct error *err) MUST_CHECK;
/* Mean harmful share of the answered, over all coverages 1/n .. n/n in the order of the signal, ties together. */
bool reliability_risk_area(const struct reliability_case *cases, size_t n, double *out, struct error *err) MUST_CHECK;

#endif
