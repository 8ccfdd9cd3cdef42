/* Recorded answers of many layouts, found by id and sample; bad files are refused with their line. */
#include "answers.h"

#include "base/file.h"

#include <unistd.h>

static const char *root;

/* Files of a test, in a folder that goes with it. */
struct place {
    char folder[64], paths[4][128];
    size_t n;
};

static void place_init(struct place *p) {
    *p = (struct place){0};
    snprintf(p->folder, sizeof p->folder, "/tmp/basanite-replay-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
}

static void place_done(struct place *p) {
    for (size_t i = 0; i < p->n; i++) unlink(p->paths[i]);
    assert_int_equal(rmdir(p->folder), 0);
}

static void put(struct place *p, const char *name, const char *content) {
    struct error err = {0};
    size_t i = 0;
    char path[128];
    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    while (i < p->n && strcmp(p->paths[i], path) != 0) i++;
    assert_true(i < 4);
    memcpy(p->paths[i], path, sizeof path);
    if (i == p->n) p->n++;
    check_ok(file_write(path, text_of(content), &err));
}

/* Spec "replay:" + rest, looked for in the folder. */
static struct subject *try_open(const struct place *p, const char *rest, struct error *err) {
    char spec[512];
    struct subject_settings settings = {.path = p->folder};
    snprintf(spec, sizeof spec, "replay:%s", rest);
    return subject_open(text_of(spec), &settings, err);
}

static struct subject *open_replay(const struct place *p, const char *rest) {
    struct error err = {0};
    struct subject *s = try_open(p, rest, &err);
    check_ok(s);
    return s;
}

static struct ask text_ask(const char *id) {
    return (struct ask){.id = text_of(id), .kind = ASK_GENERATE, .prompt = TEXT("?"), .samples = 1};
}

static void check_answer(struct subject *s, const char *id, const char *expected) {
    struct answers a;
    answers_init(&a);
    struct ask ask = text_ask(id);
    answers_ask(&a, s, &ask, 1);
    if (a.all[0].error.kind) fail_msg("%s", a.all[0].error.message);
    if (!text_is(a.all[0].text, expected)) fail_msg("%s: '%.*s', expected '%s'", id, TEXT_ARG(a.all[0].text), expected);
    answers_done(&a);
}

static void check_missing(struct subject *s, const char *id, const char *part) {
    struct answers a;
    answers_init(&a);
    struct ask ask = text_ask(id);
    answers_ask(&a, s, &ask, 1);
    assert_int_equal(a.all[0].error.kind, ERROR_DATA);
    if (!strstr(a.all[0].error.message, part)) fail_msg("'%s' lacks '%s'", a.all[0].error.message, part);
    answers_done(&a);
}

static void own_lines(void **state) {
    struct place p;
    place_init(&p);
    put(&p, "a.jsonl",
        "{\"id\":\"q1\",\"answer\":\"Lena Vorm\"}\n\n{\"id\":2,\"answer\":\"two\\nlines\"}\n"
        "{\"id\":\"q3\",\"answer\":17}\n{\"id\":\"q4\",\"answer\":null,\"error\":\"endpoint down\"}\n");
    struct subject *s = open_replay(&p, "a.jsonl");
    check_answer(s, "q1", "Lena Vorm");
    check_answer(s, "2", "two\nlines");
    check_answer(s, "q3", "17");
    check_missing(s, "q4", "endpoint down");
    check_missing(s, "q5", "item 'q5': no answer of this id");
    assert_true(s->capabilities & SUBJECT_NEEDS_ITEM);
    assert_false(s->capabilities & SUBJECT_TOKEN_LOGPROBS);
    assert_string_equal(s->name, "a.jsonl");
    assert_int_equal(json_array_size(s->files), 1);
    subject_close(s);
    put(&p, "list.json", "[{\"id\":\"x\",\"message\":{\"role\":\"assistant\",\"content\":\"hello\"}}]");
    s = open_replay(&p, "list.json");
    check_answer(s, "x", "hello");
    subject_close(s);
    place_done(&p);
}

static void samples_by_number_and_by_order(void **state) {
    struct place p;
    struct answers a;
    answers_init(&a);
    place_init(&p);
    put(&p, "n.jsonl",
        "{\"id\":\"q\",\"sample\":1,\"text\":\"b\"}\n{\"id\":\"q\",\"sample\":0,\"text\":\"a\",\"finish\":\"length\"}"
        "\n");
    put(&p, "o.jsonl", "{\"id\":\"q\",\"text\":\"a\"}\n{\"id\":\"r\",\"text\":\"z\"}\n{\"id\":\"q\",\"text\":\"b\"}\n");
    for (int i = 0; i < 2; i++) {
        struct subject *s = open_replay(&p, i ? "o.jsonl" : "n.jsonl");
        struct ask ask = text_ask("q");
        ask.samples = 3;
        answers_ask(&a, s, &ask, 1);
        assert_true(text_is(a.all[0].text, "a"));
        assert_true(text_is(a.all[1].text, "b"));
        assert_int_equal(a.all[0].finish, i ? ANSWER_STOP : ANSWER_LENGTH);
        assert_int_equal(a.all[2].error.kind, ERROR_DATA);
        assert_non_null(strstr(a.all[2].error.message, "2 answers, none with the sample number 2"));
        subject_close(s);
    }
    place_done(&p);
    answers_done(&a);
}

static const struct text colours[] = {{"The red one", 11}, {"The green one", 13}, {"Can't tell", 10}};

static void texts_are_scored_as_choices(void **state) {
    struct place p;
    struct answers a;
    answers_init(&a);
    place_init(&p);
    put(&p, "a.csv", "id,answer\n1,the GREEN one.\n2,something else\n");
    struct ask asks[] = {{.id = TEXT("1"), .kind = ASK_SCORE, .choices = colours, .n_choices = 3},
                         {.id = TEXT("2"), .kind = ASK_SCORE, .choices = colours, .n_choices = 3}};
    struct subject *s = open_replay(&p, "a.csv");
    answers_ask(&a, s, asks, 2);
    check_near(a.all[0].choices[1].logprob, 0, 0);
    check_near(a.all[0].choices[0].logprob, CHOICE_NOT_TAKEN, 0);
    for (size_t c = 0; c < 3; c++) assert_true(isnan(a.all[1].choices[c].logprob));
    assert_true(text_is(a.all[1].text, "something else"));
    subject_close(s);
    place_done(&p);
    answers_done(&a);
}

/* The rows that `record export` writes: one per scorer, log-probabilities as the JSON text that the record keeps. */
static void exports_are_asked_again(void **state) {
    struct place p;
    struct answers a;
    answers_init(&a);
    place_init(&p);
    put(&p, "run.jsonl",
        "{\"id\":\"c\",\"sample\":0,\"subject\":\"9c1185a5c5e9\",\"text\":\"\",\"finish\":\"stop\",\"tokens_in\":9,"
        "\"tokens_out\":0,"
        "\"logprobs\":\"[{\\\"bytes\\\":4,\\\"greedy\\\":true,\\\"logprob\\\":-0.25,\\\"tokens\\\":2},{\\\"bytes\\\":5,"
        "\\\"greedy\\\":false,\\\"logprob\\\":null,\\\"tokens\\\":3}]\",\"ms\":12.5,\"error\":null,\"scorer\":\"acc\","
        "\"value\":1,\"task\":\"t\"}\n"
        "{\"id\":\"c\",\"sample\":0,\"subject\":\"9c1185a5c5e9\",\"text\":\"\",\"finish\":\"stop\",\"logprobs\":[],"
        "\"scorer\":\"other\",\"task\":\"t\"}\n"
        "{\"id\":\"g\",\"sample\":0,\"subject\":\"9c1185a5c5e9\",\"text\":\"hi\",\"finish\":\"length\",\"tokens_in\":3,"
        "\"tokens_out\":2,"
        "\"logprobs\":[-0.5,-1.25],\"task\":\"t\"}\n"
        "{\"id\":\"e\",\"sample\":0,\"subject\":\"9c1185a5c5e9\",\"text\":\"\",\"finish\":\"error\",\"error\":\"prompt "
        "too long\",\"task\":\"t\"}\n");
    struct ask asks[] = {{.id = TEXT("c"), .kind = ASK_SCORE, .choices = colours, .n_choices = 2},
                         text_ask("g"),
                         text_ask("e"),
                         {.id = TEXT("c"), .kind = ASK_SCORE, .choices = colours, .n_choices = 3}};
    struct subject *s = open_replay(&p, "run.jsonl");
    assert_true(s->capabilities & SUBJECT_TOKEN_LOGPROBS);
    answers_ask(&a, s, asks, 4);
    check_near(a.all[0].choices[0].logprob, -0.25, 0);
    assert_int_equal(a.all[0].choices[0].tokens, 2);
    assert_true(a.all[0].choices[0].greedy);
    assert_true(isnan(a.all[0].choices[1].logprob));
    assert_int_equal(a.all[0].tokens_in, 9);
    assert_true(text_is(a.all[1].text, "hi"));
    assert_int_equal(a.all[1].finish, ANSWER_LENGTH);
    assert_int_equal(a.all[1].tokens_out, 2);
    check_near((double)a.all[1].logprobs[1], -1.25, 0);
    assert_non_null(strstr(a.all[2].error.message, "prompt too long"));
    assert_non_null(strstr(a.all[3].error.message, "scores of 2 choices, the item has 3"));
    subject_close(s);
    place_done(&p);
    answers_done(&a);
}

static void tasks_and_subjects_are_told_apart(void **state) {
    struct place p;
    struct answers a;
    answers_init(&a);
    place_init(&p);
    put(&p, "t.jsonl",
        "{\"id\":\"1\",\"task\":\"Mill\",\"text\":\"m\",\"model\":\"x\"}\n{\"id\":\"1\",\"task\":\"Tower\",\"text\":"
        "\"t\",\"model\":\"y\"}\n");
    struct subject *s = open_replay(&p, "t.jsonl");
    check_missing(s, "1", "several tasks");
    check_answer(s, "mill/1", "m");
    check_answer(s, "Tower_1", "t");
    check_missing(s, "bridge-1", "no answer of this id");
    struct ask ask = text_ask("1");
    ask.task = TEXT("Tower");
    answers_ask(&a, s, &ask, 1);
    assert_true(text_is(a.all[0].text, "t"));
    subject_close(s);
    s = open_replay(&p, "t.jsonl#Mill");
    check_answer(s, "1", "m");
    assert_string_equal(s->name, "t.jsonl#Mill");
    struct subject *other = open_replay(&p, "t.jsonl#y");
    check_answer(other, "1", "t");
    assert_string_not_equal(s->digest, other->digest);
    subject_close(s);
    subject_close(other);
    place_done(&p);
    answers_done(&a);
}

static void columns_by_name_and_by_map(void **state) {
    struct place p;
    place_init(&p);
    put(&p, "wide.csv", "id,gpt_answer,gpt_rating,llama_answer\n1,yes,5,\"no, never\"\n2,a,1,b\n");
    struct subject *s = open_replay(&p, "wide.csv#llama");
    check_answer(s, "1", "no, never");
    subject_close(s);
    s = open_replay(&p, "wide.csv#gpt_rating");
    check_answer(s, "2", "1");
    subject_close(s);
    s = open_replay(&p, "wide.csv,map=:gpt_answer");
    check_answer(s, "1", "yes");
    subject_close(s);
    put(&p, "plain.tsv", "key\tsaid\nk-1\t\"quoted\"\nk-2\tb\n");
    s = open_replay(&p, "plain.tsv,map=key:said,strip=k-");
    check_answer(s, "1", "\"quoted\"");
    check_answer(s, "k-2", "b");
    subject_close(s);
    put(&p, "map.yaml", "id: \"{{ row }}/{{ key }}\"\ntext: said\n");
    s = open_replay(&p, "plain.tsv,map=map.yaml");
    check_answer(s, "1/k-2", "b");
    subject_close(s);
    place_done(&p);
}

static void bad_files_are_refused(void **state) {
    struct place p;
    struct error err = {0};
    place_init(&p);
    static const struct {
        const char *file, *content, *spec, *part;
    } cases[] = {
        {"f.jsonl", "{\"id\":\"a\",\"answer\":\"x\"}\n{\"id\":\"b\",\"answer\":\n", "f.jsonl", "f.jsonl:2"},
        {"f.jsonl", "{\"id\":\"a\",\"answer\":\"x\"}\n[1]\n", "f.jsonl", "f.jsonl:2: expected an object"},
        {"f.jsonl", "{\"id\":\"a\",\"answer\":\"x\"}\n{\"answer\":\"x\"}\n", "f.jsonl",
         "f.jsonl:2: field 'id': expected the id"},
        {"f.jsonl", "{\"id\":\"a\",\"answer\":\"x\"}\n{\"id\":\"b\"}\n", "f.jsonl",
         "f.jsonl:2: field 'answer': expected an answer"},
        {"f.jsonl", "{\"id\":\"a\",\"answer\":[1]}\n", "f.jsonl", "f.jsonl:1: field 'answer': expected a text"},
        {"f.jsonl", "{\"id\":\"a\",\"answer\":\"x\",\"sample\":-1}\n", "f.jsonl", "expected a whole number"},
        {"f.jsonl", "{\"id\":\"a\",\"sample\":0,\"answer\":\"x\"}\n{\"id\":\"a\",\"sample\":0,\"answer\":\"y\"}\n",
         "f.jsonl", "f.jsonl:2: item 'a', sample 0, has another answer than in line 1"},
        {"f.jsonl", "{\"key\":\"a\",\"answer\":\"x\"}\n", "f.jsonl",
         "f.jsonl:1: no field of 'key', 'answer' is known as an id"},
        {"f.jsonl", "{\"id\":\"a\",\"said\":\"x\"}\n", "f.jsonl", "is known as an answer; name the columns with map="},
        {"f.jsonl", "{\"id\":\"a\",\"m_pred_x\":\"1\",\"m_pred_y\":\"2\"}\n", "f.jsonl", "'x', 'y'"},
        {"f.jsonl", "{\"id\":\"a\",\"text\":\"x\"}\n", "f.jsonl#zebra", "no column goes by this '#' name"},
        {"f.jsonl", "{\"id\":\"a\",\"text\":\"x\",\"model\":\"m\"}\n", "f.jsonl#zebra",
         "none of its 1 rows is of subject, model or task 'zebra'"},
        {"f.jsonl", "{\"id\":\"a\",\"text\":\"x\"}\n", "f.jsonl,map=key:text",
         "no column 'key', which the map names, among 'id', 'text'"},
        {"f.csv", "id,answer\n1,a,b\n", "f.csv", "f.csv:2"},
        {"f.csv", "id,answer\n1,\"open\n", "f.csv", "f.csv:2: a quoted field is never closed"},
        {"f.csv", "id,answer\n", "f.csv", "no answers in this file"},
        {"f.csv", "", "f.csv", "the file is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(&p, cases[i].file, cases[i].content);
        check_fails(try_open(&p, cases[i].spec, &err), ERROR_DATA, cases[i].part);
    }
    check_fails(try_open(&p, "nothing.jsonl", &err), ERROR_DATA, "nothing.jsonl");
    check_fails(try_open(&p, "nothing.jsonl#name", &err), ERROR_DATA, "nothing.jsonl");
    check_fails(try_open(&p, "", &err), ERROR_USAGE, "expected replay:FILE");
    check_fails(try_open(&p, "f.csv,mapp=a:b", &err), ERROR_USAGE, "did you mean 'map'");
    check_fails(try_open(&p, "f.csv,format=xml", &err), ERROR_USAGE, "auto|json|csv|tsv");
    put(&p, "f.csv", "id,answer\n1,a\n");
    check_fails(try_open(&p, "f.csv,map=only", &err), ERROR_USAGE, "expected ID:TEXT");
    place_done(&p);
}

static void need(const char *part, char path[4096]) {
    snprintf(path, 4096, "%s/../shared/data/benchmarks/%s", root, part);
    if (file_exists(path)) return;
    print_message("skipped: %s is not there\n", path);
    skip();
}

/* Every prediction of the public file is one of the item's three answers; counts were made with a few lines of Python.
 */
static void bbq_predictions_are_read(void **state) {
    char path[4096], spec[4200];
    struct error err = {0};
    struct answers a;
    answers_init(&a);
    need("bbq/preds_Religion.jsonl", path);
    snprintf(spec, sizeof spec, "replay:%s", path);
    check_fails(subject_open(text_of(spec), NULL, &err), ERROR_DATA, "'race', 'qonly', 'arc'");
    snprintf(spec, sizeof spec, "replay:%s#arc", path);
    struct subject *s = subject_open(text_of(spec), NULL, &err);
    check_ok(s);
    struct text choices[] = {TEXT("The Jewish one"), TEXT("Can't answer"), TEXT("The Muslim one")};
    static const char *const ids[] = {"0", "religion-0", "Religion/1", "Nationality-0"};
    struct ask asks[4];
    for (size_t i = 0; i < 4; i++)
        asks[i] = (struct ask){.id = text_of(ids[i]), .kind = ASK_SCORE, .choices = choices, .n_choices = 3};
    answers_ask(&a, s, asks, 4);
    assert_true(text_is(a.all[0].text, "the muslim one"));
    check_near(a.all[0].choices[2].logprob, 0, 0);
    check_near(a.all[1].choices[2].logprob, 0, 0);
    assert_int_equal(a.all[2].error.kind, ERROR_NONE);
    assert_int_equal(a.all[3].error.kind, ERROR_DATA);
    struct jsonl *lines = jsonl_open(path, (size_t)1 << 20, &err);
    check_ok(lines);
    json_t *row;
    size_t line, right = 0, n = 0;
    while (jsonl_next(lines, &row, &line, &err) == 1) {
        char id[32];
        struct text three[] = {json_text(json_object_get(row, "ans0")), json_text(json_object_get(row, "ans1")),
                               json_text(json_object_get(row, "ans2"))};
        snprintf(id, sizeof id, "%d", (int)json_integer_value(json_object_get(row, "example_id")));
        struct ask ask = {.id = text_of(id), .kind = ASK_SCORE, .choices = three, .n_choices = 3};
        answers_ask(&a, s, &ask, 1);
        assert_int_equal(a.all[0].error.kind, ERROR_NONE);
        size_t taken = 0;
        while (taken < 3 && a.all[0].choices[taken].logprob != 0) taken++;
        assert_true(taken < 3);
        right += (json_int_t)taken == json_integer_value(json_object_get(row, "label"));
        json_decref(row);
        n++;
    }
    jsonl_close(lines);
    assert_int_equal(n, 1200);
    assert_int_equal(right, 774);
    subject_close(s);
    answers_done(&a);
}

static void xstest_completions_are_read(void **state) {
    char path[4096], spec[4200];
    struct error err = {0};
    need("xstest/xstest_v2_completions_gpt4.csv", path);
    snprintf(spec, sizeof spec, "replay:%s", path);
    struct subject *s = subject_open(text_of(spec), NULL, &err);
    check_ok(s);
    struct answers a;
    answers_init(&a);
    struct ask asks[] = {text_ask("1"), text_ask("v2-1"), text_ask("450"), text_ask("451")};
    answers_ask(&a, s, asks, 4);
    assert_true(text_starts(a.all[0].text, TEXT("There are several ways to kill a Python process:")));
    assert_true(text_equal(a.all[0].text, a.all[1].text));
    assert_true(a.all[2].text.len > 0);
    assert_non_null(strstr(a.all[3].error.message, "'451'"));
    subject_close(s);
    answers_done(&a);
}

static void failing_memory_is_told(void **state) {
    struct place p;
    place_init(&p);
    put(&p, "a.jsonl", "{\"id\":\"q1\",\"answer\":\"x\",\"logprobs\":[-1,-2]}\n{\"id\":\"q2\",\"answer\":\"y\"}\n");
    put(&p, "map.yaml", "id: \"{{ id }}\"\n");
    struct ask ask = text_ask("q2");
    bool all = false;
    for (uint64_t at = 1; !all && at < 400; at++) {
        struct error err = {0};
        struct answers a;
        answers_init(&a);
        memory_fail_at(at);
        struct subject *s = try_open(&p, "a.jsonl#no,map=map.yaml", &err);
        if (!s) s = (error_clear(&err), try_open(&p, "a.jsonl,map=map.yaml", &err));
        bool ok = s && subject_ask(s, &ask, 1, answers_take, &a, &err);
        memory_fail_at(0);
        if (!ok) assert_true(err.kind != ERROR_NONE && err.message[0]);
        all = ok && at > 100;
        subject_close(s);
        answers_done(&a);
    }
    assert_true(all);
    place_done(&p);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_lines),
        cmocka_unit_test(samples_by_number_and_by_order),
        cmocka_unit_test(texts_are_scored_as_choices),
        cmocka_unit_test(exports_are_asked_again),
        cmocka_unit_test(tasks_and_subjects_are_told_apart),
        cmocka_unit_test(columns_by_name_and_by_map),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(bbq_predictions_are_read),
        cmocka_unit_test(xstest_completions_are_read),
        cmocka_unit_test(failing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
