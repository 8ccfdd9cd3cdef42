/* Scoring of recorded answers: shapes of rows, scored rows, known answers that are met and missed, bad rows by line. */
#include "check.h"

#include "base/file.h"
#include "measure/run/score_file.h"

#include <stdlib.h>

static char folder[64], path[128];
static struct arena arena;
static struct error err;
static json_t *rows;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 26);
    snprintf(folder, sizeof folder, "/tmp/basanite-score-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    arena_done(&arena);
    json_decref(rows);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static bool keep(void *context, const json_t *row, struct error *error) {
    (void)context, (void)error;
    json_array_append(rows, (json_t *)row);
    return true;
}

static bool score(const char *scorer, const char *text, bool lenient, struct score_file_result *out) {
    const char *const paths[] = {path};
    struct score_file_settings s = {.scorer = scorer,
                                    .path = folder,
                                    .lenient = lenient,
                                    .sink = keep,
                                    .figures = {.confidence = 0.95, .bootstrap = 100, .seed = 1}};
    snprintf(path, sizeof path, "%s/answers.jsonl", folder);
    json_decref(rows);
    rows = json_array();
    check_ok(file_write(path, text_of(text), &err));
    error_clear(&err);
    return score_files(paths, 1, &s, &arena, out, &err);
}

static double figure(const struct score_file_result *r, const char *name) {
    for (size_t i = 0; i < r->n_figures; i++)
        if (strcmp(r->figures[i].name, name) == 0) return r->figures[i].value;
    fail_msg("no figure '%s'", name);
    return 0;
}

static void groups_get_rewards(void **state) {
    struct score_file_result r;
    (void)state;
    check_ok(score(
        "levels",
        "{\"id\":\"a\",\"prompt\":\"p\",\"gold\":\"(1) Bo is a knave\",\"answers\":["
        "{\"text\":\"</think><answer>Bo is a knave</answer>\"},{\"text\":\"</think><answer>Bo is a knight</answer>\"},"
        "{\"text\":\"?\",\"reward\":{\"x\":1}}]}\n",
        false, &r));
    assert_int_equal(r.rows, 1);
    assert_int_equal(r.answers, 3);
    check_near(figure(&r, "acc"), 1.0 / 3, 1e-15);
    check_near(figure(&r, "level_share,level=4"), 1.0 / 3, 1e-15);
    const json_t *answers = json_object_get(json_array_get(rows, 0), "answers"), *last = json_array_get(answers, 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(answers, 1), "level")), 2);
    check_near(json_number_value(json_object_get(json_object_get(last, "reward"), "levels")), -3, 0);
    check_near(json_number_value(json_object_get(json_object_get(last, "reward"), "x")), 1, 0);
}

static void answers_get_scores(void **state) {
    struct score_file_result r;
    (void)state;
    check_ok(score("match",
                   "{\"id\":\"a\",\"text\":\"The "
                   "Mill\",\"answers\":[\"mill\",\"house\"]}\n{\"text\":\"x\",\"gold\":{\"texts\":[\"y\"]}}\n",
                   false, &r));
    check_near(figure(&r, "exact_match"), 0.5, 0);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "label")), "correct");
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 1), "scorer")), "match");
}

/* The gold of items of the pocket world: the answer and other words for it. */
static void items_of_the_world_have_references(void **state) {
    struct score_file_result r;
    (void)state;
    check_ok(score("match",
                   "{\"text\":\"Mill\",\"gold\":{\"answer\":\"Mill\",\"aliases\":[\"the old house\"],\"kind\":\"value\"}}\n"
                   "{\"text\":\"the old house\",\"gold\":{\"answer\":\"Mill\",\"aliases\":[\"the old house\"],\"kind\":\"value\"}}\n"
                   "{\"text\":\"River\",\"gold\":{\"answer\":\"Mill\",\"aliases\":[],\"kind\":\"value\"}}\n",
                   false, &r));
    check_near(figure(&r, "exact_match"), 2.0 / 3, 1e-12);
    check_ok(score("levels,rules=knights-short",
                   "{\"text\":\"Answer: (1) Bo is a knave End.\",\"gold\":{\"answer\":\"(1) Bo is a knave\",\"kind\":\"roles\"}}\n", false, &r));
    check_near(figure(&r, "acc"), 1, 0);
}

static void known_answers_count(void **state) {
    struct score_file_result r;
    (void)state;
    check_ok(score("match,mode=exact",
                   "{\"text\":\"a\",\"gold\":\"a\",\"expect\":{\"score\":1,\"label\":\"correct\"}}\n"
                   "{\"id\":\"q\",\"text\":\"a\",\"gold\":\"b\",\"expect\":{\"exact_match\":1}}\n",
                   false, &r));
    assert_int_equal(r.expected, 2);
    assert_int_equal(r.met, 1);
    assert_non_null(strstr(r.missed, "answers.jsonl:2, 'q': exact_match 0"));
    assert_non_null(strstr(r.missed, "instead of 1"));
}

static void bad_rows_are_named(void **state) {
    struct score_file_result r;
    (void)state;
    check_fails(score("match", "{\"text\":\"a\"}\n{\"txt\":\"a\"}\n", false, &r), ERROR_DATA, "answers.jsonl:2");
    check_fails(score("match", "{\"text\":7}\n", false, &r), ERROR_DATA, "field 'text'");
    check_fails(score("match", "{\"answers\":[]}\n", false, &r), ERROR_DATA, "at least one answer");
    check_fails(score("match", "{\"text\":\"a\",\"gold\":{\"text\":true}}\n", false, &r), ERROR_DATA,
                "expected a text, a number");
    check_fails(score("mtch", "{\"text\":\"a\"}\n", false, &r), ERROR_USAGE, "did you mean 'match'");
    check_fails(score("levels,rules=no.yaml", "{\"text\":\"a\"}\n", false, &r), ERROR_DATA, "no.yaml");
    check_ok(score("match", "{\"text\":\"a\",\"gold\":\"a\"}\nnothing\n{\"text\":\"b\",\"gold\":\"c\"}\n", true, &r));
    assert_int_equal(r.bad_rows, 1);
    assert_int_equal(r.rows, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(groups_get_rewards), cmocka_unit_test(answers_get_scores),
                                       cmocka_unit_test(items_of_the_world_have_references),
        cmocka_unit_test(known_answers_count), cmocka_unit_test(bad_rows_are_named)};
    return cmocka_run_group_tests_name("score_file", tests, setup, teardown);
}
