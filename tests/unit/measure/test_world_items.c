/* Items on demand are the lines that `world make` writes; said in a manner they keep everything but the prompt. */
#include "world_family_check.h"

#include "base/file.h"
#include "measure/world/world_items.h"

#include <stdlib.h>

static struct error err;

static void put_rows(struct buffer *out, const char *spec) {
    struct world_items items;
    buffer_init(out, (size_t)64 << 20);
    check_ok(world_items_parse(text_of(spec), &items, &err));
    check_ok(world_items_put(out, w, &items, &err));
}

static void equal_to_the_file(void **state) {
    static const struct {
        const char *spec, *part, *split, *file;
        uint64_t draw;
    } cases[] = {{"ask/test,count=300", "ask", "test", "ask-test.jsonl", 1},
                 {"wrapped/held-out,count=300", "wrappers", "held-out", "wrapped-held-out.jsonl", 1},
                 {"agents,draw=2,count=300", "tools", "test", "agents-test.jsonl", 2}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char folder[] = "/tmp/basanite-items-XXXXXX", path[128], command[160];
        struct world_settings settings = {.draw = cases[i].draw, .count = 300, .split = cases[i].split, .threads = 1};
        struct world_made made;
        struct buffer rows;
        struct arena arena;
        struct text file;
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/made", folder);
        check_ok(world_make(w, &cases[i].part, 1, &settings, path, &made, &err));
        snprintf(path, sizeof path, "%s/made/items/%s", folder, cases[i].file);
        arena_init(&arena, (size_t)64 << 20);
        check_ok(file_read(&arena, path, (size_t)64 << 20, &file, &err));
        put_rows(&rows, cases[i].spec);
        assert_true(file.len > 1000 && text_equal(file, buffer_text(&rows)));
        buffer_done(&rows);
        arena_done(&arena);
        snprintf(command, sizeof command, "rm -r '%s'", folder);
        assert_int_equal(system(command), 0);
    }
}

/* What the user says last, in its place or among messages. */
static struct text said(const json_t *row) {
    const json_t *turns = json_object_get(row, "messages");
    size_t n = json_array_size(turns);
    return json_text(n ? json_object_get(json_array_get(turns, n - 1), "content") : json_object_get(row, "prompt"));
}

static void check_manner(const char *spec, const char *manner) {
    char with[128], id[64];
    struct buffer plain, styled;
    struct text a, b, left, right;
    size_t n = 0, changed = 0;
    snprintf(with, sizeof with, "%s,manner=%s", spec, manner);
    put_rows(&plain, spec), put_rows(&styled, with);
    left = buffer_text(&plain), right = buffer_text(&styled);
    for (; text_next(&left, '\n', &a) && text_next(&right, '\n', &b) && a.len; n++) {
        json_t *was = json_read(a, "plain", n, &err), *is = json_read(b, "styled", n, &err);
        check_ok(was && is);
        snprintf(id, sizeof id, "%s~%s", json_string_value(json_object_get(was, "id")), manner);
        assert_string_equal(json_string_value(json_object_get(is, "id")), id);
        assert_string_equal(json_string_value(json_object_get(is, "manner")), manner);
        assert_true(json_equal(json_object_get(was, "gold"), json_object_get(is, "gold")));
        assert_true(json_equal(json_object_get(was, "labels"), json_object_get(is, "labels")));
        changed += !text_equal(said(was), said(is));
        json_decref(was), json_decref(is);
    }
    assert_int_equal(n, 200);
    assert_true(changed > 150); /* a prompt without a word that may be changed stays */
    buffer_done(&plain), buffer_done(&styled);
}

static void a_manner_changes_the_prompt_only(void **state) {
    (void)state;
    check_manner("ask/test,count=200", "typos-heavy");
    check_manner("ask/test,count=200", "archaic");
    check_manner("agents/test,count=200", "typos-light");
}

/* Keys of the part choose among its items. */
static void keys_of_the_part_choose(void **state) {
    struct buffer rows;
    struct text rest, line;
    size_t n = 0;
    (void)state;
    put_rows(&rows, "knights/test,people=3,form=prefix,count=50");
    for (rest = buffer_text(&rows); text_next(&rest, '\n', &line) && line.len; n++) {
        json_t *row = json_read(line, "row", n, &err);
        check_ok(row);
        assert_int_equal(json_array_size(json_object_get(json_object_get(row, "slots"), "names")), 3);
        assert_true(text_starts(json_text(json_object_get(row, "template")), TEXT("knights/prefix/")));
        json_decref(row);
    }
    assert_int_equal(n, 50);
    buffer_done(&rows);
}

static void bad_specs_are_refused(void **state) {
    struct world_items items;
    (void)state;
    check_fails(world_items_parse(TEXT("asks/test"), &items, &err), ERROR_USAGE, "did you mean 'ask'?");
    check_fails(world_items_parse(TEXT("ask/tests"), &items, &err), ERROR_USAGE, "test");
    check_fails(world_items_parse(TEXT("ask,manner=typo-light"), &items, &err), ERROR_USAGE, "did you mean 'typos-light'?");
    check_fails(world_items_parse(TEXT("ask,draw=0"), &items, &err), ERROR_USAGE, "draw");
    check_fails(world_items_parse(TEXT("ask,cuont=3"), &items, &err), ERROR_USAGE, "did you mean 'count'?");
    check_fails(world_items_parse(TEXT("ask,people=3"), &items, &err), ERROR_USAGE, "people");
    check_fails(world_items_parse(TEXT("knights,people=9"), &items, &err), ERROR_USAGE, "expected 2 to 8");
}

int main(int argc, char **argv) {
    (void)argc, (void)argv;
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_to_the_file),
                                       cmocka_unit_test(a_manner_changes_the_prompt_only),
                                       cmocka_unit_test(keys_of_the_part_choose),
                                       cmocka_unit_test(bad_specs_are_refused)};
    return cmocka_run_group_tests_name("world items", tests, setup, teardown);
}
