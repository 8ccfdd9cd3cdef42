/* Recipes: words of lines, values of formulas with their intervals, how many seeds must agree. Figures are put into a
 * record by hand, so that every value is known. */
#include "check.h"

#include "base/file.h"
#include "recipe/recipe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    return system("rm -rf recipe-test && mkdir -p recipe-test/seed-1 recipe-test/seed-2 recipe-test/seed-3") == 0 ? 0
                                                                                                                  : -1;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return system("rm -rf recipe-test") == 0 ? 0 : -1;
}

/* ---- words */

static void test_words(void **state) {
    struct recipe_names names = {.seed = 42, .subject = "my model.gguf", .shared = "../shared"};
    (void)state;
    const char **w = recipe_words("basanite  run \"a b\" 'c $SEED'\t--seed $SEED --x=$SHARED/y$SEED \"\" $SUBJECT",
                                  &names, &arena, &err);
    static const char *const expected[] = {"basanite",          "run", "a b",          "c $SEED", "--seed", "42",
                                           "--x=../shared/y42", "",    "my model.gguf"};
    assert_non_null(w);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) assert_string_equal(w[i], expected[i]);
    assert_null(w[sizeof expected / sizeof *expected]);
    assert_null(recipe_words("rm -rf /", &names, &arena, &err));
    assert_null(recipe_words("", &names, &arena, &err));
    assert_null(recipe_words("basanite 'x", &names, &arena, &err));
    assert_null(recipe_words("basanite $HOME", &names, &arena, &err));
    names.seed = 0;
    assert_null(recipe_words("basanite $SEED", &names, &arena, &err));
}

/* ---- formulas */

static void put(struct record *record, int64_t run, const char *task, const char *name, const char *group, double value,
                double lo, double hi) {
    struct figure f = {.name = name,
                       .task = task,
                       .group = group,
                       .value = value,
                       .lo = lo,
                       .hi = hi,
                       .n = 100,
                       .k = -1,
                       .method = "student-t",
                       .unit = "share",
                       .direction = "up",
                       .parsed = NAN,
                       .scorer = ""};
    check_ok(record_put_figure(record, run, &f, &err));
}

static struct record *open_record(const char *path) {
    struct record *record = record_open(path, RECORD_WRITE, &err);
    assert_non_null(record);
    return record;
}

static int64_t start(struct record *record, const char *name) {
    struct record_run_key key = {
        .name = name, .command = "", .config = "{}", .suite = "s", .subject = "d", .build = "b"};
    struct record_subject subject = {
        .digest = "d", .spec = "script:x", .kind = "script", .name = "x", .capabilities = ""};
    struct record_run run;
    check_ok(record_put_subject(record, &subject, &err));
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &run, &err));
    return run.id;
}

static struct recipe_value value(const char *formula, struct record *record) {
    struct recipe_records records = {{record}, 1};
    struct recipe_value out = {0};
    const struct recipe_formula *f = recipe_formula_parse(text_of(formula), &arena, &err);
    if (!f) fail_msg("%s: %s", formula, err.message);
    check_ok(recipe_formula_value(f, &records, &out, &err));
    return out;
}

static void fails(const char *formula, struct record *record, const char *why) {
    struct recipe_records records = {{record}, 1};
    struct recipe_value out;
    const struct recipe_formula *f = recipe_formula_parse(text_of(formula), &arena, &err);
    if (f) assert_false(recipe_formula_value(f, &records, &out, &err));
    if (!strstr(err.message, why)) fail_msg("'%s' does not say '%s'", err.message, why);
}

