/* Specs: reading against a table, grids, the canonical text, help. */
#include "check.h"

#include "base/option.h"

static const struct option_def defs[] = {
    {"beta", OPTION_REAL, "0.1", 0, 10, NULL, "strength"},
    {"steps", OPTION_INT, "100", 1, 1000000, NULL, "updates"},
    {"loss", OPTION_CHOICE, "sigmoid", 1, 0, "sigmoid|hinge", "form"},
    {"url", OPTION_TEXT, NULL, 1, 0, NULL, "where"},
    {"quick", OPTION_FLAG, "no", 1, 0, NULL, "less work"}};
enum { BETA, STEPS, LOSS, URL, QUICK, N };

static struct arena arena;

static void reads(void **state) {
    (void)state;
    struct error err = {0};
    struct option_value *v = spec_parse(&arena, TEXT("dpo"), defs, N, &err);
    assert_non_null(v);
    assert_true(v[BETA].real == 0.1 && v[STEPS].integer == 100 && text_equal_c(v[LOSS].text, "sigmoid") && !v[QUICK].flag);
    assert_true(!v[BETA].given && v[URL].text.len == 0);
    v = spec_parse(&arena, TEXT("dpo,quick,beta=0.5,url=http://h:80/a=b"), defs, N, &err);
    assert_non_null(v);
    assert_true(v[QUICK].flag && v[QUICK].given && v[BETA].real == 0.5 && text_equal_c(v[URL].text, "http://h:80/a=b"));
    assert_true(text_equal_c(spec_name(TEXT("dpo,quick")), "dpo") && text_equal_c(spec_name(TEXT("dpo")), "dpo"));
    assert_non_null(spec_parse(&arena, TEXT("none"), NULL, 0, &err));
}

static void refuses(void **state) {
    (void)state;
    struct error err = {0};
    static const struct { const char *spec, *part; } bad[] = {
        {"dpo,betta=1", "'dpo' has no key 'betta'; did you mean 'beta'?"},
        {"dpo,zzzzzz=1", "its keys are 'beta', 'steps', 'loss', 'url', 'quick'"},
        {"dpo,", "has no key ''"},
        {"dpo,beta=x", "key 'beta': expected a number, found 'x'"},
        {"dpo,beta=11", "expected a number from 0 to 10, found '11'"},
        {"dpo,beta=nan", "expected a number from 0 to 10, found 'nan'"},
        {"dpo,beta", "expected a value (key=value)"},
        {"dpo,steps=1.5", "expected a whole number"},
        {"dpo,steps=0", "from 1 to 1e+06"},
        {"dpo,loss=hing", "expected sigmoid|hinge, found 'hing'"},
        {"dpo,quick=maybe", "expected yes or no"},
        {"dpo,beta=1,beta=2", "key 'beta' is given twice"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(spec_parse(&arena, text_of(bad[i].spec), defs, N, &err), ERROR_USAGE, bad[i].part);
    check_fails(spec_parse(&arena, TEXT("none,x=1"), NULL, 0, &err), ERROR_USAGE, "'none' takes no keys");
}

static void grids(void **state) {
    (void)state;
    struct error err = {0};
    struct text *out;
    size_t n;
    check_ok(spec_grid(&arena, TEXT("dpo,beta=0.1:0.5,quick,steps=1:2:3,url=a:b"), defs, N, &out, &n, &err));
    assert_int_equal(n, 6);
    assert_true(text_equal_c(out[0], "dpo,beta=0.1,quick,steps=1,url=a:b"));
    assert_true(text_equal_c(out[2], "dpo,beta=0.1,quick,steps=3,url=a:b"));
    assert_true(text_equal_c(out[5], "dpo,beta=0.5,quick,steps=3,url=a:b"));
    check_ok(spec_grid(&arena, TEXT("dpo"), defs, N, &out, &n, &err));
    assert_true(n == 1 && text_equal_c(out[0], "dpo"));
    char big[6000];
    int len = snprintf(big, sizeof big, "dpo,steps=1");
    for (int i = 0; i < 99; i++) len += snprintf(big + len, sizeof big - (size_t)len, ":1");
    len += snprintf(big + len, sizeof big - (size_t)len, ",beta=1");
    for (int i = 0; i < 99; i++) len += snprintf(big + len, sizeof big - (size_t)len, ":1");
    check_fails(spec_grid(&arena, text_of(big), defs, N, &out, &n, &err), ERROR_USAGE, "more than 4096 combinations");
}

/* Reading what was put gives the same values, and putting it again the same text. */
static void canonical(void **state) {
    (void)state;
    struct error err = {0};
    static const char *const pairs[][2] = {{"dpo", "dpo"},
                                           {"dpo,steps=100,quick=no", "dpo"},
                                           {"dpo,quick,url=x,beta=0.30", "dpo,beta=0.3,url=x,quick=yes"},
                                           {"dpo,loss=hinge,steps=007", "dpo,steps=7,loss=hinge"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct text spec = text_of(pairs[i][0]);
        for (int round = 0; round < 2; round++) {
            struct buffer b;
            buffer_init(&b, 1000);
            struct option_value *v = spec_parse(&arena, spec, defs, N, &err);
            assert_non_null(v);
            assert_true(spec_put(&b, TEXT("dpo"), defs, N, v));
            assert_string_equal(b.at, pairs[i][1]);
            spec = text_of(pairs[i][1]);
            buffer_done(&b);
        }
    }
}

static void help(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 1000);
    assert_true(option_put_help(&b, defs, N));
    assert_non_null(strstr(b.at, "  beta=X (0 to 10) [0.1]  strength\n"));
    assert_non_null(strstr(b.at, "  loss=sigmoid|hinge [sigmoid]  form\n"));
    assert_non_null(strstr(b.at, "  url=TEXT  where\n"));
    buffer_done(&b);
}

static int start(void **state) {
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(refuses), cmocka_unit_test(grids),
                                       cmocka_unit_test(canonical), cmocka_unit_test(help)};
    return cmocka_run_group_tests_name("option", tests, start, end);
}
