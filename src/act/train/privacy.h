/* What a training with clipped and noised gradients gives away: differential privacy of the subsampled Gaussian
 * mechanism, by Renyi divergences.
 *
 * Each step takes every example with probability q, by itself (Poisson sampling), clips its gradient to length C and
 * adds normal noise of deviation sigma C to the sum. Two data sets are neighbours when one has an example more. The
 * divergence of order alpha of one step is log A / (alpha - 1), where A is the mean of ((1 - q) + q exp((2 z - 1) / (2
 * sigma^2)))^alpha over z ~ N(0, sigma^2) (Mironov, Talwar & Zhang 2019, section 3.3), here by quadrature; steps add
 * up; epsilon at delta is the least, over orders 1.1 to 256, of rdp + log((alpha - 1) / alpha) - (log delta + log
 * alpha) / (alpha - 1) (Canonne, Kamath & Steinke 2020, proposition 12). */
#ifndef ACT_PRIVACY_H
#define ACT_PRIVACY_H

#include "base/error.h"

#include <stdint.h>

/* Of one step. q in (0, 1], sigma > 0, alpha > 1. */
double privacy_divergence(double q, double sigma, double alpha);
/* *order: the alpha that gives it; may be NULL. */
double privacy_epsilon(double q, double sigma, uint64_t steps, double delta, double *order);
/* The least sigma, to 1e-4 of itself and never below it, whose epsilon is no more. ERROR_USAGE: not even 10,000 is
 * enough. */
bool privacy_noise(double q, uint64_t steps, double epsilon, double delta, double *sigma, struct error *err) MUST_CHECK;

#endif
