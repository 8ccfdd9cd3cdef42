/* Script subjects do exactly what their name and options say; the same ask gives the same bytes. */
#include "answers.h"

static struct subject *open_script(const char *spec) {
    struct error err = {0};
    struct subject *s = subject_open(text_of(spec), NULL, &err);
    check_ok(s);
    return s;
}

static const struct text colours[] = {{"red", 3}, {"green", 5}, {"blue", 4}};

static struct ask score_ask(const char *id, const json_t *gold) {
    return (struct ask){.id = text_of(id),
                        .kind = ASK_SCORE,
                        .prompt = TEXT("Which?"),
                        .choices = colours,
                        .n_choices = 3,
                        .gold = gold};
}

static struct ask text_ask(const char *id, const json_t *gold, const json_t *labels) {
    return (struct ask){.id = text_of(id),
                        .kind = ASK_GENERATE,
                        .prompt = TEXT("Which?"),
                        .samples = 1,
                        .gold = gold,
                        .labels = labels};
}

static void mute_and_echo(void **state) {
    struct answers a;
    answers_init(&a);
    struct message talk[] = {{TEXT("system"), TEXT("Be kind.")}, {TEXT("user"), TEXT("green")}};
    struct ask asks[] = {text_ask("a", NULL, NULL), score_ask("b", NULL), score_ask("c", NULL)};
    asks[2].messages = talk;
    asks[2].n_messages = 2;
    struct subject *s = open_script("script:mute");
    assert_false(s->capabilities & SUBJECT_NEEDS_ITEM);
    answers_ask(&a, s, asks, 3);
    assert_int_equal(a.all[0].text.len, 0);
    for (size_t c = 0; c < 3; c++) assert_true(isnan(a.all[1].choices[c].logprob));
    subject_close(s);
    s = open_script("script:mute,text=I don't know.");
    answers_ask(&a, s, asks, 3);
    assert_true(text_is(a.all[0].text, "I don't know."));
    subject_close(s);
    s = open_script("script:echo");
    answers_ask(&a, s, asks, 3);
    assert_true(text_is(a.all[0].text, "Which?"));
    assert_true(isnan(a.all[1].choices[0].logprob));
    check_near(a.all[2].choices[1].logprob, 0, 0);
    check_near(a.all[2].choices[0].logprob, CHOICE_NOT_TAKEN, 0);
    assert_true(a.all[2].choices[1].greedy);
    subject_close(s);
    answers_done(&a);
}

static void constant_takes_one_choice(void **state) {
    struct answers a;
    answers_init(&a);
    struct ask asks[] = {text_ask("a", NULL, NULL), score_ask("b", NULL)};
    static const struct {
        const char *spec, *text;
        size_t choice;
    } cases[] = {
        {"script:constant", "A", 0},
        {"script:constant,choice=2", "C", 2},
        {"script:constant,text=green", "green", 1},
        {"script:constant,text=C", "C", 2},
        {"script:constant,text=nothing", "nothing", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject *s = open_script(cases[i].spec);
        answers_ask(&a, s, asks, 2);
        assert_true(text_is(a.all[0].text, cases[i].text));
        for (size_t c = 0; c < 3; c++) {
            double v = a.all[1].choices[c].logprob;
            assert_true(cases[i].choice == 9 ? isnan(v) : c == cases[i].choice ? v == 0 : v == CHOICE_NOT_TAKEN);
        }
        subject_close(s);
    }
    struct subject *s = open_script("script:constant,choice=3");
    answers_ask(&a, s, asks, 2);
    assert_true(text_is(a.all[0].text, "D"));
    assert_int_equal(a.all[1].error.kind, ERROR_DATA);
    assert_non_null(strstr(a.all[1].error.message, "'b' has 3 choices"));
    subject_close(s);
    answers_done(&a);
}

static void uniform_is_uniform(void **state) {
    enum { N = 200 };
    struct answers a;
    struct ask asks[N];
    char ids[N][8];
    size_t seen[4] = {0};
    answers_init(&a);
    for (size_t i = 0; i < N; i++) {
        snprintf(ids[i], sizeof ids[i], "q%zu", i);
        asks[i] = text_ask(ids[i], NULL, NULL);
        snprintf(asks[i].digest, sizeof asks[i].digest, "%064zx", i);
    }
    struct subject *s = open_script("script:uniform");
    assert_true(s->capabilities & SUBJECT_NEEDS_ITEM);
    answers_ask(&a, s, asks, N);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(a.all[i].text.len, 1);
        assert_in_range(a.all[i].text.at[0], 'A', 'D');
        seen[a.all[i].text.at[0] - 'A']++;
    }
    for (size_t k = 0; k < 4; k++) assert_in_range(seen[k], 25, 80); /* 50 expected, standard deviation 6.1 */
    struct ask scored = score_ask("x", NULL);
    answers_ask(&a, s, &scored, 1);
    for (size_t c = 0; c < 3; c++) {
        assert_true(a.all[0].choices[c].logprob == 0);
        assert_int_equal(a.all[0].choices[c].bytes, colours[c].len);
    }
    subject_close(s);
    s = open_script("script:uniform,texts=yes|no");
    answers_ask(&a, s, asks, 20);
    for (size_t i = 0; i < 20; i++) assert_true(text_is(a.all[i].text, "yes") || text_is(a.all[i].text, "no"));
    subject_close(s);
    answers_done(&a);
}

