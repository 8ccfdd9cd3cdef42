/* A system message of the user's own: asks are answered as if they held it; the subject is another one then. */
#include "answers.h"
#include "check.h"

#include "lm/model/model.h"
#include "subject/subject_look.h"
#include "subject/subject_model.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SYSTEM TEXT("Mind the mill.")

static struct lm_model *model;

static int setup(void **state) {
    struct error err = {0};
    double entropy;
    model = lm_model_random_of(TEXT("llama,width=24,heads=4,hidden=20,context=2000"), &entropy, &err);
    check_ok(model);
    return 0;
}

static int teardown(void **state) {
    lm_model_free(model);
    return 0;
}

static struct subject *open_model(const char *template_name, bool told) {
    struct error err = {0};
    struct subject_settings settings = {.template_name = template_name};
    struct subject *s = subject_of_model(model, "random", DIGEST, &settings, &err);
    check_ok(s);
    if (told) check_ok(subject_tell(s, SYSTEM, &err));
    return s;
}

/* The prompt that `told` is shown for one ask is that of the other subject for the other ask, and so is its answer. */
static void equal_asks(const char *template_name, const struct ask *ask, const struct ask *as_if) {
    struct error err = {0};
    struct subject *told = open_model(template_name, true), *plain = open_model(template_name, false);
    struct buffer a, b;
    struct answers first, second;
    buffer_init(&a, 1 << 20), buffer_init(&b, 1 << 20);
    answers_init(&first), answers_init(&second);
    check_ok(subject_show_prompt(told, ask, &a, &err));
    check_ok(subject_show_prompt(plain, as_if, &b, &err));
    assert_true(a.len > 40 && text_equal(buffer_text(&a), buffer_text(&b)));
    answers_ask(&first, told, ask, 1);
    answers_ask(&second, plain, as_if, 1);
    assert_int_equal(first.all[0].tokens_in, second.all[0].tokens_in);
    assert_true(text_equal(first.all[0].text, second.all[0].text));
    buffer_done(&a), buffer_done(&b);
    answers_done(&first), answers_done(&second);
    subject_close(told), subject_close(plain);
}

static const struct message user = {{"user", 4}, {"Who built it?", 13}};
static const struct ask base = {.kind = ASK_GENERATE, .samples = 1, .max_tokens = 8};

static void stands_before_a_conversation(void **state) {
    const struct message with[] = {{TEXT("system"), SYSTEM}, user};
    struct ask ask = base, as_if = base;
    ask.messages = &user, ask.n_messages = 1;
    as_if.messages = with, as_if.n_messages = 2;
    equal_asks("chatml", &ask, &as_if);
}

static void stands_before_the_system_message_of_an_ask(void **state) {
    const struct message own[] = {{TEXT("system"), TEXT("Be short.")}, user};
    const struct message with[] = {{TEXT("system"), TEXT("Mind the mill.\n\nBe short.")}, user};
    struct ask ask = base, as_if = base;
    ask.messages = own, ask.n_messages = 2;
    as_if.messages = with, as_if.n_messages = 2;
    equal_asks("chatml", &ask, &as_if);
}

static void makes_a_conversation_of_a_raw_prompt(void **state) {
    const struct message with[] = {{TEXT("system"), SYSTEM}, user};
    struct ask ask = base, as_if = base;
    ask.prompt = user.text;
    as_if.messages = with, as_if.n_messages = 2;
    equal_asks("chatml", &ask, &as_if);
}

static void stands_before_a_raw_prompt_where_nobody_chats(void **state) {
    struct ask ask = base, as_if = base;
    ask.prompt = user.text;
    as_if.prompt = TEXT("Mind the mill.\n\nWho built it?");
    equal_asks(NULL, &ask, &as_if);
}

struct seen {
    size_t n;
};

static bool see(void *context, const struct look *look, struct error *err) {
    (void)err;
    assert_int_equal(look->error.kind, ERROR_NONE);
    ((struct seen *)context)->n = look->n;
    return true;
}

static void is_looked_at_as_well(void **state) {
    struct error err = {0};
    struct subject *told = open_model("chatml", true), *plain = open_model("chatml", false);
    struct lm_observe_options options = {.top = 1};
    struct seen with = {0}, without = {0};
    struct ask ask = base;
    ask.messages = &user, ask.n_messages = 1;
    check_ok(subject_look(told, &options, false, &ask, 1, see, &with, &err));
    check_ok(subject_look(plain, &options, false, &ask, 1, see, &without, &err));
    assert_true(with.n > without.n + 4);
    subject_close(told), subject_close(plain);
}

static void is_another_subject(void **state) {
    struct error err = {0};
    struct subject *told = open_model("chatml", true), *plain = open_model("chatml", false);
    assert_string_not_equal(told->digest, plain->digest);
    assert_non_null(strstr(told->spec, " +system:"));
    assert_non_null(strstr(told->name, " +system:"));
    check_fails(subject_tell(told, SYSTEM, &err), ERROR_USAGE, "has a system message");
    check_fails(subject_tell(plain, TEXT(" \n"), &err), ERROR_USAGE, "is empty");
    subject_close(told), subject_close(plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stands_before_a_conversation),
        cmocka_unit_test(stands_before_the_system_message_of_an_ask),
        cmocka_unit_test(makes_a_conversation_of_a_raw_prompt),
        cmocka_unit_test(stands_before_a_raw_prompt_where_nobody_chats),
        cmocka_unit_test(is_looked_at_as_well),
        cmocka_unit_test(is_another_subject),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
