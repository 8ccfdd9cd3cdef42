/* The best one-to-one matching of two sides. */
#ifndef MEASURE_ASSIGN_H
#define MEASURE_ASSIGN_H

#include "base/error.h"

#include <stddef.h>

enum { ASSIGN_MOST = 256 };

/* gain: [rows, columns], finite, at most ASSIGN_MOST a side. Matches as many as the smaller side has, with the greatest
 * sum: column_of[r] is the column of row r, SIZE_MAX: none. Of equal sums always the same one. The Hungarian method
 * with potentials, O(n^3) (Kuhn 1955; Jonker and Volgenant 1987). Returns the sum, NaN: no memory or a side too large.
 */
double assign_best(const double *gain, size_t rows, size_t columns, size_t *column_of);

#endif