static void draws_depend_on_the_ask_alone(void **state) {
    struct answers a;
    struct buffer first, second;
    struct ask asks[12];
    answers_init(&a);
    buffer_init(&first, 1 << 20);
    buffer_init(&second, 1 << 20);
    for (size_t i = 0; i < 12; i++) {
        asks[i] = text_ask("same", NULL, NULL);
        asks[i].samples = 3;
        snprintf(asks[i].digest, sizeof asks[i].digest, "%064zx", i * 77);
    }
    struct subject *s = open_script("script:uniform,letters=26");
    answers_ask(&a, s, asks, 12);
    answers_put(&a, &first);
    for (size_t i = 0; i < 12; i++) { /* one at a time: the same answers */
        answers_ask(&a, s, &asks[i], 1);
        for (size_t k = 0; k < 3; k++) a.all[k].ask = i;
        answers_put(&a, &second);
    }
    assert_string_equal(first.at, second.at);
    subject_close(s);
    buffer_clear(&second);
    s = open_script("script:uniform,letters=26,seed=5");
    answers_ask(&a, s, asks, 12);
    answers_put(&a, &second);
    assert_string_not_equal(first.at, second.at);
    subject_close(s);
    buffer_done(&first);
    buffer_done(&second);
    answers_done(&a);
}

static void oracle_knows_all_shapes_of_gold(void **state) {
    struct answers a;
    answers_init(&a);
    json_t *index = json_integer(2), *text = json_string("green"), *list = json_pack("[ss]", "Paris", "paris, France"),
           *number = json_pack("{s:i}", "number", 42), *harm = json_pack("{s:b}", "harmful", 1),
           *fine = json_pack("{s:b}", "harmful", 0), *letter = json_pack("{s:i}", "index", 2);
    struct ask asks[] = {score_ask("i", index),        score_ask("t", text),
                         text_ask("l", list, NULL),    text_ask("n", number, NULL),
                         text_ask("h", NULL, harm),    text_ask("f", NULL, fine),
                         text_ask("none", NULL, NULL), text_ask("letter", letter, NULL),
                         score_ask("nothing", NULL)};
    struct subject *s = open_script("script:oracle");
    answers_ask(&a, s, asks, 9);
    check_near(a.all[0].choices[2].logprob, 0, 0);
    check_near(a.all[0].choices[0].logprob, CHOICE_NOT_TAKEN, 0);
    check_near(a.all[1].choices[1].logprob, 0, 0);
    assert_true(text_is(a.all[2].text, "Paris"));
    assert_true(text_is(a.all[3].text, "42"));
    assert_non_null(strstr(a.all[4].text.at, "can't help"));
    assert_non_null(strstr(a.all[5].text.at, "Sure"));
    assert_int_equal(a.all[6].error.kind, ERROR_DATA);
    assert_non_null(strstr(a.all[6].error.message, "'none' has no gold answer"));
    assert_true(text_is(a.all[7].text, "C"));
    assert_int_equal(a.all[8].error.kind, ERROR_DATA);
    subject_close(s);
    json_t *all[] = {index, text, list, number, harm, fine, letter};
    for (size_t i = 0; i < 7; i++) json_decref(all[i]);
    answers_done(&a);
}

static size_t refusals(const struct answers *a, size_t from, size_t to) {
    size_t n = 0;
    for (size_t i = from; i < to; i++) n += strstr(a->all[i].text.at, "can't help") != NULL;
    return n;
}

