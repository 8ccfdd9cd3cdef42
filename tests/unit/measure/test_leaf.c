/* Leaves of a taxonomy: each of the 29 makes its rows without repeating itself, from seed and draw alone, with gold
 * that stands among the options; twins share what was drawn; the oracle has the leaf's score 1 and degenerate subjects
 * do not; the reader names what is wrong with the line. */
#include "check.h"

#include "base/buffer.h"
#include "measure/leaf/leaf.h"
#include "measure/figure/tally.h"
#include "measure/task/task_world.h"
#include "measure/leaf/taxonomy.h"
#include "measure/world/world.h"

#include <stdlib.h>

static struct arena arena;
static struct error err;
static struct world *world;
static struct world_shelf *shelf; /* of all tasks */
static const char *const *names;
static size_t n_names;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    world = world_new(WORLD_DEFAULT_SEED, &err);
    names = leaf_names(&arena, &n_names, &err);
    shelf = world_shelf_new(&err);
    return world && names && shelf ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    world_free(world);
    world_shelf_free(shelf);
    arena_done(&arena);
    return 0;
}

static json_t *rows_of(const char *spec) {
    struct leaf_spec read;
    struct buffer b;
    json_t *rows = json_array();
    struct text rest, line;
    buffer_init(&b, (size_t)64 << 20);
    check_ok(leaf_spec_parse(text_of(spec), &arena, &read, &err));
    if (!leaf_put(&b, world, &read, &err)) fail_msg("%s: %s", spec, err.message);
    rest = buffer_text(&b);
    while (text_next(&rest, '\n', &line))
        if (line.len) json_array_append_new(rows, json_read(line, spec, 1, &err));
    buffer_done(&b);
    return rows;
}

static const char *at(const json_t *row, const char *key) {
    const char *value = json_string_value(json_object_get(row, key));
    return value ? value : "";
}

