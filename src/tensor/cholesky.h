/* The factor that second-order compression reads: see act/compress/sweep.h. */
#ifndef TENSOR_CHOLESKY_H
#define TENSOR_CHOLESKY_H

#include "base/pool.h"

#include <stddef.h>

/* h: [n, n], symmetric (both halves filled), becomes U, upper triangular with zeros below and a positive diagonal, such
 * that U^T U = h^-1.
 *
 * With J the exchange of first and last: J h J = M M^T (Cholesky), so h = R R^T with R = J M J upper, h^-1 = R^-T R^-1,
 * and U = R^-1 = J M^-1 J: one factorisation and one inverse of a triangle, where the usual way (factor, invert, factor
 * again) takes three steps and rounds three times. Blocked, in f64, the same bits for any number of threads.
 * ERROR_DATA: h is not positive definite (within f64); it is spoilt then. */
bool cholesky_inverse(struct pool *pool, double *h, size_t n, struct error *err) MUST_CHECK;

#endif
