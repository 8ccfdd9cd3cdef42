/* Estimators of steering by hand, the choice from values, halving, and specs. Whole toys: `calibrate steer`. */
#include "check.h"

#include "act/steer/steer_toy.h"
#include "act/steer/steer_values.h"

static struct steer_ends ends_of(struct steer_end *of, size_t n, bool exact) {
    return (struct steer_ends){of, n, exact};
}

static void test_mean(void **state) {
    (void)state;
    struct steer_end of[] = {{.reward = 1, .mass = 1}, {.reward = 3, .mass = 1}, {.reward = 8, .mass = 2}};
    struct steer_ends drawn = ends_of(of, 2, false), counted = ends_of(of, 3, true), one = ends_of(of, 1, false);
    struct steer_value v;
    steer_mean(&drawn, &v);
    check_near(v.q, 2, 0);
    check_near(v.error, 1, 1e-15); /* sqrt(2 / 1 / 2) */
    steer_mean(&counted, &v);
    check_near(v.q, 5, 0); /* (1 + 3 + 16) / 4 */
    check_near(v.error, 0, 0);
    steer_mean(&one, &v);
    assert_true(isnan(v.error));
}

static void test_log_mean(void **state) {
    (void)state;
    struct steer_end of[] = {{.reward = 0, .mass = 1}, {.reward = log(3), .mass = 1}, {.reward = 2000, .mass = 1}};
    struct steer_ends two = ends_of(of, 2, false), far = ends_of(of, 3, false);
    struct steer_value v;
    steer_log_mean(&two, 1, &v);
    check_near(v.q, log(2), 1e-15);
    check_near(v.error, sqrt(1.0 / 1) / 2, 1e-15); /* mean of squares 5, mean 2: sqrt((5 - 4) / 1) / 2 */
    steer_log_mean(&far, 1, &v);
    check_near(v.q, 2000 - log(3), 1e-9); /* no overflow */
}

static void test_corrected(void **state) {
    (void)state;
    struct steer_end of[] = {{.reward = 1, .baseline_reward = 1, .mass = 1},
                             {.reward = log(3), .baseline_reward = 0, .mass = 1}};
    struct steer_ends two = ends_of(of, 2, false);
    struct steer_value v = {0};
    double w[2];
    steer_corrected(&two, 1, 0, 1, w, &v);
    check_near(w[0], 0.25, 1e-15);
    check_near(v.q, 0.25 + 0.75 * log(3), 1e-15);
    check_near(v.effective, 16.0 / 10, 1e-15);
    assert_false(v.fell_back);
    steer_corrected(&two, 1, 0, 1.7, w, &v); /* too few effective samples */
    assert_true(v.fell_back);
    check_near(v.q, (1 + log(3)) / 2, 1e-15);
    v.fell_back = false;
    steer_corrected(&two, 1, 1, 0, w, &v); /* 1/3 and 1 cut at their mean, 2/3 */
    check_near(w[1], 2.0 / 3, 1e-15);
    steer_uncorrected_product(&two, 1, w, &v);
    check_near(v.q, (1 + 3 * log(3)) / 2, 1e-15);
    check_near(w[1], 0.75, 1e-15);
}

static void test_scores(void **state) {
    (void)state;
    struct steer_settings s = {.alpha = 0.5};
    const double logprobs[] = {-1, -1.5, -3}, same[] = {7, 7, 7}, q[] = {0, 1, 0.5};
    const int32_t tokens[] = {9, 4, 2};
    double scores[3], p[3];
    steer_scores(&s, logprobs, same, 3, scores);
    for (size_t i = 0; i < 3; i++) assert_true(scores[i] == logprobs[i]);
    steer_scores(&s, logprobs, q, 3, scores);
    check_near(scores[0], -3, 0);
    assert_int_equal(steer_best(scores, tokens, 3), 1);
    scores[0] = scores[2] = scores[1];
    assert_int_equal(steer_best(scores, tokens, 3), 2); /* the lowest token */
    s.alpha = INFINITY;
    steer_scores(&s, logprobs, q, 3, scores);
    for (size_t i = 0; i < 3; i++) assert_true(scores[i] == logprobs[i]);
    s.alpha = 0;
    steer_scores(&s, logprobs, q, 3, scores);
    steer_softmax(scores, 3, 1, p);
    check_near(p[1], 1, 0);
    check_near(steer_divergence(p, logprobs, 3), 1.5, 1e-15);
    s = (struct steer_settings){.alpha = 1, .norm = STEER_MINMAX};
    steer_scores(&s, logprobs, (const double[]){0, 400, 200}, 3, scores);
    check_near(scores[2], -3.5, 1e-15);
}

