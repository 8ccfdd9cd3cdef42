/* Asks from a user's file, and their answers in the order of the file: every key, defaults, what is refused with file and
 * line, batches that hide nothing, and the JSON that is written. */
#include "check.h"

#include "base/file.h"
#include "measure/dataset/ask_groups.h"

#include <stdlib.h>

static char folder[64];
static struct arena arena;

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-ask-XXXXXX");
    arena_init(&arena, 0);
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static const char *file_with(const char *content) {
    static char path[128];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/asks.jsonl", folder);
    check_ok(file_write(path, text_of(content), &err));
    return path;
}

static struct ask_file *open_asks(const char *content, const struct ask_defaults *defaults) {
    struct error err = {0};
    struct ask_file *file = ask_file_open(file_with(content), defaults, &err);
    check_ok(file);
    return file;
}

static void check_text(struct text actual, const char *expected) {
    if (!text_equal_c(actual, expected)) fail_msg("'%.*s', expected '%s'", TEXT_ARG(actual), expected);
}

static void test_rows(void **state) {
    (void)state;
    struct error err = {0};
    struct ask_defaults d = {.kind = ASK_GENERATE, .samples = 2, .max_tokens = 7, .temperature = 0.5, .seed = 3};
    struct ask_file *file = open_asks("{\"prompt\":\"One\"}\n\n"
                                      "{\"id\":\"b\",\"prompt\":\"Two\",\"gold\":{\"text\":\"2\"},\"labels\":{\"harmful\":true},"
                                      "\"want\":{\"samples\":5,\"max_tokens\":9,\"temperature\":0}}\n"
                                      "{\"messages\":[{\"role\":\"user\",\"content\":\"Three\"},{\"role\":\"assistant\",\"content\":\"3\"}]}\n", &d);
    struct ask_row row;
    assert_int_equal(ask_file_next(file, &arena, &row, &err), 1);
    check_text(row.ask.id, "1");
    check_text(row.ask.prompt, "One");
    assert_int_equal(row.ask.n_messages, 0);
    assert_int_equal(row.ask.samples, 2);
    assert_int_equal(row.ask.max_tokens, 7);
    assert_int_equal(row.ask.seed, 3);
    check_near(row.ask.temperature, 0.5, 0);
    assert_int_equal(strlen(row.ask.digest), 64);
    ask_row_done(&row);
    assert_int_equal(ask_file_next(file, &arena, &row, &err), 1);
    assert_int_equal(row.line, 3);
    check_text(row.ask.id, "b");
    assert_int_equal(row.ask.samples, 5);
    assert_int_equal(row.ask.max_tokens, 9);
    check_near(row.ask.temperature, 0, 0);
    check_text(json_text(json_object_get(row.ask.gold, "text")), "2");
    assert_true(json_is_true(json_object_get(row.ask.labels, "harmful")));
    ask_row_done(&row);
    assert_int_equal(ask_file_next(file, &arena, &row, &err), 1);
    check_text(row.ask.id, "4");
    assert_int_equal(row.ask.n_messages, 2);
    check_text(row.ask.messages[1].role, "assistant");
    check_text(row.ask.messages[1].text, "3");
    ask_row_done(&row);
    assert_int_equal(ask_file_next(file, &arena, &row, &err), 0);
    ask_file_close(file);
}

static void test_system_and_chat(void **state) {
    (void)state;
    struct error err = {0};
    struct ask_defaults d = {.kind = ASK_GENERATE, .as_chat = true, .system = TEXT("Be brief.")};
    struct ask_file *file = open_asks("{\"prompt\":\"One\"}\n{\"messages\":[{\"role\":\"user\",\"content\":\"Two\"}]}\n", &d);
    for (int i = 0; i < 2; i++) {
        struct ask_row row;
        assert_int_equal(ask_file_next(file, &arena, &row, &err), 1);
        assert_int_equal(row.ask.n_messages, 2);
        check_text(row.ask.messages[0].role, "system");
        check_text(row.ask.messages[0].text, "Be brief.");
        check_text(row.ask.messages[1].role, "user");
        check_text(row.ask.messages[1].text, i ? "Two" : "One");
        assert_int_equal(row.ask.samples, 1);
        ask_row_done(&row);
    }
    ask_file_close(file);
}

