/* Chat templates: the rows of their calibration (bytes and digests of public templates were got from Jinja 2, see
 * calibrate_template.c; that it misses what is wrong is shown by a wrong template), and the warnings of slips. */
#include "check.h"

#include "base/file.h"
#include "lm/calibrate/calibrate_template.h"
#include "lm/template/chat.h"

#include <stdlib.h>
#include <unistd.h>

static struct error err;
static const char *root;

struct rows {
    size_t passed, missed, skipped;
    char last[1024]; /* "name: found (note)" of the last missed row */
};

static void count_row(void *context, const struct calibrate_row *row) {
    struct rows *rows = context;
    rows->passed += row->state == CALIBRATE_PASSED;
    rows->skipped += row->state == CALIBRATE_SKIPPED;
    if (row->state != CALIBRATE_MISSED) return;
    rows->missed++;
    snprintf(rows->last, sizeof rows->last, "%s: %s (%s)", row->name, row->found, row->note);
}

static void built_in_templates_give_known_texts(void **state) {
    (void)state;
    struct arena arena;
    struct text pocket;
    char path[512];
    struct rows rows = {0};
    arena_init(&arena, 1 << 20);
    snprintf(path, sizeof path, "%s/pocket/chat.jinja", root);
    check_ok(file_read(&arena, path, 1 << 16, &pocket, &err));
    check_ok(calibrate_template(pocket, NULL, count_row, &rows, &err));
    if (rows.missed) fail_msg("%s", rows.last);
    assert_int_equal(rows.passed, 7);
    arena_done(&arena);
}

static void a_wrong_template_is_missed(void **state) {
    (void)state;
    struct rows rows = {0};
    check_ok(calibrate_template(TEXT("<bos>{{ messages[0]['content'] }}"), NULL, count_row, &rows, &err));
    assert_int_equal(rows.missed, 1);
    assert_non_null(strstr(rows.last, "pocket: 28 bytes (the first 5 bytes are equal)"));
    rows = (struct rows){0};
    check_ok(calibrate_template(TEXT(""), NULL, count_row, &rows, &err));
    assert_int_equal(rows.skipped, 1);
}

/* A template that is not known by name must show every message, or say where it refuses. */
static void unknown_templates_show_all_messages(void **state) {
    (void)state;
    static const struct {
        const char *source;
        size_t passed;
    } samples[] = {
        {"{% for m in messages %}{{ m.content }}{% endfor %}", 2},
        {"{{ messages[0].content }}", 0},
        {"\n{{ raise_exception('not today') }}", 2},
    };
    char folder[] = "/tmp/basanite-template-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/own.jinja", folder);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct rows rows = {0}, none = {0};
        check_ok(file_write(path, text_of(samples[i].source), &err));
        check_ok(calibrate_template(TEXT(""), NULL, count_row, &none, &err));
        check_ok(calibrate_template(TEXT(""), i ? path : folder, count_row, &rows, &err));
        assert_int_equal(rows.passed - none.passed, samples[i].passed);
        assert_int_equal(rows.missed, 2 - samples[i].passed);
    }
    unlink(path);
    struct rows rows = {0};
    check_fails(calibrate_template(TEXT(""), folder, count_row, &rows, &err), ERROR_DATA, "NAME.jinja");
    rmdir(folder);
    check_fails(calibrate_template(TEXT(""), path, count_row, &rows, &err), ERROR_ENVIRONMENT, "own.jinja");
}

static void public_templates_equal_jinja(void **state) {
    (void)state;
    char folder[512];
    struct rows rows = {0}, none = {0};
    snprintf(folder, sizeof folder, "%s/../shared/data/models/chat-templates", root);
    if (!file_exists(folder)) {
        print_message("skipped: no ../shared/data/models/chat-templates\n");
        skip();
    }
    check_ok(calibrate_template(TEXT(""), NULL, count_row, &none, &err));
    check_ok(calibrate_template(TEXT(""), folder, count_row, &rows, &err));
    if (rows.missed) fail_msg("%s", rows.last);
    assert_int_equal(rows.passed - none.passed, 24);
}

/* ---- warnings ---- */

#define TURNS "{% for m in messages %}<|user|>{{ m.content }}<|end|>{% endfor %}"
#define OPENING "{% if add_generation_prompt %}<|assistant|>{% endif %}"

static const struct {
    const char *template, *warning; /* "": none */
} slips[] = {
    {"", "no chat template, though there are tokens of one ('<|user|>')"},
    {"<bos>" TURNS OPENING, ""},
    {"{% for m in messages %}", "the chat template does not work: chat template:1:"},
    {"{{ raise_exception('never') }}", "does not work: chat template:1:20: template: never"},
    {"<|user|>Hello" OPENING, "loses what the user says"},
    {TURNS, "no opening for the answer"},
    {"{{ bos_token }}<bos>" TURNS OPENING, "writes BOS twice"},
    {TURNS "<|im_end|><|im_end|>" OPENING, "writes '<|im_end|>', which is no token"},
    {TURNS "a <| b |> c" OPENING, ""},
    {TURNS "<start_of_turn>" OPENING, "writes '<start_of_turn>', which is no token"}, /* of gemma */
    {"{% for m in messages %}{{ m.content }}<|user|>{% endfor %}" OPENING, "ends answers with '<|user|>', which does not end"},
    {"{% for m in messages %}{{ m.role }}: {{ m.content }} {% endfor %}" OPENING, "ends answers with no special token"},
    {"{% if messages | length > 1 %}{{ raise_exception('one') }}{% endif %}" TURNS OPENING, ""},
};

static void slips_of_templates_are_named(void **state) {
    (void)state;
    static const struct text specials[] = {TEXT("<bos>"), TEXT("<|end|>"), TEXT("<|user|>"), TEXT("<|assistant|>")};
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        struct tokenizer_training training = {.specials = specials,
                                              .n_specials = 4,
                                              .vocabulary = 260,
                                              .pre = "gpt-2",
                                              .bos = specials[0],
                                              .eos = specials[1],
                                              .chat_template = text_of(slips[i].template)};
        struct buffer out;
        buffer_init(&out, 1 << 16);
        struct tokenizer *t = tokenizer_train(&training, &err);
        check_ok(t);
        check_ok(chat_warnings(t, &out, &err));
        const char *found = out.at ? out.at : "";
        bool expected = *slips[i].warning ? strstr(found, slips[i].warning) != NULL : !*found;
        if (!expected) fail_msg("%s: '%s', expected '%s'", slips[i].template, found, slips[i].warning);
        if (strchr(found, '\n') != strrchr(found, '\n'))
            fail_msg("%s: more than one line: %s", slips[i].template, found);
        tokenizer_free(t);
        buffer_done(&out);
    }
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_templates_give_known_texts), cmocka_unit_test(a_wrong_template_is_missed),
        cmocka_unit_test(unknown_templates_show_all_messages), cmocka_unit_test(public_templates_equal_jinja),
        cmocka_unit_test(slips_of_templates_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
