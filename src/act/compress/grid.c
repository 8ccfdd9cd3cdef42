/* The base quantiser: see grid.h. */
#include "act/compress/grid.h"

#include <math.h>

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

void grid_round_rows(enum grid_kind kind, unsigned bits, size_t group, float *w, size_t rows, size_t columns) {
    size_t size = group ? group : columns;
    for (size_t at = 0; at < rows * columns; at += size) {
        double ends[2] = {(double)w[at], (double)w[at]};
        for (size_t i = 1; i < size; i++) {
            ends[0] = fmin(ends[0], (double)w[at + i]);
            ends[1] = fmax(ends[1], (double)w[at + i]);
        }
        struct grid g = grid_fit(kind, bits, ends, 2, 1);
        for (size_t i = 0; i < size; i++) w[at + i] = (float)grid_nearest(&g, (double)w[at + i]);
    }
}
