/* Errors of a verifier: scores of genuine trials and of spoofed ones; who scores at least the threshold is let in. */
#ifndef MEASURE_VERIFICATION_H
#define MEASURE_VERIFICATION_H

#include "base/error.h"

#include <stddef.h>

/* Shares of spoofed trials let in and of genuine ones kept out; NaN without such trials. */
void stat_acceptance(const double *genuine, size_t n_genuine, const double *spoofed, size_t n_spoofed, double threshold,
                     double *far, double *frr);
/* The rate at which both are equal: the threshold goes up through all scores; between the two thresholds where FRR
 * overtakes FAR both run straight. NaN without trials of either kind, or where a score is no number. */
bool stat_equal_error(const double *genuine, size_t n_genuine, const double *spoofed, size_t n_spoofed, double *out,
                      struct error *err) MUST_CHECK;

#endif
