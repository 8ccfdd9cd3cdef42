/* Drawing tokens: known answers of small distributions, the order of temperature, top_k and top_p, and frequencies. */
#include "check.h"

#include "lm/engine/sampling.h"

enum { N = 6 };
/* probabilities 0.4, 0.3, 0.15, 0.1, 0.05, 0 of tokens 3, 1, 5, 0, 4, 2 */
static float logits[N];

static int setup(void **state) {
    static const double p[N] = {0.1, 0.3, 1e-30, 0.4, 0.05, 0.15};
    for (size_t i = 0; i < N; i++) logits[i] = (float)(log(p[i]) + 2);
    return 0;
}

static size_t pick(struct lm_sampling s, double unit) {
    float weights[N];
    uint32_t heap[N];
    struct sampling_scratch scratch = {weights, heap};
    return sampling_pick(&s, logits, N, engine_kernels()->mass(logits, N), unit, engine_kernels(), &scratch);
}

static void greedy_takes_the_first_largest(void **state) {
    assert_int_equal(pick((struct lm_sampling){.temperature = 0, .top_p = 1}, 0.999), 3);
    assert_int_equal(pick((struct lm_sampling){.temperature = 1e-300, .top_p = 0.5, .top_k = 2}, 0.999), 3);
    float equal[N] = {1, 2, 2, 0, 2, 1}, weights[N];
    uint32_t heap[N];
    struct sampling_scratch scratch = {weights, heap};
    struct lm_sampling s = {.temperature = 0, .top_p = 1};
    struct kernel_mass mass = engine_kernels()->mass(equal, N);
    assert_int_equal(sampling_pick(&s, equal, N, mass, 0.9, engine_kernels(), &scratch), 1);
}

static void without_limits_ids_stand_in_order(void **state) {
    struct lm_sampling s = {.temperature = 1, .top_p = 1};
    assert_int_equal(pick(s, 0), 0);
    assert_int_equal(pick(s, 0.0999), 0);
    assert_int_equal(pick(s, 0.1001), 1);
    assert_int_equal(pick(s, 0.3999), 1);
    assert_int_equal(pick(s, 0.4001), 3); /* token 2 has next to no mass */
    assert_int_equal(pick(s, 0.8001), 4);
    assert_int_equal(pick(s, 0.9999), 5);
}

static void top_k_keeps_the_most_likely(void **state) {
    struct lm_sampling s = {.temperature = 1, .top_p = 1, .top_k = 2}; /* 3: 4/7, 1: 3/7 */
    assert_int_equal(pick(s, 0), 3);
    assert_int_equal(pick(s, 0.571), 3);
    assert_int_equal(pick(s, 0.572), 1);
    assert_int_equal(pick(s, 0.9999), 1);
    s.top_k = 1;
    assert_int_equal(pick(s, 0.9999), 3);
    s.top_k = 100;
    assert_int_equal(pick(s, 0), 0);
}

static void top_p_keeps_the_fewest_that_hold_it(void **state) {
    struct lm_sampling s = {.temperature = 1, .top_p = 0.69}; /* 3 and 1 */
    assert_int_equal(pick(s, 0.571), 3);
    assert_int_equal(pick(s, 0.572), 1);
    assert_int_equal(pick(s, 0.9999), 1);
    s.top_p = 0.71; /* and 5 */
    assert_int_equal(pick(s, 0.9999), 5);
    s.top_p = 0;
    assert_int_equal(pick(s, 0.9999), 3);
    s = (struct lm_sampling){.temperature = 1, .top_p = 0.55, .top_k = 2}; /* 4/7 of the two is enough */
    assert_int_equal(pick(s, 0.9999), 3);
}

static void temperature_comes_first(void **state) {
    /* at temperature 0.5 the squares count: 0.16, 0.09, 0.0225, 0.01, 0.0025 of 0.285 */
    struct lm_sampling s = {.temperature = 0.5, .top_p = 0.87}; /* (0.16 + 0.09) / 0.285 = 0.877 */
    assert_int_equal(pick(s, 0.9999), 1);
    s.top_p = 1;
    assert_int_equal(pick(s, 0.01 / 0.285 - 1e-3), 0);
    assert_int_equal(pick(s, 0.01 / 0.285 + 1e-3), 1);
    assert_int_equal(pick(s, 0.10 / 0.285 + 1e-3), 3);
}

