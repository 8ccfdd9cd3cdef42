/* What a figure shows: see geo_plane.h. */
#include "geometry/geo_plane.h"

#include <complex.h>
#include <math.h>

typedef double complex number;

static number place(struct geo_point p) {
    return p.x + p.y * I;
}

static number step(const struct geo_point *at, const uint8_t *pair) {
    return place(at[pair[1]]) - place(at[pair[0]]);
}

double geo_distance(struct geo_point a, struct geo_point b) {
    return hypot(b.x - a.x, b.y - a.y);
}

double geo_direction(struct geo_point a, struct geo_point b) {
    double turn = atan2(b.y - a.y, b.x - a.x) / M_PI;
    if (turn < 0) turn += 1;
    return turn >= 1 ? turn - 1 : turn;
}

double geo_diameter(const struct geo_point *at, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) most = fmax(most, geo_distance(at[i], at[k]));
    return most;
}

/* |sine| of the argument of z */
static double sine(number z) {
    double size = cabs(z);
    return size > 0 ? fabs(cimag(z)) / size : INFINITY;
}

static double sine_of_three(const struct geo_point *at, const uint8_t *p) {
    number u = place(at[p[1]]) - place(at[p[0]]), v = place(at[p[2]]) - place(at[p[0]]),
           w = place(at[p[2]]) - place(at[p[1]]);
    double area = fabs(cimag(conj(u) * v)), a = cabs(u), b = cabs(v), c = cabs(w);
    double least = fmin(a * b, fmin(b * c, a * c));
    return least > 0 ? area / fmax(a * b, fmax(b * c, a * c)) : 0;
}

/* How far a : b is from 1. */
static double unlike(double a, double b) {
    return a > 0 && b > 0 ? fabs(a - b) / fmax(a, b) : INFINITY;
}

static double residual_cyc(const struct geo_point *at, const uint8_t *p, bool naive) {
    number a = place(at[p[0]]), b = place(at[p[1]]), c = place(at[p[2]]), d = place(at[p[3]]);
    if (!naive && sine_of_three(at, p) < GEO_APART) return INFINITY;
    return sine((a - c) * (b - d) * conj((a - d) * (b - c)));
}

static double residual_similar(const struct geo_point *at, const uint8_t *p, bool mirrored) {
    number u = place(at[p[1]]) - place(at[p[0]]), v = place(at[p[2]]) - place(at[p[0]]);
    number s = place(at[p[4]]) - place(at[p[3]]), t = place(at[p[5]]) - place(at[p[3]]);
    if (mirrored) {
        s = conj(s);
        t = conj(t);
    }
    double size = fmax(cabs(u * t), cabs(v * s));
    return cabs(u) > 0 && cabs(v) > 0 && cabs(s) > 0 && cabs(t) > 0 ? cabs(u * t - v * s) / size : INFINITY;
}

static double residual_mid(const struct geo_point *at, const uint8_t *p) {
    number middle = (place(at[p[1]]) + place(at[p[2]])) / 2, side = place(at[p[2]]) - place(at[p[1]]);
    return cabs(side) > 0 ? cabs(place(at[p[0]]) - middle) / cabs(side) : INFINITY;
}

static double residual_sqsum(const struct geo_point *at, const uint8_t *p) {
    double a = cabs(step(at, p)), b = cabs(step(at, p + 2)), c = cabs(step(at, p + 4));
    return unlike(a * a + b * b, c * c);
}

static double larger(double a, double b) {
    return a > b || isnan(a) ? a : b;
}

