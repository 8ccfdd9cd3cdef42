/* Timing: medians, what a repeat counts, the start of a process and its failures. */
#include "../check_bench.h"

#include "base/progress.h"

static void median_is_the_middle(void **state) {
    (void)state;
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2}, one[] = {7};
    assert_true(bench_median(odd, 3) == 2 && bench_median(even, 4) == 2.5 && bench_median(one, 1) == 7);
}

/* The first call lasts 30 ms, the others one: it is only there to warm up. */
static bool slow_at_first(void *context, struct error *err) {
    (void)err;
    size_t *calls = context;
    double end = clock_seconds() + ((*calls)++ ? 1e-3 : 30e-3);
    while (clock_seconds() < end) continue;
    return true;
}

static bool fails(void *context, struct error *err) {
    (void)context;
    return error_set(err, ERROR_DATA, "broken work");
}

static void warm_up_does_not_count(void **state) {
    (void)state;
    struct error err = {0};
    struct bench b = {.repeat = 5};
    size_t calls = 0;
    double seconds = 0;
    check_ok(bench_time(&b, slow_at_first, &calls, &seconds, &err));
    assert_int_equal(calls, 6);
    assert_true(seconds >= 1e-3);
    check_fails(bench_time(&b, fails, NULL, &seconds, &err), ERROR_DATA, "broken work");
    struct bench_times times;
    b.warm = true;
    check_ok(bench_times(&b, slow_at_first, &calls, &times, &err));
    assert_int_equal(calls, 11);
    assert_true(times.wall >= 1e-3 && times.cpu > 0 && times.cpu < times.wall * 2);
}

static bool bandwidth_once(struct bench *b, struct error *err) {
    if (!bench_bandwidth(b, err)) return false;
    assert_true(isfinite(b->bandwidth) && b->bandwidth > 1e8);
    double kept = b->bandwidth;
    return bench_bandwidth(b, err) && b->bandwidth == kept;
}

static void bandwidth_is_measured_once(void **state) {
    (void)state;
    assert_int_equal(bench_part("none", bandwidth_once, NULL).n, 0);
}

static bool start_of_a_program(struct bench *b, struct error *err) {
    const char *const argv[] = {"sh", "-c", ":", NULL};
    return bench_start(b, argv, err);
}

static void start_is_measured(void **state) {
    (void)state;
    struct bench_rows rows = bench_part("start", start_of_a_program, NULL);
    assert_true(rows.n == 1 && rows.with_floor == 1 && rows.with_gflops == 0);
    struct error err = {0};
    struct bench b = {.repeat = 1};
    const char *const broken[] = {"false", "now", NULL};
    check_fails(bench_start(&b, broken, &err), ERROR_ENVIRONMENT, "exit code 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_is_the_middle),
        cmocka_unit_test(warm_up_does_not_count),
        cmocka_unit_test(bandwidth_is_measured_once),
        cmocka_unit_test(start_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
