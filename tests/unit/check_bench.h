/* Rows of a part of `basanite bench`, collected and checked: every figure is one. */
#ifndef TESTS_CHECK_BENCH_H
#define TESTS_CHECK_BENCH_H

#include "check.h"

#include "base/bench.h"

struct bench_rows {
    size_t n, with_floor, with_gflops;
    const char *part;
};

static inline void bench_row_check(void *context, const struct bench_row *row) {
    struct bench_rows *rows = context;
    assert_string_equal(row->part, rows->part);
    assert_true(row->name[0] && row->unit[0]);
    if (!isfinite(row->value) || row->value <= 0) fail_msg("%s: value %g", row->name, row->value);
    if (!isnan(row->floor)) {
        if (!isfinite(row->floor) || row->floor <= 0) fail_msg("%s: floor %g", row->name, row->floor);
        rows->with_floor++;
    }
    if (!isnan(row->gflops)) {
        if (!isfinite(row->gflops) || row->gflops <= 0) fail_msg("%s: gflops %g", row->name, row->gflops);
        rows->with_gflops++;
    }
    rows->n++;
}

/* Runs one part with two threads. */
static inline struct bench_rows bench_part(const char *part, bool (*run)(struct bench *, struct error *),
                                           const char *subject) {
    struct error err = {0};
    struct bench_rows rows = {.part = part};
    struct bench b = {.repeat = 1, .subject = subject, .report = bench_row_check, .context = &rows};
    check_ok((b.pool = pool_new(2, &err)) != NULL);
    check_ok(run(&b, &err));
    pool_free(b.pool);
    return rows;
}

#endif
