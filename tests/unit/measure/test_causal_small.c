/* Estimators of effects on tables that are small enough to go through: matching where every match is as far off, the
 * front door by its sum, intervals of weak instruments by what defines them. */
#include "check.h"

#include "base/rng.h"
#include "measure/causal/effect_sample.h"
#include "measure/statistics/statistics.h"

#include <math.h>

enum { CASES = 1000, ROWS_MOST = 60 };

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

/* Each treated unit stands a little to the right of one that is not; y = 2 t + 3 x. Without its correction the
 * difference of a pair is 3 x 0.02 too large. */
static void matches_are_corrected(void **state) {
    enum { PAIRS = 15 };
    static const char *const columns[] = {"t", "y", "x"};
    double cells[2 * PAIRS][3];
    struct effect_sample found;
    (void)state;
    for (size_t i = 0; i < 2 * PAIRS; i++) {
        double t = (double)(i % 2), x = (double)(i / 2) / PAIRS + 0.02 * t;
        cells[i][0] = t, cells[i][1] = 2 * t + 3 * x, cells[i][2] = x;
    }
    check_ok(effect_sample_estimate(cells[0], 2 * PAIRS, columns, 3, "matching", "x", 1, &arena, &found, &err));
    check_near(found.value, 2, 0.01);
}

/* sum over m of (P(m | 1) - P(m | 0)) sum over t of E(y | t, m) P(t), each of them counted anew. */
static double front_door_plainly(double cells[][3], size_t n, size_t values) {
    double effect = 0;
    for (size_t m = 0; m < values; m++) {
        double share[2] = {0}, arm[2] = {0}, sum[2] = {0}, count[2] = {0}, outcome = 0;
        for (size_t i = 0; i < n; i++) {
            size_t t = cells[i][0] == 1;
            arm[t]++;
            if (cells[i][2] != (double)m) continue;
            share[t]++, count[t]++, sum[t] += cells[i][1];
        }
        for (size_t t = 0; t < 2; t++) outcome += sum[t] / count[t] * arm[t] / (double)n;
        effect += (share[1] / arm[1] - share[0] / arm[0]) * outcome;
    }
    return effect;
}

static void the_front_door_is_its_sum(void **state) {
    static const char *const columns[] = {"t", "y", "m"};
    size_t rises = 0;
    (void)state;
    for (uint64_t k = 0; k < CASES; k++) {
        struct rng rng = rng_stream(1, "test/front-door", k);
        double cells[ROWS_MOST][3];
        size_t n = 30 + rng_below(&rng, 31), values = 2 + rng_below(&rng, 2);
        double treated = 0.15 + 0.5 * rng_unit(&rng), way = rng_unit(&rng) - 0.5;
        struct effect_sample found;
        for (size_t i = 0; i < n; i++) { /* every value of m with both, first */
            double t = i < 2 * values ? (double)(i % 2) : rng_unit(&rng) < treated;
            double m = i < 2 * values ? (double)(i / 2) : (double)rng_below(&rng, values);
            if (i >= 2 * values && t == 1 && rng_below(&rng, 2)) m = way > 0 ? (double)values - 1 : 0;
            cells[i][0] = t, cells[i][2] = m, cells[i][1] = m + 2 * t + rng_normal(&rng);
        }
        arena_reset(&arena);
        check_ok(
            effect_sample_estimate(cells[0], n, columns, 3, "front-door,mediator=m", NULL, 1, &arena, &found, &err));
        check_near(found.value, front_door_plainly(cells, n, values), 1e-9);
        rises += found.value > 0;
    }
    print_message("the front door: above 0 in %zu of %d\n", rises, CASES);
    assert_in_range(rises, CASES / 5, CASES - CASES / 5);
}

/* The t of y - b t on z. */
static double t_on_z(double cells[][3], size_t n, double of_y, double b) {
    double mean[2] = {0}, zz = 0, zr = 0, rr = 0;
    for (size_t i = 0; i < n; i++)
        mean[0] += cells[i][2] / (double)n, mean[1] += (of_y * cells[i][1] - b * cells[i][0]) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double z = cells[i][2] - mean[0], r = of_y * cells[i][1] - b * cells[i][0] - mean[1];
        zz += z * z, zr += z * r, rr += r * r;
    }
    return zr / zz / sqrt((rr - zr * zr / zz) / (double)(n - 2) / zz);
}

static void ends_of_weak_instruments(void **state) {
    static const char *const columns[] = {"t", "y", "z"};
    size_t ended = 0, endless = 0;
    (void)state;
    for (uint64_t k = 0; ended + endless < CASES; k++) {
        struct rng rng = rng_stream(1, "test/weak", k);
        double cells[ROWS_MOST][3], strength = 0.2 + 0.4 * rng_unit(&rng);
        size_t n = 20 + rng_below(&rng, 41);
        struct effect_sample found;
        for (size_t i = 0; i < n; i++) {
            double z = rng_normal(&rng), u = rng_normal(&rng), t = strength * z + u + 0.3 * rng_normal(&rng);
            cells[i][0] = t, cells[i][1] = t + u + rng_normal(&rng), cells[i][2] = z;
        }
        double first = t_on_z(cells, n, 0, -1);
        if (first * first >= 9.99) continue; /* not weak */
        arena_reset(&arena);
        check_ok(effect_sample_estimate(cells[0], n, columns, 3, "iv,instrument=z", NULL, 1, &arena, &found, &err));
        double edge = stat_t_quantile(0.975, (double)(n - 2));
        bool ends = first * first > edge * edge; /* else every b that is far enough is as good */
        assert_int_equal(!isnan(found.lo), ends);
        assert_int_equal(!isnan(found.hi), ends);
        ended += ends, endless += !ends;
        if (!ends) continue;
        assert_true(found.lo < found.value && found.value < found.hi);
        check_near(fabs(t_on_z(cells, n, 1, found.lo)), edge, 1e-6 * edge);
        check_near(fabs(t_on_z(cells, n, 1, found.hi)), edge, 1e-6 * edge);
    }
    print_message("weak instruments: %zu intervals end, %zu do not\n", ended, endless);
    assert_true(ended * 5 >= CASES && endless * 5 >= CASES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_are_corrected),
        cmocka_unit_test(the_front_door_is_its_sum),
        cmocka_unit_test(ends_of_weak_instruments),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
