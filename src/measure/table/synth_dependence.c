/* How columns depend on each other, in the training rows and in a synthetic table. See synth_measure.h. */
#include "measure/table/synth_measure.h"

#include <math.h>
#include <string.h>

/* Of one pair; cells: room for rows_bins * column_bins counts and both margins. */
static double pair_information(const uint16_t *x, size_t nx, const uint16_t *y, size_t ny, size_t rows,
                               uint32_t *cells) {
    uint32_t *left = cells + nx * ny, *right = left + nx;
    double sum = 0, n = (double)rows;
    size_t seen_left = 0, seen_right = 0;
    memset(cells, 0, (nx * ny + nx + ny) * sizeof *cells);
    for (size_t r = 0; r < rows; r++) {
        cells[x[r] * ny + y[r]]++;
        left[x[r]]++;
        right[y[r]]++;
    }
    for (size_t a = 0; a < nx; a++) {
        seen_left += left[a] > 0;
        for (size_t b = 0; left[a] && b < ny; b++)
            if (cells[a * ny + b])
                sum += cells[a * ny + b] / n * log(cells[a * ny + b] * n / ((double)left[a] * right[b]));
    }
    for (size_t b = 0; b < ny; b++) seen_right += right[b] > 0;
    double degrees = seen_left && seen_right ? (double)(seen_left - 1) * (double)(seen_right - 1) : 0;
    return sum - degrees / (2 * n);
}

double *synth_information(const struct synth_binning *binning, uint16_t *const *bins, size_t rows, struct arena *arena,
                          struct error *err) {
    size_t n = binning->n_columns, most = 1;
    for (size_t c = 0; c < n; c++)
        if (binning->n_bins[c] > most) most = binning->n_bins[c];
    double *out = arena_new(arena, double, n *n, err);
    uint32_t *cells = arena_new(arena, uint32_t, most * most + 2 * most, err);
    if (!out || !cells) return NULL;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++)
            out[a * n + b] = pair_information(bins[a], binning->n_bins[a], bins[b], binning->n_bins[b], rows, cells);
    return out;
}

bool synth_mi_l1(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups, (void)err;
    size_t n = c->fold->schema->n;
    double sum = 0;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++) sum += fabs(c->mi[a * n + b] - c->fold->train_mi[a * n + b]);
    *out = synth_plain(sum / ((double)n * (double)(n - 1) / 2));
    return true;
}

bool synth_mi_l2(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups, (void)err;
    size_t n = c->fold->schema->n;
    double sum = 0;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++) {
            double apart = c->mi[a * n + b] - c->fold->train_mi[a * n + b];
            sum += apart * apart;
        }
    *out = synth_plain(sqrt(sum / ((double)n * (double)(n - 1) / 2)));
    return true;
}