static void test_choices(void **state) {
    (void)state;
    struct error err = {0};
    struct ask_defaults d = {.kind = ASK_SCORE};
    struct ask_file *file = open_asks("{\"prompt\":\"p\",\"choices\":[\"a\",\"b\"]}\n{\"prompt\":\"p\",\"continuations\":[\"c\"]}\n"
                                      "{\"prompt\":\"p\",\"continuation\":\"d\"}\n", &d);
    static const char *const first[] = {"a", "c", "d"};
    for (int i = 0; i < 3; i++) {
        struct ask_row row;
        assert_int_equal(ask_file_next(file, &arena, &row, &err), 1);
        assert_int_equal(row.ask.n_choices, i == 0 ? 2 : 1);
        check_text(row.ask.choices[0], first[i]);
        ask_row_done(&row);
    }
    ask_file_close(file);
}

/* What is looked at without choices: a conversation that ends with an answer is a prompt and that answer. */
static void test_answered(void **state) {
    (void)state;
    struct error err = {0};
    struct ask_defaults d = {.kind = ASK_SCORE, .may_lack_choices = true};
    struct ask_file *file = open_asks("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\" a\"}]}\n"
                                      "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}\n", &d);
    for (size_t i = 0; i < 2; i++) {
        struct ask_row row;
        assert_int_equal(ask_file_next(file, &arena, &row, &err), 1);
        assert_int_equal(row.ask.n_messages, 1);
        assert_int_equal(row.ask.n_choices, i == 0);
        if (i == 0) check_text(row.ask.choices[0], " a");
        ask_row_done(&row);
    }
    ask_file_close(file);
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        enum ask_kind kind;
        const char *content, *part;
    } cases[] = {
        {ASK_GENERATE, "7\n", "asks.jsonl:1"},
        {ASK_GENERATE, "{\"id\":\"a\"}\n", "asks.jsonl:1: field 'prompt'"},
        {ASK_GENERATE, "{\"prompt\":7}\n", "field 'prompt'"},
        {ASK_GENERATE, "{\"messages\":[]}\n", "field 'messages'"},
        {ASK_GENERATE, "{\"messages\":[{\"role\":\"user\"}]}\n", "messages[0].content"},
        {ASK_GENERATE, "{\"prompt\":\"p\",\"want\":7}\n", "field 'want'"},
        {ASK_GENERATE, "{\"prompt\":\"p\",\"want\":{\"samples\":\"many\"}}\n", "want.samples"},
        {ASK_GENERATE, "{\"prompt\":\"p\",\"want\":{\"samples\":0}}\n", "want.samples"},
        {ASK_GENERATE, "{\"prompt\":\"p\",\"want\":{\"samples\":1000000000000}}\n", "want.samples"},
        {ASK_GENERATE, "{\"prompt\":\"p\",\"want\":{\"max_tokens\":-1}}\n", "want.max_tokens"},
        {ASK_GENERATE, "{\"prompt\":\"p\",\"want\":{\"temperature\":-0.5}}\n", "want.temperature"},
        {ASK_GENERATE, "{\"prompt\":\"p\"\n", "asks.jsonl:1"},
        {ASK_SCORE, "{\"prompt\":\"p\"}\n", "field 'choices'"},
        {ASK_SCORE, "{\"prompt\":\"p\",\"choices\":[]}\n", "field 'choices'"},
        {ASK_SCORE, "{\"prompt\":\"p\",\"choices\":[7]}\n", "choices[]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct ask_row row;
        struct ask_defaults d = {.kind = cases[i].kind};
        struct ask_file *file = open_asks(cases[i].content, &d);
        assert_int_equal(ask_file_next(file, &arena, &row, &err), -1);
        if (err.kind != ERROR_DATA || !strstr(err.message, cases[i].part))
            fail_msg("'%s', expected '%s'", err.message, cases[i].part);
        ask_file_close(file);
    }
    struct error err = {0};
    struct ask_defaults d = {0};
    check_fails(ask_file_open("/nowhere/asks.jsonl", &d, &err), ERROR_ENVIRONMENT, "/nowhere/asks.jsonl");
}

