/* Dunn's index by pruning: see cluster.h. Bounds are loosened by one part in 1e9, so that rounding never throws the
 * optimum away; what is compared and returned are sums of squared differences, computed as the oracle does. */
#include "measure/statistics/cluster.h"

#include "tensor/dots.h"

#include <math.h>
#include <stdlib.h>

static const double loose = 1 + 1e-9;
enum { SWEEPS = 3 };

struct placed {
    double at;
    uint32_t point;
};

struct dunn_work {
    const struct cluster_points *points;
    const struct cluster_moments *moments;
    struct placed *side[2];
    size_t n[2];
    uint64_t looked, most;
    double slack; /* what rounding may make of a bound, of coordinates far from 0 */
};

static int by_place(const void *a, const void *b) {
    const struct placed *p = a, *q = b;
    if (p->at != q->at) return p->at < q->at ? -1 : 1;
    return p->point < q->point ? -1 : p->point > q->point;
}

static int by_place_falling(const void *a, const void *b) {
    return by_place(b, a);
}

static double apart2(struct dunn_work *w, uint32_t i, uint32_t j) {
    const struct cluster_points *p = w->points;
    w->looked++;
    return dots()->distance(p->x + i * p->d, p->x + j * p->d, p->d);
}

static bool may_go_on(const struct dunn_work *w) {
    return !w->most || w->looked <= w->most;
}

static void place_group(struct dunn_work *w, size_t k) {
    const struct cluster_points *p = w->points;
    w->n[k] = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->label[i] == k) w->side[k][w->n[k]++] = (struct placed){0, (uint32_t)i};
}

/* ---- the largest distance inside a group ---- */

static uint32_t farthest_from(struct dunn_work *w, size_t k, uint32_t from, double *most2) {
    uint32_t at = from;
    double best = -1;
    for (size_t i = 0; i < w->n[k]; i++) {
        double d2 = apart2(w, from, w->side[k][i].point);
        if (d2 > best) best = d2, at = w->side[k][i].point;
    }
    *most2 = fmax(*most2, best);
    return at;
}

/* By radius around the centre: two points lie no further apart than their radii together. */
static void widest(struct dunn_work *w, size_t k, double *most2) {
    const struct cluster_points *p = w->points;
    struct placed *list = w->side[k];
    size_t n = w->n[k];
    uint32_t at = list[0].point;
    for (int sweep = 0; sweep < SWEEPS; sweep++) at = farthest_from(w, k, at, most2);
    for (size_t i = 0; i < n; i++) list[i].at = sqrt(w->moments->distance2[list[i].point * p->k + k]);
    qsort(list, n, sizeof *list, by_place_falling);
    for (size_t i = 0; i + 1 < n && 2 * list[i].at * loose + w->slack > sqrt(*most2) && may_go_on(w); i++)
        for (size_t j = i + 1; j < n && (list[i].at + list[j].at) * loose + w->slack > sqrt(*most2); j++)
            *most2 = fmax(*most2, apart2(w, list[i].point, list[j].point));
}

/* ---- the nearest pair of two groups ---- */

/* Both centres are pivots: |d(x, p) - d(y, p)| is never above |x - y|. */
static bool may_be_nearer(const struct dunn_work *w, uint32_t x, uint32_t y, double best) {
    const double *dx = w->moments->distance2 + x * w->points->k, *dy = w->moments->distance2 + y * w->points->k;
    for (size_t k = 0; k < 2; k++)
        if (fabs(sqrt(dx[k]) - sqrt(dy[k])) > best * loose + w->slack) return false;
    return true;
}

static void look(struct dunn_work *w, uint32_t x, uint32_t y, double *least2) {
    if (*least2 < INFINITY && !may_be_nearer(w, x, y, sqrt(*least2))) return;
    *least2 = fmin(*least2, apart2(w, x, y));
}

/* First place of the list that is not before `at`. */
static size_t place_of(const struct placed *list, size_t n, double at) {
    size_t from = 0, to = n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (list[middle].at < at) from = middle + 1;
        else to = middle;
    }
    return from;
}

