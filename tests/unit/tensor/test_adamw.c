/* AdamW against a trajectory computed by hand in f64, clipping, frozen parameters, equal bits for any threads. */
#include "../check.h"
#include "tensor/tape.h"

#include <stdlib.h>

static struct parameter parameter_of(float *data, float *grad, size_t n) {
    return (struct parameter){.name = "w", .value = {.dims = 1, .shape = {n}, .data = data, .grad = grad}};
}

/* Two elements, constant gradients 0.5 and -2, lr 0.1, betas 0.9 and 0.99, decay 0.1. Since the gradient is constant,
 * mhat = g and vhat = g^2 in every step: w <- w - 0.1 (g / (|g| + eps) + 0.1 w). */
static void follows_the_formula(void **state) {
    (void)state;
    struct error err = {0};
    float data[2] = {1.0f, -3.0f}, grad[2];
    struct parameter p = parameter_of(data, grad, 2), *list[] = {&p};
    struct adamw_options options = {.beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .weight_decay = 0.1};
    struct adamw *adamw = adamw_new(list, 1, options, &err);
    check_ok(adamw);
    double w[2] = {1.0, -3.0};
    for (int step = 1; step <= 20; step++) {
        double norm = 0;
        grad[0] = 0.5f, grad[1] = -2.0f;
        p.packed_stale = false;
        check_ok(adamw_step(adamw, NULL, 0.1, NULL, &norm, &err));
        check_near(norm, sqrt(4.25), 1e-12);
        w[0] -= 0.1 * (1.0 + 0.1 * w[0]);
        w[1] -= 0.1 * (-1.0 + 0.1 * w[1]);
        check_near(data[0], w[0], 3e-6);
        check_near(data[1], w[1], 3e-6);
        assert_true(grad[0] == 0 && grad[1] == 0 && p.packed_stale);
        /* m_t = (1 - 0.9^t) g, v_t = (1 - 0.99^t) g^2 */
        check_near(adamw_moment(adamw, 0, 1)[1], -2.0 * (1 - pow(0.9, step)), 1e-6);
        check_near(adamw_moment(adamw, 0, 2)[1], 4.0 * (1 - pow(0.99, step)), 1e-6);
    }
    assert_int_equal(*adamw_steps(adamw), 20);
    adamw_free(adamw);
}

/* Gradients 3, 4 then 0: m = 0.1 g, v = 0.001 g^2 first; then 0.09 g, 0.000999 g^2. lr 0.01, no decay. */
static void remembers_its_moments(void **state) {
    (void)state;
    struct error err = {0};
    float data[2] = {0, 0}, grad[2] = {3, 4};
    struct parameter p = parameter_of(data, grad, 2), *list[] = {&p};
    struct adamw_options options = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .clip = 1};
    struct adamw *adamw = adamw_new(list, 1, options, &err);
    check_ok(adamw);
    double norm;
    check_ok(adamw_step(adamw, NULL, 0.01, NULL, &norm, &err));
    check_near(norm, 5, 1e-12);
    check_near(adamw_moment(adamw, 0, 1)[0], 0.1 * 0.6, 1e-8); /* clipped to length 1 */
    check_near(adamw_moment(adamw, 0, 2)[1], 0.001 * 0.64, 1e-9);
    check_near(data[0], -0.01, 1e-7);
    check_ok(adamw_step(adamw, NULL, 0.01, NULL, &norm, &err));
    double mhat = 0.09 * 0.6 / (1 - 0.81), vhat = 0.000999 * 0.36 / (1 - 0.998001);
    check_near(data[0], -0.01 - 0.01 * mhat / (sqrt(vhat) + 1e-8), 1e-7);
    adamw_free(adamw);
}

static void leaves_frozen_and_undecayed_alone(void **state) {
    (void)state;
    struct error err = {0};
    float data[3][1] = {{1}, {1}, {1}}, grad[3][1] = {{0}, {0}, {7}};
    struct parameter p[3];
    struct parameter *list[3];
    for (size_t i = 0; i < 3; i++) p[i] = parameter_of(data[i], grad[i], 1), list[i] = &p[i];
    p[2].frozen = true;
    bool decay[3] = {true, false, true};
    struct adamw_options options = {.beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .weight_decay = 0.5};
    struct adamw *adamw = adamw_new(list, 3, options, &err);
    check_ok(adamw);
    double norm;
    check_ok(adamw_step(adamw, NULL, 0.1, decay, &norm, &err));
    check_near(norm, 0, 0);
    check_near(data[0][0], 0.95, 1e-7);
    check_near(data[1][0], 1, 0);
    check_near(data[2][0], 1, 0);
    assert_null(adamw_moment(adamw, 3, 1));
    assert_null(adamw_moment(adamw, 0, 3));
    adamw_free(adamw);
}

static void refuses_bad_numbers(void **state) {
    (void)state;
    struct error err = {0};
    float data[1] = {1}, grad[1] = {NAN};
    struct parameter p = parameter_of(data, grad, 1), *list[] = {&p};
    struct adamw_options options = {.beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8};
    struct adamw *adamw = adamw_new(list, 1, options, &err);
    check_ok(adamw);
    check_fails(adamw_step(adamw, NULL, 0.1, NULL, NULL, &err), ERROR_DATA, "not finite");
    assert_true(data[0] == 1 && *adamw_steps(adamw) == 0);
    adamw_free(adamw);
    options.beta1 = 1;
    check_fails(adamw_new(list, 1, options, &err), ERROR_USAGE, "beta1");
    options.beta1 = 0.9, options.eps = 0;
    check_fails(adamw_new(list, 1, options, &err), ERROR_USAGE, "eps");
    options.eps = 1, options.clip = -1;
    check_fails(adamw_new(list, 1, options, &err), ERROR_USAGE, "clip");
    options.clip = 0;
    for (uint64_t nth = 1; nth <= 7; nth++) {
        memory_fail_at(nth);
        struct adamw *none = adamw_new(list, 1, options, &err);
        memory_fail_at(0);
        assert_null(none);
    }
}

static void threads_do_not_matter(void **state) {
    (void)state;
    struct error err = {0};
    enum { N = 50001 };
    float *first = malloc(N * sizeof *first), *data = malloc(N * sizeof *data), *grad = malloc(N * sizeof *grad);
    for (size_t threads = 0; threads <= 3; threads++) {
        struct pool *pool = threads ? pool_new(threads, &err) : NULL;
        struct parameter p = parameter_of(data, grad, N), *list[] = {&p};
        struct adamw_options options = {.beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .weight_decay = 0.1, .clip = 0.5};
        struct adamw *adamw = adamw_new(list, 1, options, &err);
        check_ok(adamw);
        for (size_t i = 0; i < N; i++) data[i] = sinf((float)i);
        for (int step = 0; step < 3; step++) {
            for (size_t i = 0; i < N; i++) grad[i] = cosf((float)i * (float)(step + 1));
            check_ok(adamw_step(adamw, pool, 0.01, NULL, NULL, &err));
        }
        if (threads) assert_memory_equal(data, first, N * sizeof *data);
        memcpy(first, data, N * sizeof *data);
        adamw_free(adamw);
        pool_free(pool);
    }
    free(first), free(data), free(grad);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_formula),
        cmocka_unit_test(remembers_its_moments),
        cmocka_unit_test(leaves_frozen_and_undecayed_alone),
        cmocka_unit_test(refuses_bad_numbers),
        cmocka_unit_test(threads_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