/* The digest follows what is asked and nothing else. */
static void test_digest(void **state) {
    (void)state;
    struct error err = {0};
    struct message messages[] = {{TEXT("user"), TEXT("q")}, {TEXT("user"), TEXT("r")}};
    struct text choices[] = {TEXT("a"), TEXT("b")}, joined[] = {TEXT("ab")};
    struct ask asks[] = {
        {.prompt = TEXT("q"), .samples = 1},
        {.prompt = TEXT("r"), .samples = 1},
        {.prompt = TEXT("q"), .samples = 2},
        {.prompt = TEXT("q"), .samples = 1, .max_tokens = 1},
        {.prompt = TEXT("q"), .samples = 1, .temperature = 0.1},
        {.messages = messages, .n_messages = 1, .samples = 1},
        {.messages = messages, .n_messages = 2, .samples = 1},
        {.prompt = TEXT("q"), .choices = choices, .n_choices = 2, .samples = 1},
        {.prompt = TEXT("q"), .choices = joined, .n_choices = 1, .samples = 1},
        {.prompt = TEXT("q"), .stops = joined, .n_stops = 1, .samples = 1},
        {.kind = ASK_SCORE, .prompt = TEXT("q"), .samples = 1},
    };
    size_t n = sizeof asks / sizeof *asks;
    for (size_t i = 0; i < n; i++) {
        check_ok(ask_digest(&asks[i], &err));
        for (size_t j = 0; j < i; j++) assert_string_not_equal(asks[i].digest, asks[j].digest);
    }
    struct ask same = {.id = TEXT("other"), .task = TEXT("t"), .prompt = TEXT("q"), .samples = 1, .seed = 5};
    check_ok(ask_digest(&same, &err));
    assert_string_equal(same.digest, asks[0].digest);
}

/* ---- asking */

struct collected {
    size_t rows, answers, stop_after;
    struct buffer lines;
    struct subject *subject;
    bool scores;
};

static bool collect(void *context, const struct ask_row *row, const struct answer *answers, size_t n, struct error *err) {
    struct collected *c = context;
    if (c->stop_after && c->rows == c->stop_after) return error_set(err, ERROR_ENVIRONMENT, "disk full");
    json_t *j = c->scores ? ask_scores_json(c->subject, row, answers, err) : ask_group_json(c->subject, row, answers, n, err);
    if (!j) return false;
    json_put(&c->lines, j, 0);
    buffer_put_char(&c->lines, '\n');
    json_decref(j);
    c->rows++;
    c->answers += n;
    return true;
}

static int next_row(void *context, struct arena *of_row, struct ask_row *row, struct error *err) {
    return ask_file_next(context, of_row, row, err);
}

static bool ask_all(const char *spec, const char *content, const struct ask_defaults *defaults, struct collected *c,
                    struct ask_groups_counts *counts, struct error *err) {
    struct ask_file *file = open_asks(content, defaults);
    struct subject *subject = subject_open(text_of(spec), NULL, err);
    if (!subject) fail_msg("%s", err->message);
    c->rows = c->answers = 0;
    c->subject = subject;
    c->scores = defaults->kind == ASK_SCORE;
    buffer_init(&c->lines, 16 << 20);
    bool ok = ask_groups(subject, next_row, file, collect, c, counts, err);
    subject_close(subject);
    ask_file_close(file);
    return ok;
}

