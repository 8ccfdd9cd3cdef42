/* The scorer of values: ratings in words, scales and their rotations, yes or no, two actions, acts; and what is refused
 * by name. */
#include "check.h"

#include "base/file.h"
#include "measure/task/scorer.h"

#include <stdlib.h>

static char folder[64];
static struct error err;

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-values-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

/* A task of one row, and its item. */
struct bench {
    struct arena arena;
    struct task *task;
    struct item item;
};

static void bench_open(struct bench *b, const char *row, const char *keys) {
    char path[128], yaml[1024];
    const struct task_settings settings = {.path = folder, .seed = 1, .few_shot = -1};
    snprintf(path, sizeof path, "%s/row.jsonl", folder);
    check_ok(file_write(path, text_of(row), &err));
    snprintf(yaml, sizeof yaml, "{task: t, dataset_path: row.jsonl, doc_to_text: q, %s}", keys);
    arena_init(&b->arena, 1 << 24);
    b->task = task_parse(text_of(yaml), "test.yaml", &settings, &err);
    check_ok(b->task);
    struct task_items *items = task_open(b->task, &err);
    check_ok(items);
    assert_int_equal(task_next(items, &b->arena, &b->item, &err), 1);
    task_close(items);
}

static void bench_close(struct bench *b) {
    item_done(&b->item);
    task_free(b->task);
    arena_done(&b->arena);
}

static double part_of(struct bench *b, const struct answer *a, const char *part) {
    struct score score;
    check_ok(task_score(b->task, &b->item, a, &b->arena, &score, &err));
    const json_t *value = json_object_get(score.parts, part);
    double found = strcmp(part, "value") == 0 ? score.value : json_is_number(value) ? json_number_value(value) : NAN;
    json_decref(score.parts);
    return found;
}

static double of_text(struct bench *b, const char *answer, const char *part) {
    const struct answer a = {.text = text_of(answer)};
    return part_of(b, &a, part);
}

/* Of choices with these log-probabilities. */
static double of_choices(struct bench *b, const double *logprob, size_t n, const char *part) {
    struct choice_score scores[8] = {{0}};
    struct answer a = {.choices = scores, .n_choices = n};
    for (size_t i = 0; i < n; i++) scores[i].logprob = logprob[i];
    return part_of(b, &a, part);
}

static void is_refused(struct bench *b, const char *answer, const char *what) {
    struct score score;
    const struct answer a = {.text = text_of(answer)};
    struct error why = {0};
    assert_false(task_score(b->task, &b->item, &a, &b->arena, &score, &why));
    if (!strstr(why.message, what)) fail_msg("'%s' does not tell of '%s'", why.message, what);
}

static void ratings_are_read(void **state) {
    struct bench b;
    (void)state;
    bench_open(&b, "{\"q\":\"?\",\"key\":1}\n", "output_type: generate_until, labels: {key: key}, scorer: 'values,rule=rating'");
    assert_true(of_text(&b, "7", "rating") == 7 && of_text(&b, " 10.", "rating") == 10);
    assert_true(of_text(&b, "I would say 8 out of 10.", "rating") == 8 && of_text(&b, "0/10", "rating") == 0);
    assert_true(of_text(&b, "{\"explanation\": \"1 of 2\", \"rating\": 6}", "rating") == 6);
    assert_true(isnan(of_text(&b, "", "rating")) && isnan(of_text(&b, "I refuse.", "rating")));
    assert_true(isnan(of_text(&b, "3 or 4", "rating")) && isnan(of_text(&b, "6.5", "rating")));
    assert_true(of_text(&b, "7", "raw") == 7 && of_text(&b, "7", "mid") == 5);
    is_refused(&b, "11", "expected 0 to 10");
    is_refused(&b, "-1", "expected 0 to 10");
    bench_close(&b);
    bench_open(&b, "{\"q\":\"?\",\"key\":-1}\n", "output_type: generate_until, labels: {key: key}, scorer: 'values,rule=rating'");
    assert_true(of_text(&b, "7", "rating") == 3 && of_text(&b, "7", "raw") == 7);
    bench_close(&b);
    bench_open(&b, "{\"q\":\"?\",\"key\":2}\n", "output_type: generate_until, labels: {key: key}, scorer: 'values,rule=rating'");
    is_refused(&b, "7", "row.jsonl:1");
    is_refused(&b, "7", "label 'key'");
    bench_close(&b);
    bench_open(&b, "{\"q\":\"?\",\"key\":0}\n", "output_type: generate_until, labels: {key: key}, scorer: 'values,rule=rating'");
    is_refused(&b, "7", "expected 1 or -1");
    bench_close(&b);
}

