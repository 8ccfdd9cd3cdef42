/* Bands: what a suite may say of them, and how figures are judged by them. */
#include "check.h"

#include "base/file.h"
#include "measure/task/bands.h"
#include "measure/statistics/statistics.h"
#include "measure/task/task.h"

#include <stdlib.h>

static struct error err;
static char folder[64];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-bands-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static bool read_bands(const char *yaml, json_t *bands) {
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct yaml *root = yaml_read(&arena, text_of(yaml), "suite.yaml", &err);
    check_ok(root);
    bool ok = bands_read(root, bands, &err);
    arena_done(&arena);
    return ok;
}

static void refuse(const char *yaml, const char *says) {
    json_t *bands = json_array();
    check_fails(read_bands(yaml, bands), ERROR_DATA, says);
    json_decref(bands);
}

static void what_cannot_be_a_band(void **state) {
    (void)state;
    refuse("{name: a}", "a list");
    refuse("[{name: a, task: t, figure: acc}]", "'from' or 'to'");
    refuse("[{name: a, task: t, figure: acc, from: 0.5, to: 0.4}]", "above");
    refuse("[{name: a, task: t, figure: acc, fro: 0.5}]", "did you mean 'from'?");
    refuse("[{name: a, task: t, from: 0.5}]", "'figure'");
    refuse("[{name: a, task: t, figure: acc, from: much}]", "suite.yaml:1:");
    refuse("[{name: a, task: t, figure: acc, from: 0, minus: {group: g=1}, over: {group: g=1}}]", "exclude");
    refuse("[{name: a, task: t, figure: acc, from: 0, minus: {grup: g=1}}]", "did you mean 'group'?");
}

static struct figure share(const char *task, const char *group, uint64_t k, uint64_t n) {
    struct interval x = stat_wilson(k, n, 0.95);
    return (struct figure){.name = "acc", .task = task, .group = group, .value = x.estimate, .lo = x.lo, .hi = x.hi, .n = n};
}

static void judged_by_the_estimate(void **state) {
    static const char yaml[] =
        "- {name: inside, task: t, figure: acc, from: 0.7, to: 0.9}\n"
        "- {name: at the end, task: t, figure: acc, group: g=a, from: 0.5, to: 0.9}\n"
        "- {name: below, task: t, figure: acc, group: g=a, from: 0.6}\n"
        "- {name: above, task: t, figure: acc, to: 0.75}\n"
        "- {name: drop, task: t, figure: acc, minus: {group: g=a}, to: 0.35}\n"
        "- {name: kept, task: u, figure: acc, over: {task: t}, from: 0.5}\n"
        "- {name: absent, task: t, figure: acc, group: g=b, to: 1}\n";
    static const bool met[] = {true, true, false, false, true, true, false};
    const struct figure figures[] = {share("t", "", 80, 100), share("t", "g=a", 25, 50), share("u", "", 30, 60)};
    struct arena arena;
    struct band *bands;
    size_t n;
    json_t *list = json_array();
    (void)state;
    arena_init(&arena, 1 << 20);
    check_ok(read_bands(yaml, list));
    check_ok(bands_judge(list, figures, 3, &arena, &bands, &n, &err));
    assert_int_equal(n, 7);
    for (size_t i = 0; i < n; i++)
        if (bands[i].met != met[i]) fail_msg("band '%s'", bands[i].name);
    assert_int_equal(bands_missed(bands, n), 3);
    check_near(bands[0].value, 0.8, 0);
    check_near(bands[0].lo, figures[0].lo, 0);
    struct interval drop = stat_two_shares(1, 80, 100, -1, 25, 50, 0.95); /* Newcombe's, from the same limits */
    check_near(bands[4].value, 0.3, 1e-15);
    check_near(bands[4].lo, drop.lo, 1e-15);
    check_near(bands[4].hi, drop.hi, 1e-15);
    assert_int_equal(bands[4].n, 50); /* the smaller one */
    check_near(bands[5].value, 0.625, 1e-15);
    assert_true(bands[5].lo > 0 && bands[5].lo < 0.625 && bands[5].hi > 0.625);
    assert_string_equal(bands[5].what, "acc over acc in t");
    assert_string_equal(bands[4].what, "acc less acc of g=a");
    assert_true(isnan(bands[6].value) && isnan(bands[6].lo));
    json_decref(list);
    arena_done(&arena);
}

/* Where both intervals are symmetric, MOVER's ratio is Fieller's: (25 - 1) r^2 - 100 r + (100 - 4) = 0. */
static void ratio_is_fiellers(void **state) {
    struct interval r = stat_mover_ratio((struct interval){10, 8, 12}, (struct interval){5, 4, 6});
    (void)state;
    check_near(r.estimate, 2, 0);
    check_near(r.lo, 1.5, 1e-14);
    check_near(r.hi, 8.0 / 3, 1e-14);
    r = stat_mover_ratio((struct interval){0.5, 0.4, 0.6}, (struct interval){0.1, 0, 0.3});
    assert_true(r.estimate == 5 && isnan(r.lo) && isnan(r.hi)); /* the divisor may be nothing */
    assert_true(isnan(stat_mover_ratio((struct interval){0.5, 0.4, 0.6}, (struct interval){0, 0, 0.1}).estimate));
}

static struct suite *load(const char *text) {
    char path[128];
    const struct task_settings settings = {.path = folder, .few_shot = -1};
    snprintf(path, sizeof path, "%s/s.yaml", folder);
    check_ok(file_write(path, text_of(text), &err));
    return suite_load(path, &settings, &err);
}

#define TASK "{task: t, dataset_path: 'world:ask/test,count=5', output_type: generate_until, doc_to_text: prompt}"

static void bands_of_a_suite(void **state) {
    (void)state;
    struct suite *suite = load("suite: s\ntasks: [" TASK "]\nbands: [{name: a, task: t, figure: score, from: 0.5}]\n");
    check_ok(suite);
    assert_int_equal(json_array_size(suite->bands), 1);
    suite_free(suite);
    check_fails(load("suite: s\ntasks: [" TASK "]\nbands: [{name: a, task: tt, figure: score, from: 0.5}]\n"), ERROR_DATA,
                "is of task 'tt', which the suite does not have; did you mean 't'?");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_cannot_be_a_band), cmocka_unit_test(judged_by_the_estimate),
                                       cmocka_unit_test(ratio_is_fiellers), cmocka_unit_test(bands_of_a_suite)};
    return cmocka_run_group_tests_name("bands", tests, make_folder, remove_folder);
}
