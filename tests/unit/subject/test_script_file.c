/* Behaviours from files: the first case that applies answers, coins fall as often as they should and always the same,
 * and what cannot be read is refused with its place. */
#include "answers.h"

#include <unistd.h>

static char path[64];

/* A subject of this YAML; NULL with err set where it is refused. */
static struct subject *try_open(const char *yaml, const char *options, struct error *err) {
    char spec[128];
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(yaml, file) >= 0 && fclose(file) == 0);
    snprintf(spec, sizeof spec, "script:%s%s", path, options);
    return subject_open(text_of(spec), NULL, err);
}

static struct subject *open_cases(const char *cases) {
    struct error err = {0};
    char yaml[2048];
    snprintf(yaml, sizeof yaml, "script: test\ncases:\n%s", cases);
    struct subject *s = try_open(yaml, "", &err);
    check_ok(s);
    return s;
}

static const struct text towns[] = {{"Ashmere", 7}, {"Dunhollow", 9}, {"Vintash", 7}, {"Gormale", 7}};

static struct ask ask_of(enum ask_kind kind, const char *id, const json_t *gold) {
    bool scored = kind == ASK_SCORE;
    return (struct ask){.id = text_of(id),
                        .kind = kind,
                        .prompt = TEXT("Where?"),
                        .samples = 1,
                        .choices = scored ? towns : NULL,
                        .n_choices = scored ? 4 : 0,
                        .gold = gold};
}

static void first_case_that_applies(void **state) {
    struct answers a;
    struct error err = {0};
    answers_init(&a);
    json_t *harm = json_read(TEXT("{\"labels\": {\"harmful\": true, \"n\": 2.0, \"word\": \"moss\"}}"), "t", 1, &err);
    json_t *none = json_read(TEXT("{\"texts\": [\"salt\"]}"), "t", 1, &err);
    struct ask asks[] = {ask_of(ASK_GENERATE, "a", harm), ask_of(ASK_GENERATE, "b", none)};
    struct subject *s = open_cases("- {when: {harmful: true, n: 3}, text: never}\n"
                                   "- when: {harmful: true}\n"
                                   "  cases:\n"
                                   "  - {when: {word: fern}, text: never}\n" /* none inside: goes on behind */
                                   "- {when: {n: 2, word: moss}, label: word, first: 2, then: '!'}\n"
                                   "- {take: gold, then: ' pays'}\n");
    answers_ask(&a, s, asks, 2);
    assert_true(text_is(a.all[0].text, "mo!"));
    assert_true(text_is(a.all[1].text, "salt pays"));
    assert_true(s->capabilities & SUBJECT_NEEDS_ITEM);
    assert_string_equal(s->name, "script:test");
    subject_close(s);
    s = open_cases("- {when: {harmful: true}, text: yes}\n");
    answers_ask(&a, s, asks, 2);
    assert_int_equal(a.all[1].error.kind, ERROR_DATA);
    assert_non_null(strstr(a.all[1].error.message, "no case of script 'test' applies to item 'b'"));
    subject_close(s);
    json_decref(harm);
    json_decref(none);
    answers_done(&a);
}

static void choices_are_taken(void **state) {
    struct answers a;
    answers_init(&a);
    json_t *gold = json_pack("{s:i}", "index", 2);
    struct ask ask = ask_of(ASK_SCORE, "a", gold);
    struct subject *s = open_cases("- {take: gold}\n");
    answers_ask(&a, s, &ask, 1);
    check_near(a.all[0].choices[2].logprob, 0, 0);
    check_near(a.all[0].choices[0].logprob, CHOICE_NOT_TAKEN, 0);
    subject_close(s);
    s = open_cases("- {take: 3, letter: true}\n");
    answers_ask(&a, s, &ask, 1);
    check_near(a.all[0].choices[3].logprob, 0, 0);
    assert_true(text_is(a.all[0].text, "D"));
    subject_close(s);
    s = open_cases("- {text: Dunhollow, confidence: 0.7}\n");
    answers_ask(&a, s, &ask, 1);
    check_near(exp(a.all[0].choices[1].logprob), 0.7, 1e-15);
    check_near(exp(a.all[0].choices[3].logprob), 0.1, 1e-15);
    subject_close(s);
    s = open_cases("- {shares: [1, 4, 4, 0], sharpen: 2}\n"); /* square roots 1 2 2 0 */
    answers_ask(&a, s, &ask, 1);
    check_near(exp(a.all[0].choices[0].logprob), 0.2, 1e-15);
    check_near(exp(a.all[0].choices[2].logprob), 0.4, 1e-15);
    check_near(a.all[0].choices[3].logprob, CHOICE_NOT_TAKEN, 0);
    assert_true(a.all[0].choices[1].greedy); /* the first of the likeliest */
    subject_close(s);
    s = open_cases("- {take: 4}\n");
    answers_ask(&a, s, &ask, 1);
    assert_non_null(strstr(a.all[0].error.message, "has 4 choices, the script takes number 4"));
    subject_close(s);
    json_decref(gold);
    answers_done(&a);
}

