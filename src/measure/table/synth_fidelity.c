/* How like the training rows a synthetic table is: kernels, counts, distributions. See synth_measure.h. */
#include "measure/table/synth_measure.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MMD_MOST = 2000, WIDTH_ROWS = 500 };

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- maximum mean discrepancy ---- */

struct mmd {
    struct synth_points x, y;
    size_t n;
    double scale;      /* k = exp(-scale d^2) */
    double *row, *own; /* [n] sum over j of h_ij, and h_ii */
};

static double kernel(const struct mmd *m, const struct synth_points *a, size_t i, const struct synth_points *b,
                     size_t j) {
    return exp(-m->scale * synth_apart2(a, i, b, j));
}

static void mmd_row(void *context, size_t i, size_t worker) {
    struct mmd *m = context;
    double sum = 0;
    (void)worker;
    for (size_t j = 0; j < m->n; j++) {
        double h = kernel(m, &m->x, i, &m->x, j) + kernel(m, &m->y, i, &m->y, j) - kernel(m, &m->x, i, &m->y, j) -
                   kernel(m, &m->x, j, &m->y, i);
        if (i == j) m->own[i] = h;
        sum += h;
    }
    m->row[i] = sum;
}

/* Half of the rows from either side; the median of all pairs' distances, squared. */
static bool median2(const struct mmd *m, struct arena *arena, double *out, struct error *err) {
    size_t half = m->n < WIDTH_ROWS ? m->n : WIDTH_ROWS, rows = 2 * half, n = 0;
    double *apart2 = arena_new(arena, double, rows *(rows - 1) / 2, err);
    if (!apart2) return false;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < i; j++)
            apart2[n++] = synth_apart2(i < half ? &m->x : &m->y, i % half, j < half ? &m->x : &m->y, j % half);
    qsort(apart2, n, sizeof *apart2, by_value);
    *out = apart2[n / 2];
    return true;
}

static bool draw_rows(const struct synth_points *from, size_t n, uint64_t seed, const char *stream, struct arena *arena,
                      struct synth_points *out, struct error *err) {
    struct rng rng = rng_stream(seed, stream, 0);
    size_t *place = arena_new(arena, size_t, from->n, err);
    for (size_t i = 0; place && i < from->n; i++) place[i] = i;
    if (place) rng_shuffle(&rng, place, from->n);
    return place && synth_points_some(from, place, n, arena, out, err);
}

bool synth_mmd_snr(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups;
    const struct synth_points *real = &c->fold->train_points;
    struct mmd m = {.n = real->n < c->points.n ? real->n : c->points.n};
    double all = 0, squares = 0, own = 0, middle;
    if (m.n > MMD_MOST) m.n = MMD_MOST;
    m.row = arena_new(c->arena, double, 2 * m.n, err);
    if (!m.row || !draw_rows(real, m.n, c->seed, "data audit/mmd/real", c->arena, &m.x, err) ||
        !draw_rows(&c->points, m.n, c->seed, "data audit/mmd", c->arena, &m.y, err) ||
        !median2(&m, c->arena, &middle, err))
        return false;
    m.own = m.row + m.n;
    m.scale = middle > 0 ? 1 / (2 * middle) : 1;
    pool_run(c->pool, m.n, mmd_row, &m);
    double n = (double)m.n;
    for (size_t i = 0; i < m.n; i++) {
        all += m.row[i];
        own += m.own[i];
        squares += m.row[i] * m.row[i];
    }
    double mmd2 = (all - own) / (n * (n - 1)), var = 4 * (squares / (n * n * n) - all / (n * n) * (all / (n * n)));
    *out = synth_plain(mmd2 / sqrt(fmax(var, 0) + 1e-8));
    return true;
}

/* ---- counts ---- */

