/* Part `matmul` of the benchmarks gives figures, in f32 beside the peak, and the peak is one of this machine. */
#include "../check_bench.h"

#include "tensor/bench_matmul.h"
#include "tensor/bench_peak.h"
#include "tensor/matmul.h"

static void products_have_figures(void **state) {
    (void)state;
    struct bench_rows rows = bench_part("matmul", bench_matmul, NULL);
    assert_true(rows.n >= 8 && rows.with_gflops == rows.n);
    assert_int_equal(rows.with_floor, matmul_bf16_is_native() ? rows.n / 2 : rows.n);
}

static void twins_count_their_work(void **state) {
    (void)state;
    assert_true(bench_peak_plain(1000) == 2.0 * 10 * 4 * 1000);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        assert_true(bench_peak_avx2(1000) == 2.0 * 10 * 8 * 1000);
    if (__builtin_cpu_supports("avx512f")) assert_true(bench_peak_avx512(1000) == 2.0 * 10 * 16 * 1000);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(products_have_figures),
                                       cmocka_unit_test(twins_count_their_work)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
