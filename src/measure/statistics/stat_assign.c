/* One-to-one matching: see assign.h. Costs are the greatest gain less each; the smaller side is padded with rows of
 * nothing, so that both have n. Rows come in one by one, each by the cheapest augmenting path. */
#include "measure/statistics/assign.h"

#include "base/arena.h"

#include <math.h>

struct matching {
    size_t n;
    const double *gain;
    size_t rows, columns;
    double greatest;
    double *row_price, *column_price, *least; /* [n + 1]; place 0 is none */
    size_t *row_of, *from;                    /* [n + 1], by column, from 1 */
    bool *used;
};

static double cost(const struct matching *m, size_t row, size_t column) {
    if (row > m->rows || column > m->columns) return 0;
    return m->greatest - m->gain[(row - 1) * m->columns + column - 1];
}

/* The next column of the path: that of the least cost over all that were reached. */
static size_t step(struct matching *m, size_t column) {
    double delta = INFINITY;
    size_t row = m->row_of[column], next = 0;
    m->used[column] = true;
    for (size_t k = 1; k <= m->n; k++) {
        if (m->used[k]) continue;
        double c = cost(m, row, k) - m->row_price[row] - m->column_price[k];
        if (c < m->least[k]) m->least[k] = c, m->from[k] = column;
        if (m->least[k] < delta) delta = m->least[k], next = k;
    }
    for (size_t k = 0; k <= m->n; k++) {
        if (m->used[k])
            m->row_price[m->row_of[k]] += delta, m->column_price[k] -= delta;
        else
            m->least[k] -= delta;
    }
    return next;
}

static void add_row(struct matching *m, size_t row) {
    size_t column = 0;
    for (size_t k = 0; k <= m->n; k++) m->least[k] = INFINITY, m->used[k] = false;
    m->row_of[0] = row;
    do column = step(m, column);
    while (m->row_of[column] != 0);
    for (; column; column = m->from[column]) m->row_of[column] = m->row_of[m->from[column]];
}

static double read_off(const struct matching *m, size_t *column_of) {
    double sum = 0;
    for (size_t r = 0; r < m->rows; r++) column_of[r] = SIZE_MAX;
    for (size_t k = 1; k <= m->columns; k++) {
        size_t row = m->row_of[k];
        if (row == 0 || row > m->rows) continue;
        column_of[row - 1] = k - 1;
        sum += m->gain[(row - 1) * m->columns + k - 1];
    }
    return sum;
}

double assign_best(const double *gain, size_t rows, size_t columns, size_t *column_of) {
    struct matching m = {.n = rows > columns ? rows : columns, .gain = gain, .rows = rows, .columns = columns};
    if (m.n > ASSIGN_MOST) return NAN;
    for (size_t i = 0; i < rows * columns; i++) m.greatest = fmax(m.greatest, gain[i]);
    m.row_price = memory_zeroed(3 * (m.n + 1), sizeof(double));
    m.row_of = memory_zeroed(2 * (m.n + 1), sizeof(size_t));
    m.used = memory_zeroed(m.n + 1, sizeof(bool));
    double sum = NAN;
    if (m.row_price && m.row_of && m.used) {
        m.column_price = m.row_price + m.n + 1;
        m.least = m.column_price + m.n + 1;
        m.from = m.row_of + m.n + 1;
        for (size_t row = 1; row <= m.n; row++) add_row(&m, row);
        sum = read_off(&m, column_of);
    }
    memory_free(m.row_price);
    memory_free(m.row_of);
    memory_free(m.used);
    return sum;
}
