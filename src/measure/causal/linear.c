/* See linear.h. */
#include "measure/causal/linear.h"

#include <math.h>
#include <string.h>

enum { NEWTON_MOST = 50, HALVINGS_MOST = 30 };
static const double DEPENDENT = 1e-10; /* what is left of a column's square beside earlier columns */
static const double SETTLED = 1e-10;   /* of the likelihood, relative */

void linear_sums(const double *x, size_t n, size_t p, const double *y, const double *w, double *g, double *r) {
    for (size_t i = 0; i < n; i++) {
        const double *row = x + i * p;
        double weight = w ? w[i] : 1;
        if (weight == 0) continue;
        for (size_t a = 0; a < p; a++) {
            double scaled = weight * row[a], *line = g + a * p;
            if (scaled == 0) continue;
            for (size_t b = 0; b <= a; b++) line[b] += scaled * row[b];
            r[a] += scaled * y[i];
        }
    }
}

/* g = L L' in place; a dependent column's row and column become 0. Returns the rank. */
static size_t factor(double *g, size_t p) {
    size_t rank = 0;
    for (size_t j = 0; j < p; j++) {
        double *row = g + j * p, whole = row[j];
        for (size_t k = 0; k < j; k++) {
            const double *other = g + k * p;
            double sum = row[k];
            for (size_t m = 0; m < k; m++) sum -= row[m] * other[m];
            row[k] = other[k] > 0 ? sum / other[k] : 0;
        }
        for (size_t k = 0; k < j; k++) row[j] -= row[k] * row[k];
        if (whole > 0 && row[j] > DEPENDENT * whole) {
            row[j] = sqrt(row[j]);
            rank++;
        } else {
            memset(row, 0, (j + 1) * sizeof *row);
        }
    }
    return rank;
}

static void forward(const double *l, size_t p, const double *r, double *z) {
    for (size_t j = 0; j < p; j++) {
        double sum = r[j];
        for (size_t k = 0; k < j; k++) sum -= l[j * p + k] * z[k];
        z[j] = l[j * p + j] > 0 ? sum / l[j * p + j] : 0;
    }
}

static void backward(const double *l, size_t p, double *z) {
    for (size_t j = p; j-- > 0;) {
        double sum = z[j];
        for (size_t k = j + 1; k < p; k++) sum -= l[k * p + j] * z[k];
        z[j] = l[j * p + j] > 0 ? sum / l[j * p + j] : 0;
    }
}

size_t linear_solve(double *g, const double *r, size_t p, double penalty, double *beta, double *inverse) {
    for (size_t j = 1; j < p; j++) g[j * p + j] += penalty;
    size_t rank = factor(g, p);
    forward(g, p, r, beta);
    backward(g, p, beta);
    for (size_t j = 0; inverse && j < p; j++) {
        double *row = inverse + j * p; /* symmetric: a column is a row */
        memset(row, 0, p * sizeof *row);
        if (g[j * p + j] <= 0) continue;
        row[j] = 1;
        forward(g, p, row, row);
        backward(g, p, row);
    }
    return rank;
}

bool linear_fit(const double *x, size_t n, size_t p, const double *y, const double *w, double penalty, double *beta,
                double *inverse, struct arena *arena, struct error *err) {
    double *g = arena_new(arena, double, p *(p + 1), err);
    if (!g) return false;
    linear_sums(x, n, p, y, w, g, g + p * p);
    linear_solve(g, g + p * p, p, penalty, beta, inverse);
    return true;
}

double linear_predict(const double *x, const double *beta, size_t p) {
    double sum = 0;
    for (size_t j = 0; j < p; j++) sum += x[j] * beta[j];
    return sum;
}

double logistic_share(double eta) {
    return 1 / (1 + exp(-eta));
}

/* Log-likelihood less the penalty; slope: [n] t - e, curve: [n] w e (1 - e). */
static double likelihood(const double *x, size_t n, size_t p, const double *t, const double *w, double penalty,
                         const double *beta, double *slope, double *curve) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = w ? w[i] : 1;
        slope[i] = curve[i] = 0;
        if (weight == 0) continue;
        double eta = linear_predict(x + i * p, beta, p), small = exp(-fabs(eta)), e;
        e = eta >= 0 ? 1 / (1 + small) : small / (1 + small);
        slope[i] = weight * (t[i] - e);
        curve[i] = weight * fmax(e * (1 - e), 1e-12);
        sum += weight * (t[i] * eta - (eta > 0 ? eta : 0) - log1p(small));
    }
    for (size_t j = 1; j < p; j++) sum -= penalty / 2 * beta[j] * beta[j];
    return sum;
}

/* One step from beta: g and r of the second-order problem, solved into step. Returns what the likelihood should gain.
 */
static double newton_step(const double *x, size_t n, size_t p, double penalty, const double *beta, const double *slope,
                          const double *curve, double *g, double *r, double *step) {
    memset(g, 0, p * p * sizeof *g);
    memset(r, 0, p * sizeof *r);
    for (size_t i = 0; i < n; i++) {
        const double *row = x + i * p;
        if (curve[i] == 0) continue;
        for (size_t a = 0; a < p; a++) {
            double scaled = curve[i] * row[a], *line = g + a * p;
            for (size_t b = 0; b <= a; b++) line[b] += scaled * row[b];
            r[a] += slope[i] * row[a];
        }
    }
    for (size_t j = 1; j < p; j++) r[j] -= penalty * beta[j];
    linear_solve(g, r, p, penalty, step, NULL);
    double gain = 0;
    for (size_t j = 0; j < p; j++) gain += r[j] * step[j] / 2;
    return gain;
}

bool logistic_fit(const double *x, size_t n, size_t p, const double *t, const double *w, double penalty, double *beta,
                  struct arena *arena, struct error *err) {
    double *room = arena_new(arena, double, 2 * n + p * (p + 3), err);
    if (!room) return false;
    double *slope = room, *curve = slope + n, *g = curve + n, *r = g + p * p, *step = r + p, *tried = step + p;
    double now = likelihood(x, n, p, t, w, penalty, beta, slope, curve);
    for (int k = 0; k < NEWTON_MOST; k++) {
        double next = now, size = 1, gain = newton_step(x, n, p, penalty, beta, slope, curve, g, r, step);
        if (gain <= SETTLED * (fabs(now) + 1)) {
            for (size_t j = 0; j < p; j++) beta[j] += step[j];
            break;
        }
        for (int h = 0; h < HALVINGS_MOST; h++, size /= 2) {
            for (size_t j = 0; j < p; j++) tried[j] = beta[j] + size * step[j];
            next = likelihood(x, n, p, t, w, penalty, tried, slope, curve);
            if (next >= now) break;
        }
        if (!(next >= now)) break; /* no step is better: beta is the top, to what f64 tells */
        memcpy(beta, tried, p * sizeof *beta);
        if (next - now <= SETTLED * (fabs(now) + 1)) break;
        now = next;
    }
    return true;
}