static int by_text(const void *a, const void *b) {
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static size_t distinct(const json_t *rows, const char *key) {
    size_t n = json_array_size(rows), different = n > 0;
    const char **all = arena_new(&arena, const char *, n + 1, &err);
    for (size_t i = 0; i < n; i++) all[i] = at(json_array_get(rows, i), key);
    qsort(all, n, sizeof *all, by_text);
    for (size_t i = 1; i < n; i++) different += strcmp(all[i - 1], all[i]) != 0;
    return different;
}

static void check_gold(const char *name, const json_t *row) {
    const json_t *choices = json_object_get(row, "choices"), *gold = json_object_get(row, "gold");
    const json_t *harmful = json_object_get(json_object_get(row, "labels"), "harmful");
    if (choices) {
        assert_true(json_is_integer(gold) && json_integer_value(gold) >= 0 &&
                    json_integer_value(gold) < (json_int_t)json_array_size(choices));
        for (size_t i = 0; i < json_array_size(choices); i++)
            for (size_t k = 0; k < i; k++)
                if (json_equal(json_array_get(choices, i), json_array_get(choices, k)))
                    fail_msg("%s, %s: two options are the same", name, at(row, "id"));
    } else if (!gold && !json_is_boolean(harmful)) {
        fail_msg("%s, %s: neither gold nor the label 'harmful'", name, at(row, "id"));
    }
}

static void test_every_leaf_makes_rows(void **state) {
    (void)state;
    assert_int_equal(n_names, 29);
    for (size_t i = 0; i < n_names; i++) {
        json_t *rows = rows_of(names[i]);
        size_t n = json_array_size(rows);
        assert_in_range(n, 200, 208);
        assert_int_equal(distinct(rows, "prompt"), n); /* no duplicates at all, so under 1% */
        assert_int_equal(distinct(rows, "id"), n);
        for (size_t r = 0; r < n; r++) {
            const json_t *row = json_array_get(rows, r);
            assert_string_equal(at(row, "leaf"), names[i]);
            check_gold(names[i], row);
            if (strstr(at(row, "prompt"), "{{") || strstr(at(row, "prompt"), "MACHINE") ||
                strstr(at(row, "prompt"), "NAME"))
                fail_msg("%s: a slot is not filled: %s", names[i], at(row, "prompt"));
        }
        json_decref(rows);
    }
}

static char *bytes_of(const char *name, const char *keys) {
    struct leaf_spec spec;
    struct buffer b;
    char text[160];
    snprintf(text, sizeof text, "%s%s%s", name, strstr(keys, "count") ? "" : ",count=40", keys);
    buffer_init(&b, (size_t)16 << 20);
    check_ok(leaf_spec_parse(text_of(text), &arena, &spec, &err));
    if (!leaf_put(&b, world, &spec, &err)) fail_msg("%s: %s", text, err.message);
    char *copy = text_copy(&arena, buffer_text(&b), &err);
    buffer_done(&b);
    return copy;
}

static void test_seed_and_draw_decide(void **state) {
    (void)state;
    for (size_t i = 0; i < n_names; i++) {
        const char *first = bytes_of(names[i], "");
        assert_string_equal(first, bytes_of(names[i], ",seed=1,draw=1"));
        if (strcmp(first, bytes_of(names[i], ",draw=2")) == 0)
            fail_msg("%s: another draw gives the same rows", names[i]);
    }
    /* What is asked for later does not change what came before. */
    const char *few = bytes_of("fairness.injustice", ",count=1"), *many = bytes_of("fairness.injustice", ",count=300");
    assert_int_equal(strncmp(few, many, strlen(few)), 0);
    /* Slots follow from the seed, too. */
    assert_string_not_equal(bytes_of("misuse.cyberattack", ""), bytes_of("misuse.cyberattack", ",seed=2"));
}

static void test_twins_share_what_was_drawn(void **state) {
    (void)state;
    static const char *const twinned[] = {"safety.harms-to-minors", "safety.adult-content", "misuse.cyberattack"};
    for (size_t i = 0; i < 3; i++) {
        json_t *rows = rows_of(twinned[i]);
        for (size_t r = 0; r + 1 < json_array_size(rows); r += 2) {
            const json_t *harm = json_array_get(rows, r), *benign = json_array_get(rows, r + 1);
            assert_string_equal(at(harm, "polarity"), "harm");
            assert_string_equal(at(benign, "polarity"), "benign");
            assert_string_equal(at(harm, "twin"), at(benign, "id"));
            assert_string_equal(at(benign, "twin"), at(harm, "id"));
            assert_string_equal(at(harm, "cluster"), at(benign, "cluster"));
            assert_true(json_equal(json_object_get(harm, "slots"), json_object_get(benign, "slots")));
        }
        json_decref(rows);
    }
}

/* ---- gold by construction, told again by other means ---- */

static long number_behind(const char *t, const char *mark) {
    const char *found = strstr(t, mark);
    assert_non_null(found);
    return strtol(found + strlen(mark), NULL, 10);
}

static void test_loop_is_what_a_loop_gives(void **state) {
    (void)state;
    json_t *rows = rows_of("robustness.interventional-effect");
    for (size_t r = 0; r < json_array_size(rows); r++) {
        const json_t *row = json_array_get(rows, r), *gold = json_object_get(row, "gold");
        const char *prompt = at(row, "prompt"), *more = strstr(prompt, "room for all. If there was, ");
        long room = number_behind(prompt, "has room for "), people = number_behind(prompt, "On the first day ");
        for (int day = 0; more && day < 2; day++) {
            long step = number_behind(prompt, "room for all. If there was, ");
            people = people <= room ? people + step : people - step;
        }
        const json_t *right = json_array_get(json_object_get(row, "choices"), (size_t)json_integer_value(gold));
        assert_int_equal(strtol(json_string_value(right), NULL, 10), people);
    }
    json_decref(rows);
}

static void test_note_holds_the_answer(void **state) {
    (void)state;
    json_t *rows = rows_of("reliability.hallucination");
    size_t first = 0, n = json_array_size(rows);
    for (size_t r = 0; r < n; r++) {
        const json_t *row = json_array_get(rows, r), *choices = json_object_get(row, "choices");
        size_t gold = (size_t)json_integer_value(json_object_get(row, "gold"));
        const char *note = strstr(at(row, "prompt"), "Note: "), *question = strstr(note, ".\n");
        const char *right = json_string_value(json_array_get(choices, gold));
        const char *found = strstr(note, right);
        assert_true(found && found < question);
        first += gold == 0;
    }
    assert_in_range(first, 70, 130); /* a fair coin */
    json_decref(rows);
}

/* ---- tasks ---- */

struct expected {
    double oracle, mute, constant;
};

/* The computed values of the leaf's own figure. */
static struct expected baselines_of(const char *name) {
    struct leaf *leaf = leaf_open(text_of(name), &err);
    struct task_settings settings = {.path = ".", .seed = 1, .few_shot = -1, .shelf = shelf};
    struct buffer b;
    struct baseline *all;
    size_t n, uses;
    struct expected e = {NAN, NAN, NAN};
    buffer_init(&b, 1 << 20);
    json_t *json = leaf_task_json(leaf, &err);
    json_put_canonical(&b, json);
    struct task *task = task_parse(buffer_text(&b), "built-in:leaf", &settings, &err);
    if (!task) fail_msg("%s: %s", name, err.message);
    const char *figure = task_metrics(task, &uses)[0].name;
    check_ok(task_baselines(task, &arena, &all, &n, &err));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].figure, figure) != 0) continue;
        if (strcmp(all[i].subject, "script:oracle") == 0) e.oracle = all[i].expected;
        if (strcmp(all[i].subject, "script:mute") == 0) e.mute = all[i].expected;
        if (strcmp(all[i].subject, "script:constant") == 0) e.constant = all[i].expected;
    }
    task_free(task);
    json_decref(json);
    leaf_free(leaf);
    buffer_done(&b);
    return e;
}

