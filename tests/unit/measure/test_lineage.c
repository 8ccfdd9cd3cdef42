/* Kinship: trees of distances worked by hand, a zoo read and refused, the conformal bound, the table of causes row by
 * row; ranks of surveys by hand, who is left out of a survey, and what is refused. */
#include "check.h"

#include "base/file.h"
#include "measure/compare/lineage.h"
#include "measure/data/survey.h"
#include "measure/statistics/statistics.h"

#include <stdlib.h>

static char folder[64];
static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    snprintf(folder, sizeof folder, "/tmp/basanite-lineage-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static const char *put_file(const char *name, const char *text) {
    const char *path = arena_printf(&arena, &err, "%s/%s", folder, name);
    check_ok(file_write(path, text_of(text), &err));
    return path;
}

/* ---- trees ---- */

/* The example of Sokal and Michener's method: a and b at 2, c at 4 from both, d at 6 from all. */
static void trees_by_hand(void **state) {
    static const char *const names[] = {"a", "b", "c c", "d"};
    const double d[] = {0, 2, 4, 6, 2, 0, 4, 6, 4, 4, 0, 6, 6, 6, 6, 0};
    struct buffer b;
    (void)state;
    buffer_init(&b, 1 << 16);
    check_ok(lineage_newick(d, names, 4, false, &b, &err));
    assert_string_equal(b.at, "(((a:1,b:1):1,'c c':2):1,d:3);\n");
    buffer_clear(&b);
    check_ok(lineage_svg(d, names, 4, &b, &err));
    assert_true(text_find(buffer_text(&b), TEXT(">c c</text>"), 0) != SIZE_MAX);
    buffer_done(&b);
}

/* Saitou and Nei on distances of a tree: ((a:1,b:4):2,c:3,d:5) is found again whatever the rates. */
static void joining_by_hand(void **state) {
    static const char *const names[] = {"a", "b", "c", "d"};
    const double d[] = {0, 5, 6, 8, 5, 0, 9, 11, 6, 9, 0, 8, 8, 11, 8, 0};
    struct buffer b;
    (void)state;
    buffer_init(&b, 1 << 16);
    check_ok(lineage_newick(d, names, 4, true, &b, &err));
    assert_true(text_find(buffer_text(&b), TEXT("(a:1,b:4)"), 0) != SIZE_MAX);
    buffer_done(&b);
}

/* ---- zoos ---- */

