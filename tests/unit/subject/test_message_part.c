/* Messages with pictures and sounds: what is read, what is refused and where, what is kept, what is sent. */
#include "check.h"

#include "base/file.h"
#include "media/sound/sound.h"
#include "subject/message_part.h"

#include <stdlib.h>

static char folder[64], path[128], rows[128];
static struct arena arena;
static struct error err;

static int setup(void **state) {
    struct buffer wav;
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    snprintf(folder, sizeof folder, "/tmp/basanite-parts-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/said.wav", folder);
    snprintf(rows, sizeof rows, "%s/rows.jsonl", folder);
    buffer_init(&wav, 1 << 20);
    struct sound *sound = sound_new(160, &arena, &err);
    bool ok = sound && sound_write(sound, &wav, &err) && file_write(path, buffer_text(&wav), &err);
    buffer_done(&wav);
    return ok ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static bool read_content(const char *json, struct message *out) {
    json_t *content = json_read(text_of(json), "test", 1, &err);
    assert_non_null(content);
    *out = (struct message){.role = TEXT("user")};
    bool ok = message_content_read(content, (struct json_place){rows, 3, "messages[0]"}, NULL, &arena, out, &err);
    json_decref(content);
    return ok;
}

static void parts_are_read_and_kept(void **state) {
    struct message m;
    struct buffer b;
    (void)state;
    check_ok(read_content("[{\"type\":\"text\",\"text\":\"What\"},{\"type\":\"input_audio\",\"input_audio\":{\"file\":"
                          "\"said.wav\"}},{\"type\":\"text\",\"text\":\"is it?\"}]",
                          &m));
    assert_int_equal(m.n_parts, 3);
    assert_true(text_equal_c(m.text, "What\nis it?"));
    assert_string_equal(m.parts[1].path, path);
    assert_int_equal(strlen(m.parts[1].digest), 64);
    assert_int_equal(messages_need(&m, 1), SUBJECT_HEARS);
    json_t *kept = message_content_json(&m);
    const json_t *sound = json_object_get(json_array_get(kept, 1), "input_audio");
    assert_string_equal(json_string_value(json_object_get(sound, "sha256")), m.parts[1].digest);
    assert_null(json_object_get(sound, "data"));
    json_decref(kept);
    buffer_init(&b, 1 << 20);
    check_ok(message_put_content(&b, &m, &err));
    assert_non_null(strstr(b.at, "\"data\":\"UklGR"));
    assert_non_null(strstr(b.at, "\"format\":\"wav\""));
    buffer_done(&b);
    check_ok(read_content("\"words\"", &m));
    assert_int_equal(m.n_parts, 0);
    assert_true(text_equal_c(m.text, "words"));
}

static const struct {
    const char *json, *says;
} bad[] = {
    {"3", "a text, or a list of 1 to 64 parts"},
    {"[]", "a text, or a list of 1 to 64 parts"},
    {"[{\"type\":\"video\"}]", "{type: text, text}"},
    {"[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.org/x.png\"}}]", "nothing is fetched"},
    {"[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]", "no embedded bytes"},
    {"[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}]", "bytes that are embedded"},
    {"[{\"type\":\"input_audio\",\"input_audio\":{}}]", "file"},
};

static void bad_parts_are_refused_with_their_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct message m;
        error_clear(&err);
        assert_false(read_content(bad[i].json, &m));
        assert_int_equal(err.kind, ERROR_DATA);
        if (!strstr(err.message, bad[i].says) || !strstr(err.message, "rows.jsonl:3"))
            fail_msg("%s: %s", bad[i].json, err.message);
    }
    error_clear(&err);
}

static void what_has_changed_is_not_sent(void **state) {
    struct message m;
    struct buffer b;
    (void)state;
    check_ok(read_content("[{\"type\":\"input_audio\",\"input_audio\":{\"file\":\"said.wav\"}}]", &m));
    check_ok(file_write(path, TEXT("RIFF"), &err));
    buffer_init(&b, 1 << 20);
    assert_false(message_put_content(&b, &m, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    assert_non_null(strstr(err.message, "has changed"));
    error_clear(&err);
    check_ok(read_content("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"gone.png\"}}]", &m));
    assert_string_equal(m.parts[0].digest, "");
    assert_int_equal(messages_need(&m, 1), SUBJECT_SEES);
    assert_false(message_put_content(&b, &m, &err));
    assert_non_null(strstr(err.message, "gone.png"));
    error_clear(&err);
    buffer_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_read_and_kept),
        cmocka_unit_test(bad_parts_are_refused_with_their_place),
        cmocka_unit_test(what_has_changed_is_not_sent),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
