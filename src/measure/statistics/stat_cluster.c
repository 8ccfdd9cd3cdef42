/* Indices that follow from the centres of groups: see cluster.h. Parts of the work own columns, then rows, and are
 * folded in their order. */
#include "measure/statistics/cluster.h"

#include "tensor/dots.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 256, ROWS = 64 };

bool cluster_check(const struct cluster_points *p, size_t *bad, struct error *err) {
    size_t size[CLUSTER_GROUPS_MOST] = {0};
    *bad = SIZE_MAX;
    if (p->k < 2) return error_set(err, ERROR_DATA, "all points have one label; two groups are needed");
    if (p->k > CLUSTER_GROUPS_MOST) return error_set(err, ERROR_DATA, "more than %d labels", CLUSTER_GROUPS_MOST);
    if (p->d == 0) return error_set(err, ERROR_DATA, "the points have no coordinates");
    for (size_t i = 0; i < p->n; i++) {
        size[p->label[i]]++;
        for (size_t c = 0; c < p->d; c++)
            if (!isfinite(p->x[i * p->d + c])) {
                *bad = i;
                return error_set(err, ERROR_DATA, "coordinate %zu is no finite number", c + 1);
            }
    }
    for (size_t k = 0; k < p->k; k++)
        if (size[k] == 0) return error_set(err, ERROR_DATA, "a group has no points; every label needs some");
    return true;
}

struct moments_work {
    const struct cluster_points *points;
    struct cluster_moments *out;
};

/* Sums of some columns over all rows in their order. */
static void add_columns(void *context, size_t part, size_t worker) {
    struct moments_work *w = context;
    const struct cluster_points *p = w->points;
    size_t from = part * COLUMNS, n = p->d - from < COLUMNS ? p->d - from : COLUMNS;
    (void)worker;
    for (size_t i = 0; i < p->n; i++)
        dots()->add(w->out->centre + p->label[i] * p->d + from, p->x + i * p->d + from, n);
    for (size_t k = 0; k < p->k; k++)
        for (size_t c = from; c < from + n; c++) w->out->centre[k * p->d + c] /= (double)w->out->size[k];
}

static void measure_rows(void *context, size_t part, size_t worker) {
    struct moments_work *w = context;
    const struct cluster_points *p = w->points;
    (void)worker;
    for (size_t i = part * ROWS; i < p->n && i < (part + 1) * ROWS; i++)
        for (size_t k = 0; k < p->k; k++)
            w->out->distance2[i * p->k + k] = dots()->distance(p->x + i * p->d, w->out->centre + k * p->d, p->d);
}

/* Mean squared distances: to another group |x - mu|^2 + W_k / n_k, to the own one without itself n / (n - 1) times
 * that. */
static double simplified_of(const struct cluster_points *p, const struct cluster_moments *m, const double *spread,
                            size_t i) {
    size_t own = p->label[i];
    double a = 0, b = INFINITY;
    if (m->size[own] < 2) return 0;
    for (size_t k = 0; k < p->k; k++) {
        double mean = m->distance2[i * p->k + k] + spread[k] / (double)m->size[k];
        if (k == own) a = mean * (double)m->size[k] / (double)(m->size[k] - 1);
        else b = fmin(b, mean);
    }
    double most = fmax(a, b);
    return most > 0 ? (b - a) / most : 0;
}

static double between_of(const struct cluster_points *p, const struct cluster_moments *m) {
    double between = 0;
    for (size_t c = 0; c < p->d; c++) {
        double mean = 0;
        for (size_t k = 0; k < p->k; k++) mean += m->centre[k * p->d + c] * (double)m->size[k] / (double)p->n;
        for (size_t k = 0; k < p->k; k++) {
            double apart = m->centre[k * p->d + c] - mean;
            between += (double)m->size[k] * apart * apart;
        }
    }
    return between;
}

static double davies_bouldin_of(const struct cluster_points *p, const struct cluster_moments *m, const double *mean) {
    double sum = 0;
    for (size_t k = 0; k < p->k; k++) {
        double worst = 0;
        for (size_t l = 0; l < p->k; l++)
            if (l != k)
                worst = fmax(worst, (mean[k] + mean[l]) / sqrt(dots()->distance(m->centre + k * p->d,
                                                                                m->centre + l * p->d, p->d)));
        sum += worst;
    }
    return sum / (double)p->k;
}

static void fold_moments(const struct cluster_points *p, struct cluster_moments *m) {
    double spread[CLUSTER_GROUPS_MOST] = {0}, mean[CLUSTER_GROUPS_MOST] = {0}, n = (double)p->n, simple = 0;
    for (size_t i = 0; i < p->n; i++) {
        double own = m->distance2[i * p->k + p->label[i]];
        spread[p->label[i]] += own;
        mean[p->label[i]] += sqrt(own);
    }
    m->within = 0;
    m->apart2 = INFINITY;
    for (size_t k = 0; k < p->k; k++) {
        m->within += spread[k];
        mean[k] /= (double)m->size[k];
        for (size_t l = 0; l < k; l++)
            m->apart2 = fmin(m->apart2, dots()->distance(m->centre + k * p->d, m->centre + l * p->d, p->d));
    }
    for (size_t i = 0; i < p->n; i++) simple += simplified_of(p, m, spread, i);
    m->between = between_of(p, m);
    m->simplified = simple / n;
    m->rho = n * m->apart2 / m->within; /* 0 / 0 is NaN: all points are one */
    m->xie_beni = m->apart2 > 1e-12 ? m->within / (n * m->apart2) : INFINITY;
    m->calinski_harabasz = m->within > 0 ? (m->between / (double)(p->k - 1)) / (m->within / (n - (double)p->k))
                                         : INFINITY;
    m->davies_bouldin = davies_bouldin_of(p, m, mean);
}

bool cluster_moments(const struct cluster_points *p, struct pool *pool, struct cluster_moments *out,
                     struct error *err) {
    *out = (struct cluster_moments){.size = memory_zeroed(p->k, sizeof *out->size),
                                    .centre = memory_zeroed(p->k * p->d, sizeof *out->centre),
                                    .distance2 = memory_zeroed(p->n * p->k, sizeof *out->distance2)};
    if (!out->size || !out->centre || !out->distance2) {
        cluster_moments_done(out);
        return error_memory(err, "centres of groups");
    }
    struct moments_work work = {p, out};
    for (size_t i = 0; i < p->n; i++) out->size[p->label[i]]++;
    pool_run(pool, (p->d + COLUMNS - 1) / COLUMNS, add_columns, &work);
    pool_run(pool, (p->n + ROWS - 1) / ROWS, measure_rows, &work);
    fold_moments(p, out);
    return true;
}

void cluster_moments_done(struct cluster_moments *m) {
    memory_free(m->size);
    memory_free(m->centre);
    memory_free(m->distance2);
    *m = (struct cluster_moments){0};
}