static void test_specs(void **state) {
    (void)state;
    struct steer_settings s;
    struct arena arena;
    struct error err = {0};
    arena_init(&arena, 0);
    const struct text full = TEXT("tq-direct,alpha=inf,topk=3,halving,replan=disagree,norm=minmax");
    check_ok(steer_settings_read(full, &arena, &s, &err));
    assert_true(isinf(s.alpha) && s.topk == 3 && s.halving && !s.replan && s.norm == STEER_MINMAX && s.rollouts == 2);
    check_ok(steer_settings_read(TEXT("contrast,beta=4"), &arena, &s, &err));
    check_near(s.alpha, 0.25, 0);
    check_ok(steer_settings_read(TEXT("tq-indirect,beta=0.5"), &arena, &s, &err));
    assert_true(s.rollouts == 16 && s.least_effective == 2);
    check_fails(steer_settings_read(TEXT("soft"), &arena, &s, &err), ERROR_USAGE, "needs beta");
    check_fails(steer_settings_read(TEXT("tq"), &arena, &s, &err), ERROR_USAGE, "no steer 'tq'");
    check_fails(steer_settings_read(TEXT("cd,alpha=-1"), &arena, &s, &err), ERROR_USAGE, "alpha");
    check_fails(steer_settings_read(TEXT("cd,topk=0"), &arena, &s, &err), ERROR_USAGE, "topk");
    check_fails(steer_settings_read(TEXT("args,rollouts=2"), &arena, &s, &err), ERROR_USAGE, "rollouts");
    check_fails(steer_settings_read(TEXT("cd,block=3,replan=disagree"), &arena, &s, &err), ERROR_USAGE, "take one");
    arena_done(&arena);
}

/* ---- halving: a candidate that is far behind gets a quarter of the rollouts */

static const size_t asked_for = 8;

static bool finish(void *context, enum steer_policy policy, const struct steer_place *places, size_t n, size_t first,
                   size_t m, struct steer_ends *out, struct arena *arena, struct error *err) {
    size_t *spent = context;
    (void)policy;
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct steer_ends){arena_new(arena, struct steer_end, m, err), m, false};
        for (size_t k = 0; out[i].of && k < m; k++)
            out[i].of[k] = (struct steer_end){.mass = 1,
                                              .reward = (double)*places[i].next + ((first + k) % 2 ? 0.1 : -0.1)};
        spent[places[i].next[0]] += m;
    }
    return true;
}

static void test_halving(void **state) {
    (void)state;
    struct steer_settings s;
    struct arena arena;
    struct error err = {0};
    const int32_t tokens[] = {0, 5, 6};
    struct steer_place places[3];
    struct steer_value values[3];
    size_t spent[8] = {0};
    struct steer_source source = {.context = spent, .finish = finish};
    arena_init(&arena, 0);
    check_ok(steer_settings_read(TEXT("cd,rollouts=8,halving,alpha=1"), &arena, &s, &err));
    for (size_t i = 0; i < 3; i++)
        places[i] = (struct steer_place){.next = &tokens[i], .n_next = 1, .logprob = i == 1 ? -0.1 : -1};
    check_ok(s.steer->q_values(&s, &source, places, 3, values, &arena, &err));
    assert_true(values[0].dropped && !values[1].dropped && !values[2].dropped);
    assert_int_equal(spent[0], asked_for / 4);
    assert_int_equal(spent[6], asked_for);
    check_near(values[2].q, 6, 1e-12);
    s.alpha = 0;
    memset(spent, 0, sizeof spent);
    check_ok(s.steer->q_values(&s, &source, places, 3, values, &arena, &err));
    assert_true(values[0].dropped && values[1].dropped); /* values alone: 6 is more than 5 */
    assert_int_equal(spent[6], asked_for);
    arena_done(&arena);
}

/* ---- toys that are no toys */

static void refused(const char *text, const char *part) {
    struct steer_toy toy;
    struct arena arena;
    struct error err = {0};
    arena_init(&arena, 0);
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    check_fails(steer_toy_read(object, (struct json_place){"toy", 0, ""}, &arena, &toy, &err), ERROR_DATA, part);
    json_decref(object);
    arena_done(&arena);
}

static void test_bad_toys(void **state) {
    (void)state;
    refused("{}", "V");
    refused("{\"V\": 9, \"T\": 16, \"beta\": 1}", "V^T");
    refused("{\"V\": 2, \"T\": -1, \"beta\": 1}", "T");
    refused("{\"V\": 2, \"T\": 1, \"beta\": 0}", "beta");
    refused("{\"V\": 2, \"T\": 1, \"beta\": 1, \"reward\": [], \"reward_BL\": [], "
            "\"P_sft\": [[1, 0], [0.5, 0.6], [1, 0]]}", "sums to 1.1");
    refused("{\"V\": 2, \"T\": 1, \"beta\": 1, \"reward\": [1], \"reward_BL\": [], "
            "\"P_sft\": [[1, 0], [0.5, 0.5], [1, 0]]}", "'reward': expected 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mean),  cmocka_unit_test(test_log_mean), cmocka_unit_test(test_corrected),
        cmocka_unit_test(test_scores), cmocka_unit_test(test_specs),   cmocka_unit_test(test_halving),
        cmocka_unit_test(test_bad_toys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
