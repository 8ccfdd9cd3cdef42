/* Singular values: a matrix with known ones, what a decomposition must be, subspaces with known angles, graded matrices,
 * and what is refused. */
#include "check.h"

#include "base/rng.h"
#include "tensor/svd.h"

#include <stdlib.h>

static struct error err;

/* [[3, 0], [4, 5]]: singular values 3 sqrt 5 and sqrt 5. */
static void values_by_hand(void **state) {
    double a[] = {3, 4, 0, 5}, s[2], v[4];
    (void)state;
    check_ok(svd_jacobi(a, 2, 2, s, v, &err));
    check_near(s[0], 3 * sqrt(5), 1e-14);
    check_near(s[1], sqrt(5), 1e-14);
}

static void parts_make_the_whole(void **state) {
    enum { M = 17, N = 9 };
    double a[M * N], kept[M * N], s[N], v[N * N];
    struct rng rng = rng_stream(3, "svd", 0);
    (void)state;
    for (size_t i = 0; i < M * N; i++) kept[i] = a[i] = rng_normal(&rng);
    check_ok(svd_jacobi(a, M, N, s, v, &err));
    for (size_t j = 0; j < N; j++) {
        assert_true(j == 0 || s[j] <= s[j - 1]);
        for (size_t i = 0; i < M; i++) {
            double sum = 0;
            for (size_t k = 0; k < N; k++) sum += a[k * M + i] * v[k * N + j];
            check_near(sum, kept[j * M + i], 1e-13);
        }
        for (size_t k = 0; k < N; k++) {
            double u = 0, w = 0;
            for (size_t i = 0; i < M; i++) u += a[j * M + i] * a[k * M + i];
            for (size_t i = 0; i < N; i++) w += v[j * N + i] * v[k * N + i];
            check_near(u / (s[j] * s[k]), j == k, 1e-12);
            check_near(w, j == k, 1e-13);
        }
    }
}

/* Columns of very different lengths: small singular values keep their digits. */
static void small_values_keep_their_digits(void **state) {
    double a[] = {1, 0, 0, 0, 1e-9, 0, 0, 0, 1e-16}, s[3];
    (void)state;
    check_ok(svd_jacobi(a, 3, 3, s, NULL, &err));
    check_near(s[1] / 1e-9, 1, 1e-14);
    check_near(s[2] / 1e-16, 1, 1e-14);
}

static void angles_of_planes(void **state) {
    double angle = 0.7, a[] = {1, 0, 0, 0, 1, 0}, b[] = {1, 0, 0, 0, cos(0.7), sin(0.7)}, c[2];
    size_t rank;
    (void)state;
    check_ok(svd_orthonormal(a, 3, 2, &rank, &err));
    assert_int_equal(rank, 2);
    check_ok(svd_principal_cosines(a, 2, b, 2, 3, c, &err));
    check_near(c[0], 1, 1e-14);
    check_near(c[1], cos(angle), 1e-14);
    double same[] = {1, 2, 2, 2, 4, 4};
    check_ok(svd_orthonormal(same, 3, 2, &rank, &err));
    assert_int_equal(rank, 1); /* the second column is twice the first */
}

static void refused(void **state) {
    double a[] = {1, NAN}, s[1];
    size_t rank;
    (void)state;
    check_fails(svd_jacobi(a, 2, 1, s, NULL, &err), ERROR_DATA, "not finite");
    check_fails(svd_orthonormal(a, 2, 1, &rank, &err), ERROR_DATA, "not finite");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_hand), cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(small_values_keep_their_digits), cmocka_unit_test(angles_of_planes), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
