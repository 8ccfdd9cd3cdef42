/* Where a point may be. A condition that names it leaves a line, a circle or one point: of directions and of logarithms
 * of lengths it is a sum with signs, in which the point stands once (a line through the other end; a circle about it),
 * twice with opposite signs (the circle of an inscribed angle; that of Apollonius), or twice in one pair (a bisector; a
 * geometric mean). Two conditions meet in up to two points; of one, or none, a place is drawn at random. */
#include "geometry/geo_problem.h"

#include <complex.h>
#include <math.h>

typedef double complex number;

struct locus {
    enum { ANYWHERE, LINE, CIRCLE, PLACE, NOWHERE, UNREADABLE } kind;
    number at, along; /* LINE: a point, a direction of length 1; CIRCLE: the centre; PLACE */
    double radius;
};
struct sum { /* of directions or logarithms: sign * pair, all together = value */
    int sign[4];
    uint8_t pair[4][2];
    size_t n;
    double value;
};

static number place(const struct geo_figure *f, uint8_t p) {
    return f->at[p].x + f->at[p].y * I;
}

static struct locus line(number at, number along) {
    double size = cabs(along);
    if (!(size > 0)) return (struct locus){NOWHERE};
    return (struct locus){LINE, at, along / size};
}
static struct locus circle(number centre, double radius) {
    if (!isfinite(creal(centre)) || !isfinite(cimag(centre)) || !(radius > 0)) return (struct locus){NOWHERE};
    return (struct locus){CIRCLE, centre, 0, radius};
}

static number centre_of(number a, number b, number c) {
    number u = b - a, v = c - a;
    double area = 2 * cimag(conj(u) * v);
    number w = u * creal(v * conj(v)) - v * creal(u * conj(u));
    return a + I * w / area;
}

/* ---- sums */

static void put(struct sum *s, int sign, const uint8_t *pair) {
    s->sign[s->n] = sign;
    s->pair[s->n][0] = pair[0];
    s->pair[s->n++][1] = pair[1];
}

static bool sum_of(const struct geo_fact *f, struct sum *s, bool *angles) {
    const uint8_t *p = f->at;
    *s = (struct sum){.n = 0};
    *angles = f->kind == GEO_PARA || f->kind == GEO_PERP || f->kind == GEO_EQANG || f->kind == GEO_ANG;
    if (f->kind == GEO_PERP) s->value = 0.5;
    if (f->kind == GEO_ANG) s->value = -geo_fraction_f64(f->value);
    if (f->kind == GEO_RAT || f->kind == GEO_LEN) s->value = log(geo_fraction_f64(f->value));
    put(s, 1, p);
    if (f->kind == GEO_LEN) return true;
    put(s, -1, p + 2);
    if (f->kind == GEO_EQANG || f->kind == GEO_EQRAT) {
        put(s, -1, p + 4);
        put(s, 1, p + 6);
    }
    return *angles || f->kind == GEO_CONG || f->kind == GEO_RAT || f->kind == GEO_EQRAT;
}

/* Takes the pairs with x out: their other ends and signs; the value loses what the rest is. */
static size_t split(struct sum *s, uint8_t x, bool angles, const struct geo_figure *f, uint8_t *end, int *sign) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const uint8_t *p = s->pair[i];
        if (p[0] == x || p[1] == x) {
            end[n] = p[0] == x ? p[1] : p[0];
            sign[n++] = s->sign[i];
        } else
            s->value -= s->sign[i] * (angles ? geo_direction(f->at[p[0]], f->at[p[1]])
                                             : log(geo_distance(f->at[p[0]], f->at[p[1]])));
    }
    return n;
}

static number toward(double half_turns) {
    return cexp(I * M_PI * half_turns);
}

/* The inner bisector of the angle at `end` to the other ends of the two pairs without x, where they meet there. */
static double bisector(const struct sum *s, uint8_t x, uint8_t end, bool outward, const struct geo_figure *f,
                       double half, struct rng *rng) {
    number arm[2];
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const uint8_t *p = s->pair[i];
        if (p[0] == x || p[1] == x || (p[0] != end && p[1] != end) || n == 2) continue;
        number arrow = place(f, p[0] == end ? p[1] : p[0]) - place(f, end);
        arm[n++] = arrow / cabs(arrow);
    }
    if (n < 2) return half + (rng_unit(rng) < 0.5 ? 0.5 : 0);
    number inner = arm[0] + arm[1];
    bool along = fabs(cimag(inner * conj(toward(half)))) < fabs(creal(inner * conj(toward(half))));
    return along == !outward ? half : half + 0.5;
}