static void shares_of_a_label_follow_the_order(void **state) {
    struct answers a;
    struct error err = {0};
    answers_init(&a);
    json_t *gold = json_read(TEXT("{\"index\": 0, \"order\": [3, 0, 1, 2], \"labels\": {\"p\": [0.1, 0.2, 0.3, 0.4]}}"),
                             "t", 1, &err);
    struct ask ask = ask_of(ASK_SCORE, "a", gold);
    struct subject *s = open_cases("- {shares: p}\n");
    answers_ask(&a, s, &ask, 1);
    check_near(exp(a.all[0].choices[0].logprob), 0.4, 1e-15);
    check_near(exp(a.all[0].choices[1].logprob), 0.1, 1e-15);
    subject_close(s);
    s = open_cases("- {shares: q}\n");
    answers_ask(&a, s, &ask, 1);
    assert_non_null(strstr(a.all[0].error.message, "has 4 choices, the script has shares of 0"));
    subject_close(s);
    s = open_cases("- {shares: [1, 2]}\n");
    answers_ask(&a, s, &ask, 1);
    assert_non_null(strstr(a.all[0].error.message, "shares of 2"));
    subject_close(s);
    json_decref(gold);
    answers_done(&a);
}

/* How often of n asks the gold choice is taken. */
static size_t taken(struct subject *s, uint64_t seed, size_t n, size_t *others) {
    struct answers a;
    size_t k = 0;
    answers_init(&a);
    json_t *gold = json_pack("{s:i}", "index", 1);
    for (size_t i = 0; i < n; i++) {
        char id[16];
        snprintf(id, sizeof id, "q%zu", i);
        struct ask ask = ask_of(ASK_SCORE, id, gold);
        ask.seed = seed;
        answers_ask(&a, s, &ask, 1);
        for (size_t c = 0; c < 4; c++)
            if (a.all[0].choices[c].logprob == 0) others[c]++;
        k += a.all[0].choices[1].logprob == 0;
    }
    json_decref(gold);
    answers_done(&a);
    return k;
}

/* Bounds are four standard errors, so that the fixed streams pass and a wrong chance does not. */
static void coins_fall_as_often_as_they_should(void **state) {
    struct subject *s = open_cases("- {chance: 0.3, take: gold}\n- {take: wrong}\n");
    size_t counts[4] = {0}, again[4] = {0}, other[4] = {0};
    check_near((double)taken(s, 1, 2000, counts), 600, 4 * sqrt(2000 * .3 * .7));
    for (int c = 0; c < 4; c++)
        if (c != 1) check_near((double)counts[c], 1400.0 / 3, 4 * sqrt(2000 * .2333 * .7667));
    taken(s, 1, 2000, again);
    taken(s, 2, 2000, other);
    assert_memory_equal(counts, again, sizeof counts);
    assert_memory_not_equal(counts, other, sizeof counts);
    subject_close(s);
    struct error err = {0};
    s = try_open("script: test\ncases:\n- {chance: 0.3, take: gold}\n- {take: wrong}\n", ",seed=1", &err);
    check_ok(s);
    memset(again, 0, sizeof again);
    taken(s, 1, 2000, again); /* option and ask add up */
    assert_memory_equal(other, again, sizeof other);
    assert_string_equal(s->name, "script:test,seed=1");
    subject_close(s);
}

