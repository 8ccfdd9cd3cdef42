/* Calls in answers: the pocket form, JSON of endpoints, trajectories; and the grade, criterion by criterion. */
#include "check.h"

#include "base/buffer.h"
#include "measure/rules/call.h"

#include <math.h>

static struct error err;
static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 1 << 24);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct calls read_all(const char *answer) {
    struct calls c;
    check_ok(calls_read(text_of(answer), &arena, &c, &err));
    return c;
}

static void one_call(void **state) {
    struct call c;
    (void)state;
    assert_true(call_read(TEXT("<call> send_mail to=Bo Lund ; text=a b </call>"), &c));
    assert_true(c.n == 2 && text_equal_c(c.tool, "send_mail") && text_equal_c(c.value[0], "Bo Lund"));
    assert_false(call_read(TEXT("send_mail"), &c));
    assert_false(call_read(TEXT("I think x = 5"), &c));
    assert_false(call_read(TEXT("a b=c ; d"), &c));
    assert_false(call_read(TEXT("a b="), &c));
    assert_false(call_read(TEXT(""), &c));
}

static void answers(void **state) {
    (void)state;
    struct calls c = read_all("Of course.\nfind name=Ada\n\nsend to=Bo ; text=hi\nDone.");
    assert_int_equal(c.n, 2);
    assert_true(text_equal_c(c.said, "Of course.\nDone."));
    c = read_all("{\"content\": \"I do it\", \"tool_calls\": [{\"id\": \"c1\", \"function\": {\"name\": \"pay\", "
                 "\"arguments\": \"{\\\"crowns\\\": 40, "
                 "\\\"to\\\": \\\"Bo\\\"}\"}}, {\"name\": \"note\", \"arguments\": {}}, {\"name\": \"bad\", "
                 "\"arguments\": \"nope\"}]}");
    assert_int_equal(c.n, 2);
    assert_int_equal(c.broken, 1);
    assert_true(text_equal_c(c.call[0].tool, "pay") && text_equal_c(c.call[0].value[0], "40"));
    assert_true(c.call[1].n == 0 && text_equal_c(c.said, "I do it"));
    c = read_all("[{\"role\": \"user\", \"content\": \"do it\"}, {\"role\": \"assistant\", \"tool_calls\": [{\"name\": "
                 "\"pay\", \"arguments\": "
                 "{\"to\": \"Bo\"}}]}, {\"role\": \"tool\", \"content\": \"paid\"}, {\"role\": \"assistant\", "
                 "\"content\": \"I cannot go on\"}]");
    assert_true(c.n == 1 && text_equal_c(c.said, "I cannot go on"));
    c = read_all("{not JSON");
    assert_true(c.n == 0 && text_equal_c(c.said, "{not JSON"));
    c = read_all("");
    assert_true(c.n == 0 && c.said.len == 0);
}

/* A tool result of megabytes that a model says again, and an argument of many numbers, are cut, not errors. */
static void long_answers(void **state) {
    struct buffer b;
    (void)state;
    buffer_init(&b, 1 << 24);
    buffer_put_c(&b, "[{\"content\": \"");
    for (int i = 0; i < 3 << 20; i++) buffer_put_char(&b, 'x');
    buffer_put_c(&b, "\", \"tool_calls\": [{\"name\": \"pay\", \"arguments\": {\"to\": [0");
    for (int i = 0; i < 100000; i++) buffer_put_c(&b, ", 1");
    buffer_put_c(&b, "], \"by\": \"Ada\"}}]}]");
    check_ok(buffer_check(&b, "answer", &err));
    struct calls c;
    check_ok(calls_read(buffer_text(&b), &arena, &c, &err));
    assert_int_equal(c.said.len, 1 << 20);
    assert_true(c.n == 1 && c.call[0].n == 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(text_equal_c(c.call[0].value[i], text_equal_c(c.call[0].key[i], "by") ? "Ada" : ""));
    buffer_clear(&b);
    for (int i = 0; i < 1 << 21; i++) buffer_put_c(&b, "word ");
    for (int i = 0; i < 100; i++) buffer_put_c(&b, "\npay to=Bo");
    check_ok(calls_read(buffer_text(&b), &arena, &c, &err));
    assert_true(c.n == CALLS_MOST && c.said.len == 1 << 20);
    buffer_done(&b);
}

static double grade(const char *wanted, const char *made) {
    struct calls w = read_all(wanted), m = read_all(made);
    return calls_grade(w.call, w.n, m.call, m.n);
}

/* Two calls with three arguments and their order: m = 6 criteria, each of which alone is 1/6. */
static void criteria(void **state) {
    static const char wanted[] = "find name=Ada\nsend to=Bo ; text=hi";
    (void)state;
    check_near(grade(wanted, wanted), 1, 0);
    check_near(grade(wanted, "find name=Eve\nsend to=Bo ; text=hi"), 5.0 / 6, 1e-15);
    check_near(grade(wanted, "find name=Ada\nsend to=Bo ; text=no"), 5.0 / 6, 1e-15);
    check_near(grade(wanted, "find name=Ada\nsend to=Eve ; text=hi"), 5.0 / 6, 1e-15);
    check_near(grade(wanted, "send to=Bo ; text=hi\nfind name=Ada"), 5.0 / 6, 1e-15);
    check_near(grade(wanted, "find name=Ada"), 2.0 / 6, 1e-15);
    check_near(grade(wanted, "send to=Bo ; text=hi"), 3.0 / 6, 1e-15);
    check_near(grade(wanted, "sing song=all"), 0, 0);
    check_near(grade(wanted, ""), 0, 0);
    /* another try of the same tool: the better one counts, once */
    check_near(grade("find name=Ada", "find name=Eve\nfind name=Ada"), 1, 0);
    check_near(grade("find name=Ada\nfind name=Ada", "find name=Ada"), 2.0 / 5, 1e-15);
    assert_true(isnan(grade("", "find name=Ada")));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_call), cmocka_unit_test(answers),
                                       cmocka_unit_test(long_answers), cmocka_unit_test(criteria)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
