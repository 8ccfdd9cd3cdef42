/* Products with constant weights: against plain loops, and the promise that a row's bits depend on nothing else. */
#include "../check.h"
#include "tensor/matmul.h"

#include <stdlib.h>

static void fill(float *at, size_t n, uint32_t state) {
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        at[i] = (float)(int32_t)state * 0x1p-31f;
    }
}

static float *numbers(size_t n, uint32_t seed) {
    float *at = malloc((n ? n : 1) * sizeof *at);
    assert_non_null(at);
    fill(at, n, seed);
    return at;
}

static const size_t shapes[][2] = {{1, 1},     {1, 7},     {3, 5},     {16, 16},    {31, 33},   {64, 96}, {255, 64},
                                   {256, 256}, {257, 100}, {512, 256}, {768, 1000}, {300, 172}, {5, 2048}};
#define N_SHAPES (sizeof shapes / sizeof *shapes)

static void near_plain(enum matmul_type type, size_t n, size_t k, size_t rows) {
    struct error err = {0};
    float *w = numbers(n * k, 1), *x = numbers(rows * k, 2), *y = numbers(rows * n, 3), *plain = numbers(rows * n, 4);
    struct matmul_weights *weights = matmul_weights_new(w, n, k, type, &err);
    check_ok(weights);
    check_ok(matmul_apply(weights, NULL, x, rows, y, &err));
    matmul_plain(type, false, true, rows, n, k, x, w, plain, false);
    /* Sums of k products below 1 in f32: each step rounds by at most 2^-24 of a partial sum below sqrt(k). */
    double tolerance = 4e-7 * (1.0 + (double)k / 4);
    for (size_t i = 0; i < rows * n; i++) check_near(y[i], plain[i], tolerance);
    matmul_weights_free(weights);
    free(w), free(x), free(y), free(plain);
}

static void equals_plain_loops(void **state) {
    (void)state;
    static const size_t rows[] = {1, 2, 31, 32, 33, 70};
    for (size_t i = 0; i < N_SHAPES; i++)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            for (int type = MATMUL_F32; type <= MATMUL_BF16; type++)
                near_plain((enum matmul_type)type, shapes[i][0], shapes[i][1], rows[r]);
}

static void rows_do_not_depend_on_neighbours(void **state) {
    (void)state;
    struct error err = {0};
    enum { MOST = 100 };
    for (size_t s = 0; s < N_SHAPES; s++) {
        size_t n = shapes[s][0], k = shapes[s][1];
        float *w = numbers(n * k, 5), *x = numbers(MOST * k, 6), *y = numbers(MOST * n, 7), *all = numbers(MOST * n, 8);
        for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
            struct matmul_weights *weights = matmul_weights_new(w, n, k, (enum matmul_type)type, &err);
            check_ok(weights);
            check_ok(matmul_apply(weights, NULL, x, MOST, all, &err));
            for (size_t rows = 1; rows < MOST; rows += 1 + rows / 8) {
                check_ok(matmul_apply(weights, NULL, x, rows, y, &err));
                assert_memory_equal(y, all, rows * n * sizeof *y);
                size_t from = MOST - rows; /* the same rows at other places of their tiles */
                check_ok(matmul_apply(weights, NULL, x + from * k, rows, y, &err));
                assert_memory_equal(y, all + from * n, rows * n * sizeof *y);
            }
            matmul_weights_free(weights);
        }
        free(w), free(x), free(y), free(all);
    }
}

static void threads_do_not_matter(void **state) {
    (void)state;
    struct error err = {0};
    size_t n = 700, k = 130;
    float *w = numbers(n * k, 9), *x = numbers(200 * k, 10), *y = numbers(200 * n, 11), *one = numbers(200 * n, 12);
    for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
        struct matmul_weights *weights = matmul_weights_new(w, n, k, (enum matmul_type)type, &err);
        check_ok(weights);
        check_ok(matmul_apply(weights, NULL, x, 200, one, &err));
        for (size_t threads = 1; threads <= 3; threads++) {
            struct pool *pool = pool_new(threads, &err);
            check_ok(pool);
            for (size_t rows = 1; rows <= 200; rows += 37) {
                check_ok(matmul_apply(weights, pool, x, rows, y, &err));
                assert_memory_equal(y, one, rows * n * sizeof *y);
            }
            pool_free(pool);
        }
        matmul_weights_free(weights);
    }
    free(w), free(x), free(y), free(one);
}

static void updates_replace_the_weights(void **state) {
    (void)state;
    struct error err = {0};
    size_t n = 300, k = 65;
    float *first = numbers(n * k, 13), *second = numbers(n * k, 14), *x = numbers(3 * k, 15);
    float y[3 * 300], expected[3 * 300];
    for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
        struct matmul_weights *a = matmul_weights_new(first, n, k, (enum matmul_type)type, &err);
        struct matmul_weights *b = matmul_weights_new(second, n, k, (enum matmul_type)type, &err);
        check_ok(a && b);
        assert_true(matmul_weights_bytes(a) >= n * k * (type == MATMUL_BF16 ? 2 : 4));
        check_ok(matmul_weights_update(a, second, &err));
        check_ok(matmul_apply(a, NULL, x, 3, y, &err));
        check_ok(matmul_apply(b, NULL, x, 3, expected, &err));
        assert_memory_equal(y, expected, sizeof y);
        matmul_weights_free(a);
        matmul_weights_free(b);
    }
    free(first), free(second), free(x);
}

struct plain_rows {
    const float *w;
    size_t k;
};

