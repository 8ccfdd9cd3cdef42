/* The base quantiser: levels of k bits for a group of weights of one row (compressed-trust, section 2.1). Rounding is
 * half to even. */
#ifndef ACT_GRID_H
#define ACT_GRID_H

#include <stddef.h>

enum grid_kind {
    GRID_TIGHT,     /* from the least to the largest weight, zero need not be inside: s = (max - min) / (2^k - 1), at
                     * least 1e-5 / (2^k - 1); z = clamp(-round(min / s)) (Lin et al. 2024) */
    GRID_WIDE,      /* the same widened to hold zero: z = round(-min / s) (Frantar et al. 2023) */
    GRID_SYMMETRIC, /* from -m to m, m the largest magnitude, where any weight is below zero; z = 2^(k-1) */
};

/* w' = scale (q - zero), q = 0..most */
struct grid {
    double scale, zero, most;
};
/* Of n weights `step` apart. */
struct grid grid_fit(enum grid_kind kind, unsigned bits, const double *w, size_t n, size_t step);
double grid_nearest(const struct grid *grid, double w);

/* Every group of g consecutive weights of each row (g 0: the whole row; it divides columns) to its levels, in place. */
void grid_round_rows(enum grid_kind kind, unsigned bits, size_t group, float *w, size_t rows, size_t columns);
/* The values low..high that each weight can take, alone or with all others, so that grid_round_rows gives the same: a
 * 32nd of a step within its cell, between the least and the largest of its group, which stay. low, high: [rows,
 * columns]. */
void grid_cells(enum grid_kind kind, unsigned bits, size_t group, const float *w, size_t rows, size_t columns,
                float *low, float *high);

#endif
