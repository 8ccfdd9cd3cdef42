/* Errors of verifiers: by hand, and the equal error against a search over thresholds, on random small cases. */
#include "check.h"

#include "base/rng.h"
#include "measure/statistics/verification.h"

#include <math.h>

static struct error err;

static void by_hand(void **state) {
    const double genuine[] = {.3, .6, .8, .9}, spoofed[] = {.1, .2, .4, .7};
    double far, frr, equal;
    (void)state;
    stat_acceptance(genuine, 4, spoofed, 4, .5, &far, &frr);
    check_near(far, .25, 0);
    check_near(frr, .25, 0);
    check_ok(stat_equal_error(genuine, 4, spoofed, 4, &equal, &err));
    check_near(equal, .25, 1e-15);
    check_ok(stat_equal_error(genuine, 4, genuine, 4, &equal, &err)); /* the same scores tell nothing */
    check_near(equal, .5, 1e-15);
    check_ok(stat_equal_error(genuine + 2, 2, spoofed, 2, &equal, &err));
    check_near(equal, 0, 1e-15);
    check_ok(stat_equal_error(spoofed, 2, genuine + 2, 2, &equal, &err)); /* always wrong */
    check_near(equal, 1, 1e-15);
    check_ok(stat_equal_error(genuine, 0, spoofed, 4, &equal, &err));
    assert_true(isnan(equal));
    stat_acceptance(genuine, 0, spoofed, 4, .5, &far, &frr);
    assert_true(isnan(frr));
}

/* The two thresholds round the crossing, by trying all of them, then the crossing of two straight lines. */
static double searched(const double *genuine, size_t n, const double *spoofed, size_t m) {
    double low_far = 1, low_frr = 0, high_far = 0, high_frr = 1, low = -1, high = 2;
    for (int step = 0; step <= 11; step++) {
        double t = step * 0.1 - 0.05, far, frr; /* scores are tenths */
        stat_acceptance(genuine, n, spoofed, m, t, &far, &frr);
        if (frr < far && t > low) low = t, low_far = far, low_frr = frr;
        if (frr >= far && t < high) high = t, high_far = far, high_frr = frr;
    }
    double before = low_far - low_frr, behind = high_frr - high_far;
    return low_far + before / (before + behind) * (high_far - low_far);
}

static void as_by_searching(void **state) {
    struct rng rng = rng_stream(3, "verification", 0);
    (void)state;
    for (int round = 0; round < 1000; round++) {
        double genuine[8], spoofed[8], equal;
        size_t n = 1 + rng_below(&rng, 8), m = 1 + rng_below(&rng, 8);
        for (size_t i = 0; i < n; i++) genuine[i] = 0.1 * (double)rng_below(&rng, 11);
        for (size_t i = 0; i < m; i++) spoofed[i] = 0.1 * (double)rng_below(&rng, 11);
        check_ok(stat_equal_error(genuine, n, spoofed, m, &equal, &err));
        check_near(equal, searched(genuine, n, spoofed, m), 1e-12);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(as_by_searching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
