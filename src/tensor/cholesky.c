/* Blocked Cholesky factor and the inverse of a triangle: see cholesky.h. */
#include "tensor/cholesky.h"

#include "base/arena.h"
#include "tensor/double_product.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 64, ROWS_AT_ONCE = 16 };

/* J h J: the other way round in both directions, which is the other way round as a list. */
static void exchange(double *h, size_t n) {
    for (size_t i = 0, j = n * n - 1; i < j; i++, j--) {
        double t = h[i];
        h[i] = h[j];
        h[j] = t;
    }
}

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* m m^T = m's own block [size, size] at `at`, in place; false: not positive definite. */
static bool factor_block(double *m, size_t n, size_t at, size_t size) {
    for (size_t i = at; i < at + size; i++) {
        double *row = m + i * n + at;
        for (size_t j = at; j < i; j++) {
            const double *other = m + j * n + at;
            row[j - at] = (row[j - at] - dot(row, other, j - at)) / other[j - at];
        }
        double rest = row[i - at] - dot(row, row, i - at);
        if (!(rest > 0) || !isfinite(rest)) return false;
        row[i - at] = sqrt(rest);
    }
    return true;
}

struct panel {
    double *m;
    size_t n, at, size;
};

/* Rows below the block: x m^T = what stands there. */
static void solve_rows(void *context, size_t part, size_t worker) {
    const struct panel *p = context;
    size_t from = p->at + p->size + part * ROWS_AT_ONCE, to = from + ROWS_AT_ONCE < p->n ? from + ROWS_AT_ONCE : p->n;
    for (size_t i = from; i < to; i++) {
        double *row = p->m + i * p->n + p->at;
        for (size_t j = 0; j < p->size; j++) {
            const double *other = p->m + (p->at + j) * p->n + p->at;
            row[j] = (row[j] - dot(row, other, j)) / other[j];
        }
    }
}

/* m, symmetric, becomes its lower factor; above the diagonal it holds anything. */
static bool factor(struct pool *pool, double *m, size_t n, struct error *err) {
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t size = n - at < BLOCK ? n - at : BLOCK, next = at + size, left = n - next;
        struct panel p = {m, n, at, size};
        if (!factor_block(m, n, at, size)) return error_set(err, ERROR_DATA, "not positive definite");
        pool_run(pool, (left + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE, solve_rows, &p);
        /* The panel is read while what is behind it is written: they do not overlap. */
        const double *below = m + next * n + at;
        if (!double_product(pool, left, left, size, (struct double_operand){below, NULL, n, 1},
                            (struct double_operand){below, NULL, 1, n}, m + next * n + next, n, -1, true, err))
            return false;
    }
    return true;
}

/* d [size, size] = the inverse of the lower block at `at`. */
static void invert_block(const double *m, size_t n, size_t at, size_t size, double *d) {
    memset(d, 0, BLOCK * BLOCK * sizeof *d);
    for (size_t j = 0; j < size; j++)
        for (size_t i = j; i < size; i++) {
            const double *row = m + (at + i) * n + at;
            double sum = i == j ? 1 : 0;
            for (size_t k = j; k < i; k++) sum -= row[k] * d[k * BLOCK + j];
            d[i * BLOCK + j] = sum / row[i];
        }
}

/* m, lower, becomes its inverse, with zeros above. By rows of blocks: the blocks before the diagonal become -D (M N), D
 * the inverse of the diagonal block, M the row as it was, N the inverse of all rows before. */
static bool invert(struct pool *pool, double *m, size_t n, double *room, struct error *err) {
    double d[BLOCK * BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t size = n - at < BLOCK ? n - at : BLOCK;
        double *rows = m + at * n;
        invert_block(m, n, at, size, d);
        memset(room, 0, size * n * sizeof *room);
        if (!double_product(pool, size, at, at, (struct double_operand){rows, NULL, n, 1},
                            (struct double_operand){m, NULL, n, 1}, room, n, 1, false, err))
            return false;
        for (size_t i = 0; i < size; i++) {
            memset(rows + i * n, 0, n * sizeof *rows);
            memcpy(rows + i * n + at, d + i * BLOCK, size * sizeof *rows);
        }
        if (!double_product(pool, size, at, size, (struct double_operand){d, NULL, BLOCK, 1},
                            (struct double_operand){room, NULL, n, 1}, rows, n, -1, false, err))
            return false;
    }
    return true;
}

bool cholesky_inverse(struct pool *pool, double *h, size_t n, struct error *err) {
    if (!n) return true;
    double *room = memory_aligned(64, BLOCK * n * sizeof *room);
    if (!room) return error_memory(err, "room of a factor");
    exchange(h, n);
    bool ok = factor(pool, h, n, err) && invert(pool, h, n, room, err);
    if (ok) exchange(h, n);
    memory_free(room);
    return ok;
}
