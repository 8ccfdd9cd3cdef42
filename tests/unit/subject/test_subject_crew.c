/* A crew of threads gives the answers of one process, whatever their number; what fails on one is known to the first,
 * which keeps what the others answered. What crosses between them comes out as it went in, and cut off it is refused.
 */
#include "answers.h"
#include "thread_team.h"

#include "subject/ask_wire.h"
#include "subject/subject_crew.h"

enum { ASKS = 150 };

/* ---- bytes ---- */

static const struct text words[] = {{"red", 3}, {"", 0}, {"blue\0green", 10}};
static const struct message talk[] = {{{"system", 6}, {"Be kind.", 8}}, {{"user", 4}, {"Which?", 6}}};

static struct ask full_ask(json_t *gold) {
    return (struct ask){.id = TEXT("item 1"),
                        .task = TEXT("a task"),
                        .kind = ASK_SCORE,
                        .prompt = TEXT("Which?"),
                        .messages = talk,
                        .n_messages = 2,
                        .choices = words,
                        .n_choices = 3,
                        .samples = 4,
                        .max_tokens = 5,
                        .temperature = 0.5,
                        .top_p = 0.25,
                        .top_k = 6,
                        .stops = words + 1,
                        .n_stops = 2,
                        .form = ASK_GRAMMAR,
                        .form_source = TEXT("root ::= \"a\""),
                        .seed = 7,
                        .gold = gold,
                        .digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
}

static void an_ask_comes_out_as_it_went_in(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct buffer bytes, again;
    struct ask out;
    json_t *gold = json_pack("{s:f s:i s:[s,n]}", "number", 1.0, "index", 1, "text", "an \xc3\xa4");
    struct ask ask = full_ask(gold);
    buffer_init(&bytes, 1 << 20);
    buffer_init(&again, 1 << 20);
    arena_init(&arena, 1 << 20);
    wire_put_ask(&bytes, &ask);
    struct wire in = {.rest = buffer_text(&bytes)};
    check_ok(wire_get_ask(&in, &arena, &out, &err));
    assert_int_equal(in.rest.len, 0);
    assert_true(json_equal(out.gold, gold) && !out.labels && json_is_real(json_object_get(out.gold, "number")));
    assert_true(text_equal(out.choices[2], words[2]) && text_equal(out.messages[1].text, talk[1].text));
    wire_put_ask(&again, &out);
    assert_true(text_equal(buffer_text(&bytes), buffer_text(&again)));
    wire_done_ask(&out);
    for (size_t n = 0; n < bytes.len; n++) {
        in = (struct wire){.rest = {bytes.at, n}};
        err = (struct error){0};
        assert_false(wire_get_ask(&in, &arena, &out, &err));
        assert_int_not_equal(err.kind, ERROR_NONE);
        wire_done_ask(&out);
    }
    json_decref(gold);
    buffer_done(&bytes);
    buffer_done(&again);
    arena_done(&arena);
}

static void a_look_comes_out_as_it_went_in(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct buffer bytes;
    struct look out;
    float values[] = {1, -2, 3, 4}, next[] = {-1, -2};
    double rest[] = {0.5, 0.25};
    struct lm_top top[] = {{7, -0.5F}, {8, -1}};
    int32_t ids[] = {5, 6, 7};
    struct lm_observed seen = {.values = values, .n_rows = 2, .positions = 2, .top = top, .rest = rest, .next = next};
    struct look look = {.ask = 3, .choice = SIZE_MAX, .ids = ids, .n = 3, .n_prompt = 1, .seen = &seen};
    buffer_init(&bytes, 1 << 20);
    arena_init(&arena, 1 << 20);
    wire_put_look(&bytes, &look, 2, 1);
    struct wire in = {.rest = buffer_text(&bytes)};
    check_ok(wire_get_look(&in, &arena, &out, &err));
    assert_true(in.rest.len == 0 && out.ask == 3 && out.choice == SIZE_MAX && out.n == 3 && out.n_prompt == 1);
    assert_memory_equal(out.ids, ids, sizeof ids);
    assert_memory_equal(out.seen->values, values, sizeof values);
    assert_memory_equal(out.seen->top, top, sizeof top);
    assert_memory_equal(out.seen->rest, rest, sizeof rest);
    assert_memory_equal(out.seen->next, next, sizeof next);
    for (size_t n = 0; n < bytes.len; n++) {
        in = (struct wire){.rest = {bytes.at, n}};
        err = (struct error){0};
        assert_false(wire_get_look(&in, &arena, &out, &err));
    }
    buffer_done(&bytes);
    arena_done(&arena);
}

/* ---- crews ---- */

struct member {
    const char *spec;
    struct answers *answers;
    bool ok, asked;
    struct error err;
};

static void make_asks(struct ask asks[ASKS], char ids[ASKS][16]) {
    for (size_t i = 0; i < ASKS; i++) {
        snprintf(ids[i], 16, "item%zu", i);
        asks[i] = (struct ask){.id = text_of(ids[i]),
                               .kind = i % 3 ? ASK_GENERATE : ASK_SCORE,
                               .prompt = TEXT("Which?"),
                               .choices = words,
                               .n_choices = 3,
                               .samples = 1};
        sha256_hex(ids[i], strlen(ids[i]), asks[i].digest);
    }
}

/* What the program does: the first asks, the others serve. */
static void work(struct team *team, void *argument) {
    struct member *m = argument;
    struct ask asks[ASKS];
    char ids[ASKS][16];
    struct subject_crew *crew = subject_crew_new(team, &m->err);
    struct subject_settings settings = {.crew = team->rank ? NULL : crew, .threads = 1};
    if (team->rank) {
        m->ok = subject_crew_serve(crew, &settings, &m->err);
    } else {
        make_asks(asks, ids);
        struct subject *other = subject_open(TEXT("script:mute"), &settings, &m->err);
        struct subject *subject = other ? subject_open(text_of(m->spec), &settings, &m->err) : NULL;
        m->asked = subject && subject_ask(subject, asks, ASKS, answers_take, m->answers, &m->err);
        subject_close(other);
        subject_close(subject);
        m->ok = subject_crew_end(crew, m->asked, &m->err);
    }
    subject_crew_free(crew);
}

static void run_crew(size_t size, struct member members[3], const char *spec, struct answers *a) {
    void *arguments[3] = {&members[0], &members[1], &members[2]};
    for (size_t r = 0; r < 3; r++) members[r] = (struct member){.spec = spec, .answers = a};
    thread_team_run(size, work, arguments);
    qsort(a->all, a->n, sizeof *a->all, answers_order);
}

static void a_crew_answers_as_one_process(void **state) {
    (void)state;
    struct ask asks[ASKS];
    char ids[ASKS][16];
    struct answers *alone = calloc(1, sizeof *alone), *shared = calloc(1, sizeof *shared);
    struct member members[3];
    struct error err = {0};
    make_asks(asks, ids);
    answers_init(alone);
    struct subject *subject = subject_open(TEXT("script:uniform"), NULL, &err);
    check_ok(subject);
    answers_ask(alone, subject, asks, ASKS);
    subject_close(subject);
    for (size_t size = 1; size <= 3; size++) {
        answers_init(shared);
        run_crew(size, members, "script:uniform", shared);
        for (size_t r = 0; r < size; r++) assert_true(members[r].ok);
        assert_int_equal(shared->n, ASKS);
        for (size_t i = 0; i < ASKS; i++) {
            assert_int_equal(shared->all[i].ask, i);
            assert_true(text_equal(shared->all[i].text, alone->all[i].text));
            assert_int_equal(shared->all[i].n_choices, alone->all[i].n_choices);
            for (size_t c = 0; c < shared->all[i].n_choices; c++)
                assert_memory_equal(&shared->all[i].choices[c].logprob, &alone->all[i].choices[c].logprob,
                                    sizeof(double));
        }
        answers_done(shared);
    }
    answers_done(alone);
    free(alone);
    free(shared);
}

/* The sink of the first process says no to its tenth answer: nothing more is asked, and all end with its error. */
static void an_error_of_the_first_ends_all(void **state) {
    (void)state;
    struct answers *a = calloc(1, sizeof *a);
    struct member members[3];
    answers_init(a);
    a->refuse_at = 10;
    run_crew(3, members, "script:uniform", a);
    assert_int_equal(a->n, 9);
    for (size_t r = 0; r < 3; r++) {
        assert_false(members[r].ok);
        assert_int_equal(members[r].err.kind, ERROR_ENVIRONMENT);
        assert_string_equal(members[r].err.message, "the sink is full");
    }
    answers_done(a);
    free(a);
}

static void a_subject_that_is_not_there_ends_all(void **state) {
    (void)state;
    struct answers *a = calloc(1, sizeof *a);
    struct member members[3];
    answers_init(a);
    run_crew(2, members, "nowhere.gguf", a);
    for (size_t r = 0; r < 2; r++) {
        assert_false(members[r].ok);
        assert_int_equal(members[r].err.kind, ERROR_DATA);
        assert_non_null(strstr(members[r].err.message, "nowhere.gguf"));
    }
    answers_done(a);
    free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ask_comes_out_as_it_went_in),       cmocka_unit_test(a_look_comes_out_as_it_went_in),
        cmocka_unit_test(a_crew_answers_as_one_process),        cmocka_unit_test(an_error_of_the_first_ends_all),
        cmocka_unit_test(a_subject_that_is_not_there_ends_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