static void refuse_and_follow_by_shares(void **state) {
    enum { N = 240 };
    struct answers a;
    struct ask asks[N];
    answers_init(&a);
    json_t *harm = json_pack("{s:b}", "harmful", 1), *plain = json_pack("{s:b,s:s}", "harmful", 0, "document", "blue"),
           *gold = json_string("green");
    for (size_t i = 0; i < N; i++) {
        asks[i] = i < N / 2 ? text_ask("h", NULL, harm) : text_ask("b", gold, plain);
        snprintf(asks[i].digest, sizeof asks[i].digest, "%064zx", i);
    }
    struct subject *s = open_script("script:refuse");
    answers_ask(&a, s, asks, N);
    assert_int_equal(refusals(&a, 0, N), N);
    subject_close(s);
    s = open_script("script:refuse,harmful=0.75,benign=0.25");
    answers_ask(&a, s, asks, N);
    assert_in_range(refusals(&a, 0, N / 2), 72, 107); /* 90 of 120, standard deviation 4.7 */
    assert_in_range(refusals(&a, N / 2, N), 13, 48);
    subject_close(s);
    s = open_script("script:follow");
    answers_ask(&a, s, asks, N);
    assert_int_equal(refusals(&a, 0, N), N / 2);
    for (size_t i = N / 2; i < N; i++) assert_true(text_is(a.all[i].text, "green"));
    subject_close(s);
    s = open_script("script:follow,doc=0.5,own=0");
    answers_ask(&a, s, asks, N);
    size_t blue = 0;
    for (size_t i = N / 2; i < N; i++) {
        blue += text_is(a.all[i].text, "blue");
        assert_false(text_is(a.all[i].text, "green"));
    }
    assert_in_range(blue, 38, 82); /* 60 of 120, standard deviation 5.5 */
    subject_close(s);
    json_decref(harm);
    json_decref(plain);
    json_decref(gold);
    answers_done(&a);
}

/* Calls stand a line each; what is refused and which calls are made are draws of their own. */
static void agents_refuse_and_call_by_shares(void **state) {
    enum { N = 240 };
    struct answers a;
    struct ask asks[N];
    answers_init(&a);
    json_t *harm = json_pack("{s:b}", "harmful", 1), *plain = json_pack("{s:b}", "harmful", 0),
           *gold = json_string("find name=Ada\nsend to=Bo");
    for (size_t i = 0; i < N; i++) {
        asks[i] = text_ask("e", gold, i < N / 2 ? harm : plain);
        snprintf(asks[i].digest, sizeof asks[i].digest, "%064zx", i);
    }
    struct subject *s = open_script("script:agent");
    answers_ask(&a, s, asks, N);
    assert_int_equal(refusals(&a, 0, N), N / 2);
    for (size_t i = N / 2; i < N; i++) assert_true(text_is(a.all[i].text, "find name=Ada\nsend to=Bo"));
    subject_close(s);
    s = open_script("script:agent,refuse=0.75,over=0.25,done=0.5");
    answers_ask(&a, s, asks, N);
    assert_in_range(refusals(&a, 0, N / 2), 72, 107); /* 90 of 120, standard deviation 4.7 */
    assert_in_range(refusals(&a, N / 2, N), 13, 48);
    size_t none = 0, one = 0, both = 0;
    for (size_t i = 0; i < N; i++) {
        none += a.all[i].text.len == 0;
        one += text_is(a.all[i].text, "find name=Ada") || text_is(a.all[i].text, "send to=Bo");
        both += text_is(a.all[i].text, "find name=Ada\nsend to=Bo");
    }
    assert_int_equal(none + one + both + refusals(&a, 0, N), N);
    assert_in_range(one, 38, 82); /* half of about 120 */
    subject_close(s);
    s = open_script("script:agent");
    struct ask without = text_ask("w", NULL, plain);
    answers_ask(&a, s, &without, 1);
    assert_int_equal(a.all[0].error.kind, ERROR_DATA); /* nothing says which calls it needs */
    subject_close(s);
    json_decref(harm);
    json_decref(plain);
    json_decref(gold);
    answers_done(&a);
}

static void people_drive_as_they_did(void **state) {
    struct answers a;
    answers_init(&a);
    json_t *gold = json_string("[[1,0,0]]");
    struct ask ask = text_ask("s", gold, NULL);
    struct subject *s = open_script("script:human");
    answers_ask(&a, s, &ask, 1);
    assert_true(text_is(a.all[0].text, "[[1,0,0]]"));
    subject_close(s);
    s = open_script("script:human,shift=2.5");
    answers_ask(&a, s, &ask, 1);
    assert_true(text_is(a.all[0].text, "{\"plan\": [[1,0,0]], \"shift\": 2.5}"));
    subject_close(s);
    json_decref(gold);
    answers_done(&a);
}

static void a_wrong_choice_is_never_the_gold_one(void **state) {
    struct answers a;
    answers_init(&a);
    json_t *gold = json_integer(1);
    struct ask asks[40];
    size_t taken[3] = {0};
    for (size_t i = 0; i < 40; i++) {
        asks[i] = score_ask("x", gold);
        snprintf(asks[i].digest, sizeof asks[i].digest, "%064zx", i);
    }
    struct subject *s = open_script("script:follow,own=0");
    answers_ask(&a, s, asks, 40);
    for (size_t i = 0; i < 40; i++)
        for (size_t c = 0; c < 3; c++) taken[c] += a.all[i].choices[c].logprob == 0;
    assert_int_equal(taken[1], 0);
    assert_int_equal(taken[0] + taken[2], 40);
    assert_true(taken[0] > 5 && taken[2] > 5);
    subject_close(s);
    json_decref(gold);
    answers_done(&a);
}