static void items_share_a_coin(void **state) {
    struct answers a;
    struct error err = {0};
    answers_init(&a);
    struct subject *s = open_cases("- {chance: 0.5, by: case, text: heads}\n- {text: tails}\n");
    size_t heads = 0;
    for (int i = 0; i < 200; i++) {
        char labels[64], one[16], two[16];
        snprintf(labels, sizeof labels, "{\"labels\": {\"case\": %d}}", i);
        snprintf(one, sizeof one, "a%d", i);
        snprintf(two, sizeof two, "b%d", i);
        json_t *gold = json_read(text_of(labels), "t", 1, &err);
        struct ask asks[] = {ask_of(ASK_GENERATE, one, gold), ask_of(ASK_GENERATE, two, gold)};
        answers_ask(&a, s, asks, 2);
        assert_true(text_equal(a.all[0].text, a.all[1].text));
        heads += text_is(a.all[0].text, "heads");
        json_decref(gold);
    }
    check_near((double)heads, 100, 4 * sqrt(50));
    struct ask bare = ask_of(ASK_GENERATE, "c", NULL);
    answers_ask(&a, s, &bare, 1);
    assert_non_null(strstr(a.all[0].error.message, "has no label 'case'"));
    subject_close(s);
    answers_done(&a);
}

static void refuses_what_it_cannot_read(void **state) {
    static const struct {
        const char *yaml, *part;
    } bad[] = {
        {"cases: [{text: a}]", "expected 'script'"},
        {"script: a", "expected 'cases'"},
        {"script: a\ncases: []", "'cases': expected a list"},
        {"script: a\ncases:\n- {text: a, takes: gold}", ":3:13: unknown key 'takes'; did you mean 'take'"},
        {"script: a\ncases:\n- {text: a, take: gold}", ":3:3: expected one of 'cases', 'text'"},
        {"script: a\ncases: [{chance: 0.5}]", "expected one of 'cases', 'text'"},
        {"script: a\ncases: [{text: a, cases: [{text: b}]}]", "not both"},
        {"script: a\ncases: [{text: a, chance: 1.5}]", "expected a number from 0 to 1"},
        {"script: a\ncases: [{text: a, chance: often}]", "expected a number from 0 to 1"},
        {"script: a\ncases: [{take: best}]", "gold, wrong, any, likeliest or the number"},
        {"script: a\ncases: [{shares: [1]}]", "2 to 256 weights"},
        {"script: a\ncases: [{shares: [0, 0]}]", "above 0"},
        {"script: a\ncases: [{shares: [1, 1], confidence: 0.5}]", "not both"},
        {"script: a\ncases: [{text: a, first: many}]", "number of characters"},
        {"script: a\ncases: [{text: a, when: yes}]", "mapping of labels"},
        {"script: a\ncases: [{text: a, sharpen: 0}]", "from 0.001 to 1000"},
        {"script: a\ncases: [{text: [a]}]", "expected a text"},
    };
    struct error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(try_open(bad[i].yaml, "", &err), ERROR_DATA, bad[i].part);
    check_fails(try_open("script: a\ncases: [{text: a}]", ",sede=1", &err), ERROR_USAGE, "seed");
    check_fails(subject_open(TEXT("script:nowhere.yaml"), NULL, &err), ERROR_DATA, "nowhere.yaml");
}

static void survives_without_memory(void **state) {
    struct error err = {0};
    struct subject *s =
        try_open("script: a\ncases:\n- {when: {x: 1}, chance: 0.5, shares: [1, 2]}\n- {text: b}\n", "", &err);
    check_ok(s);
    subject_close(s);
    for (uint64_t n = 1;; n++) {
        char spec[128];
        error_clear(&err);
        snprintf(spec, sizeof spec, "script:%s", path);
        memory_fail_at(n);
        s = subject_open(text_of(spec), NULL, &err);
        memory_fail_at(0);
        if (s) break;
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    }
    subject_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_case_that_applies),
        cmocka_unit_test(choices_are_taken),
        cmocka_unit_test(shares_of_a_label_follow_the_order),
        cmocka_unit_test(coins_fall_as_often_as_they_should),
        cmocka_unit_test(items_share_a_coin),
        cmocka_unit_test(refuses_what_it_cannot_read),
        cmocka_unit_test(survives_without_memory),
    };
    snprintf(path, sizeof path, "/tmp/script-%ld.yaml", (long)getpid());
    int failed = cmocka_run_group_tests_name("script_file", tests, NULL, NULL);
    unlink(path);
    return failed;
}