/* Outward from x's place among the others, nearer side first, while the gap along the line is below the best. */
static void scan(struct dunn_work *w, struct placed x, double *least2) {
    const struct placed *list = w->side[1];
    size_t right = place_of(list, w->n[1], x.at), left = right;
    while (left > 0 || right < w->n[1]) {
        double before = left > 0 ? x.at - list[left - 1].at : INFINITY;
        double behind = right < w->n[1] ? list[right].at - x.at : INFINITY;
        if (fmin(before, behind) > sqrt(*least2) * loose + w->slack || !may_go_on(w)) return;
        if (before <= behind) look(w, x.point, list[--left].point, least2);
        else look(w, x.point, list[right++].point, least2);
    }
}

/* Along the line through both centres; where they are one, along the first coordinate. A projection is never further
 * apart than the points. */
static void project(struct dunn_work *w) {
    const struct cluster_points *p = w->points;
    const double *from = w->moments->centre, *to = from + p->d;
    double length2 = dots()->distance(from, to, p->d);
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < w->n[k]; i++) {
            const double *x = p->x + w->side[k][i].point * p->d;
            double sum = 0;
            for (size_t c = 0; length2 > 0 && c < p->d; c++) sum += (x[c] - from[c]) * (to[c] - from[c]);
            w->side[k][i].at = length2 > 0 ? sum / sqrt(length2) : x[0];
        }
        qsort(w->side[k], w->n[k], sizeof *w->side[k], by_place);
    }
}

static void closest(struct dunn_work *w, double *least2) {
    project(w);
    for (size_t i = 0; i < w->n[0]; i++) { /* each one's nearest along the line gives a first bound */
        size_t at = place_of(w->side[1], w->n[1], w->side[0][i].at);
        look(w, w->side[0][i].point, w->side[1][at < w->n[1] ? at : at - 1].point, least2);
    }
    for (size_t i = 0; i < w->n[0] && may_go_on(w); i++) scan(w, w->side[0][i], least2);
}

static double slack_of(const struct cluster_points *p) {
    double most = 0;
    for (size_t i = 0; i < p->n * p->d; i++) most = fmax(most, fabs(p->x[i]));
    return 1e-14 * most * sqrt((double)p->d);
}

static struct cluster_dunn told(double least2, double most2) {
    return (struct cluster_dunn){.nearest = sqrt(least2),
                                 .diameter = sqrt(most2),
                                 .dunn = most2 > 0 ? sqrt(least2) / sqrt(most2) : NAN,
                                 .whole = true};
}

bool cluster_dunn(const struct cluster_points *p, const struct cluster_moments *moments, uint64_t most,
                  struct cluster_dunn *out, struct error *err) {
    struct dunn_work w = {.points = p, .moments = moments, .most = most, .slack = slack_of(p)};
    double most2 = 0, least2 = INFINITY;
    if (p->k != 2) return error_set(err, ERROR_DATA, "Dunn's index by pruning is for two groups, there are %zu", p->k);
    w.side[0] = memory_zeroed(p->n, sizeof *w.side[0]);
    w.side[1] = memory_zeroed(p->n, sizeof *w.side[1]);
    bool ok = w.side[0] && w.side[1];
    if (ok) {
        for (size_t k = 0; k < 2; k++) place_group(&w, k);
        for (size_t k = 0; k < 2; k++) widest(&w, k, &most2);
        closest(&w, &least2);
        *out = told(least2, most2);
        out->looked = w.looked;
        if (!may_go_on(&w)) out->dunn = NAN, out->whole = false;
    }
    memory_free(w.side[0]);
    memory_free(w.side[1]);
    return ok || error_memory(err, "pairs of points");
}

struct cluster_dunn cluster_dunn_plain(const struct cluster_points *p) {
    double most2 = 0, least2 = INFINITY;
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = i + 1; j < p->n; j++) {
            double d2 = dots()->distance(p->x + i * p->d, p->x + j * p->d, p->d);
            if (p->label[i] == p->label[j]) most2 = fmax(most2, d2);
            else least2 = fmin(least2, d2);
        }
    return told(least2, most2);
}
