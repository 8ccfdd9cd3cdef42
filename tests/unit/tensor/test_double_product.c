/* Products in f64 against loops, and the factor of an inverse against its definition; the same bits for any threads and
 * for the kernel of any machine. */
#include "check.h"

#include "base/arena.h"
#include "base/rng.h"
#include "tensor/cholesky.h"
#include "tensor/double_product.h"

#include <stdlib.h>

static double *draw(size_t n, uint64_t index) {
    struct rng rng = rng_stream(5, "test/double", index);
    double *out = malloc((n ? n : 1) * sizeof *out);
    for (size_t i = 0; i < n; i++) out[i] = rng_normal(&rng);
    return out;
}

static void product_is_that_of_loops(void **state) {
    static const size_t shapes[][3] = {{1, 1, 1}, {7, 5, 3}, {130, 250, 300}, {64, 241, 513}, {257, 31, 700}};
    struct error err = {0};
    struct pool *pool = pool_new(3, &err);
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
        double *a = draw(m * k, s), *b = draw(k * n, s + 50), *c = draw(m * n, s + 100);
        double *one = malloc(m * n * sizeof *one), *many = malloc(m * n * sizeof *many), *plain = malloc(m * n * 8);
        memcpy(one, c, m * n * sizeof *c);
        memcpy(many, c, m * n * sizeof *c);
        memcpy(plain, c, m * n * sizeof *c);
        struct double_operand left = {a, NULL, 1, m}, right = {b, NULL, n, 1}; /* a lies transposed */
        check_ok(double_product(NULL, m, n, k, left, right, one, n, -1, false, &err));
        check_ok(double_product(pool, m, n, k, left, right, many, n, -1, false, &err));
        check_ok(double_product_plain(NULL, m, n, k, left, right, plain, n, -1, false, &err));
        assert_memory_equal(one, many, m * n * sizeof *one);
        assert_memory_equal(one, plain, m * n * sizeof *one);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t x = 0; x < k; x++) sum += a[x * m + i] * b[x * n + j];
                check_near(one[i * n + j], c[i * n + j] - sum, 1e-11);
            }
        free(a), free(b), free(c), free(one), free(many), free(plain);
    }
    pool_free(pool);
}

static void narrow_operands_and_halves(void **state) {
    enum { T = 300, C = 150 };
    struct error err = {0};
    double *wide = draw(T * C, 1), *h = calloc(C * C, sizeof *h), *half = calloc(C * C, sizeof *half);
    float *x = malloc(T * C * sizeof *x);
    (void)state;
    for (size_t i = 0; i < T * C; i++) x[i] = (float)wide[i];
    struct double_operand left = {NULL, x, 1, C}, right = {NULL, x, C, 1};
    check_ok(double_product(NULL, C, C, T, left, right, h, C, 1, false, &err));
    check_ok(double_product(NULL, C, C, T, left, right, half, C, 1, true, &err));
    for (size_t i = 0; i < C; i++)
        for (size_t j = 0; j <= i; j++) {
            assert_true(h[i * C + j] == half[i * C + j]);
            assert_true(h[i * C + j] == h[j * C + i]);
        }
    free(wide), free(h), free(half), free(x);
}

/* U^T U h = 1 */
static void factor_of_the_inverse(void **state) {
    static const size_t sizes[] = {1, 2, 63, 64, 65, 200};
    struct error err = {0};
    struct pool *pool = pool_new(3, &err);
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        double *a = draw((n + 5) * n, s + 7), *h = calloc(n * n, sizeof *h), *u = malloc(n * n * sizeof *u);
        double *other = malloc(n * n * sizeof *other), *inverse = calloc(n * n, sizeof *inverse);
        check_ok(double_product(NULL, n, n, n + 5, (struct double_operand){a, NULL, 1, n},
                                (struct double_operand){a, NULL, n, 1}, h, n, 1, false, &err));
        for (size_t i = 0; i < n; i++) h[i * n + i] += 1;
        memcpy(u, h, n * n * sizeof *u);
        memcpy(other, h, n * n * sizeof *u);
        check_ok(cholesky_inverse(NULL, u, n, &err));
        check_ok(cholesky_inverse(pool, other, n, &err));
        assert_memory_equal(u, other, n * n * sizeof *u);
        check_ok(double_product(NULL, n, n, n, (struct double_operand){u, NULL, 1, n},
                                (struct double_operand){u, NULL, n, 1}, inverse, n, 1, false, &err));
        for (size_t i = 0; i < n; i++) {
            assert_true(u[i * n + i] > 0);
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t k = 0; k < n; k++) sum += inverse[i * n + k] * h[k * n + j];
                check_near(sum, i == j, 1e-9);
                if (j < i) assert_true(u[i * n + j] == 0);
            }
        }
        free(a), free(h), free(u), free(other), free(inverse);
    }
    pool_free(pool);
}

static void singular_is_refused(void **state) {
    double h[4] = {1, 1, 1, 1};
    struct error err = {0};
    (void)state;
    check_fails(cholesky_inverse(NULL, h, 2, &err), ERROR_DATA, "not positive definite");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product_is_that_of_loops),
        cmocka_unit_test(narrow_operands_and_halves),
        cmocka_unit_test(factor_of_the_inverse),
        cmocka_unit_test(singular_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