static void test_oracle_is_perfect_and_dullness_is_not(void **state) {
    (void)state;
    for (size_t i = 0; i < n_names; i++) {
        struct expected e = baselines_of(names[i]);
        if (!(fabs(e.oracle - 1) < 1e-9)) fail_msg("%s: the oracle scores %g", names[i], e.oracle);
        if (!(isnan(e.mute) || e.mute == 0)) fail_msg("%s: a mute subject scores %g", names[i], e.mute);
        if (!(e.constant < 0.7)) fail_msg("%s: a constant subject scores %g", names[i], e.constant);
    }
}

/* ---- the reader ---- */

#define HEAD "leaf: x\ntitle: t\n"
#define TAIL "task: {metric_list: [acc]}\nfault: {title: f}\n"
#define PLAIN "templates: [{id: a, text: \"{{n}}?\"}]\n"

static struct leaf *parse(const char *source) {
    return leaf_parse(text_of(source), "x.yaml", &err);
}

static void test_faults_are_named_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *source, *says;
    } bad[] = {
        {"leaf: x\n", "x.yaml:1:1: expected 'title'"},
        {HEAD "slotz: {n: [1]}\n" PLAIN TAIL, "did you mean 'slots'"},
        {HEAD "slots: {n: []}\n" PLAIN TAIL, "x.yaml:3:12: expected a list of 1 to 10000 values"},
        {HEAD "slots: {n: {range: [5, 2]}}\n" PLAIN TAIL, "the range is empty"},
        {HEAD "slots: {n: {range: [1, 2], pick: 3}}\n" PLAIN TAIL, "3 different ones are to be picked of 2"},
        {HEAD "slots: {n: {world: persn}}\n" PLAIN TAIL, "did you mean 'person'"},
        {HEAD "slots: {row: [1]}\n" PLAIN TAIL, "'row' is a name of its own"},
        {HEAD "slots: {n: [{is: 1, weight: 0}]}\n" PLAIN TAIL, "expected a whole number from 1"},
        {HEAD "world: {items: requests/tset}\n" PLAIN TAIL, "x.yaml:3:16"},
        {HEAD "slots: {n: [1]}\ntemplates: [{id: a, text: \"{{n\"}]\n" TAIL, "x.yaml:4:27"},
        {HEAD "slots: {n: [1]}\ntemplates: [{id: a, text: b, twin: c}]\n" TAIL, "no other template 'c' to be its twin"},
        {HEAD "slots: {n: [1]}\ntemplates: [{id: a, text: b}, {id: a, text: c}]\n" TAIL, "two templates with id 'a'"},
        {HEAD "slots: {n: [1]}\ntemplates: [{id: a}]\n" TAIL, "expected 'text' or 'messages'"},
        {HEAD "slots: {n: [1]}\ntemplates: [{id: a, text: b, polarity: evil}]\n" TAIL,
         "expected neutral, harm or benign"},
        {HEAD "slots: {n: [1]}\n" PLAIN "check: {words: [9, 3]}\n" TAIL, "expected a whole number from 9"},
        {HEAD "slots: {n: [1]}\nfrom: {slot: m, read: keywords}\n" PLAIN TAIL, "no slot 'm' that files could fill"},
        {HEAD "slots: {n: [1]}\nfrom: {slot: n, read: words}\n" PLAIN TAIL, "expected keywords, questions or rows"},
        {HEAD "slots: {n: [1]}\n" PLAIN "task: {scorer: match}\nfault: {title: f}\n", "with its 'metric_list'"},
        {HEAD "slots: {n: [1]}\nslots: {n: [2]}\n" PLAIN TAIL, "x.yaml:4"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error_clear(&err);
        struct leaf *leaf = parse(bad[i].source);
        if (leaf || err.kind != ERROR_DATA || !strstr(err.message, bad[i].says))
            fail_msg("case %zu: '%s', expected '%s'", i, leaf ? "no error" : err.message, bad[i].says);
    }
}

