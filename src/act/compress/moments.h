/* What is kept of the activations that go into a matrix: their second moments, in f64, and the mean of their
 * magnitudes. The sums go over rows in their order, so they depend on nothing but the rows. */
#ifndef ACT_MOMENTS_H
#define ACT_MOMENTS_H

#include "base/pool.h"

#include <stddef.h>
#include <stdint.h>

struct moments {
    size_t k;
    uint64_t rows;      /* seen */
    double *squares;    /* [k]: sum of x_j^2 */
    double *magnitudes; /* [k]: sum of |x_j| */
    double *products;   /* [k, k]: sum of x x^T; NULL: not kept */
    /* U of the damped and ordered products, kept between matrices that share their input; see moments_factor */
    double *factor;
    size_t *order;
    double damping;
    bool ordered;
};

/* products: also [k, k] of them. */
bool moments_init(struct moments *m, size_t k, bool products, struct error *err) MUST_CHECK;
void moments_done(struct moments *m);
/* x: [n, k]. ERROR_DATA: an activation is not finite. */
bool moments_add(struct moments *m, struct pool *pool, const float *x, size_t n, struct error *err) MUST_CHECK;
/* Once, behind the last rows: fills the other half of the products. */
void moments_end(struct moments *m);
/* The products of the same activations divided by s: [k]. */
void moments_divide(struct moments *m, const double *s);

/* H = (2 / rows) products, with 1 on the diagonal where a column never moved; H_jj += damping mean(H_jj); columns by
 * falling H_jj (ties: the first) where `ordered`. m->factor [k, k]: U upper with U^T U = H^-1 (of the ordered H);
 * m->order [k]: the column that stands at each place. Made once for the same arguments.
 * ERROR_DATA: H is not positive definite. */
bool moments_factor(struct moments *m, struct pool *pool, double damping, bool ordered, struct error *err) MUST_CHECK;

/* Mean over rows of x and rows of d of ((d x)^2), d: [n, k]: what a change d of a matrix [n, k] does to its output. */
bool moments_output_error(const struct moments *m, struct pool *pool, const float *d, size_t n, double *error,
                          struct error *err) MUST_CHECK;

#endif