static void test_formulas(void **state) {
    struct record *r = open_record("recipe-test/formulas.db");
    int64_t a = start(r, "a"), b = start(r, "b");
    (void)state;
    put(r, a, "t", "acc", "", 0.6, 0.5, 0.7), put(r, a, "t", "acc", "kind=rare", 0.2, 0.1, 0.3),
        put(r, b, "t", "acc", "", 0.4, 0.36, 0.44);
    put(r, b, "t", "ece,bins=10", "", 0.25, 0.2, 0.3), put(r, b, "u", "acc", "", 0.1, 0, 0.2);
    assert_float_equal(value("acc(a)", r).value, 0.6, 0);
    assert_float_equal(value("acc( a : t/kind=rare )", r).hi, 0.3, 0);
    assert_float_equal(value("ece,bins=10(b)", r).lo, 0.2, 0);
    struct recipe_value d = value("acc(a) - acc(b:t)", r);
    assert_float_equal(d.value, 0.2, 1e-12);
    assert_float_equal(d.lo, 0.2 - sqrt(0.01 + 0.0016), 1e-12); /* each side's own distance, in squares */
    assert_float_equal(d.hi, 0.2 + sqrt(0.01 + 0.0016), 1e-12);
    assert_float_equal(value("2 * acc(a) + 10% - (acc(b:u) - 1) / 2", r).value, 1.2 + 0.1 + 0.45, 1e-12);
    assert_float_equal(value("1 - 2 - 3", r).value, -4, 0);
    assert_float_equal(value("8 / 2 / 2", r).value, 2, 0);
    d = value("-2 * acc(b:u)", r);
    assert_float_equal(d.lo, -0.4, 1e-12);
    assert_true(d.hi == 0);
    assert_true(isnan(value("acc(a) / acc(b:t)", r).lo));
    assert_float_equal(value("acc(a) / acc(b:t)", r).value, 1.5, 1e-12);
    d = value("spearman(30, acc(a), 20, acc(b:t), 10, acc(a:t/kind=rare), 5, acc(b:u))", r);
    assert_float_equal(d.value, 1, 1e-12);
    assert_true(isnan(d.lo) && isnan(d.hi));
    d = value("spearman(1, 1, 2, 3, 3, 2, 4, 4, 5, 5) - 0.1", r); /* 1 - 6 * 2 / (5 * 24) */
    assert_float_equal(d.value, 0.8, 1e-12);
    d = value("spearman(1, 1, 2, 3, 3, 2, 4, 4, 5, 5)", r);
    assert_float_equal(d.lo, tanh(atanh(0.9) - 1.959964 * sqrt((1 + 0.405) / 2)), 1e-6);
    assert_float_equal(d.hi, tanh(atanh(0.9) + 1.959964 * sqrt((1 + 0.405) / 2)), 1e-6);
    fails("spearman(1, 2, 3, 4, 5, 6)", r, "four pairs");
    fails("spearman(1, 2, 3)", r, "the other value");
    fails("spearman(1, 2, 3, 4, 5, 6, 7, 8", r, "behind a pair");
    const struct record_comparison kept[] = {
        {.a = a, .b = b, .name = "acc", .task = "t", .diff = -0.2, .lo = -0.3, .hi = -0.1, .p = 0.01, .p_corrected = 0.01, .method = "m"},
        {.a = a, .b = b, .name = "honesty: transition_honesty", .task = "t", .diff = 0.7, .lo = 0.6, .hi = 0.8, .p = NAN, .p_corrected = NAN, .method = "m"},
        {.a = a, .b = b, .name = "acc", .task = "u", .diff = 0.5, .lo = 0.4, .hi = 0.6, .p = 0.5, .p_corrected = 0.5, .method = "m"}};
    for (size_t i = 0; i < 3; i++) check_ok(record_put_comparison(r, &kept[i], &err));
    d = value("acc(b over a:t)", r);
    assert_float_equal(d.value, -0.2, 0);
    assert_float_equal(d.lo, -0.3, 0);
    assert_float_equal(value("transition_honesty( b over a ) - 50%", r).hi, 0.3, 1e-12);
    fails("acc(b over a)", r, "more than one comparison of 'b' over 'a'");
    fails("acc(a over b:t)", r, "`basanite compare b a` makes it");
    fails("acc(b over :t)", r, "the name of a run");
    fails("acc(b)", r, "several figures 'acc'");
    fails("acc(c)", r, "no run 'c'");
    fails("ac(a)", r, "there are: acc");
    fails("acc(a:u)", r, "there are: t, t/kind=rare");
    fails("acc(a", r, "')' behind");
    fails("acc()", r, "the name of a run");
    fails("acc(a) acc(b)", r, "column 8");
    fails("1e999", r, "a number");
    fails("", r, "the end");
    record_close(r);
}