static bool drop(void *context, const json_t *row, struct error *error) {
    (void)row, (void)error;
    ++*(size_t *)context;
    return true;
}

static bool draw(const char *source, uint64_t count, size_t *rows) {
    struct leaf_settings s = {.seed = 1, .draw = 1, .count = count, .world = WORLD_DEFAULT_SEED};
    struct leaf_made made;
    struct leaf *leaf = parse(source);
    if (!leaf) fail_msg("%s", err.message);
    *rows = 0;
    bool ok = leaf_make(leaf, world, &s, drop, rows, &made, &err);
    leaf_free(leaf);
    return ok;
}

static void test_what_runs_out_is_told(void **state) {
    (void)state;
    size_t rows;
    check_fails(draw(HEAD "slots: {n: [1, 2, 3]}\n" PLAIN TAIL, 10, &rows), ERROR_DATA, "exhausted at 3 of 10 rows");
    assert_int_equal(rows, 3);
    check_fails(draw(HEAD "slots: {n: [1, 2]}\nkeep: \"{{n > 2}}\"\n" PLAIN TAIL, 1, &rows), ERROR_DATA, "ruled out");
    check_fails(draw(HEAD "slots: {n: [1]}\ncheck: {words: [4, 9]}\n" PLAIN TAIL, 1, &rows), ERROR_DATA,
                "too few or too many words");
    check_fails(
        draw(HEAD "world: {items: who/test}\ntemplates: [{id: a, text: \"{{row.prompt}}\"}]\n" TAIL, 100000, &rows),
        ERROR_DATA, "the world has no more such items");
    /* A case stays whole: three rows are asked for, two cases of two are made. */
    check_ok(draw(HEAD "slots: {n: {range: [1, 99]}}\ntemplates: [{id: a, twin: b, text: \"{{n}}?\"}, {id: b, text: "
                       "\"{{n}}!\"}]\n" TAIL,
                  3, &rows));
    assert_int_equal(rows, 4);
}

static void test_what_cannot_be_made_is_told(void **state) {
    (void)state;
    size_t rows;
    check_fails(draw(HEAD "slots: {n: [1]}\ntemplates: [{id: a, text: \"{{m}}?\"}]\n" TAIL, 1, &rows), ERROR_DATA,
                "x.yaml:4");
    check_fails(draw(HEAD "slots: {n: [1]}\nchoices: [p, q]\ngold: r\n" PLAIN TAIL, 1, &rows), ERROR_DATA,
                "gold: it is none of the options");
    check_fails(draw(HEAD "slots: {n: [1]}\nchoices: [p]\ngold: p\n" PLAIN TAIL, 1, &rows), ERROR_DATA,
                "expected 2 to 26 texts");
}

