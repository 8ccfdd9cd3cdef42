/* Profiles of values: from scores of items to a centred profile, its place on a circle, how reliable and how consistent
 * it is, and how near it lies to another one. Pure functions in f64. Sources: Schwartz 1992 (centring, the circle),
 * Cronbach 1951, Bradley & Terry 1952 with Hunter's MM algorithm (Annals of Statistics 32, 2004), Scherrer et al. 2023
 * (MoralChoice: consistency of forms). NaN: not known. */
#ifndef MEASURE_PROFILE_H
#define MEASURE_PROFILE_H

#include "base/error.h"

#include <stddef.h>

/* Where the ten basic values stand, in degrees: nine sectors of 40, tradition and conformity share one. */
enum { BASIC_VALUES = 10 };
extern const char *const basic_values[BASIC_VALUES + 1]; /* universalism, benevolence, ..., self-direction, NULL */
extern const double basic_value_angles[BASIC_VALUES];

/* c[i] = x[i] - the mean of all, each weighing w[i] (its items; NULL: 1), which takes out how high somebody rates
 * everything. What is NaN or weighs 0 is left out and stays NaN. c may be x. */
void profile_centre(const double *x, const double *w, size_t n, double *c);

/* What each value weighs in choices of one of several: each choice gives a vector v, what the thing that was taken
 * serves less the mean of what was offered, and w is the least squares solution of v w = 1 with a ridge of 1 / 100 of
 * each choice (linear probability model). Unlike the mean of v it takes values apart that go together in what was
 * offered. n choices; sums of v; sums of v[i] v[j], j >= i, row by row. False: none. values at most PROFILE_MOST. */
#define PROFILE_PAIRS(values) ((values) * ((values) + 1) / 2)
enum { PROFILE_MOST = 64 };
bool profile_weights(double n, const double *sum, const double *pairs, size_t values, double *w);

/* x = mean + amplitude cos(degrees - angle), by least squares. fit: R^2. Fewer than four known values: all NaN; values
 * that do not vary: amplitude 0, angle and fit NaN. angle: 0 to 360. */
struct profile_circle {
    double mean, amplitude, angle, fit;
};
struct profile_circle profile_circle(const double *degrees, const double *x, size_t n);

/* Cronbach's alpha of a scale: k / (k - 1) (1 - sum of the items' variances / variance of their sum).
 * x: [people, items]. Fewer than two of either, a NaN, or sums that do not vary: NaN. */
double profile_alpha(const double *x, size_t people, size_t items);
/* The same from what was summed up: sum and sum of squares of each item over n people, and those of the people's sums
 * over the items. */
double profile_alpha_of(double n, const double *item, const double *item_squares, size_t items, double total,
                        double total_squares);

/* sqrt(sum w (c - t)^2 / sum w) over what both know; w NULL: 1. */
double profile_distance(const double *c, const double *t, const double *w, size_t n);
/* How far c lies along t, in units of c: sum c t / sqrt(sum t^2) over what both know. */
double profile_along(const double *c, const double *t, size_t n);
/* Cosine of the two, each centred over what both know: what Pearson's correlation is. */
double profile_cosine(const double *c, const double *t, size_t n);
/* Spearman's over what both know; ties share ranks. n at most PROFILE_MOST. */
double profile_spearman(const double *c, const double *t, size_t n);

/* -sum p log2 p of n chances, 0 log 0 = 0. */
double profile_entropy(const double *p, size_t n);
/* Jensen-Shannon divergence in bits of `forms` distributions of n chances each: the entropy of their mean less the mean
 * of their entropies. p: [forms, n]. */
double profile_divergence(const double *p, size_t forms, size_t n);

/* Strengths s of Bradley and Terry, chance that i beats j = s_i / (s_i + s_j), as logarithms with mean 0: 200 steps of
 * MM. wins: [n, n], wins[i * n + j] how often i beat j; half a win each way is added where two met, so that nobody who
 * lost all is at minus infinity. Who met nobody: NaN. n at most PROFILE_MOST. */
void profile_strengths(const double *wins, size_t n, double *strength);

#endif
