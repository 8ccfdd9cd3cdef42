/* The scorer and the estimator that docs/add-a-method.md prints, as it prints them, do what it says of them. (The
 * domain has a test of its own on the page; the checker is compiled.) */
#include "check.h"

#include "base/file.h"
#include "docs/add_method.h"

#include <math.h>
#include <stdlib.h>

static struct error err;

/* ---- the scorer ---- */

static double shouted(const char *said, int64_t least) {
    static const char row[] = "{\"id\": \"1\"}\n";
    static const char yaml[] =
        "{task: t, dataset_path: row.jsonl, output_type: generate_until, doc_to_text: q, doc_to_target: a}";
    char folder[] = "/tmp/basanite-shout-XXXXXX", path[64], command[64];
    const struct option_value options[] = {{.integer = least}};
    const struct answer answer = {.text = text_of(said)};
    struct score score = {.parts = json_object()};
    struct arena arena;
    struct item item;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/row.jsonl", folder);
    check_ok(file_write(path, TEXT(row), &err));
    const struct task_settings settings = {.path = folder, .seed = 1, .few_shot = -1};
    arena_init(&arena, 1 << 22);
    struct task *task = task_parse(TEXT(yaml), "test.yaml", &settings, &err);
    check_ok(task);
    struct task_items *items = task_open(task, &err);
    check_ok(items);
    assert_int_equal(task_next(items, &arena, &item, &err), 1);
    task_close(items);
    check_ok(scorer_shout.score(task, options, &item, &answer, &arena, &score, &err));
    json_decref(score.parts);
    item_done(&item);
    task_free(task);
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    return score.value;
}

static void capitals_are_counted(void **state) {
    (void)state;
    check_near(shouted("WHY me", 1), 0.6, 1e-15);
    check_near(shouted("Az zA", 1), 0.5, 1e-15);
    assert_true(isnan(shouted("12", 1)));
    assert_true(isnan(shouted("WHY me", 6)));
}

/* ---- the estimator ---- */

static double medians(const double *y, const double *w, size_t n) {
    double t[16];
    struct effect_estimate out;
    struct arena arena;
    for (size_t i = 0; i < n; i++) t[i] = (double)(i % 2);
    const struct effect_problem problem = {
        .estimator = &estimator_medians, .n = n, .t = t, .y = (double *)y, .binary = true};
    arena_init(&arena, 1 << 16);
    effect_estimate_init(&out);
    check_ok(estimator_medians.estimate(&problem, w, &arena, &out, &err));
    arena_done(&arena);
    return out.value[EFFECT_ATE];
}

static void medians_are_weighted_and_nobody_says_nothing(void **state) {
    (void)state;
    const double y[] = {1, 10, 2, 20, 3, 70}; /* untreated 1 2 3, treated 10 20 70 */
    const double last[] = {0, 1, 0, 1, 1, 3}, nobody[] = {1, 0, 1, 0, 1, 0};
    check_near(medians(y, NULL, 6), 20 - 2, 0);
    check_near(medians(y, last, 6), 70 - 3, 0);
    assert_true(isnan(medians(y, nobody, 6)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capitals_are_counted),
        cmocka_unit_test(medians_are_weighted_and_nobody_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
