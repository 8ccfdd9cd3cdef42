/* Rules redrawn: figures in which the premises hold are found from random points by Gauss-Newton with the shortest
 * step, dx = -J'(JJ' + mu)^-1 r. Premises are polynomials in the coordinates; their derivatives are central
 * differences, exact up to rounding for polynomials of degree 2. */
#include "geometry/geo_rule.h"

#include "base/rng.h"

#include <complex.h>
#include <math.h>
#include <string.h>

enum { EQUATIONS_MOST = 3 * GEO_RULE_FACTS, UNKNOWNS_MOST = 2 * GEO_RULE_POINTS, ROUNDS = 60, TRIES = 400 };
#define SOLVED 1e-13
#define MARGIN 0.05
#define WRONG 1e-6

typedef double complex number;

static number place(const double *x, uint8_t p) {
    return x[2 * p] + x[2 * p + 1] * I;
}
static number step(const double *x, const uint8_t *pair) {
    return place(x, pair[1]) - place(x, pair[0]);
}
static double square(number z) {
    return creal(z) * creal(z) + cimag(z) * cimag(z);
}

/* The polynomials of a fact at x: [2n], at most 3. */
static size_t equations(const struct geo_fact *f, const double *x, double *out) {
    const uint8_t *p = f->at;
    double q = geo_fraction_f64(f->value);
    switch (f->kind) {
    case GEO_COLL:
        out[0] = cimag((place(x, p[1]) - place(x, p[0])) * conj(place(x, p[2]) - place(x, p[0])));
        return 1;
    case GEO_PARA:
        out[0] = cimag(step(x, p) * conj(step(x, p + 2)));
        return 1;
    case GEO_PERP:
        out[0] = creal(step(x, p) * conj(step(x, p + 2)));
        return 1;
    case GEO_CONG:
        out[0] = square(step(x, p)) - square(step(x, p + 2));
        return 1;
    case GEO_MID: {
        number z = 2 * place(x, p[0]) - place(x, p[1]) - place(x, p[2]);
        out[0] = creal(z), out[1] = cimag(z);
        return 2;
    }
    case GEO_CYC: {
        number a = place(x, p[0]), b = place(x, p[1]), c = place(x, p[2]), d = place(x, p[3]);
        out[0] = cimag((a - c) * (b - d) * conj((a - d) * (b - c)));
        return 1;
    }
    case GEO_EQANG:
        out[0] = cimag(step(x, p + 2) * conj(step(x, p)) * conj(step(x, p + 6) * conj(step(x, p + 4))));
        return 1;
    case GEO_EQRAT:
        out[0] = square(step(x, p)) * square(step(x, p + 6)) - square(step(x, p + 2)) * square(step(x, p + 4));
        return 1;
    case GEO_RAT:
        out[0] = square(step(x, p)) - q * q * square(step(x, p + 2));
        return 1;
    case GEO_LEN:
        out[0] = square(step(x, p)) - q * q;
        return 1;
    case GEO_ANG:
        out[0] = cimag(step(x, p + 2) * conj(step(x, p)) * cexp(-I * M_PI * q));
        return 1;
    case GEO_SQSUM:
        out[0] = square(step(x, p)) + square(step(x, p + 2)) - square(step(x, p + 4));
        return 1;
    case GEO_SIM:
    case GEO_SIMR: {
        number s = place(x, p[4]) - place(x, p[3]), t = place(x, p[5]) - place(x, p[3]);
        if (f->kind == GEO_SIMR) s = conj(s), t = conj(t);
        number z = (place(x, p[1]) - place(x, p[0])) * t - (place(x, p[2]) - place(x, p[0])) * s;
        out[0] = creal(z), out[1] = cimag(z);
        return 2;
    }
    case GEO_CYC6:
    case GEO_CENTRE: {
        struct geo_fact part[3];
        size_t n = geo_fact_parts(f, part), m = 0;
        for (size_t i = 0; i < n; i++) m += equations(&part[i], x, out + m);
        return m;
    }
    default:
        return 0;
    }
}

static size_t all_equations(const struct geo_rule *rule, const double *x, double *out) {
    size_t m = 0;
    for (size_t i = 0; i < rule->n_premises; i++) m += equations(&rule->premise[i], x, out + m);
    return m;
}

/* a: [m, m] symmetric positive definite, b: [m] -> its solution in b. Cholesky. */
static bool solve(double (*a)[EQUATIONS_MOST], double *b, size_t m) {
    for (size_t i = 0; i < m; i++) {
        for (size_t k = 0; k <= i; k++) {
            double sum = a[i][k];
            for (size_t l = 0; l < k; l++) sum -= a[i][l] * a[k][l];
            if (i == k && sum <= 0) return false;
            a[i][k] = i == k ? sqrt(sum) : sum / a[k][k];
        }
        for (size_t k = 0; k < i; k++) b[i] -= a[i][k] * b[k];
        b[i] /= a[i][i];
    }
    for (size_t i = m; i-- > 0;) {
        for (size_t k = i + 1; k < m; k++) b[i] -= a[k][i] * b[k];
        b[i] /= a[i][i];
    }
    return true;
}

