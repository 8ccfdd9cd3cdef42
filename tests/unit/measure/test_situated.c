/* Situated faithfulness: truth values with their denials, contradicting sentences, the exact threshold against trying
 * all, isotonic regression, percentiles. */
#include "check.h"

#include "base/rng.h"
#include "measure/rules/situated.h"

static struct error err;

static void answers_with_denials(void **state) {
    static const struct {
        const char *answer;
        enum truth truth;
    } rows[] = {
        {"True", TRUTH_TRUE},
        {"false.", TRUTH_FALSE},
        {"Yes, it is.", TRUTH_TRUE},
        {"incorrect", TRUTH_FALSE},
        {"That is not true.", TRUTH_FALSE},
        {"It isn't correct", TRUTH_FALSE},
        {"It isn\xe2\x80\x99t quite right", TRUTH_FALSE},
        {"not false", TRUTH_TRUE},
        {"True? No: false", TRUTH_FALSE},
        {"untrue", TRUTH_FALSE},
        {"wrong", TRUTH_FALSE},
        {"The answer is correct", TRUTH_TRUE},
        {"truest", TRUTH_UNREAD},
        {"", TRUTH_UNREAD},
        {"I cannot tell", TRUTH_UNREAD},
        {"No, that is right", TRUTH_TRUE},
        {"'true'", TRUTH_TRUE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (truth_of_answer(text_of(rows[i].answer)) != rows[i].truth) fail_msg("'%s'", rows[i].answer);
}

static void contradicting_statements(void **state) {
    static const struct {
        const char *question, *first, *second;
        enum truth truth;
    } rows[] = {
        {"Is the mill red?", "The mill is red.", "The mill is not red.", TRUTH_TRUE},
        {"Is the mill red?", "The mill isn't red.", "The mill is red.", TRUTH_FALSE},
        {"Is there a bridge?", "There is no bridge.", "There is a bridge.", TRUTH_FALSE},
        {"Would it be impossible to mill?", "It is possible to mill.", "It is impossible to mill.", TRUTH_FALSE},
        {"Are more people here than there?", "Fewer people are here than there.", "More people are here than there.",
         TRUTH_FALSE},
        {"Is it red?", "It is red. (Note: it is not red.)", "It is not red.", TRUTH_TRUE},
        {"Was it made of gold?", "It was not made of gold.", "False. It was not made of gold.", TRUTH_UNREAD},
        {"Is it an incorrect word?", "It is an incorrect word.", "It is a correct word.", TRUTH_TRUE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (truth_of_statements(text_of(rows[i].question), text_of(rows[i].first), text_of(rows[i].second)) !=
            rows[i].truth)
            fail_msg("'%s'", rows[i].first);
}

static void threshold_is_exact(void **state) {
    (void)state;
    for (size_t round = 0; round < 200; round++) {
        struct situated_row rows[60], copy[60];
        struct rng rng = rng_stream(5, "test/situated", round);
        size_t n = 4 + rng_below(&rng, 56);
        for (size_t i = 0; i < n; i++)
            rows[i] =
                (struct situated_row){.confidence = rng_below(&rng, 9) == 0 ? NAN : (double)rng_below(&rng, 12) / 12,
                                      .own_ok = rng_below(&rng, 2),
                                      .doc_ok = i % 2,
                                      .doc_true = i % 2,
                                      .question = i / 2};
        memcpy(copy, rows, sizeof rows);
        struct situated_threshold fast = situated_scan(rows, n), slow = situated_scan_slowly(copy, n);
        check_near(fast.score, slow.score, 1e-12);
        if (fast.tau != slow.tau) fail_msg("round %zu: tau %g, by trying %g", round, fast.tau, slow.tau);
        check_near(situated_score_at(rows, n, fast.tau), fast.score, 1e-12);
    }
}

/* Confidence that tells nothing: the best is one of the extremes. Confidence that tells all: everything right. */
static void threshold_of_known_cases(void **state) {
    struct situated_row rows[40];
    (void)state;
    for (size_t i = 0; i < 40; i++)
        rows[i] = (struct situated_row){.confidence = 0.5, .own_ok = i < 10, .doc_ok = i % 2, .doc_true = i % 2};
    check_near(situated_scan(rows, 40).score, 0.5, 1e-12);
    for (size_t i = 0; i < 40; i++) {
        bool known = i % 4 < 2;
        rows[i] =
            (struct situated_row){.confidence = known ? 0.9 : 0.2, .own_ok = known, .doc_ok = i % 2, .doc_true = i % 2};
    }
    struct situated_threshold best = situated_scan(rows, 40);
    check_near(best.score, (1 + 0.5) / 2, 1e-12); /* what is not known cannot be saved from a wrong document */
    check_near(best.tau, 0.55, 1e-12);
}

static void isotonic(void **state) {
    double y[] = {1, 0, 1, 0, 1, 1}, falling[] = {3, 2, 1}, rising[] = {0, 0.5, 0.5, 2};
    const double expected[] = {.5, .5, .5, .5, 1, 1};
    (void)state;
    situated_isotonic(y, 6);
    for (size_t i = 0; i < 6; i++) check_near(y[i], expected[i], 1e-15);
    situated_isotonic(falling, 3);
    for (size_t i = 0; i < 3; i++) check_near(falling[i], 2, 1e-15);
    situated_isotonic(rising, 4);
    check_near(rising[3], 2, 0);
    struct rng rng = rng_stream(7, "test/isotonic", 0);
    double many[200], sum = 0, after = 0;
    for (size_t i = 0; i < 200; i++) sum += many[i] = rng_unit(&rng) + 0.002 * (double)i;
    situated_isotonic(many, 200);
    for (size_t i = 0; i < 200; i++) {
        after += many[i];
        assert_true(i == 0 || many[i] >= many[i - 1]);
    }
    check_near(after, sum, 1e-9);
}

static void percentiles(void **state) {
    const double x[] = {5, NAN, 1, 5, 9};
    double p[5];
    (void)state;
    check_ok(situated_percentiles(x, p, 5, &err));
    check_near(p[2], 0.125, 1e-15);
    check_near(p[0], 0.5, 1e-15);
    check_near(p[3], 0.5, 1e-15);
    check_near(p[4], 0.875, 1e-15);
    assert_true(isnan(p[1]));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_with_denials),
                                       cmocka_unit_test(contradicting_statements),
                                       cmocka_unit_test(threshold_is_exact),
                                       cmocka_unit_test(threshold_of_known_cases),
                                       cmocka_unit_test(isotonic),
                                       cmocka_unit_test(percentiles)};
    return cmocka_run_group_tests_name("situated", tests, NULL, NULL);
}
