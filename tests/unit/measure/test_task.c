/* Tasks over small data files: what --lenient forgives and what it does not, and flags that a task cannot honour. */
#include "check.h"

#include "base/file.h"
#include "measure/task/task.h"

#include <stdlib.h>

static char folder[64];
static struct error err;

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-task-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void put_file(const char *name, const char *content) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check_ok(file_write(path, text_of(content), &err));
}

static struct task *parse(const char *yaml, bool lenient, int few_shot) {
    const struct task_settings settings = {.path = folder, .seed = 1, .few_shot = few_shot, .lenient = lenient};
    return task_parse(text_of(yaml), "test.yaml", &settings, &err);
}

static size_t count_items(struct task_items *items, uint64_t *bad) {
    struct arena arena;
    struct item item;
    struct text list;
    size_t n = 0;
    int state;
    arena_init(&arena, 1 << 20);
    while ((state = task_next(items, &arena, &item, &err)) == 1) {
        item_done(&item);
        n++;
    }
    assert_int_equal(state, 0);
    *bad = task_bad_rows(items, &list);
    arena_done(&arena);
    return n;
}

static void lenient_counts_bad_rows(void **state) {
    (void)state;
    uint64_t bad;
    put_file("a.csv", "id,q\n1,x\n2\n3,y\n");
    struct task *task = parse("{task: t, dataset_path: a.csv, output_type: generate_until, doc_to_text: q}", true, -1);
    check_ok(task);
    struct task_items *items = task_open(task, &err);
    check_ok(items);
    assert_int_equal(count_items(items, &bad), 2);
    assert_int_equal(bad, 1);
    task_close(items);
    task_free(task);
}

/* A file that is not the table it should be is no bad row. */
static void lenient_forgives_no_lost_file(void **state) {
    (void)state;
    put_file("a.csv", "id,q\n1,x\n");
    put_file("empty.csv", "");
    struct task *task = parse("{task: t, dataset_path: [a.csv, empty.csv], output_type: generate_until, doc_to_text: q}", true, -1);
    check_ok(task);
    check_fails(task_open(task, &err), ERROR_DATA, "is empty");
    task_free(task);
}

static void sentences_take_no_examples(void **state) {
    (void)state;
    static const char sentences[] = "{task: t, dataset_path: a.csv, output_type: loglikelihood, doc_to_text: '', "
                                    "doc_to_choice: ['{{q}}', no], scorer: pair}";
    check_fails(parse(sentences, false, 3), ERROR_USAGE, "compares sentences");
    struct task *task = parse(sentences, false, 0);
    check_ok(task);
    task_free(task);
}

static void conversations_come_whole(void **state) {
    (void)state;
    struct arena arena;
    struct item item;
    put_file("talk.jsonl", "{\"messages\":[{\"role\":\"system\",\"content\":\"Be short.\"},{\"role\":\"user\",\"content\":\"Who?\"}]}\n"
                           "{\"messages\":[{\"role\":\"user\"}]}\n");
    struct task *task =
        parse("{task: t, dataset_path: talk.jsonl, output_type: generate_until, doc_to_messages: messages}", false, -1);
    check_ok(task);
    struct task_items *items = task_open(task, &err);
    check_ok(items);
    arena_init(&arena, 1 << 20);
    assert_int_equal(task_next(items, &arena, &item, &err), 1);
    assert_int_equal(item.n_messages, 2);
    assert_true(text_equal_c(item.messages[0].role, "system") && text_equal_c(item.messages[0].text, "Be short."));
    assert_true(text_equal_c(item.messages[1].role, "user") && text_equal_c(item.messages[1].text, "Who?"));
    assert_true(text_equal_c(item.prompt, "Who?"));
    item_done(&item);
    assert_int_equal(task_next(items, &arena, &item, &err), -1);
    assert_non_null(strstr(err.message, "doc_to_messages"));
    task_close(items);
    task_free(task);
    arena_done(&arena);
    check_fails(parse("{task: t, dataset_path: talk.jsonl, output_type: generate_until, doc_to_messages: messages, "
                      "doc_to_text: q}", false, -1), ERROR_DATA, "stands alone");
    check_fails(parse("{task: t, dataset_path: talk.jsonl, output_type: generate_until, doc_to_messages: messages}", false, 2),
                ERROR_USAGE, "whole conversations");
}