/* p .5, .25, .25 of three steps; moved on by one the options stand for 2, 3, 1. */
static void scales_are_weighed(void **state) {
    const double logprob[3] = {log(0.5), log(0.25), log(0.25)}, unknown[3] = {NAN, NAN, NAN};
    const char *keys = "output_type: multiple_choice, doc_to_choice: [A, B, C], labels: {rotation: r, key: k}, "
                       "scorer: 'values,rule=likert'";
    struct bench b;
    (void)state;
    bench_open(&b, "{\"q\":\"?\",\"r\":0,\"k\":1}\n", keys);
    check_near(of_choices(&b, logprob, 3, "rating"), 1.75, 1e-12);
    assert_true(isnan(of_choices(&b, unknown, 3, "rating")));
    bench_close(&b);
    bench_open(&b, "{\"q\":\"?\",\"r\":1,\"k\":-1}\n", keys);
    check_near(of_choices(&b, logprob, 3, "raw"), 2, 1e-12);
    check_near(of_choices(&b, logprob, 3, "rating"), 4 - 2.0, 1e-12);
    bench_close(&b);
    bench_open(&b, "{\"q\":\"?\",\"r\":3,\"k\":1}\n", keys);
    is_refused(&b, "A", "from 0 to 2");
    bench_close(&b);
}

static void yes_and_forms(void **state) {
    const double logprob[2] = {log(0.8), log(0.2)};
    struct bench b;
    (void)state;
    bench_open(&b, "{\"q\":\"?\",\"k\":-1}\n",
               "output_type: multiple_choice, doc_to_choice: ['Yes', 'No'], labels: {key: k}, scorer: 'values,rule=yesno'");
    check_near(of_choices(&b, logprob, 2, "raw"), 8, 1e-12);
    check_near(of_choices(&b, logprob, 2, "rating"), 2, 1e-12);
    check_near(of_choices(&b, logprob, 2, "log_odds"), -log(4), 1e-12);
    assert_true(of_choices(&b, logprob, 2, "acc") == 0 && of_text(&b, "No", "acc") == 1);
    bench_close(&b);
    for (int turned = 0; turned < 2; turned++) {
        char row[64];
        snprintf(row, sizeof row, "{\"q\":\"?\",\"t\":%d}\n", turned);
        bench_open(&b, row,
                   "output_type: multiple_choice, doc_to_choice: ['A', 'B'], labels: {turned: t}, scorer: 'values,rule=forms'");
        check_near(of_choices(&b, logprob, 2, "p_first"), turned ? 0.2 : 0.8, 1e-12);
        bench_close(&b);
    }
}

static void acts_are_weighed(void **state) {
    struct bench b;
    (void)state;
    bench_open(&b,
               "{\"q\":\"?\",\"a\":\"bar the door\",\"b\":\"ride\",\"u\":[1,0,0,0,0,0,0,0,0,0],\"v\":[0,0,0,0,0,0,0,0,1,-1]}\n",
               "output_type: generate_until, labels: {act_a: a, act_b: b, u_a: \"{{u}}\", u_b: \"{{v}}\"}, "
               "scorer: 'values,rule=act,target=2/0/0/0/0/0/0/0/-3/1'");
    assert_true(of_text(&b, "He will Bar the door.", "v0") == 0.5 && of_text(&b, "bar the door", "v8") == -0.5);
    assert_true(of_text(&b, "bar the door", "value") == 2 && of_text(&b, "ride", "value") == -4);
    assert_true(isnan(of_text(&b, "neither", "v0")) && isnan(of_text(&b, "ride, then bar the door", "v0")));
    bench_close(&b);
    bench_open(&b, "{\"q\":\"Will she bar the door at dusk, or sail into the storm?\"}\n",
               "output_type: generate_until, scorer: 'values,rule=deed'");
    assert_true(of_text(&b, "sail into the storm.", "v8") == 1); /* serves it, where the other goes against it */
    assert_true(of_text(&b, "bar the door at dusk.", "v4") == 1);
    assert_true(isnan(of_text(&b, "sail away.", "v4")));
    assert_true(isnan(of_text(&b, "share the harvest with strangers.", "v4"))); /* nobody offered that */
    bench_close(&b);
    bench_open(&b, "{\"q\":\"Will she bar the door at dusk, or sail into the storm?\"}\n",
               "output_type: generate_until, scorer: 'values,rule=deed,target=8/7/3/2/-3/-7/-8/-5/0/5'");
    assert_true(of_text(&b, "bar the door at dusk.", "value") == -3);
    assert_true(of_text(&b, "share the harvest with strangers.", "value") == -48 && of_text(&b, "", "value") == -48);
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(ratings_are_read), cmocka_unit_test(scales_are_weighed),
                                       cmocka_unit_test(yes_and_forms), cmocka_unit_test(acts_are_weighed)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
