/* Singular values by rotations: see svd.h. */
#include "tensor/svd.h"

#include "base/arena.h"

#include <math.h>
#include <string.h>

enum { SWEEPS = 60 };
#define SMALL 1e-15 /* of the cosine of two columns: they are at right angles */

static double dot(const double *x, const double *y, size_t m) {
    double sum = 0;
    for (size_t i = 0; i < m; i++) sum += x[i] * y[i];
    return sum;
}

static void rotate(double *x, double *y, size_t m, double c, double s) {
    for (size_t i = 0; i < m; i++) {
        double old = x[i];
        x[i] = c * old - s * y[i];
        y[i] = s * old + c * y[i];
    }
}

/* Turns two columns to right angles; false: they were. */
static bool turn(double *a, size_t m, double *v, size_t n, size_t p, size_t q) {
    double *x = a + p * m, *y = a + q * m, xx = dot(x, x, m), yy = dot(y, y, m), xy = dot(x, y, m);
    if (!(fabs(xy) > SMALL * sqrt(xx * yy))) return false;
    double zeta = (yy - xx) / (2 * xy), t = copysign(1, zeta) / (fabs(zeta) + hypot(1, zeta)), c = 1 / hypot(1, t);
    rotate(x, y, m, c, c * t);
    if (v) rotate(v + p * n, v + q * n, n, c, c * t);
    return true;
}

static void swap_columns(double *a, size_t m, size_t p, size_t q) {
    for (size_t i = 0; i < m; i++) {
        double kept = a[p * m + i];
        a[p * m + i] = a[q * m + i];
        a[q * m + i] = kept;
    }
}

/* Falling; of equal ones the first stays first. */
static void order_columns(double *a, size_t m, size_t n, double *s, double *v) {
    for (size_t i = 0; i < n; i++) {
        size_t best = i;
        for (size_t k = i + 1; k < n; k++)
            if (s[k] > s[best]) best = k;
        if (best == i) continue;
        double kept = s[i];
        s[i] = s[best];
        s[best] = kept;
        swap_columns(a, m, i, best);
        if (v) swap_columns(v, n, i, best);
    }
}

bool svd_jacobi(double *a, size_t m, size_t n, double *s, double *v, struct error *err) {
    bool turned = true;
    for (size_t i = 0; i < m * n; i++)
        if (!isfinite(a[i])) return error_set(err, ERROR_DATA, "a matrix holds a value that is not finite");
    for (size_t i = 0; v && i < n * n; i++) v[i] = i / n == i % n;
    for (int sweep = 0; turned && sweep < SWEEPS; sweep++) {
        turned = false;
        for (size_t p = 0; p + 1 < n; p++)
            for (size_t q = p + 1; q < n; q++) turned |= turn(a, m, v, n, p, q);
    }
    if (turned) return error_set(err, ERROR_ENVIRONMENT, "singular values did not settle in %d sweeps", SWEEPS);
    for (size_t j = 0; j < n; j++) s[j] = sqrt(dot(a + j * m, a + j * m, m));
    order_columns(a, m, n, s, v);
    return true;
}

bool svd_orthonormal(double *a, size_t m, size_t n, size_t *rank, struct error *err) {
    *rank = 0;
    for (size_t j = 0; j < n; j++) {
        double *x = a + *rank * m, before;
        memmove(x, a + j * m, m * sizeof *x);
        before = sqrt(dot(x, x, m));
        if (!isfinite(before)) return error_set(err, ERROR_DATA, "a matrix holds a value that is not finite");
        for (int pass = 0; pass < 2; pass++)
            for (size_t k = 0; k < *rank; k++) {
                double along = dot(a + k * m, x, m);
                for (size_t i = 0; i < m; i++) x[i] -= along * a[k * m + i];
            }
        double left = sqrt(dot(x, x, m));
        if (!(left > 1e-10 * before)) continue;
        for (size_t i = 0; i < m; i++) x[i] /= left;
        ++*rank;
    }
    return true;
}

bool svd_principal_cosines(const double *qa, size_t na, const double *qb, size_t nb, size_t m, double *out,
                           struct error *err) {
    if (na < nb) return svd_principal_cosines(qb, nb, qa, na, m, out, err);
    double *product = memory_grow(NULL, na * nb + 1, sizeof *product);
    if (!product) return error_memory(err, "angles of subspaces");
    for (size_t j = 0; j < nb; j++)
        for (size_t i = 0; i < na; i++) product[j * na + i] = dot(qa + i * m, qb + j * m, m);
    bool ok = nb == 0 || svd_jacobi(product, na, nb, out, NULL, err);
    for (size_t j = 0; ok && j < nb; j++) out[j] = fmin(out[j], 1);
    memory_free(product);
    return ok;
}