static void answers_of_a_form(void **state) {
    (void)state;
    struct arena arena;
    struct item item;
    struct ask ask, plain;
    json_t *canonical, *other;
    arena_init(&arena, 1 << 20);
    put_file("q.csv", "q\nx\n");
#define FORM_TASK "task: t\ndataset_path: q.csv\noutput_type: generate_until\ndoc_to_text: q\ngeneration_kwargs:\n  max_gen_toks: 9\n"
    struct task *task = parse(FORM_TASK "  grammar: |\n    root ::= \"a\" x\n    x ::= [bc]\n", false, -1);
    check_ok(task);
    assert_true(task_needs(task) & SUBJECT_FOLLOWS);
    struct task_items *items = task_open(task, &err);
    check_ok(items);
    assert_int_equal(task_next(items, &arena, &item, &err), 1);
    check_ok(task_ask(task, &item, false, &arena, &ask, &canonical, &err));
    assert_int_equal(ask.form, ASK_GRAMMAR);
    assert_true(text_equal_c(ask.form_source, "root ::= \"a\" x\nx ::= [bc]\n"));
    struct task *free_task = parse(FORM_TASK, false, -1);
    check_ok(free_task);
    check_ok(task_ask(free_task, &item, false, &arena, &plain, &other, &err));
    assert_string_not_equal(ask.digest, plain.digest);
    assert_null(json_object_get(json_object_get(other, "want"), "grammar"));
    assert_false(task_needs(free_task) & SUBJECT_FOLLOWS);
    json_decref(canonical), json_decref(other);
    item_done(&item);
    task_close(items);
    task_free(task), task_free(free_task);
    task = parse(FORM_TASK "  response_format: {type: json_schema, json_schema: {schema: {type: object}}}\n", false, -1);
    check_ok(task);
    assert_true(task_needs(task) & SUBJECT_FOLLOWS);
    task_free(task);
    check_fails(parse(FORM_TASK "  grammar: \"root ::= x\"\n", false, -1), ERROR_DATA, "no rule 'x'");
    check_fails(parse(FORM_TASK "  response_format: {type: json_schema, json_schema: {schema: {if: {}}}}\n", false, -1), ERROR_DATA,
                "'if' is not supported");
    arena_done(&arena);
}

static void limit_of_a_task(void **state) {
    (void)state;
    uint64_t bad;
    put_file("five.csv", "id,q\n1,x\n2,y\n3,z\n4,u\n5,v\n");
    struct task *task = parse("{task: t, dataset_path: five.csv, output_type: generate_until, doc_to_text: q, limit: 3}", false, -1);
    check_ok(task);
    struct task_items *items = task_open(task, &err);
    check_ok(items);
    assert_int_equal(count_items(items, &bad), 3);
    task_close(items);
    task_free(task);
}

static struct task *parse_limited(const char *data, const char *more, bool lenient) {
    char yaml[400];
    snprintf(yaml, sizeof yaml, "{task: t, dataset_path: %s, where: \"{{keep == '1'}}\", output_type: generate_until, "
             "doc_to_text: '{{q}}{{__row__}}', groups: [g], limit: 3%s}", data, more);
    return parse(yaml, lenient, -1);
}

/* Ids, groups and prompts of the items, of two passes, which must not differ. */
static void items_are(struct task *task, const char *expected) {
    check_ok(task);
    for (int pass = 0; pass < 2; pass++) {
        struct arena arena;
        struct item item;
        struct buffer said;
        struct task_items *items = task_open(task, &err);
        check_ok(items);
        arena_init(&arena, 1 << 20);
        buffer_init(&said, 1 << 16);
        int state;
        while ((state = task_next(items, &arena, &item, &err)) == 1) {
            buffer_printf(&said, "%.*s.%.*s.%.*s ", TEXT_ARG(item.id), TEXT_ARG(item.group), TEXT_ARG(item.prompt));
            item_done(&item);
        }
        assert_int_equal(state, 0);
        assert_string_equal(said.at, expected);
        buffer_done(&said);
        arena_done(&arena);
        task_close(items);
    }
}

