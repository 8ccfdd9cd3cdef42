/* Whether labels of two groups mean anything: dealt anew, and learned by a ridge classifier. See cluster.h. */
#include "measure/statistics/cluster.h"

#include "tensor/dots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 256, STEPS = 200 };

/* ---- labels dealt anew ---- */

struct null_work {
    const struct cluster_points *points;
    size_t draws;
    const uint8_t *first; /* [draws, n]: the point is dealt to the first group */
    double *sum;          /* [parts][draws, COLUMNS] of centred points of the first group */
    double *square;       /* [parts, draws]: squares of the sums */
};

/* Sums of some columns under all draws: a point is read once. */
static void sum_columns(void *context, size_t part, size_t worker) {
    struct null_work *w = context;
    const struct cluster_points *p = w->points;
    size_t from = part * COLUMNS, width = p->d - from < COLUMNS ? p->d - from : COLUMNS;
    double *sum = w->sum + worker * w->draws * COLUMNS, mean[COLUMNS] = {0}, centred[COLUMNS];
    memset(sum, 0, w->draws * COLUMNS * sizeof *sum);
    for (size_t i = 0; i < p->n; i++) dots()->add(mean, p->x + i * p->d + from, width);
    for (size_t c = 0; c < width; c++) mean[c] /= (double)p->n;
    for (size_t i = 0; i < p->n; i++) {
        for (size_t c = 0; c < width; c++) centred[c] = p->x[i * p->d + from + c] - mean[c];
        for (size_t b = 0; b < w->draws; b++)
            if (w->first[b * p->n + i]) dots()->add(sum + b * COLUMNS, centred, width);
    }
    for (size_t b = 0; b < w->draws; b++)
        w->square[part * w->draws + b] = dots()->dot(sum + b * COLUMNS, sum + b * COLUMNS, width);
}

/* CH of two groups from the square of the sum of the centred points of one: B = |s|^2 (1/n1 + 1/n2), W = T - B. */
static double ch_of(const struct cluster_moments *m, double square, double n) {
    double n1 = (double)m->size[0], n2 = (double)m->size[1], total = m->within + m->between;
    double between = square * (1 / n1 + 1 / n2);
    return between < total ? between / ((total - between) / (n - 2)) : INFINITY;
}

struct dealt {
    uint64_t stratum;
    size_t point;
};

static int by_stratum(const void *a, const void *b) {
    const struct dealt *x = a, *y = b;
    if (x->stratum != y->stratum) return x->stratum < y->stratum ? -1 : 1;
    return x->point < y->point ? -1 : x->point > y->point;
}

/* Each point gets the label of another one of its stratum. Points of a stratum stand together in `list`. */
static void deal(const struct cluster_points *p, const struct dealt *list, size_t draws, uint64_t seed,
                 const char *name, size_t *order, uint8_t *first) {
    for (size_t b = 0; b < draws; b++) {
        struct rng rng = rng_stream(seed, name, b);
        for (size_t from = 0, to; from < p->n; from = to) {
            for (to = from; to < p->n && list[to].stratum == list[from].stratum; to++) order[to - from] = to;
            rng_shuffle(&rng, order, to - from);
            for (size_t i = from; i < to; i++)
                first[b * p->n + list[i].point] = p->label[list[order[i - from]].point] == 0;
        }
    }
}

struct cluster_null cluster_null_of(double found, const double *drawn, size_t draws) {
    struct cluster_null out = {.z = NAN};
    double squares = 0;
    size_t above = 0;
    for (size_t b = 0; b < draws; b++) {
        out.mean += drawn[b] / (double)draws;
        above += drawn[b] >= found * (1 - 1e-12);
    }
    for (size_t b = 0; b < draws; b++) squares += (drawn[b] - out.mean) * (drawn[b] - out.mean);
    out.sd = draws > 1 ? sqrt(squares / (double)(draws - 1)) : 0;
    if (out.sd > 0) out.z = (found - out.mean) / out.sd;
    out.p = (1 + (double)above) / (1 + (double)draws);
    return out;
}