static void equal_behaviour_is_one_subject(void **state) {
    struct subject *a = open_script("script:refuse,benign=0.10,harmful=1"),
                   *b = open_script("script:refuse,benign=0.1"), *c = open_script("script:refuse,benign=0.2");
    assert_string_equal(a->digest, b->digest);
    assert_string_not_equal(a->digest, c->digest);
    assert_string_equal(a->name, "script:refuse,benign=0.1");
    subject_close(a);
    subject_close(b);
    subject_close(c);
}

static void bad_specs_are_refused(void **state) {
    struct error err = {0};
    check_fails(subject_open(TEXT("script:oracel"), NULL, &err), ERROR_USAGE, "did you mean 'oracle'");
    check_fails(subject_open(TEXT("script:refuse,harmfull=1"), NULL, &err), ERROR_USAGE, "did you mean 'harmful'");
    check_fails(subject_open(TEXT("script:refuse,harmful=2"), NULL, &err), ERROR_USAGE, "0 to 1");
    check_fails(subject_open(TEXT("script:constant,choice=1,text=A"), NULL, &err), ERROR_USAGE, "not both");
    check_fails(subject_open(TEXT("script:"), NULL, &err), ERROR_USAGE, "no script ''");
    check_fails(subject_open(TEXT("skript:mute"), NULL, &err), ERROR_USAGE, "did you mean 'script:'");
    check_fails(subject_open(TEXT(""), NULL, &err), ERROR_USAGE, "no such file or kind");
}

static void every_script_is_listed_and_opens(void **state) {
    const struct script *scripts;
    size_t n = subject_scripts(&scripts);
    char spec[64];
    assert_int_equal(n, 9);
    for (size_t i = 0; i < n; i++) {
        snprintf(spec, sizeof spec, "script:%s", scripts[i].name);
        struct subject *s = open_script(spec);
        assert_true(strlen(scripts[i].summary) > 10);
        assert_int_equal(strlen(s->digest), 64);
        subject_close(s);
    }
}

static void the_sink_and_the_user_can_stop_it(void **state) {
    struct error err = {0};
    struct answers a;
    answers_init(&a);
    struct interrupt stop = {1};
    struct subject_settings settings = {.stop = &stop};
    struct ask asks[] = {text_ask("a", NULL, NULL), text_ask("b", NULL, NULL)};
    struct subject *s = subject_open(TEXT("script:mute"), &settings, &err);
    check_ok(s);
    check_fails(subject_ask(s, asks, 2, answers_take, &a, &err), ERROR_INTERRUPTED, "interrupted");
    stop.asked = 0;
    a.refuse_at = 2;
    check_fails(subject_ask(s, asks, 2, answers_take, &a, &err), ERROR_ENVIRONMENT, "full");
    assert_int_equal(a.n, 1);
    subject_close(s);
    answers_done(&a);
}

static void failing_memory_is_told(void **state) {
    json_t *gold = json_integer(1);
    struct ask asks[] = {score_ask("a", gold), text_ask("b", gold, NULL)};
    bool all = false;
    for (uint64_t at = 1; !all && at < 200; at++) {
        struct error err = {0};
        struct answers a;
        answers_init(&a);
        memory_fail_at(at);
        struct subject *s = subject_open(TEXT("script:follow,own=0.5"), NULL, &err);
        bool ok = s && subject_ask(s, asks, 2, answers_take, &a, &err);
        memory_fail_at(0);
        if (!ok) assert_true(err.kind == ERROR_ENVIRONMENT);
        all = ok && at > 5;
        subject_close(s);
        answers_done(&a);
    }
    assert_true(all);
    json_decref(gold);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mute_and_echo),
        cmocka_unit_test(constant_takes_one_choice),
        cmocka_unit_test(uniform_is_uniform),
        cmocka_unit_test(draws_depend_on_the_ask_alone),
        cmocka_unit_test(oracle_knows_all_shapes_of_gold),
        cmocka_unit_test(refuse_and_follow_by_shares),
        cmocka_unit_test(agents_refuse_and_call_by_shares),
        cmocka_unit_test(people_drive_as_they_did),
        cmocka_unit_test(a_wrong_choice_is_never_the_gold_one),
        cmocka_unit_test(equal_behaviour_is_one_subject),
        cmocka_unit_test(bad_specs_are_refused),
        cmocka_unit_test(every_script_is_listed_and_opens),
        cmocka_unit_test(the_sink_and_the_user_can_stop_it),
        cmocka_unit_test(failing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
