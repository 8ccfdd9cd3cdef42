/* The base quantiser: see grid.h. */
#include "act/compress/grid.h"

#include <math.h>
#include <stdbool.h>

static double clamp(double v, double most) {
    return v < 0 ? 0 : v > most ? most : v;
}

struct grid grid_fit(enum grid_kind kind, unsigned bits, const double *w, size_t n, size_t step) {
    struct grid g = {.most = (double)((1u << bits) - 1)};
    double low = n ? w[0] : 0, high = low;
    for (size_t i = 1; i < n; i++) {
        low = fmin(low, w[i * step]);
        high = fmax(high, w[i * step]);
    }
    if (kind == GRID_TIGHT) {
        g.scale = fmax(high - low, 1e-5) / g.most;
        g.zero = clamp(-nearbyint(low / g.scale), g.most);
        return g;
    }
    low = fmin(low, 0);
    high = fmax(high, 0);
    if (kind == GRID_SYMMETRIC) {
        high = fmax(-low, high);
        if (low < 0) low = -high;
    }
    if (low == 0 && high == 0) low = -1, high = 1;
    g.scale = (high - low) / g.most;
    g.zero = kind == GRID_SYMMETRIC ? (g.most + 1) / 2 : nearbyint(-low / g.scale);
    return g;
}

double grid_nearest(const struct grid *g, double w) {
    return g->scale * (clamp(nearbyint(w / g->scale) + g->zero, g->most) - g->zero);
}

static struct grid fit_group(enum grid_kind kind, unsigned bits, const float *w, size_t n, double ends[2]) {
    ends[0] = ends[1] = (double)w[0];
    for (size_t i = 1; i < n; i++) {
        ends[0] = fmin(ends[0], (double)w[i]);
        ends[1] = fmax(ends[1], (double)w[i]);
    }
    return grid_fit(kind, bits, ends, 2, 1);
}

void grid_round_rows(enum grid_kind kind, unsigned bits, size_t group, float *w, size_t rows, size_t columns) {
    size_t size = group ? group : columns;
    double ends[2];
    for (size_t at = 0; at < rows * columns; at += size) {
        struct grid g = fit_group(kind, bits, w + at, size, ends);
        for (size_t i = 0; i < size; i++) w[at + i] = (float)grid_nearest(&g, (double)w[at + i]);
    }
}

void grid_cells(enum grid_kind kind, unsigned bits, size_t group, const float *w, size_t rows, size_t columns,
                float *low, float *high) {
    static const double reach = 0.5 - 1.0 / 32;
    size_t size = group ? group : columns;
    double ends[2];
    for (size_t at = 0; at < rows * columns; at += size) {
        struct grid g = fit_group(kind, bits, w + at, size, ends);
        for (size_t i = at; i < at + size; i++) {
            double v = (double)w[i], level = nearbyint(v / g.scale);
            double from = fmax(ends[0], g.scale * (level - reach)), to = fmin(ends[1], g.scale * (level + reach));
            bool stays = v <= ends[0] || v >= ends[1] || from > to; /* the ends make the grid */
            low[i] = (float)(stays ? v : from);
            high[i] = (float)(stays ? v : to);
        }
    }
}