bool cluster_null_draw(const struct cluster_points *p, const uint64_t *stratum, const struct cluster_moments *moments,
                       size_t draws, uint64_t seed, const char *name, struct pool *pool, double *drawn,
                       struct error *err) {
    size_t parts = (p->d + COLUMNS - 1) / COLUMNS;
    if (p->k != 2 || draws == 0)
        return error_set(err, ERROR_DATA, "labels are dealt anew to two groups, at least once");
    uint8_t *first = memory_zeroed(draws, p->n);
    size_t *order = memory_zeroed(p->n, sizeof *order);
    struct dealt *list = memory_zeroed(p->n, sizeof *list);
    struct null_work w = {.points = p, .draws = draws, .first = first,
                          .sum = memory_zeroed(pool_threads(pool) * draws, COLUMNS * sizeof *w.sum),
                          .square = memory_zeroed(parts * draws, sizeof *w.square)};
    bool ok = first && order && list && w.sum && w.square;
    if (ok) {
        for (size_t i = 0; i < p->n; i++) list[i] = (struct dealt){stratum ? stratum[i] : 0, i};
        qsort(list, p->n, sizeof *list, by_stratum);
        deal(p, list, draws, seed, name, order, first);
        pool_run(pool, parts, sum_columns, &w);
        for (size_t b = 0; b < draws; b++) {
            double square = 0;
            for (size_t part = 0; part < parts; part++) square += w.square[part * draws + b];
            drawn[b] += ch_of(moments, square, (double)p->n);
        }
    }
    memory_free(first);
    memory_free(order);
    memory_free(list);
    memory_free(w.sum);
    memory_free(w.square);
    return ok || error_memory(err, "labels that are dealt anew");
}

bool cluster_null(const struct cluster_points *p, const struct cluster_moments *moments, size_t draws, uint64_t seed,
                  const char *name, struct pool *pool, struct cluster_null *out, struct error *err) {
    double *drawn = memory_zeroed(draws + 1, sizeof *drawn);
    if (!drawn) return error_memory(err, "labels that are dealt anew");
    bool ok = cluster_null_draw(p, NULL, moments, draws, seed, name, pool, drawn, err);
    if (ok) *out = cluster_null_of(moments->calinski_harabasz, drawn, draws);
    memory_free(drawn);
    return ok;
}

/* ---- ridge classifier ---- */

/* (X'X + penalty) w = X'y by conjugate gradients: memory [d]. Rows of one fold, centred by their mean, targets centred,
 * too. */
struct ridge {
    const struct cluster_points *points;
    const uint32_t *fold;
    uint32_t of;             /* the fold that is fitted on */
    double penalty, level;   /* mean target */
    double *mean, *weights, *gradient, *direction, *product; /* [d] */
    double *along;           /* [n] */
};

static void fit_mean(struct ridge *r) {
    const struct cluster_points *p = r->points;
    double n = 0, square = 0;
    r->level = 0;
    memset(r->mean, 0, p->d * sizeof *r->mean);
    for (size_t i = 0; i < p->n; i++) {
        if (r->fold[i] != r->of) continue;
        dots()->add(r->mean, p->x + i * p->d, p->d);
        r->level += p->label[i] ? 1 : -1;
        n++;
    }
    for (size_t c = 0; c < p->d; c++) r->mean[c] /= n;
    r->level /= n;
    for (size_t i = 0; i < p->n; i++)
        if (r->fold[i] == r->of) square += dots()->distance(p->x + i * p->d, r->mean, p->d);
    r->penalty = square > 0 ? square / (double)p->d : 1;
}

enum { RIDGE_ROWS = 64 };

/* along = X v, of some rows. */
static void project_rows(void *context, size_t part, size_t worker) {
    struct ridge *r = context;
    const struct cluster_points *p = r->points;
    double shift = dots()->dot(r->mean, r->direction, p->d);
    (void)worker;
    for (size_t i = part * RIDGE_ROWS; i < p->n && i < (part + 1) * RIDGE_ROWS; i++)
        r->along[i] = r->fold[i] == r->of ? dots()->dot(p->x + i * p->d, r->direction, p->d) - shift : 0;
}

/* product = X' along + penalty direction, of some columns. */
static void gather_columns(void *context, size_t part, size_t worker) {
    struct ridge *r = context;
    const struct cluster_points *p = r->points;
    size_t from = part * COLUMNS, width = p->d - from < COLUMNS ? p->d - from : COLUMNS;
    double total = 0;
    (void)worker;
    for (size_t c = from; c < from + width; c++) r->product[c] = r->penalty * r->direction[c];
    for (size_t i = 0; i < p->n; i++) {
        if (r->fold[i] != r->of) continue;
        total += r->along[i];
        dots()->scale_add(r->product + from, p->x + i * p->d + from, r->along[i], width);
    }
    dots()->scale_add(r->product + from, r->mean + from, -total, width);
}

