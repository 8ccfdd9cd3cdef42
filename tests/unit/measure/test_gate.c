/* Gates: what is read and what is refused with which column; which end of an interval decides; which figures a name
 * means; three-valued logic. */
#include "check.h"

#include "measure/figure/gate.h"
#include "measure/statistics/statistics.h"

static struct arena arena;

static int open_arena(void **state) {
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static const struct figure figures[] = {
    {.name = "acc",
     .task = "facts",
     .group = "",
     .value = 0.75,
     .lo = 0.70,
     .hi = 0.80,
     .n = 300,
     .k = -1,
     .method = "bootstrap"},
    {.name = "acc",
     .task = "facts",
     .group = "kind=rare",
     .value = 0.5,
     .lo = 0.4,
     .hi = 0.6,
     .n = 90,
     .k = -1,
     .method = "bootstrap"},
    {.name = "acc",
     .task = "ship/mill",
     .group = "",
     .value = 0.9,
     .lo = 0.8,
     .hi = 0.95,
     .n = 50,
     .k = -1,
     .method = "bootstrap"},
    {.name = "ece,bins=15",
     .task = "facts",
     .group = "",
     .value = 0.1,
     .lo = NAN,
     .hi = NAN,
     .n = 50,
     .k = -1,
     .method = "none",
     .null_reason = "no resamples were asked for"},
    {.name = "errors",
     .task = "facts",
     .group = "",
     .value = 0,
     .lo = 0,
     .hi = 0,
     .n = 300,
     .k = -1,
     .method = "exact"},
    {.name = "refusal_rate",
     .task = "unsafe",
     .group = "",
     .value = 0.96,
     .lo = 0.9,
     .hi = 0.98,
     .n = 100,
     .k = 96,
     .method = "wilson"},
    {.name = "compliance_rate",
     .task = "unsafe",
     .group = "",
     .value = 0.04,
     .lo = 0.02,
     .hi = 0.1,
     .n = 100,
     .k = 96,
     .method = "wilson"},
};
static const struct figure differences[] = {
    {.name = "acc",
     .task = "facts",
     .group = "",
     .value = -0.01,
     .lo = -0.03,
     .hi = 0.01,
     .n = 300,
     .k = -1,
     .method = "tango"},
};

static struct gate_result judge(const char *source) {
    struct error err = {0};
    struct gate_result result = {0};
    struct gate_figures all = {.figures = figures,
                               .n = sizeof figures / sizeof *figures,
                               .differences = differences,
                               .n_differences = 1,
                               .confidence = 0.95};
    struct gate *gate = gate_parse(text_of(source), &arena, &err);
    if (!gate) fail_msg("%s: %s", source, err.message);
    if (!gate_judge(gate, &all, &arena, &result, &err)) fail_msg("%s: %s", source, err.message);
    return result;
}

static void check_verdict(const char *source, enum gate_verdict expected) {
    struct gate_result result = judge(source);
    if (result.verdict != expected)
        fail_msg("%s: %s, expected %s", source, gate_verdict_names[result.verdict], gate_verdict_names[expected]);
}

/* acc(facts) is 0.75 in 0.70 to 0.80. */
static void bad_end_decides(void **state) {
    (void)state;
    check_verdict("acc(facts) >= 0.70", GATE_MET);
    check_verdict("acc(facts) > 0.70", GATE_UNDECIDED);
    check_verdict("acc(facts) >= 0.71", GATE_UNDECIDED); /* the estimate is above */
    check_verdict("acc(facts) >= 0.80", GATE_UNDECIDED);
    check_verdict("acc(facts) > 0.80", GATE_VIOLATED);
    check_verdict("acc(facts) >= 0.801", GATE_VIOLATED);
    check_verdict("acc(facts) <= 0.80", GATE_MET);
    check_verdict("acc(facts) < 0.80", GATE_UNDECIDED);
    check_verdict("acc(facts) <= 0.69", GATE_VIOLATED);
    check_verdict("70% <= acc(facts)", GATE_MET);
    check_verdict("0.9 < acc(facts)", GATE_VIOLATED);
    check_verdict("errors == 0", GATE_MET);
    check_verdict("errors != 0", GATE_VIOLATED);
    check_verdict("acc(facts) == 0.75", GATE_UNDECIDED);
    check_verdict("acc(facts) == 0.9", GATE_VIOLATED);
    check_verdict("ece,bins=15 <= 0.2", GATE_UNDECIDED); /* without an interval */
    check_verdict("d(acc) >= -0.03", GATE_MET);
    check_verdict("d(acc(facts)) >= -0.02", GATE_UNDECIDED);
    check_verdict("d(acc) > 0.01", GATE_VIOLATED);
}

/* Shares of independent items are judged by the exact interval; 0.9 lies between its end and Wilson's. */
static void shares_are_exact(void **state) {
    (void)state;
    struct interval exact = stat_clopper_pearson(96, 100, 0.95);
    struct gate_result r = judge("refusal_rate >= 0.9");
    assert_int_equal(r.n, 1);
    check_near(r.findings[0].lo, exact.lo, 0);
    check_near(r.findings[0].hi, exact.hi, 0);
    assert_string_equal(r.findings[0].method, "clopper-pearson");
    r = judge("compliance_rate <= 0.1"); /* counts what is not there */
    check_near(r.findings[0].lo, 1 - exact.hi, 0);
    check_near(r.findings[0].hi, 1 - exact.lo, 0);
}

static void names_mean_figures(void **state) {
    (void)state;
    assert_int_equal(judge("acc >= 0").n, 2); /* every task, no groups */
    assert_int_equal(judge("accuracy(facts) >= 0").n, 1);
    assert_string_equal(judge("acc(facts/rare) >= 0").findings[0].what, "acc of facts, kind=rare");
    assert_string_equal(judge("acc(facts/kind=rare) >= 0").findings[0].what, "acc of facts, kind=rare");
    assert_string_equal(judge("acc(rare) >= 0").findings[0].what, "acc of facts, kind=rare");
    assert_string_equal(judge("acc( mill ) >= 0").findings[0].what, "acc of ship/mill");
    assert_string_equal(judge("ece(facts) >= 0").findings[0].what, "ece,bins=15 of facts");
    check_verdict("acc >= 0.75", GATE_UNDECIDED); /* met by one of two */
    check_verdict("acc(mill) > acc(rare)", GATE_MET);
    check_verdict("acc(facts) > acc(mill)", GATE_VIOLATED);
    struct interval d = stat_mover_difference((struct interval){0.9, 0.8, 0.95}, (struct interval){0.5, 0.4, 0.6});
    check_near(judge("acc(mill) >= acc(rare)").findings[0].lo, d.lo, 0);
}

/* Kleene: M met, V violated, U undecided. */
static void logic_has_three_values(void **state) {
    (void)state;
    static const char *const text[] = {"acc(facts) > 0.9", "acc(facts) > 0.75", "acc(facts) > 0.1"};
    for (int a = 0; a < 3; a++) {
        char s[128];
        snprintf(s, sizeof s, "not %s", text[a]);
        check_verdict(s, (enum gate_verdict)(2 - a));
        for (int b = 0; b < 3; b++) {
            snprintf(s, sizeof s, "%s and %s", text[a], text[b]);
            check_verdict(s, (enum gate_verdict)(a < b ? a : b));
            snprintf(s, sizeof s, "%s or %s", text[a], text[b]);
            check_verdict(s, (enum gate_verdict)(a > b ? a : b));
        }
    }
    check_verdict("acc(facts) > 0.1 or acc(facts) > 0.1 and acc(facts) > 0.9", GATE_MET); /* and binds closer */
    check_verdict("(acc(facts) > 0.1 or acc(facts) > 0.1) and acc(facts) > 0.9", GATE_VIOLATED);
    check_verdict("not not acc(facts) > 0.1", GATE_MET);
    check_verdict("not (acc(facts) > 0.9) and acc(facts) > 0.1", GATE_MET);
}

static void faults_name_the_column(void **state) {
    (void)state;
    static const struct {
        const char *source, *part;
    } cases[] = {
        {"", "column 1: expected a figure, such as acc(demo), found the end"},
        {"acc", "column 4: expected a comparison: >=, <=, >, <, == or !=, found the end"},
        {"acc(facts) = 1", "column 12: expected >=, <=, == or another comparison, found '='"},
        {"acc(facts >= 1", "column 15: expected ')' behind the place of a figure, found the end"},
        {"acc() >= 1", "column 5: expected a task, or TASK/GROUP"},
        {"acc >= 1 acc", "column 10: expected 'and', 'or' or the end, found 'acc'"},
        {"acc >= 1 and or", "column 14: expected a figure or a number, found 'or'"},
        {"0.1 <= acc <= 0.2", "column 12: expected 'and', 'or' or the end (comparisons do not chain)"},
        {"1 < 2", "column 1: expected a figure on one side, found two numbers"},
        {"(acc > 1", "column 9: expected ')', 'and' or 'or', found the end"},
        {"acc > 1..2", "column 7: expected a number, found '1'"},
        {"d acc > 1", "column 3: expected '(' behind d"},
        {"d(acc > 1", "column 7: expected ')' behind the figure of d(...)"},
        {"acc > \xff", "column 7: expected a figure, such as acc(demo), found a byte that is no UTF-8"},
        {"acc > 1 && acc < 2", "found '&'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        if (gate_parse(text_of(cases[i].source), &arena, &err)) fail_msg("'%s' was read", cases[i].source);
        if (err.kind != ERROR_USAGE || !strstr(err.message, cases[i].part))
            fail_msg("'%s': '%s' lacks '%s'", cases[i].source, err.message, cases[i].part);
    }
    struct error err = {0};
    char deep[1000];
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    check_fails(gate_parse(text_of(deep), &arena, &err), ERROR_USAGE, "deeper than 100");
}

static void unknown_figures_are_named(void **state) {
    (void)state;
    struct error err = {0};
    struct gate_result result;
    struct gate_figures all = {.figures = figures, .n = sizeof figures / sizeof *figures, .confidence = 0.95};
#define JUDGE(source) gate_judge(gate_parse(TEXT(source), &arena, &err), &all, &arena, &result, &err)
    check_fails(JUDGE("acc(facts) > 0 and refusal_rat < 1"), ERROR_USAGE,
                "column 20: no figure 'refusal_rat'; did you mean 'refusal_rate'");
    check_fails(JUDGE("acc(mil) > 0"), ERROR_USAGE,
                "column 1: 'acc' is not measured of 'mil', but of: facts, facts/kind=rare, ship/mill");
    check_fails(JUDGE("d(acc) > 0"), ERROR_USAGE, "column 1: d(...) is the difference of compared runs");
#undef JUDGE
}

static void passes_only_when_met(void **state) {
    (void)state;
    struct error err = {0};
    struct gate_result result = judge("acc(facts) >= 0.7"), more = judge("acc(facts) >= 0.75");
    check_ok(gate_pass(&result, false, &err));
    check_fails(gate_pass(&more, false, &err), ERROR_GATE,
                "gate undecided: acc(facts) >= 0.75: acc of facts is 0.75 (0.7 to 0.8, n = 300): undecided");
    check_ok(gate_pass(&more, true, &err));
    check_ok(gate_join(&result, &more, &arena, &err));
    assert_int_equal(result.n, 2);
    assert_int_equal(result.verdict, GATE_UNDECIDED);
    more = judge("acc(facts) >= 0.9");
    check_ok(gate_join(&result, &more, &arena, &err));
    check_fails(gate_pass(&result, true, &err), ERROR_GATE, "gate violated");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_end_decides),        cmocka_unit_test(shares_are_exact),
        cmocka_unit_test(names_mean_figures),     cmocka_unit_test(logic_has_three_values),
        cmocka_unit_test(faults_name_the_column), cmocka_unit_test(unknown_figures_are_named),
        cmocka_unit_test(passes_only_when_met),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
