/* See linear.h. */
#include "measure/causal/linear.h"

#include <math.h>
#include <string.h>

enum { NEWTON_MOST = 50, HALVINGS_MOST = 30 };
static const double DEPENDENT = 1e-10; /* what is left of a column's square beside earlier columns */
static const double SETTLED = 1e-10;   /* what a step may still gain, of the log-likelihood of a row */
static const double NEAR = 1e-3;       /* the same, where steps are no longer checked */

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

/* slope: [n] w (t - e), curve: [n] w e (1 - e). value NULL: not wanted, else the log-likelihood less the penalty. */
static void look_at(const double *x, size_t n, size_t p, const double *t, const double *w, double penalty,
                    const double *beta, double *slope, double *curve, double *value) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = w ? w[i] : 1;
        slope[i] = curve[i] = 0;
        if (weight == 0) continue;
        double eta = linear_predict(x + i * p, beta, p), small = exp(-fabs(eta)), e = 1 / (1 + small);
        if (eta < 0) e = small / (1 + small);
        slope[i] = weight * (t[i] - e);
        curve[i] = weight * fmax(e * (1 - e), 1e-12);
        if (value) sum += weight * (t[i] * eta - (eta > 0 ? eta : 0) - log1p(small));
    }
    for (size_t j = 1; value && j < p; j++) sum -= penalty / 2 * beta[j] * beta[j];
    if (value) *value = sum;
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
    double *room = arena_new(arena, double, 2 * n + p * (p + 3), err), mass = 0, now, next;
    if (!room) return false;
    double *slope = room, *curve = slope + n, *g = curve + n, *r = g + p * p, *step = r + p, *tried = step + p;
    for (size_t i = 0; i < n; i++) mass += w ? w[i] : 1;
    look_at(x, n, p, t, w, penalty, beta, slope, curve, NULL);
    for (int k = 0; k < NEWTON_MOST; k++) {
        double gain = newton_step(x, n, p, penalty, beta, slope, curve, g, r, step), size = 1;
        bool sure = gain <= NEAR * mass; /* near the top a whole step needs no proof */
        if (!sure) look_at(x, n, p, t, w, penalty, beta, slope, curve, &now);
        for (int h = 0; h < HALVINGS_MOST; h++, size /= 2) {
            for (size_t j = 0; j < p; j++) tried[j] = beta[j] + size * step[j];
            if (gain <= SETTLED * mass) break;
            look_at(x, n, p, t, w, penalty, tried, slope, curve, sure ? NULL : &next);
            if (sure || next >= now) break;
        }
        if (!sure && !(next >= now)) break; /* no step is better: beta is the top, to what f64 tells */
        memcpy(beta, tried, p * sizeof *beta);
        if (gain <= SETTLED * mass) break;
    }
    return true;
}
