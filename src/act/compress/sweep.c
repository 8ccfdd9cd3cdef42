/* Fixing columns one after the other: see sweep.h. */
#include "act/compress/sweep.h"

#include "base/arena.h"
#include "tensor/double_product.h"

#include <string.h>

enum { ROWS_AT_ONCE = 16 };

struct sweeping {
    const struct sweep *s;
    size_t from, to;
    double *errors; /* [rows, block] */
    double *now;    /* [workers, block] */
};

static void sweep_row(const struct sweeping *w, size_t row, double *now) {
    const struct sweep *s = w->s;
    size_t n = w->to - w->from;
    double *at = s->w + row * s->columns, *errors = w->errors + row * s->block;
    memcpy(now, at + w->from, n * sizeof *now);
    for (size_t i = 0; i < n; i++) {
        size_t column = w->from + i;
        const double *restrict u = s->u + column * s->columns + w->from;
        double chosen = s->choose(s->context, row, column, at, now + i, n - i);
        errors[i] = (now[i] - chosen) / u[i];
        for (size_t j = i + 1; j < n; j++) now[j] -= errors[i] * u[j];
        now[i] = chosen;
    }
    memcpy(at + w->from, now, n * sizeof *now);
}

static void sweep_rows(void *context, size_t part, size_t worker) {
    const struct sweeping *w = context;
    size_t to = (part + 1) * ROWS_AT_ONCE < w->s->rows ? (part + 1) * ROWS_AT_ONCE : w->s->rows;
    for (size_t row = part * ROWS_AT_ONCE; row < to; row++) sweep_row(w, row, w->now + worker * w->s->block);
}

static bool sweep_block(struct sweeping *w, struct pool *pool, struct error *err) {
    const struct sweep *s = w->s;
    size_t n = w->to - w->from;
    if (s->begin && !s->begin(s->context, w->from, w->to, err)) return false;
    pool_run(pool, (s->rows + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE, sweep_rows, w);
    return double_product(pool, s->rows, s->columns - w->to, n, (struct double_operand){w->errors, NULL, s->block, 1},
                          (struct double_operand){s->u + w->from * s->columns + w->to, NULL, s->columns, 1},
                          s->w + w->to, s->columns, -1, false, err);
}

bool sweep_run(const struct sweep *s, struct pool *pool, struct error *err) {
    struct sweeping w = {.s = s};
    w.errors = memory_zeroed(s->rows, s->block * sizeof *w.errors);
    w.now = memory_zeroed(pool_threads(pool), s->block * sizeof *w.now);
    bool ok = (w.errors && w.now) || error_memory(err, "room of a sweep");
    for (; ok && w.from < s->columns; w.from = w.to) {
        w.to = w.from + s->block < s->columns ? w.from + s->block : s->columns;
        ok = sweep_block(&w, pool, err);
    }
    memory_free(w.errors);
    memory_free(w.now);
    return ok;
}