static struct locus of_angles(struct sum *s, uint8_t x, bool outward, const struct geo_figure *f, struct rng *rng) {
    uint8_t end[4];
    int sign[4];
    size_t n = split(s, x, true, f, end, sign);
    if (n == 1) return line(place(f, end[0]), toward(sign[0] * s->value));
    if (n != 2) return (struct locus){UNREADABLE};
    number a = place(f, end[0]), b = place(f, end[1]);
    if (sign[0] == sign[1]) {
        if (end[0] != end[1]) return (struct locus){UNREADABLE};
        return line(a, toward(bisector(s, x, end[0], outward, f, sign[0] * s->value / 2, rng)));
    }
    double angle = sign[0] * s->value; /* from xb to xa */
    if (fabs(angle - nearbyint(angle)) < GEO_APART) return line(a, b - a);
    if (end[0] == end[1]) return (struct locus){NOWHERE};
    /* At b the line xb is the tangent. The centre lies across it, and as far from a. */
    number tangent = toward(geo_direction(f->at[end[0]], f->at[end[1]]) - angle), normal = I * tangent, side = a - b;
    double t = creal(side * conj(side)) / (2 * creal(side * conj(normal)));
    return circle(b + t * normal, fabs(t));
}

static struct locus of_lengths(struct sum *s, uint8_t x, const struct geo_figure *f) {
    uint8_t end[4];
    int sign[4];
    size_t n = split(s, x, false, f, end, sign);
    if (n == 1) return circle(place(f, end[0]), exp(sign[0] * s->value));
    if (n != 2) return (struct locus){UNREADABLE};
    number a = place(f, end[0]), b = place(f, end[1]);
    if (sign[0] == sign[1])
        return end[0] == end[1] ? circle(a, exp(sign[0] * s->value / 2)) : (struct locus){UNREADABLE};
    double ratio = exp(2 * sign[0] * s->value); /* (xa : xb)^2 */
    if (end[0] == end[1]) return (struct locus){NOWHERE};
    if (fabs(ratio - 1) < GEO_APART) return line((a + b) / 2, I * (b - a));
    return circle((a - ratio * b) / (1 - ratio), sqrt(ratio) * cabs(a - b) / fabs(1 - ratio));
}

static struct locus of_mid(const struct geo_fact *c, uint8_t x, const struct geo_figure *f) {
    const uint8_t *p = c->at;
    if (p[0] == x) return (struct locus){PLACE, (place(f, p[1]) + place(f, p[2])) / 2};
    return (struct locus){PLACE, 2 * place(f, p[0]) - place(f, p[1] == x ? p[2] : p[1])};
}

static struct locus locus_of(const struct geo_fact *c, uint8_t x, bool outward, const struct geo_figure *f,
                             struct rng *rng) {
    number other[3];
    size_t n = 0;
    struct sum s;
    bool angles;
    for (size_t i = 0; i < c->n && n < 3; i++)
        if (c->at[i] != x) other[n++] = place(f, c->at[i]);
    switch (c->kind) {
    case GEO_MID:
        return of_mid(c, x, f);
    case GEO_COLL:
        return line(other[0], other[1] - other[0]);
    case GEO_CYC: {
        number centre = centre_of(other[0], other[1], other[2]);
        return circle(centre, cabs(other[0] - centre));
    }
    default:
        break;
    }
    if (!sum_of(c, &s, &angles)) return (struct locus){UNREADABLE};
    return angles ? of_angles(&s, x, outward, f, rng) : of_lengths(&s, x, f);
}

/* ---- meeting */

static size_t line_line(const struct locus *a, const struct locus *b, number *out) {
    double across = cimag(conj(a->along) * b->along);
    if (fabs(across) < GEO_APART) return 0;
    out[0] = a->at + a->along * (cimag(conj(b->at - a->at) * b->along) / across);
    return 1;
}

static size_t line_circle(const struct locus *l, const struct locus *c, number *out) {
    double along = creal((c->at - l->at) * conj(l->along));
    number foot = l->at + along * l->along;
    double rest = c->radius * c->radius - creal((foot - c->at) * conj(foot - c->at));
    if (rest < -1e-12 * c->radius * c->radius) return 0;
    double half = sqrt(fmax(rest, 0));
    out[0] = foot + half * l->along;
    out[1] = foot - half * l->along;
    return 2;
}