static void zoos(void **state) {
    struct lineage_zoo zoo;
    (void)state;
    check_ok(lineage_zoo_read(put_file("z.json", "[{\"subject\": \"a.gguf\", \"name\": \"a\"},"
                                                 "{\"subject\": \"b.gguf\", \"name\": \"b\", \"kin\": {\"from\": \"a\"}},"
                                                 "{\"subject\": \"c.gguf\", \"name\": \"c\", \"kin\": {\"from\": \"b\"}},"
                                                 "{\"subject\": \"d.gguf\", \"name\": \"d\"}]"),
                              &arena, &zoo, &err));
    assert_true(lineage_related(&zoo, 0, 2) && lineage_related(&zoo, 1, 2) && !lineage_related(&zoo, 0, 3));
    assert_int_equal(lineage_zoo_find(&zoo, "d"), 3);
    static const struct {
        const char *text, *says;
    } bad[] = {{"[]", "1 to 64"},
               {"[{\"subject\": \"a\"}]", "entry 1"},
               {"[{\"subject\": \"a\", \"name\": \"a\"}, {\"subject\": \"b\", \"name\": \"a\"}]", "entry before"},
               {"[{\"subject\": \"a\", \"name\": \"a\", \"kin\": {\"from\": \"x\"}}]", "no name"},
               {"[{\"subject\": \"a\", \"name\": \"a\", \"kin\": {\"from\": \"a\"}}]", "cycle"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(lineage_zoo_read(put_file("bad.json", bad[i].text), &arena, &zoo, &err), ERROR_DATA, bad[i].says);
}

/* ---- calibration ---- */

static void conformal_by_hand(void **state) {
    struct lineage_pair pairs[25] = {{0}};
    size_t n;
    (void)state;
    for (size_t i = 0; i < 25; i++)
        pairs[i] = (struct lineage_pair){.a = i, .b = 100, .related = i >= 20, .score = {(double)i}};
    struct lineage_pair pair = {.score = {18.5}};
    check_near(lineage_conformal(pairs, 25, &pair, 7, &n), 2.0 / 20, 1e-15); /* of 20, one is the accused's own */
    assert_int_equal(n, 19);
    for (size_t i = 0; i < 25; i++) pairs[i].score[CHANNEL_WEIGHTS] = -(double)i; /* a second channel: twice the less */
    pair.score[CHANNEL_WEIGHTS] = -100;
    check_near(lineage_conformal(pairs, 25, &pair, 7, &n), 2 * 2.0 / 20, 1e-15);
}

static void causes(void **state) {
    static const struct {
        struct lineage_facts facts;
        enum lineage_cause cause;
    } table[] = {
        {{.claims = false, .declares = true, .calibrated = true, .available = true, .p = 0.01}, CAUSE_NO_CLAIM},
        {{.claims = true, .declares = true, .calibrated = true, .available = true, .p = 0.9}, CAUSE_DISCLOSED},
        {{.claims = true, .calibrated = true, .available = true, .p = 0.05, .searchable = true, .found = 3}, CAUSE_REUSE},
        {{.claims = true, .calibrated = true, .available = true, .p = 0.06, .searchable = true, .found = 3},
         CAUSE_CONTAMINATION},
        {{.claims = true, .calibrated = true, .available = true, .p = 0.06}, CAUSE_HALLUCINATION},
        {{.claims = true, .calibrated = true, .available = true, .p = 0.06, .searchable = true}, CAUSE_HALLUCINATION},
        {{.claims = true, .calibrated = false, .available = true, .p = 0.01}, CAUSE_UNDETERMINED},
        {{.claims = true, .calibrated = true, .available = false, .p = 0.01}, CAUSE_UNDETERMINED}};
    const char *rule;
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(lineage_cause(&table[i].facts, &rule), table[i].cause);
        assert_true(rule && *rule);
    }
}

/* ---- surveys ---- */

/* Differences 1 -2 3 4 5: ranks of the positive ones 1 + 3 + 4 + 5; sums of at most 2 in 3 of 32 ways. */
static void ranks_by_hand(void **state) {
    const double d[] = {1, -2, 3, 4, 5, 0}, tied[] = {1, 1, -1, 2};
    struct stat_signed w;
    struct stat_friedman f;
    (void)state;
    check_ok(stat_wilcoxon(d, 6, &w, &err));
    assert_true(w.n == 5 && w.exact);
    check_near(w.w, 13, 0);
    check_near(w.p, 2 * 3.0 / 32, 1e-15);
    check_ok(stat_wilcoxon(tied, 4, &w, &err)); /* ranks 2 2 2 4: 8 against a mean of 5, variance 7.5 - 24 / 48 */
    assert_false(w.exact);
    check_near(w.p, 2 * stat_normal_cdf(-2.5 / sqrt(7)), 1e-15);
    /* three people who all order three things alike: chi-square 6, W 1 */
    const double x[] = {1, 2, 3, 10, 20, 30, 5, 6, 7};
    check_ok(stat_friedman(x, 3, 3, &f, &err));
    check_near(f.chi2, 6, 1e-14);
    check_near(f.w, 1, 1e-14);
    check_near(stat_cliff_delta((double[]){1, 2, 3}, 3, (double[]){0, 2}, 2), (4.0 - 1) / 6, 1e-15);
}

static void people_left_out(void **state) {
    struct survey s;
    struct survey_result r;
    struct survey_settings settings = {.confidence = 0.95, .bootstrap = 100, .seed = 1};
    (void)state;
    check_ok(survey_read(put_file("s.csv", "respondent,error,before,after,check_ok\n"
                                           "a,identity,6,4,yes\na,logic,6,5,yes\na,none,5,5,yes\n"
                                           "b,identity,7,4,1\nb,logic,6,6,1\nb,none,6,6,1\n"
                                           "c,identity,6,1,no\nc,logic,6,2,yes\n"
                                           "d,identity,4,4,yes\nd,logic,4,4,yes\nd,none,4,4,yes\n"),
                         &arena, &s, &err));
    check_ok(survey_analyse(&s, &settings, &arena, &r, &err));
    assert_true(r.kept == 2 && r.failed == 1 && r.straight == 1);
    check_near(r.figures[0].value, 2.5, 1e-15); /* drops of 2 and 3 after identity */
    check_fails(survey_read(put_file("bad.csv", "respondent,error,before,after\na,identity,8,4\n"), &arena, &s, &err),
                ERROR_DATA, "bad.csv:2: column 'before'");
    settings.error = "smell";
    check_ok(survey_read(put_file("t.csv", "respondent,error,before,after\na,identity,7,4\n"), &arena, &s, &err));
    check_fails(survey_analyse(&s, &settings, &arena, &r, &err), ERROR_DATA, "no row has the kind of error 'smell'");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(trees_by_hand),     cmocka_unit_test(joining_by_hand),
                                       cmocka_unit_test(zoos),              cmocka_unit_test(conformal_by_hand),
                                       cmocka_unit_test(causes),            cmocka_unit_test(ranks_by_hand),
                                       cmocka_unit_test(people_left_out)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