/* More rows than a batch holds, with different numbers of samples, in the order of the file. */
static void test_many(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    struct ask_groups_counts counts;
    struct collected c = {0};
    struct ask_defaults d = {.kind = ASK_GENERATE, .samples = 1, .max_tokens = 4};
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 600; i++) buffer_printf(&b, "{\"id\":\"i%d\",\"prompt\":\"p%d\",\"want\":{\"samples\":%d}}\n", i, i, 1 + i % 3);
    check_ok(ask_all("script:echo", b.at, &d, &c, &counts, &err));
    assert_int_equal(counts.rows, 600);
    assert_int_equal(counts.answers, 1200);
    assert_int_equal(counts.failed, 0);
    struct text rest = buffer_text(&c.lines), line;
    for (int i = 0; i < 600; i++) {
        char id[16], prompt[16];
        snprintf(id, sizeof id, "i%d", i);
        snprintf(prompt, sizeof prompt, "p%d", i);
        assert_true(text_next(&rest, '\n', &line));
        json_t *j = json_read(line, "out", 1, &err);
        check_ok(j);
        const json_t *answers = json_object_get(j, "answers");
        check_text(json_text(json_object_get(j, "id")), id);
        assert_int_equal(json_array_size(answers), 1 + i % 3);
        for (size_t s = 0; s < json_array_size(answers); s++)
            check_text(json_text(json_object_get(json_array_get(answers, s), "text")), prompt);
        json_decref(j);
    }
    buffer_done(&c.lines);
    buffer_done(&b);
}

static void test_written(void **state) {
    (void)state;
    struct error err = {0};
    struct ask_groups_counts counts;
    struct collected c = {0};
    struct ask_defaults d = {.kind = ASK_SCORE};
    check_ok(ask_all("script:oracle", "{\"id\":\"a\",\"prompt\":\"p\",\"choices\":[\"x\",\"yy\"],\"gold\":{\"index\":1}}\n", &d, &c,
                     &counts, &err));
    json_t *j = json_read(buffer_text(&c.lines), "out", 1, &err);
    check_ok(j);
    const json_t *choices = json_object_get(j, "choices"), *x = json_array_get(choices, 0), *yy = json_array_get(choices, 1);
    check_text(json_text(json_object_get(yy, "text")), "yy");
    check_near(json_number_value(json_object_get(yy, "logprob")), 0, 0);
    check_near(json_number_value(json_object_get(x, "logprob")), CHOICE_NOT_TAKEN, 0);
    assert_int_equal(json_integer_value(json_object_get(yy, "bytes")), 2);
    json_decref(j);
    buffer_done(&c.lines);
    /* An item that cannot be answered is told, not hidden. */
    d.kind = ASK_GENERATE;
    check_ok(ask_all("script:oracle", "{\"id\":\"a\",\"prompt\":\"p\"}\n", &d, &c, &counts, &err));
    assert_int_equal(counts.failed, 1);
    check_ok(j = json_read(buffer_text(&c.lines), "out", 1, &err));
    const json_t *answer = json_array_get(json_object_get(j, "answers"), 0);
    check_text(json_text(json_object_get(answer, "finish")), "error");
    assert_true(json_is_string(json_object_get(answer, "error")));
    json_decref(j);
    buffer_done(&c.lines);
}

static void test_stops(void **state) {
    (void)state;
    struct error err = {0};
    struct ask_groups_counts counts;
    struct collected c = {.stop_after = 1};
    struct ask_defaults d = {.kind = ASK_GENERATE};
    check_fails(ask_all("script:echo", "{\"prompt\":\"p\"}\n{\"prompt\":\"q\"}\n", &d, &c, &counts, &err), ERROR_ENVIRONMENT, "disk full");
    buffer_done(&c.lines);
    c.stop_after = 0;
    check_fails(ask_all("script:echo", "{\"prompt\":\"p\"}\n{\"prmpt\":\"q\"}\n", &d, &c, &counts, &err), ERROR_DATA, "asks.jsonl:2");
    buffer_done(&c.lines);
}