static void derivatives(const struct geo_rule *rule, double *x, size_t n, size_t m, double (*j)[UNKNOWNS_MOST]) {
    double up[EQUATIONS_MOST], down[EQUATIONS_MOST];
    for (size_t k = 0; k < n; k++) {
        double kept = x[k], h = 1e-5;
        x[k] = kept + h;
        all_equations(rule, x, up);
        x[k] = kept - h;
        all_equations(rule, x, down);
        x[k] = kept;
        for (size_t i = 0; i < m; i++) j[i][k] = (up[i] - down[i]) / (2 * h);
    }
}

/* One step; false: no step can be made. */
static bool move(const struct geo_rule *rule, double *x, size_t n, const double *r, size_t m) {
    double j[EQUATIONS_MOST][UNKNOWNS_MOST], a[EQUATIONS_MOST][EQUATIONS_MOST], y[EQUATIONS_MOST];
    derivatives(rule, x, n, m, j);
    for (size_t i = 0; i < m; i++) {
        y[i] = r[i];
        for (size_t k = 0; k < m; k++) {
            a[i][k] = 0;
            for (size_t l = 0; l < n; l++) a[i][k] += j[i][l] * j[k][l];
        }
        a[i][i] = a[i][i] * (1 + 1e-12) + 1e-14;
    }
    if (!solve(a, y, m)) return false;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < m; i++) x[k] -= j[i][k] * y[i];
    return true;
}

static bool premises_hold(const struct geo_rule *rule, const struct geo_point *at) {
    for (size_t i = 0; i < rule->n_premises; i++)
        if (!(geo_residual_naive(&rule->premise[i], at) < 1e-9)) return false;
    return true;
}

/* A figure of the premises from random points; false: none was found this time. */
static bool draw(const struct geo_rule *rule, struct rng *rng, struct geo_point *at) {
    double x[UNKNOWNS_MOST], r[EQUATIONS_MOST];
    size_t n = 2 * rule->points.n;
    for (size_t k = 0; k < n; k++) x[k] = rng_normal(rng);
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t m = all_equations(rule, x, r);
        double most = 0;
        for (size_t i = 0; i < m; i++) most = fmax(most, fabs(r[i]));
        if (!(most < 1e6)) return false;
        if (most < SOLVED) break;
        if (!move(rule, x, n, r, m)) return false;
    }
    for (size_t i = 0; i < rule->points.n; i++) at[i] = (struct geo_point){x[2 * i], x[2 * i + 1]};
    return premises_hold(rule, at);
}

static bool is_clear(const struct geo_rule *rule, const struct geo_point *at) {
    double diameter = geo_diameter(at, rule->points.n);
    if (!(diameter > 0)) return false;
    for (size_t i = 0; i < rule->n_guards; i++)
        if (!(geo_margin(&rule->guard[i], at, diameter) > MARGIN)) return false;
    return true;
}

bool geo_rule_figure(const struct geo_rule *rule, uint64_t seed, struct geo_point *at) {
    for (uint64_t tries = 0; tries < TRIES; tries++) {
        struct rng rng = rng_stream_text(seed, rule->id);
        rng.counter = tries << 20;
        if (draw(rule, &rng, at) && is_clear(rule, at)) return true;
    }
    return false;
}

bool geo_rule_redraw(const struct geo_rule *rule, size_t times, uint64_t seed, struct geo_redraw *out,
                     struct error *err) {
    struct geo_point at[GEO_RULE_POINTS];
    *out = (struct geo_redraw){0};
    for (size_t tries = 0; out->drawn < times && tries < TRIES * times; tries++) {
        struct rng rng = rng_stream_text(seed, rule->id);
        rng.counter = (uint64_t)tries << 20;
        if (!draw(rule, &rng, at) || !is_clear(rule, at)) continue;
        bool wrong = false;
        for (size_t i = 0; i < rule->n_gives; i++) {
            double r = geo_residual_naive(&rule->gives[i], at);
            if (isinf(r)) continue; /* points coincide: nothing is said */
            if (r > out->worst) {
                out->worst = r;
                out->conclusion = i;
            }
            wrong |= r > WRONG;
        }
        out->drawn++;
        out->wrong += wrong;
    }
    return out->drawn == times || error_set(err, ERROR_DATA, "rule %.*s: only %zu of %zu figures could be drawn",
                                            TEXT_ARG(rule->id), out->drawn, times);
}