static double residual(const struct geo_fact *f, const struct geo_point *at, bool naive) {
    const uint8_t *p = f->at;
    double q = geo_fraction_f64(f->value);
    switch (f->kind) {
    case GEO_COLL:
        return sine((place(at[p[1]]) - place(at[p[0]])) * conj(place(at[p[2]]) - place(at[p[0]])));
    case GEO_PARA:
        return sine(step(at, p) * conj(step(at, p + 2)));
    case GEO_PERP:
        return sine(I * step(at, p) * conj(step(at, p + 2)));
    case GEO_CONG:
        return unlike(cabs(step(at, p)), cabs(step(at, p + 2)));
    case GEO_MID:
        return residual_mid(at, p);
    case GEO_CYC:
        return residual_cyc(at, p, naive);
    case GEO_EQANG:
        return sine(step(at, p + 2) * conj(step(at, p)) * conj(step(at, p + 6) * conj(step(at, p + 4))));
    case GEO_EQRAT:
        return unlike(cabs(step(at, p)) * cabs(step(at, p + 6)), cabs(step(at, p + 2)) * cabs(step(at, p + 4)));
    case GEO_RAT:
        return unlike(cabs(step(at, p)), q * cabs(step(at, p + 2)));
    case GEO_LEN:
        return unlike(cabs(step(at, p)), q);
    case GEO_ANG:
        return sine(step(at, p + 2) * conj(step(at, p)) * cexp(-I * M_PI * q));
    case GEO_SQSUM:
        return residual_sqsum(at, p);
    case GEO_SIM:
        return residual_similar(at, p, false);
    case GEO_SIMR:
        return residual_similar(at, p, true);
    case GEO_CYC6:
    case GEO_CENTRE: {
        struct geo_fact part[3];
        size_t n = geo_fact_parts(f, part);
        double most = 0;
        for (size_t i = 0; i < n; i++) most = larger(residual(&part[i], at, naive), most);
        return most;
    }
    default:
        return INFINITY;
    }
}

double geo_residual(const struct geo_fact *fact, const struct geo_point *at) {
    return residual(fact, at, false);
}
double geo_residual_naive(const struct geo_fact *fact, const struct geo_point *at) {
    return residual(fact, at, true);
}
bool geo_holds(const struct geo_fact *fact, const struct geo_point *at) {
    return residual(fact, at, false) < GEO_TRUE;
}

/* ---- guards */

static double turn_of(const struct geo_point *at, const uint8_t *p) {
    number u = place(at[p[1]]) - place(at[p[0]]), v = place(at[p[2]]) - place(at[p[0]]);
    double size = cabs(u) * cabs(v);
    return size > 0 ? cimag(conj(u) * v) / size : 0;
}

/* Both at least as far from 0 as the lesser, and of one sign. */
static double same_sign(double a, double b) {
    double least = fmin(fabs(a), fabs(b));
    return a * b > 0 ? least : -least - GEO_APART;
}

static double cosine(number u, number v) {
    double size = cabs(u) * cabs(v);
    return size > 0 ? creal(conj(u) * v) / size : 0;
}

static double margin_ncoll(const struct geo_fact *g, const struct geo_point *at) {
    double least = 1;
    for (size_t i = 2; i < g->n; i++) {
        uint8_t p[3] = {g->at[0], g->at[1], g->at[i]};
        least = fmin(least, sine_of_three(at, p));
    }
    return least;
}

static double margin_distinct(const struct geo_fact *g, const struct geo_point *at, double diameter) {
    double least = 1;
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = i + 1; k < g->n; k++) least = fmin(least, geo_distance(at[g->at[i]], at[g->at[k]]) / diameter);
    return least;
}

static double margin_lines(const struct geo_fact *g, const struct geo_point *at, number turn) {
    double s = sine(turn * step(at, g->at) * conj(step(at, g->at + 2)));
    return isfinite(s) ? s : 0;
}

double geo_margin(const struct geo_fact *g, const struct geo_point *at, double diameter) {
    const uint8_t *p = g->at;
    switch (g->kind) {
    case GEO_NCOLL:
        return margin_ncoll(g, at);
    case GEO_DISTINCT:
    case GEO_DIFF:
        return margin_distinct(g, at, diameter);
    case GEO_NPARA:
        return margin_lines(g, at, 1);
    case GEO_NPERP:
        return margin_lines(g, at, I);
    case GEO_SAMEORI:
        return same_sign(turn_of(at, p), turn_of(at, p + 3));
    case GEO_OPPORI:
        return same_sign(turn_of(at, p), -turn_of(at, p + 3));
    case GEO_SAMESIDE:
        return same_sign(cosine(place(at[p[1]]) - place(at[p[0]]), place(at[p[2]]) - place(at[p[0]])),
                         cosine(place(at[p[4]]) - place(at[p[3]]), place(at[p[5]]) - place(at[p[3]])));
    case GEO_SAMEDIR:
        return cosine(step(at, p), step(at, p + 2));
    case GEO_BTW:
        return -cosine(place(at[p[1]]) - place(at[p[0]]), place(at[p[2]]) - place(at[p[0]]));
    default:
        return -1;
    }
}
