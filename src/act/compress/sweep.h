/* Fixing the columns of a matrix one after the other, what each costs made up for by those to its right: the step that
 * GPTQ (Frantar et al. 2023) and SparseGPT (Frantar and Alistarh 2023) share. With U of moments.h, in blocks of B
 * columns:
 *
 *   column c of a block i1..i2:   q = what is chosen for w_c;   err = (w_c - q) / U_cc;   w_j -= err U_cj, c <= j < i2
 *   behind the block:             W_j -= sum over its columns of err U_cj, j >= i2
 *
 * Rows are independent, so any number of them may be done at once with the same bits. */
#ifndef ACT_SWEEP_H
#define ACT_SWEEP_H

#include "act/compress/moments.h"

struct sweep {
    size_t rows, columns, block;
    double *w;       /* [rows, columns]: what is fixed, in the factor's order of columns; becomes what was chosen */
    const double *u; /* [columns, columns] */
    void *context;
    /* Before a block, once; NULL: nothing. */
    bool (*begin)(void *context, size_t from, size_t to, struct error *err);
    /* What the weight at (row, column) becomes. row_w: [columns] the row as it was when the block began, but for
     * columns that are fixed; now: [left] the weight as it is by now and those behind it up to the end of the block.
     * Rows may be done by several threads at once. */
    double (*choose)(void *context, size_t row, size_t column, const double *row_w, const double *now, size_t left);
};
bool sweep_run(const struct sweep *sweep, struct pool *pool, struct error *err) MUST_CHECK;

#endif
