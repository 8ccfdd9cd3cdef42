/* The public chat templates against Hugging Face's renderer (the npm package @huggingface/jinja): 20 conversations of ours
 * through each, byte for byte; what one refuses the other must refuse. Skipped where node or the package in tests/oracle is
 * missing, or the templates are. */
#include "oracle.h"

#include "lm/template/jinja.h"

#include <dirent.h>
#include <stdlib.h>

#define TEMPLATE_MAX ((size_t)1 << 20)

static const char *source_root;

struct tally {
    size_t equal, refused, missed;
};

/* One conversation: our text or refusal beside theirs. */
static void compare(const struct jinja *template, const char *file, const json_t *conversation, const json_t *theirs,
                    struct tally *tally) {
    struct error why = {0};
    struct buffer out;
    const json_t *text = json_object_get(theirs, "text");
    buffer_init(&out, TEMPLATE_MAX);
    buffer_put_c(&out, "");
    bool rendered = jinja_render(template, json_object_get(conversation, "variables"), &out, &why);
    bool equal = rendered && text && text_equal(buffer_text(&out), json_text(text));
    bool refused = !rendered && !text && strncmp(why.message, file, strlen(file)) == 0;
    tally->equal += equal;
    tally->refused += refused;
    if (!equal && !refused) {
        tally->missed++;
        fprintf(stderr, "%s, '%s':\n  ours   %s\n  theirs %s\n", file,
                json_string_value(json_object_get(conversation, "name")), rendered ? out.at : why.message,
                text ? json_string_value(text) : json_string_value(json_object_get(theirs, "error")));
    }
    buffer_done(&out);
}

/* A copy for templates that want the arguments of a call as JSON text. */
static json_t *with_text_arguments(const json_t *conversations) {
    json_t *copy = json_deep_copy(conversations);
    for (size_t c = 0; c < json_array_size(copy); c++) {
        json_t *messages = json_object_get(json_object_get(json_array_get(copy, c), "variables"), "messages");
        for (size_t m = 0; m < json_array_size(messages); m++) {
            const json_t *calls = json_object_get(json_array_get(messages, m), "tool_calls");
            for (size_t k = 0; k < json_array_size(calls); k++) {
                json_t *call = json_object_get(json_array_get(calls, k), "function");
                char *text = json_dumps(json_object_get(call, "arguments"), JSON_COMPACT | JSON_ENCODE_ANY);
                json_object_set_new(call, "arguments", json_string(text));
                free(text);
            }
        }
    }
    return copy;
}

static bool is_listed(const json_t *list, const char *name) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (text_equal_c(json_text(json_array_get(list, i)), name)) return true;
    return false;
}

static void check_template(const char *folder, const char *file, const json_t *conversations, const json_t *theirs,
                           struct tally *all) {
    char path[1024];
    struct error err = {0};
    struct arena arena;
    struct text source;
    struct tally tally = {0};
    arena_init(&arena, TEMPLATE_MAX * 2);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    check_ok(file_read(&arena, path, TEMPLATE_MAX, &source, &err));
    struct jinja *template = jinja_parse(source, file, (struct jinja_options){true, true, false}, &err);
    check_ok(template);
    assert_int_equal(json_array_size(theirs), json_array_size(conversations));
    for (size_t i = 0; i < json_array_size(conversations); i++)
        compare(template, file, json_array_get(conversations, i), json_array_get(theirs, i), &tally);
    printf("%s: %zu equal, %zu refused by both, %zu differ\n", file, tally.equal, tally.refused, tally.missed);
    all->equal += tally.equal;
    all->refused += tally.refused;
    all->missed += tally.missed;
    jinja_free(template);
    arena_done(&arena);
}

static void public_templates_equal_those_of_hugging_face(void **state) {
    (void)state;
    char folder[512], list[512];
    struct error err = {0};
    struct tally tally = {0};
    const char *file;
    json_t *theirs;
    snprintf(folder, sizeof folder, "%s/../shared/data/models/chat-templates", source_root);
    snprintf(list, sizeof list, "%s/tests/oracle/conversations.json", source_root);
    if (!file_is_folder(folder)) {
        printf("skipped: no %s\n", folder);
        skip();
    }
    json_t *file_json = json_read_file(list, TEMPLATE_MAX, &err);
    check_ok(file_json);
    json_t *conversations = json_object_get(file_json, "conversations");
    json_t *with_texts = with_text_arguments(conversations);
    assert_int_equal(json_array_size(conversations), 20);
    json_t *all = oracle_ask(source_root, "render.mjs", folder, list);
    assert_true(json_object_size(all) >= 12);
    json_object_foreach(all, file, theirs) {
        bool texts = is_listed(json_object_get(file_json, "text_arguments"), file);
        check_template(folder, file, texts ? with_texts : conversations, theirs, &tally);
    }
    if (tally.missed) fail_msg("%zu of %zu texts differ", tally.missed, tally.missed + tally.equal + tally.refused);
    assert_true(tally.equal > tally.refused * 3); /* most conversations are ones that models take */
    json_decref(all);
    json_decref(with_texts);
    json_decref(file_json);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    source_root = argv[1];
    if (!oracle_is_there(source_root, "@huggingface/jinja")) return 77;
    const struct CMUnitTest tests[] = {cmocka_unit_test(public_templates_equal_those_of_hugging_face)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
