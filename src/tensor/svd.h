/* Singular values of small dense matrices in double, for what is measured of weights. No LAPACK is needed: one-sided
 * Jacobi rotations (Hestenes 1958; Demmel and Veselic, SIAM J. Matrix Anal. Appl. 13, 1992, who show that small
 * singular values come out with high relative accuracy). Columns are pairs in a fixed cyclic order, in one thread: the
 * same bits always. Matrices are column by column: column j is at a + j * m. */
#ifndef TENSOR_SVD_H
#define TENSOR_SVD_H

#include "base/error.h"

#include <stdint.h>

/* a: [n] columns of length m, m >= n >= 1; becomes U S, its columns in the order of falling singular values. s: [n]. v:
 * [n] columns of length n, A = U S V^T; NULL: not wanted. ERROR_DATA: a value is not finite; ERROR_ENVIRONMENT: out of
 * memory, or no end after 60 sweeps, which rounding alone cannot bring about. */
bool svd_jacobi(double *a, size_t m, size_t n, double *s, double *v, struct error *err) MUST_CHECK;

/* Makes the columns orthonormal, twice by modified Gram-Schmidt (twice is enough: Giraud, Langou and Rozloznik 2005);
 * columns that depend on earlier ones are left out. *rank: how many stay, at the front. */
bool svd_orthonormal(double *a, size_t m, size_t n, size_t *rank, struct error *err) MUST_CHECK;

/* Cosines of the principal angles of two subspaces, falling: singular values of Qa^T Qb of orthonormal bases (Bjorck
 * and Golub, Mathematics of Computation 27, 1973). qa: [na] columns, qb: [nb]; out: [min(na, nb)]. */
bool svd_principal_cosines(const double *qa, size_t na, const double *qb, size_t nb, size_t m, double *out,
                           struct error *err) MUST_CHECK;

#endif
