/* General products: against plain loops in all four transpositions, odd shapes, both types; threads; failures. */
#include "../check.h"
#include "tensor/matmul.h"

#include <stdlib.h>

static float *numbers(size_t n, uint32_t state) {
    float *at = malloc((n ? n : 1) * sizeof *at);
    assert_non_null(at);
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        at[i] = (float)((double)(state >> 8) * 0x1p-23 - 1.0);
    }
    return at;
}

static const size_t shapes[][3] = {{1, 1, 1},    {3, 5, 7},     {64, 256, 1024}, {65, 257, 1025}, {63, 255, 33},
                                   {130, 20, 4}, {17, 600, 90}, {256, 64, 2100}, {1, 300, 50},    {200, 1, 9}};

static void equals_plain_loops(void **state) {
    (void)state;
    struct error err = {0};
    struct pool *pool = pool_new(2, &err);
    check_ok(pool);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
        float *a = numbers(m * k, 1), *b = numbers(k * n, 2), *c = numbers(m * n, 3), *plain = numbers(m * n, 3);
        for (unsigned how = 0; how < 16; how++) {
            enum matmul_type type = how & 1 ? MATMUL_BF16 : MATMUL_F32;
            memcpy(plain, c, m * n * sizeof *c);
            check_ok(matmul(pool, type, how & 2, how & 4, m, n, k, a, b, c, how & 8, &err));
            matmul_plain(type, how & 2, how & 4, m, n, k, a, b, plain, how & 8);
            /* 2^-24 of partial sums of up to about 3 sqrt(k) / 3, k times, in the worst direction a quarter of it */
            double tolerance = 1e-6 + 3e-8 * (double)k;
            for (size_t i = 0; i < m * n; i++) check_near(c[i], plain[i], tolerance * (1 + fabs(plain[i])));
        }
        free(a), free(b), free(c), free(plain);
    }
    pool_free(pool);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    struct error err = {0};
    size_t m = 300, n = 515, k = 1300;
    float *a = numbers(m * k, 4), *b = numbers(k * n, 5), *c = numbers(m * n, 6), *one = numbers(m * n, 7);
    for (unsigned how = 0; how < 8; how++) {
        enum matmul_type type = how & 1 ? MATMUL_BF16 : MATMUL_F32;
        check_ok(matmul(NULL, type, how & 2, how & 4, m, n, k, a, b, one, false, &err));
        for (size_t threads = 1; threads <= 16; threads += threads < 3 ? 1 : 13) {
            struct pool *pool = pool_new(threads, &err);
            check_ok(pool);
            check_ok(matmul(pool, type, how & 2, how & 4, m, n, k, a, b, c, false, &err));
            assert_memory_equal(c, one, m * n * sizeof *c);
            pool_free(pool);
        }
    }
    free(a), free(b), free(c), free(one);
}

static void empty_shapes_are_defined(void **state) {
    (void)state;
    struct error err = {0};
    float c[4] = {1, 2, 3, 4}, none[1] = {0};
    check_ok(matmul(NULL, MATMUL_F32, false, false, 2, 2, 0, none, none, c, true, &err));
    assert_true(c[0] == 1 && c[3] == 4);
    check_ok(matmul(NULL, MATMUL_F32, false, false, 2, 2, 0, none, none, c, false, &err));
    assert_true(c[0] == 0 && c[3] == 0);
    check_ok(matmul(NULL, MATMUL_F32, false, false, 0, 2, 3, none, none, c, false, &err));
}

static void fails_cleanly_without_memory(void **state) {
    (void)state;
    struct error err = {0};
    float *a = numbers(70 * 1030, 8), *b = numbers(1030 * 20, 9), *c = numbers(70 * 20, 10);
    bool ok = false;
    uint64_t nth = 1;
    for (; nth < 100 && !ok; nth++) {
        memory_fail_at(nth);
        ok = matmul(NULL, MATMUL_BF16, true, false, 70, 20, 1030, a, b, c, true, &err);
        memory_fail_at(0);
        if (!ok) assert_non_null(strstr(err.message, "out of memory"));
    }
    assert_true(ok && nth > 3);
    free(a), free(b), free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_plain_loops),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(empty_shapes_are_defined),
        cmocka_unit_test(fails_cleanly_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