/* A bin that no training row is in counts as half a row there. */
static double column_chi2(const struct synth_case *c, size_t column, double *real, double *synthetic) {
    const struct synth_fold *f = c->fold;
    size_t bins = f->binning.n_bins[column];
    double sum = 0, n = (double)c->table.rows;
    memset(real, 0, bins * sizeof *real);
    memset(synthetic, 0, bins * sizeof *synthetic);
    for (size_t r = 0; r < f->train.rows; r++) real[f->train_bins[column][r]]++;
    for (size_t r = 0; r < c->table.rows; r++) synthetic[c->bins[column][r]]++;
    for (size_t b = 0; b < bins; b++) {
        double expected = n * fmax(real[b], 0.5) / (double)f->train.rows;
        sum += (synthetic[b] - expected) * (synthetic[b] - expected) / expected;
    }
    return bins > 1 ? sum / (n * (double)(bins - 1)) : 0;
}

static size_t most_bins(const struct synth_binning *b) {
    size_t most = 1;
    for (size_t c = 0; c < b->n_columns; c++)
        if (b->n_bins[c] > most) most = b->n_bins[c];
    return most;
}

bool synth_chi2(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups;
    size_t columns = c->fold->schema->n, most = most_bins(&c->fold->binning);
    double *counts = arena_new(c->arena, double, 2 * most, err), sum = 0;
    if (!counts) return false;
    for (size_t k = 0; k < columns; k++) sum += column_chi2(c, k, counts, counts + most);
    *out = synth_plain(sum / (double)columns);
    return true;
}

/* ---- distributions of single columns ---- */

static double level_variation(const struct synth_table *a, const struct synth_table *b, size_t column, double *count,
                              size_t levels) {
    double sum = 0; /* the last place is that of missing values */
    memset(count, 0, (levels + 1) * sizeof *count);
    for (size_t r = 0; r < a->rows; r++) {
        double x = a->x[r * a->n + column];
        count[isnan(x) ? levels : (size_t)x] += 1 / (double)a->rows;
    }
    for (size_t r = 0; r < b->rows; r++) {
        double x = b->x[r * b->n + column];
        count[isnan(x) ? levels : (size_t)x] -= 1 / (double)b->rows;
    }
    for (size_t l = 0; l <= levels; l++) sum += fabs(count[l]);
    return sum / 2;
}

static size_t sorted_values(const struct synth_table *t, size_t column, double *out) {
    size_t n = 0;
    for (size_t r = 0; r < t->rows; r++)
        if (!isnan(t->x[r * t->n + column])) out[n++] = t->x[r * t->n + column];
    qsort(out, n, sizeof *out, by_value);
    return n;
}

/* Of two sorted lists; NaN where one is empty. */
static double kolmogorov(const double *x, size_t nx, const double *y, size_t ny) {
    double most = nx && ny ? 0 : NAN;
    for (size_t i = 0, j = 0; i < nx && j < ny;) {
        double at = x[i] < y[j] ? x[i] : y[j];
        while (i < nx && x[i] == at) i++;
        while (j < ny && y[j] == at) j++;
        most = fmax(most, fabs((double)i / (double)nx - (double)j / (double)ny));
    }
    return most;
}

bool synth_tv_mean(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups;
    const struct synth_fold *f = c->fold;
    size_t room = f->train.rows + c->table.rows + SYNTH_LEVELS_MOST + 1;
    double *values = arena_new(c->arena, double, room, err), sum = 0;
    if (!values) return false;
    for (size_t k = 0; k < f->schema->n; k++) {
        if (synth_has_levels(&f->schema->column[k])) {
            sum += level_variation(&f->train, &c->table, k, values, f->levels[k].n);
            continue;
        }
        size_t nx = sorted_values(&f->train, k, values), ny = sorted_values(&c->table, k, values + nx);
        double distance = kolmogorov(values, nx, values + nx, ny);
        sum += isnan(distance) ? nx != ny : distance; /* all missing on one side only: nothing in common */
    }
    *out = synth_plain(sum / (double)f->schema->n);
    return true;
}