/* Frequencies of 20,000 draws lie within four standard errors. */
static void draws_follow_the_distribution(void **state) {
    enum { DRAWS = 20000 };
    static const double p[N] = {0.1, 0.3, 0, 0.4, 0.05, 0.15};
    size_t counts[2][N] = {0};
    for (uint64_t i = 0; i < DRAWS; i++) {
        double unit = sampling_unit(5, 77, i / 100, i % 100);
        counts[0][pick((struct lm_sampling){.temperature = 1, .top_p = 1}, unit)]++;
        counts[1][pick((struct lm_sampling){.temperature = 1, .top_p = 1, .top_k = 5}, unit)]++;
    }
    for (size_t way = 0; way < 2; way++)
        for (size_t i = 0; i < N; i++)
            check_near((double)counts[way][i] / DRAWS, p[i], 4 * sqrt(p[i] * (1 - p[i]) / DRAWS));
}

/* Against sorting all candidates, with flat and steep distributions of many tokens. */
static void picks_match_a_full_sort(void **state) {
    enum { M = 700 };
    static float many[M], weights[M];
    static uint32_t heap[M];
    struct sampling_scratch scratch = {weights, heap};
    struct rng rng = rng_stream(6, "sort", 0);
    for (int round = 0; round < 300; round++) {
        double steepness = (double[]){0.01, 1, 5}[round % 3], unit = rng_unit(&rng);
        for (size_t i = 0; i < M; i++) many[i] = (float)(steepness * floor(8 * rng_normal(&rng)) / 4); /* with ties */
        struct lm_sampling s = {.temperature = 0.9,
                                .top_p = round % 2 ? 0.1 + 0.89 * rng_unit(&rng) : 1,
                                .top_k = round % 2 && round % 5 ? 0 : 1 + rng_below(&rng, M - 1)};
        struct kernel_mass mass = engine_kernels()->mass(many, M);
        size_t found = sampling_pick(&s, many, M, mass, unit, engine_kernels(), &scratch), order[M], n = 0;
        for (size_t i = 0; i < M; i++) {
            size_t at = n++;
            for (; at && weights[order[at - 1]] < weights[i]; at--) order[at] = order[at - 1];
            order[at] = i;
        }
        if (s.top_k) n = s.top_k;
        double total = 0, sum = 0, reached = 0;
        for (size_t i = 0; i < (s.top_k ? n : M); i++) total += (double)weights[s.top_k ? order[i] : i];
        size_t kept = 0, at = 0;
        while (kept < n && (kept == 0 || s.top_p >= 1 || sum < s.top_p * total)) sum += (double)weights[order[kept++]];
        while (at + 1 < kept && (reached += (double)weights[order[at]]) <= unit * sum) at++;
        assert_int_equal(found, order[at]);
    }
}

static void random_numbers_are_keyed(void **state) {
    double first = sampling_unit(1, 2, 3, 4);
    check_near(first, sampling_unit(1, 2, 3, 4), 0);
    assert_true(first != sampling_unit(2, 2, 3, 4));
    assert_true(first != sampling_unit(1, 3, 3, 4));
    assert_true(first != sampling_unit(1, 2, 4, 4));
    assert_true(first != sampling_unit(1, 2, 3, 5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_takes_the_first_largest), cmocka_unit_test(without_limits_ids_stand_in_order),
        cmocka_unit_test(top_k_keeps_the_most_likely),    cmocka_unit_test(top_p_keeps_the_fewest_that_hold_it),
        cmocka_unit_test(temperature_comes_first),        cmocka_unit_test(draws_follow_the_distribution),
        cmocka_unit_test(picks_match_a_full_sort),        cmocka_unit_test(random_numbers_are_keyed),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