static void apply(struct ridge *r, struct pool *pool) {
    pool_run(pool, (r->points->n + RIDGE_ROWS - 1) / RIDGE_ROWS, project_rows, r);
    pool_run(pool, (r->points->d + COLUMNS - 1) / COLUMNS, gather_columns, r);
}

/* Hestenes & Stiefel 1952. */
static void fit(struct ridge *r, struct pool *pool) {
    const struct cluster_points *p = r->points;
    size_t d = p->d;
    fit_mean(r);
    memset(r->weights, 0, d * sizeof *r->weights);
    memset(r->direction, 0, d * sizeof *r->direction);
    for (size_t i = 0; i < p->n; i++) r->along[i] = r->fold[i] == r->of ? (p->label[i] ? 1 : -1) - r->level : 0;
    pool_run(pool, (d + COLUMNS - 1) / COLUMNS, gather_columns, r);
    memcpy(r->gradient, r->product, d * sizeof *r->gradient);
    memcpy(r->direction, r->gradient, d * sizeof *r->direction);
    double square = dots()->dot(r->gradient, r->gradient, d), first = square;
    for (size_t step = 0; step < STEPS && square > 1e-24 * first && square > 0; step++) {
        apply(r, pool);
        double rate = square / dots()->dot(r->direction, r->product, d), before = square;
        dots()->scale_add(r->weights, r->direction, rate, d);
        dots()->scale_add(r->gradient, r->product, -rate, d);
        square = dots()->dot(r->gradient, r->gradient, d);
        for (size_t c = 0; c < d; c++) r->direction[c] = r->gradient[c] + square / before * r->direction[c];
    }
}

/* Between the fitted group means, half way: that shares of the groups differ does not move the boundary. */
static void judge_fold(struct ridge *r, double *right) {
    const struct cluster_points *p = r->points;
    double middle[2] = {0}, n[2] = {0};
    for (size_t i = 0; i < p->n; i++) {
        r->along[i] = dots()->dot(p->x + i * p->d, r->weights, p->d);
        if (r->fold[i] == r->of) middle[p->label[i]] += r->along[i], n[p->label[i]]++;
    }
    double boundary = (middle[0] / n[0] + middle[1] / n[1]) / 2;
    for (size_t i = 0; i < p->n; i++) {
        if (r->fold[i] == r->of) continue;
        double side = r->along[i] - boundary;
        right[i] = side == 0 ? 0.5 : (side > 0) == (p->label[i] == 1);
    }
}

static bool both_groups(const struct cluster_points *p, const uint32_t *fold) {
    size_t n[2][2] = {{0}};
    for (size_t i = 0; i < p->n; i++) n[fold[i] & 1][p->label[i]]++;
    return n[0][0] && n[0][1] && n[1][0] && n[1][1];
}

static double balanced(const struct cluster_points *p, const double *right) {
    double sum[2] = {0}, n[2] = {0};
    for (size_t i = 0; i < p->n; i++) sum[p->label[i]] += right[i], n[p->label[i]]++;
    return (sum[0] / n[0] + sum[1] / n[1]) / 2;
}

bool cluster_probe(const struct cluster_points *p, const uint32_t *fold, struct pool *pool, double *right,
                   double *accuracy, struct error *err) {
    struct ridge r = {.points = p, .fold = fold};
    if (p->k != 2) return error_set(err, ERROR_DATA, "the ridge classifier is for two groups, there are %zu", p->k);
    *accuracy = NAN;
    double *all = memory_zeroed(5 * p->d + 2 * p->n, sizeof *all);
    if (!all) return error_memory(err, "ridge classifier");
    r.mean = all;
    r.weights = all + p->d;
    r.gradient = all + 2 * p->d;
    r.direction = all + 3 * p->d;
    r.product = all + 4 * p->d;
    r.along = all + 5 * p->d;
    double *own = right ? right : r.along + p->n;
    for (size_t i = 0; i < p->n; i++) own[i] = NAN;
    if (both_groups(p, fold)) {
        for (r.of = 0; r.of < 2; r.of++) {
            fit(&r, pool);
            judge_fold(&r, own);
        }
        *accuracy = balanced(p, own);
    }
    memory_free(all);
    return true;
}