/* Rows are stepped over that are not asked, in every format; numbers of rows and items count them. */
static void unasked_rows_are_counted(void **state) {
    (void)state;
    static const char *const names[] = {"l.jsonl", "l.json", "l.csv", "l.tsv"};
    static const char keep[] = "0110111101", group[] = "abaabbaabb";
    for (int format = 0; format < 4; format++) {
        struct buffer b;
        buffer_init(&b, 1 << 16);
        buffer_put_c(&b, format == 1 ? "[" : format == 2 ? "q,g,keep\n" : format == 3 ? "q\tg\tkeep\n" : "");
        for (int i = 0; i < 10; i++) {
            if (format < 2)
                buffer_printf(&b, "%s{\"q\": \"]%c\", \"g\": \"%c\", \"keep\": \"%c\"}\n\n", format && i ? "," : "", 'p' + i,
                              group[i], keep[i]);
            else
                buffer_printf(&b, "]%c%c%c%c%c\n", 'p' + i, format == 2 ? ',' : '\t', group[i], format == 2 ? ',' : '\t',
                              keep[i]);
        }
        if (format == 1) buffer_put_c(&b, "]");
        put_file(names[format], b.at);
        buffer_done(&b);
        struct task *task = parse_limited(names[format], "", false);
        items_are(task, "3.b.]t4 4.b.]u5 6.a.]w7 ");
        task_free(task);
    }
    struct task *task = parse_limited("[l.csv, l.jsonl]", ", id: '{{__file__}}{{__row__}}'", false);
    items_are(task, "l.csv4.b.]t4 l.jsonl15.b.]u15 l.jsonl17.a.]w17 ");
    task_free(task);
}

/* What one pass found out is thrown away when the file is written to. */
static void a_file_that_changes_is_counted_again(void **state) {
    (void)state;
    uint64_t n = 0;
    put_file("grows.csv", "id,q,g,keep\n1,x,a,1\n");
    struct task *task = parse_limited("grows.csv", "", false);
    items_are(task, "1.a.x0 ");
    struct task_items *old = task_open(task, &err);
    check_ok(old);
    put_file("grows.csv", "id,q,g,keep\n0,w,b,0\n1,x,a,1\n2,y,b,1\n");
    items_are(task, "1.a.x1 2.b.y2 ");
    check_ok(task_count(task, &n, &err));
    assert_int_equal(n, 2);
    task_close(old);
    put_file("grows.csv", "id,q,g,keep\n1,x,a,1\n1,y,b,1\n");
    check_fails(task_count(task, &n, &err), ERROR_DATA, "id '1' is that of line 2, too");
    task_free(task);
}

/* Bad rows are told again in every pass, those that no limit takes, too. */
static void bad_rows_are_told_again(void **state) {
    (void)state;
    uint64_t bad;
    put_file("bad.jsonl", "{\"q\":\"x\",\"g\":\"a\",\"keep\":\"0\"}\n{bad\n{\"q\":\"y\",\"g\":\"a\",\"keep\":\"1\"}\n"
             "{\"q\":\"z\",\"keep\":\"1\"}\n{\"q\":\"u\",\"g\":\"a\",\"keep\":\"1\"}\n[]\n");
    struct task *task = parse_limited("bad.jsonl", "", true);
    for (int pass = 0; pass < 2; pass++) {
        struct task_items *items = task_open(task, &err);
        check_ok(items);
        assert_int_equal(count_items(items, &bad), 2);
        assert_int_equal(bad, 3);
        task_close(items);
    }
    task_free(task);
}

/* Rows of the world: the same as `world make` writes, without a file. */
static void rows_of_the_world(void **state) {
    (void)state;
    uint64_t bad;
    struct task *task = parse("{task: t, dataset_path: ['world:ask/test,count=40', 'world:ask/test,count=40,manner=typos-heavy'], "
                              "output_type: generate_until, doc_to_text: prompt}", false, -1);
    check_ok(task);
    struct task_items *items = task_open(task, &err);
    check_ok(items);
    assert_int_equal(count_items(items, &bad), 80);
    task_close(items);
    task_free(task);
    check_fails(parse("{task: t, dataset_path: 'world:asks', output_type: generate_until, doc_to_text: prompt}", false, -1),
                ERROR_DATA, "did you mean 'ask'?");
    check_fails(parse("{task: t, dataset_path: 'world:ask/tset', output_type: generate_until, doc_to_text: prompt}", false, -1),
                ERROR_DATA, "test");
    check_fails(parse("{task: t, dataset_path: 'world:ask,manner=typos', output_type: generate_until, doc_to_text: prompt}", false,
                      -1), ERROR_DATA, "no style 'typos'");
    check_fails(parse("{task: t, dataset_path: 'world:ask,drow=2', output_type: generate_until, doc_to_text: prompt}", false, -1),
                ERROR_DATA, "did you mean 'draw'?");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lenient_counts_bad_rows), cmocka_unit_test(lenient_forgives_no_lost_file),
                                       cmocka_unit_test(sentences_take_no_examples),
                                       cmocka_unit_test(conversations_come_whole), cmocka_unit_test(answers_of_a_form), cmocka_unit_test(limit_of_a_task),
                                       cmocka_unit_test(unasked_rows_are_counted),
                                       cmocka_unit_test(a_file_that_changes_is_counted_again),
                                       cmocka_unit_test(bad_rows_are_told_again), cmocka_unit_test(rows_of_the_world)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