static void test_forms(void **state) {
    (void)state;
    struct error err = {0};
    struct ask_row row, other;
    struct ask_file *file = open_asks(
        "{\"prompt\":\"a\",\"want\":{\"grammar\":\"root ::= [ab]\"}}\n"
        "{\"prompt\":\"a\",\"want\":{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"null\"}}}}}\n"
        "{\"prompt\":\"a\",\"want\":{\"response_format\":{\"type\":\"json_object\"}}}\n"
        "{\"prompt\":\"a\",\"want\":{\"response_format\":{\"type\":\"text\"}}}\n"
        "{\"prompt\":\"a\",\"want\":{\"grammar\":\"root ::= x\"}}\n"
        "{\"prompt\":\"a\",\"want\":{\"response_format\":{\"type\":\"xml\"}}}\n"
        "{\"prompt\":\"a\",\"want\":{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"not\":{}}}}}}\n"
        "{\"prompt\":\"a\",\"want\":{\"grammar\":\"root ::= [ab]\",\"response_format\":{\"type\":\"text\"}}}\n",
        &(struct ask_defaults){.max_tokens = 5});
    assert_int_equal(ask_file_next(file, &arena, &row, &err), 1);
    assert_int_equal(row.ask.form, ASK_GRAMMAR);
    check_text(row.ask.form_source, "root ::= [ab]");
    ask_row_done(&row);
    assert_int_equal(ask_file_next(file, &arena, &other, &err), 1);
    assert_int_equal(other.ask.form, ASK_SCHEMA);
    check_text(other.ask.form_source, "{\"type\":\"null\"}");
    assert_string_not_equal(other.ask.digest, row.ask.digest);
    ask_row_done(&other);
    assert_int_equal(ask_file_next(file, &arena, &row, &err), 1);
    check_text(row.ask.form_source, "{\"type\":\"object\"}");
    ask_row_done(&row);
    assert_int_equal(ask_file_next(file, &arena, &row, &err), 1);
    assert_int_equal(row.ask.form, ASK_FREE);
    ask_row_done(&row);
    check_fails(ask_file_next(file, &arena, &row, &err) == 1, ERROR_DATA, "asks.jsonl:5: grammar:1:10: no rule 'x'");
    check_fails(ask_file_next(file, &arena, &row, &err) == 1, ERROR_DATA, "expected {type: text, json_object or json_schema}");
    check_fails(ask_file_next(file, &arena, &row, &err) == 1, ERROR_DATA, "asks.jsonl:7: response_format: #: 'not' is not supported");
    check_fails(ask_file_next(file, &arena, &row, &err) == 1, ERROR_DATA, "asks.jsonl:8: give either 'grammar' or 'response_format'");
    ask_file_close(file);
}

static void test_prompt(void **state) {
    (void)state;
    struct error err = {0};
    struct ask_row row;
    struct ask_defaults d = {.kind = ASK_GENERATE, .as_chat = true, .max_tokens = 5};
    check_ok(ask_from_prompt(TEXT("hello"), &d, &arena, &row, &err));
    check_text(row.ask.id, "prompt");
    check_text(row.ask.messages[0].text, "hello");
    assert_int_equal(row.ask.max_tokens, 5);
    ask_row_done(&row);
}

#define ASK_TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        ASK_TEST(test_rows),   ASK_TEST(test_system_and_chat), ASK_TEST(test_choices), ASK_TEST(test_answered), ASK_TEST(test_refused), ASK_TEST(test_digest),
        ASK_TEST(test_many),   ASK_TEST(test_written),         ASK_TEST(test_stops),   ASK_TEST(test_prompt),
        ASK_TEST(test_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