/* ---- judging */

static const char source[] =
    "recipe: x\ntitle: t\nseeds: [1, 2, 3]\nsteps:\n  - {name: s, run: basanite run x}\nexpect:\n"
    "  - {figure: acc(a), name: gain, op: \">=\", value: 0.4, of: 2/3}\n  - {figure: acc(a), op: \">\", value: 0.3, tol: 0.01}\n"
    "  - {figure: acc(a), op: \"<=\", value: 0.6, quick: 0.2}\n  - {figure: acc(a), op: \"==\", value: 0.5, tol: 0.25, "
    "quick: no}\n"
    "  - {same: [f, g]}\n  - {figure: acc(nobody), op: \"<\", value: 9}\n";

static void test_judging(void **state) {
    static const double found[] = {0.5, 0.3, 0.7};
    static const uint64_t seeds[] = {1, 2, 3};
    char path[64];
    (void)state;
    for (int s = 0; s < 3; s++) {
        snprintf(path, sizeof path, "recipe-test/seed-%d/basanite.db", s + 1);
        struct record *r = open_record(path);
        put(r, start(r, "a"), "t", "acc", "", found[s], found[s] - 0.1, found[s] + 0.1);
        record_close(r);
        snprintf(path, sizeof path, "recipe-test/seed-%d/f", s + 1);
        check_ok(file_write(path, TEXT("same"), &err));
        snprintf(path, sizeof path, "recipe-test/seed-%d/g", s + 1);
        check_ok(file_write(path, s == 1 ? TEXT("sane") : TEXT("same"), &err));
    }
    struct recipe *recipe = recipe_read(&arena, TEXT(source), "x.yaml", &err);
    assert_non_null(recipe);
    assert_string_equal(recipe->expects[0].shown, "gain");
    assert_string_equal(recipe->expects[1].shown, "acc(a)");
    struct recipe_settings settings = {.folder = "recipe-test", .seeds = seeds, .n_seeds = 3};
    struct recipe_finding *f;
    check_ok(recipe_judge(recipe, &settings, &arena, &f, &err));
    static const unsigned agreeing[] = {2, 2, 2, 3, 2, 0};
    static const int met[] = {true, false, false, true, false, false};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(f[i].agreeing, i == 1 ? 3 : agreeing[i]); /* 0.3 > 0.3 within 0.01 */
        assert_int_equal(f[i].verdict == RECIPE_MET, i == 1 ? true : met[i]);
    }
    assert_float_equal(f[0].mean, 0.5, 1e-12);
    assert_float_equal(f[0].least, 0.3, 0);
    assert_float_equal(f[0].most, 0.7, 0);
    assert_non_null(strstr(f[5].why, "no run 'nobody'"));
    settings.quick = true, settings.n_seeds = 1;
    check_ok(recipe_judge(recipe, &settings, &arena, &f, &err));
    assert_int_equal(f[0].needed, 1); /* of one seed two thirds, rounded up */
    assert_float_equal(f[2].bound, 0.2, 0);
    assert_int_equal(f[2].verdict, RECIPE_MISSED);
    assert_int_equal(f[3].verdict, RECIPE_NOT_JUDGED);
}

/* Every recipe of the program can be read, and begins with its own name. */
static void test_builtin(void **state) {
    size_t n;
    const struct recipe_file *files = recipe_files(&arena, &n, &err);
    (void)state;
    assert_non_null(files);
    for (size_t i = 0; i < n; i++) {
        struct recipe *r = recipe_read(&arena, files[i].source, files[i].slug, &err);
        if (!r) fail_msg("%s", err.message);
        assert_string_equal(r->slug, files[i].slug);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_formulas),
                                       cmocka_unit_test(test_judging), cmocka_unit_test(test_builtin)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
