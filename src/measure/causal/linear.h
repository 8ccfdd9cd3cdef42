/* Linear and logistic regression by weighted sums of products, for tables with up to a few hundred columns. x: [n, p],
 * row by row, the first column 1; columns should be about standardised, for the sums are of the columns as they are.
 * A column that depends on earlier ones gets the coefficient 0. f64, a fixed order of sums. */
#ifndef MEASURE_LINEAR_H
#define MEASURE_LINEAR_H

#include "base/arena.h"

/* g: [p, p], lower half += sum w x x'; r: [p] += sum w x y. w NULL: ones. Rows of weight 0 cost nothing. */
void linear_sums(const double *x, size_t n, size_t p, const double *y, const double *w, double *g, double *r);
/* Solves (g + penalty without the constant) beta = r by Cholesky factors; g (its lower half) is spoilt. inverse: [p,
 * p], NULL: not wanted; rows and columns of what was left out are 0. Returns the rank. */
size_t linear_solve(double *g, const double *r, size_t p, double penalty, double *beta, double *inverse);
/* Both. ERROR_ENVIRONMENT: out of memory. inverse NULL: not wanted. */
bool linear_fit(const double *x, size_t n, size_t p, const double *y, const double *w, double penalty, double *beta,
                double *inverse, struct arena *arena, struct error *err) MUST_CHECK;
double linear_predict(const double *x, const double *beta, size_t p);

/* P(t = 1 | x) = 1 / (1 + exp(-x beta)), by Newton's steps with halving on the penalised likelihood (penalty / 2 times
 * the squares of all coefficients but the constant). beta is where it starts and becomes the result. */
bool logistic_fit(const double *x, size_t n, size_t p, const double *t, const double *w, double penalty, double *beta,
                  struct arena *arena, struct error *err) MUST_CHECK;
double logistic_share(double eta);

#endif