static size_t circle_circle(const struct locus *a, const struct locus *b, number *out) {
    number between = b->at - a->at;
    double d = cabs(between);
    if (!(d > 0)) return 0;
    double along = (a->radius * a->radius - b->radius * b->radius + d * d) / (2 * d);
    double rest = a->radius * a->radius - along * along;
    if (rest < -1e-12 * a->radius * a->radius) return 0;
    number unit = between / d, foot = a->at + along * unit;
    double half = sqrt(fmax(rest, 0));
    out[0] = foot + half * I * unit;
    out[1] = foot - half * I * unit;
    return 2;
}

static size_t meet(const struct locus *a, const struct locus *b, number *out) {
    if (a->kind == PLACE || b->kind == PLACE) {
        out[0] = a->kind == PLACE ? a->at : b->at;
        return 1;
    }
    if (a->kind == LINE && b->kind == LINE) return line_line(a, b, out);
    if (a->kind == LINE) return line_circle(a, b, out);
    if (b->kind == LINE) return line_circle(b, a, out);
    return circle_circle(a, b, out);
}

/* ---- one point */

/* The middle of the points that have a place, and how far they reach; 1 where there are fewer than two. */
static void reach(const struct geo_figure *f, number *middle, double *size) {
    struct geo_point placed[GEO_POINTS_MOST];
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->placed >> i & 1) placed[n++] = f->at[i];
    *middle = 0;
    for (size_t i = 0; i < n; i++) *middle += (placed[i].x + placed[i].y * I) / (double)n;
    *size = n > 1 ? geo_diameter(placed, n) / 2 : 1;
}

static number random_place(const struct locus *l, const struct geo_placing *p, const struct geo_figure *f,
                           struct rng *rng) {
    number middle;
    double size;
    reach(f, &middle, &size);
    if (l->kind == CIRCLE) return l->at + l->radius * toward(2 * rng_unit(rng));
    if (l->kind == PLACE) return l->at;
    if (l->kind != LINE) {
        double x = rng_normal(rng), y = rng_normal(rng);
        return middle + size * (x + y * I);
    }
    number from = l->at;
    if (p->n && p->condition[0].kind == GEO_COLL) { /* near the middle of those that make the line */
        from = 0;
        for (size_t i = 0; i < 3; i++)
            if (p->condition[0].at[i] != p->point) from += place(f, p->condition[0].at[i]) / 2;
    }
    return from + l->along * size * rng_normal(rng);
}

static double nearest(const struct geo_figure *f, number z) {
    double least = INFINITY;
    for (uint8_t i = 0; i < f->n; i++)
        if (f->placed >> i & 1) least = fmin(least, cabs(place(f, i) - z));
    return least;
}

static bool cannot(const struct geo_placing *p, const char *why, struct error *err) {
    return error_set(err, ERROR_DATA, "point %u: %s", p->point, why);
}

bool geo_place_next(const struct geo_placing *p, struct geo_figure *f, struct rng *rng, struct error *err) {
    struct locus l[2] = {{ANYWHERE}, {ANYWHERE}};
    number found[2] = {0, 0};
    for (size_t i = 0; i < p->n && i < 2; i++) {
        l[i] = locus_of(&p->condition[i], p->point, p->outward[i], f, rng);
        if (l[i].kind == NOWHERE) return cannot(p, "a condition has no meaning here", err);
        if (l[i].kind == UNREADABLE) return cannot(p, "a condition of no line, circle or point", err);
    }
    size_t n = 1;
    if (p->n < 2)
        found[0] = random_place(&l[0], p, f, rng);
    else
        n = meet(&l[0], &l[1], found);
    if (!n) return cannot(p, "its conditions do not meet", err);
    number middle;
    double size;
    reach(f, &middle, &size);
    bool second = n == 2 && rng_unit(rng) < 0.5;
    if (n == 2 && nearest(f, found[second]) < 1e-6 * size) second = !second;
    number z = found[second];
    if (!isfinite(creal(z)) || !isfinite(cimag(z))) return cannot(p, "lies at no place", err);
    f->at[p->point] = (struct geo_point){creal(z), cimag(z)};
    f->placed |= (uint64_t)1 << p->point;
    return true;
}
