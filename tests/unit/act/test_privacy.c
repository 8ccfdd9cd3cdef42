/* The accountant: divergences against the binomial sum for whole orders, published epsilons, and the noise for an
 * epsilon. */
#include "check.h"

#include "act/train/privacy.h"

#include <math.h>

/* Mironov, Talwar & Zhang 2019, equation for whole alpha: a sum over binomial coefficients, a formula of its own. */
static double by_binomials(double q, double sigma, int alpha) {
    double sum = 0;
    for (int k = 0; k <= alpha; k++)
        sum += exp(lgamma(alpha + 1) - lgamma(k + 1) - lgamma(alpha - k + 1) + (alpha - k) * log1p(-q) + k * log(q) +
                   (k * k - k) / (2 * sigma * sigma));
    return log(sum) / (alpha - 1);
}

static void test_divergences(void **state) {
    (void)state;
    static const double rates[] = {0.001, 0.01, 0.04, 0.5}, sigmas[] = {0.6, 1.1, 1.5, 4};
    static const int orders[] = {2, 3, 8, 17, 32};
    for (int q = 0; q < 4; q++)
        for (int s = 0; s < 4; s++)
            for (int a = 0; a < 5; a++) {
                double expected = by_binomials(rates[q], sigmas[s], orders[a]);
                check_near(privacy_divergence(rates[q], sigmas[s], orders[a]), expected, 1e-9 * expected + 1e-13);
            }
    /* Without sampling: alpha / (2 sigma^2), for any order. */
    check_near(privacy_divergence(1, 2, 3.7), 3.7 / 8, 1e-10);
    check_near(privacy_divergence(1, 0.5, 1.3), 1.3 * 2, 1e-10);
}

/* The least over whole orders by the older conversion, rdp + log(1/delta) / (alpha - 1). */
static double older_epsilon(double q, double sigma, double steps, double delta) {
    double least = INFINITY;
    for (int alpha = 2; alpha <= 64; alpha++)
        least = fmin(least, steps * privacy_divergence(q, sigma, alpha) + log(1 / delta) / (alpha - 1));
    return least;
}

static void test_published(void **state) {
    (void)state;
    double sigma, order;
    struct error err = {0};
    /* Opacus, its test of the RDP accountant: noise 1.5, rate 0.04, 90 epochs, delta 1e-5. All its digits. */
    check_near(privacy_epsilon(0.04, 1.5, 2250, 1e-5, &order), 7.32911117143, 1e-8);
    assert_true(order > 1 && order < 10);
    /* The same for epsilon 8: its search ends a little above what is needed, at 1.425307617. */
    check_ok(privacy_noise(0.04, 2250, 8, 1e-5, &sigma, &err));
    assert_true(sigma < 1.425307617 && privacy_epsilon(0.04, 1.425307617, 2250, 1e-5, NULL) > 7.9);
    assert_true(privacy_epsilon(0.04, sigma, 2250, 1e-5, NULL) <= 8);
    assert_true(privacy_epsilon(0.04, sigma * 0.999, 2250, 1e-5, NULL) > 8);
    /* TensorFlow Privacy on MNIST, 60,000 examples by 256, delta 1e-5, two digits: 15 epochs with noise 1.3, 60
     * with 1.1. */
    check_near(older_epsilon(256.0 / 60000, 1.3, 3516, 1e-5), 1.19, 0.005);
    check_near(older_epsilon(256.0 / 60000, 1.1, 14063, 1e-5), 3.01, 0.005);
}

static void test_refused(void **state) {
    (void)state;
    double sigma;
    struct error err = {0};
    check_fails(privacy_noise(1, 1000000, 1e-4, 1e-9, &sigma, &err), ERROR_USAGE,
                "dp: no noise keeps epsilon at 0.0001");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_divergences), cmocka_unit_test(test_published),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