static void read_rows(const void *context, size_t first, size_t n, float *out) {
    const struct plain_rows *rows = context;
    memcpy(out, rows->w + first * rows->k, n * rows->k * sizeof *out);
}

/* Weights from a source, kept or unpacked for each product, give the bits of plain ones; the room serves all. */
static void sources_give_the_same_bits(void **state) {
    (void)state;
    struct error err = {0};
    static const size_t sizes[][2] = {{1, 7}, {255, 64}, {256, 256}, {257, 100}, {1000, 768}, {2100, 1100}};
    struct matmul_store *store = matmul_store_new(&err);
    struct pool *pool = pool_new(2, &err);
    check_ok(store && pool);
    for (size_t i = 0; i < 12; i++) {
        size_t n = sizes[i / 2][0], k = sizes[i / 2][1], most = 130;
        enum matmul_type type = i % 2 ? MATMUL_BF16 : MATMUL_F32;
        float *w = numbers(n * k, 20), *x = numbers(most * k, 21), *expected = numbers(most * n, 22), *y = numbers(most * n, 22);
        const struct plain_rows rows = {w, k};
        const struct matmul_source source = {read_rows, &rows};
        struct matmul_weights *made[] = {matmul_weights_new(w, n, k, type, &err),
                                         matmul_weights_new_source(&source, n, k, type, NULL, &err),
                                         matmul_weights_new_source(&source, n, k, type, store, &err)};
        check_ok(made[0] && made[1] && made[2]);
        assert_int_equal(matmul_weights_bytes(made[0]), matmul_weights_bytes(made[1]));
        assert_int_equal(matmul_weights_bytes(made[2]), 0);
        check_ok(matmul_apply_add(made[0], NULL, x, most, expected, &err)); /* y begins with the same numbers */
        for (size_t m = 1; m < 3; m++)
            for (size_t p = 0; p < 2; p++) {
                fill(y, most * n, 22);
                check_ok(matmul_apply_add(made[m], p ? pool : NULL, x, most, y, &err));
                assert_memory_equal(y, expected, most * n * sizeof *y);
            }
        check_ok(matmul_apply(made[0], NULL, x, 3, expected, &err));
        check_ok(matmul_apply(made[2], pool, x, 3, y, &err));
        assert_memory_equal(y, expected, 3 * n * sizeof *y);
        for (size_t m = 0; m < 3; m++) matmul_weights_free(made[m]);
        free(w), free(x), free(y), free(expected);
    }
    pool_free(pool);
    matmul_store_free(store);
}

static void nan_stays_in_its_row(void **state) {
    (void)state;
    struct error err = {0};
    size_t n = 40, k = 64;
    float *w = numbers(n * k, 16), *x = numbers(5 * k, 17), y[5 * 40], clean[5 * 40];
    for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
        x[2 * k + 3] = 0.5f;
        struct matmul_weights *weights = matmul_weights_new(w, n, k, (enum matmul_type)type, &err);
        check_ok(weights);
        check_ok(matmul_apply(weights, NULL, x, 5, clean, &err));
        x[2 * k + 3] = NAN;
        check_ok(matmul_apply(weights, NULL, x, 5, y, &err));
        for (size_t j = 0; j < n; j++) assert_true(isnan(y[2 * n + j]));
        assert_memory_equal(y, clean, 2 * n * sizeof *y);
        assert_memory_equal(y + 3 * n, clean + 3 * n, 2 * n * sizeof *y);
        matmul_weights_free(weights);
    }
    free(w), free(x);
}

static void failures_are_told(void **state) {
    (void)state;
    struct error err = {0};
    float *w = numbers(300 * 70, 18), *x = numbers(70, 19), y[300];
    check_fails(matmul_weights_new(w, 0, 3, MATMUL_F32, &err), ERROR_DATA, "[0, 3]");
    check_fails(matmul_weights_new(w, SIZE_MAX / 2, 8, MATMUL_F32, &err), ERROR_DATA, "too large");
    size_t failures = 0;
    for (uint64_t nth = 1; nth < 50; nth++) {
        memory_fail_at(nth);
        error_clear(&err);
        struct matmul_weights *weights = matmul_weights_new(w, 300, 70, MATMUL_BF16, &err);
        bool ok = weights && matmul_apply(weights, NULL, x, 1, y, &err);
        memory_fail_at(0);
        matmul_weights_free(weights);
        if (ok) break;
        failures++;
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        assert_non_null(strstr(err.message, "out of memory"));
    }
    assert_true(failures >= 5 && failures < 40);
    free(w), free(x);
}

static void machine_keeps_the_promise(void **state) {
    (void)state;
    struct error err = {0};
    char name[128];
    check_ok(matmul_self_test(&err));
    for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
        check_ok(matmul_describe((enum matmul_type)type, name, sizeof name, &err));
        assert_true(strlen(name) > 3);
        print_message("# %s: %s, isa %d, tile %zu\n", type == MATMUL_BF16 ? "bf16" : "f32", name, matmul_isa(),
                      matmul_tile());
    }
    check_fails(matmul_describe(MATMUL_F32, name, 2, &err), ERROR_USAGE, "2 bytes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_plain_loops),        cmocka_unit_test(rows_do_not_depend_on_neighbours),
        cmocka_unit_test(threads_do_not_matter),     cmocka_unit_test(updates_replace_the_weights),
        cmocka_unit_test(nan_stays_in_its_row),      cmocka_unit_test(failures_are_told),
        cmocka_unit_test(sources_give_the_same_bits), cmocka_unit_test(machine_keeps_the_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
