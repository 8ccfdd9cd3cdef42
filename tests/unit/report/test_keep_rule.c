/* Rules for the checkpoint that is kept: what they choose of given figures, and what is wrong with them. */
#include "check.h"

#include "report/keep_rule.h"

/* Of 100 items each. acc rises to 0.80 and falls; refusal falls from 0.50; the loss has its least value at step 30. */
static const struct probe_figure figures[5][4] = {
    {{"demo/acc", 0.40, 0.30, 0.50, 100},
     {"hard/acc", 0.20, 0.13, 0.29, 100},
     {"safe/x/refusal_rate", 0.50, 0.40, 0.60, 100},
     {"valid/valid_loss", 3.0, NAN, NAN, 0}},
    {{"demo/acc", 0.60, 0.50, 0.70, 100},
     {"hard/acc", 0.22, 0.15, 0.31, 100},
     {"safe/x/refusal_rate", 0.50, 0.40, 0.60, 100},
     {"valid/valid_loss", 2.0, NAN, NAN, 0}},
    {{"demo/acc", 0.80, 0.71, 0.87, 100},
     {"hard/acc", 0.24, 0.17, 0.33, 100},
     {"safe/x/refusal_rate", 0.45, 0.36, 0.55, 100},
     {"valid/valid_loss", 1.5, NAN, NAN, 0}},
    {{"demo/acc", 0.80, 0.71, 0.87, 100},
     {"hard/acc", 0.44, 0.35, 0.54, 100},
     {"safe/x/refusal_rate", 0.30, 0.22, 0.40, 100},
     {"valid/valid_loss", 1.0, NAN, NAN, 0}},
    {{"demo/acc", 0.70, 0.60, 0.78, 100},
     {"hard/acc", 0.45, 0.36, 0.55, 100},
     {"safe/x/refusal_rate", 0.10, 0.06, 0.17, 100},
     {"valid/valid_loss", 1.2, NAN, NAN, 0}},
};

static size_t chosen(const char *rule, size_t n) {
    struct error err = {0};
    struct probe_point points[5];
    size_t best = 99;
    for (size_t i = 0; i < 5; i++) points[i] = (struct probe_point){10 * i, figures[i], 4};
    struct keep_rule *r = keep_rule_new(rule, 0.95, &err);
    check_ok(r);
    const struct keep *keep = keep_rule_keep(r);
    assert_string_equal(keep->rule, rule);
    check_ok(keep->choose(keep->context, points, n, &best, &err));
    keep_rule_free(r);
    return best;
}

static void test_best(void **state) {
    (void)state;
    assert_int_equal(chosen("acc(demo) max", 5), 2); /* the earlier of equal ones */
    assert_int_equal(chosen("acc(demo) max", 2), 1);
    assert_int_equal(chosen("accuracy(hard) max", 5), 4);
    assert_int_equal(chosen("acc max", 5), 3); /* the mean of both */
    assert_int_equal(chosen("valid_loss min", 5), 3);
    assert_int_equal(chosen("refusal_rate(x) min", 5), 4);
}

static void test_gates(void **state) {
    (void)state;
    assert_int_equal(chosen("refusal_rate >= 0.3", 5), 2); /* the newest whose lower end is high enough */
    assert_int_equal(chosen("refusal_rate >= 0.95", 5), SIZE_MAX);
    /* 0.45 - 0.50 may be -0.18 at worst (MOVER of the intervals), 0.30 - 0.50 -0.33. */
    assert_int_equal(chosen("d(refusal_rate) >= -0.2", 5), 2);
    assert_int_equal(chosen("d(refusal_rate) >= -0.2; acc(demo) max", 5), 2);
    assert_int_equal(chosen("d(refusal_rate) >= -0.35 ; valid_loss min", 5), 3);
    assert_int_equal(chosen("d(refusal_rate) >= -0.15; acc(demo) max", 5), 1);
}

static void check_refused(const char *rule, const char *part) {
    struct error err = {0};
    check_fails(keep_rule_new(rule, 0.95, &err), ERROR_USAGE, part);
}

static void test_refused(void **state) {
    (void)state;
    struct error err = {0};
    struct probe_point point = {0, figures[0], 4};
    size_t best;
    check_refused("acc most", "--keep");
    check_refused(" max", "--keep: column 1: expected a figure and max or min");
    check_refused("acc() max", "--keep: column 1: expected a figure and max or min");
    check_refused("acc >= 0.2; acc up", "--keep: column 12: expected a figure and max or min");
    check_refused("acc >= ", "--keep: gate: column");
    static const char *const unknown[][2] = {
        {"aacc max", "--keep: no figure 'aacc' is measured; there are: demo/acc, hard/acc, "},
        {"acc(dem) max", "--keep: no figure 'acc' of dem is measured"},
        {"rate >= 0", "--keep: gate: column 1: no figure 'rate'"}};
    for (size_t i = 0; i < 3; i++) {
        struct keep_rule *r = keep_rule_new(unknown[i][0], 0.95, &err);
        check_ok(r);
        const struct keep *keep = keep_rule_keep(r);
        check_fails(keep->choose(keep->context, &point, 1, &best, &err), ERROR_USAGE, unknown[i][1]);
        keep_rule_free(r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_best), cmocka_unit_test(test_gates),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