/* Weights are shares: of 1,000 draws of [1 with 9, 2 with 1] about 900 are 1. */
static bool count_ones(void *context, const json_t *row, struct error *error) {
    (void)error;
    *(size_t *)context += json_integer_value(json_object_get(json_object_get(row, "slots"), "w")) == 1;
    return true;
}

static void test_weights_are_shares(void **state) {
    (void)state;
    size_t ones = 0;
    struct leaf_settings s = {.seed = 3, .draw = 1, .count = 1000, .world = WORLD_DEFAULT_SEED};
    struct leaf_made made;
    struct leaf *leaf = parse(HEAD "slots: {w: [{is: 1, weight: 9}, 2], n: {range: [1, 1000000]}}\n" PLAIN TAIL);
    assert_non_null(leaf);
    check_ok(leaf_make(leaf, world, &s, count_ones, &ones, &made, &err));
    assert_in_range(ones, 865, 935); /* sd 9.5 */
    leaf_free(leaf);
}

/* No prompt stands in a text that it must be apart from, written plainly or as JSON has it. */
static bool must_be_even(void *context, const json_t *row, struct error *error) {
    (void)context, (void)error;
    return json_integer_value(json_object_get(json_object_get(row, "slots"), "n")) % 2 == 0;
}

static void test_apart_from_training_texts(void **state) {
    (void)state;
    const struct text apart[] = {TEXT("say \"1\"?\nsay \"3\"?"), TEXT("{\"text\":\"say \\\"5\\\"?\"}")};
    struct leaf_settings s = {
        .seed = 1, .draw = 1, .count = 2, .world = WORLD_DEFAULT_SEED, .apart = apart, .n_apart = 2};
    struct leaf_made made;
    struct leaf *leaf = parse(HEAD "slots: {n: [1, 2, 3, 4, 5]}\ntemplates: [{id: a, text: 'say \"{{n}}\"?'}]\n" TAIL);
    assert_non_null(leaf);
    check_ok(leaf_make(leaf, world, &s, must_be_even, NULL, &made, &err));
    assert_true(made.told > 0);
    leaf_free(leaf);
}

/* ---- taxonomies ---- */

static void test_the_taxonomy_is_whole(void **state) {
    (void)state;
    static const size_t leaves[] = {5, 6, 4, 4, 3, 3, 4};
    struct taxonomy *t = taxonomy_open("liu2023", &arena, &err);
    if (!t) fail_msg("%s", err.message);
    assert_int_equal(t->n_categories, 7);
    assert_int_equal(t->n_leaves, 29);
    for (size_t i = 0; i < 7; i++) assert_int_equal(t->categories[i].n, leaves[i]);
    check_ok(taxonomy_check(t, &arena, &err));
    check_fails(taxonomy_open("liu2032", &arena, &err), ERROR_USAGE, "did you mean 'liu2023'");
    check_fails(leaf_open(TEXT("safety.violense"), &err), ERROR_USAGE, "did you mean 'safety.violence'");
    t->leaves[5].id = "safety.peace";
    check_fails(taxonomy_check(t, &arena, &err), ERROR_GATE, "leaf 'safety.peace' has no generator");
    t->leaves[5].id = "safety.privacy-violation";
    check_fails(taxonomy_check(t, &arena, &err), ERROR_GATE, "generator 'safety.violence' is of no leaf");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_leaf_makes_rows),
        cmocka_unit_test(test_seed_and_draw_decide),
        cmocka_unit_test(test_twins_share_what_was_drawn),
        cmocka_unit_test(test_loop_is_what_a_loop_gives),
        cmocka_unit_test(test_note_holds_the_answer),
        cmocka_unit_test(test_oracle_is_perfect_and_dullness_is_not),
        cmocka_unit_test(test_faults_are_named_with_their_place),
        cmocka_unit_test(test_what_runs_out_is_told),
        cmocka_unit_test(test_what_cannot_be_made_is_told),
        cmocka_unit_test(test_weights_are_shares),
        cmocka_unit_test(test_apart_from_training_texts),
        cmocka_unit_test(test_the_taxonomy_is_whole),
    };
    return cmocka_run_group_tests_name("leaf", tests, setup, teardown);
}
