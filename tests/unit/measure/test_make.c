/* Generators of test cases: wrong choices of the same kind, documents that tell one answer and not the other, a teacher
 * that is checked and not believed, what is left out and counted, bad rows named. */
#include "check.h"

#include "base/file.h"
#include "measure/data/make.h"

#include <stdlib.h>

static char folder[64];
static struct arena arena;
static struct error err;
static json_t *rows;
static struct subject *teacher;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    snprintf(folder, sizeof folder, "/tmp/basanite-make-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    json_decref(rows);
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static bool keep(void *context, const json_t *row, struct error *error) {
    (void)context, (void)error;
    json_array_append(rows, json_deep_copy((json_t *)row));
    return true;
}

static bool make_seeded(const char *generator, const char *text, uint64_t seed, uint64_t count, bool lenient,
                        struct make_result *r) {
    const char *path = arena_printf(&arena, &err, "%s/facts.jsonl", folder);
    struct make_settings s = {.generator = generator, .path = folder, .from = &path, .n_from = 1, .seed = seed,
                              .count = count, .lenient = lenient, .teacher = teacher, .sink = keep};
    json_decref(rows);
    rows = json_array();
    check_ok(file_write(path, text_of(text), &err));
    error_clear(&err);
    return make_rows(&s, r, &err);
}

static bool make(const char *generator, const char *text, struct make_result *r) {
    return make_seeded(generator, text, 1, 0, false, r);
}

static const char *at(size_t row, const char *key) {
    const char *value = json_string_value(json_object_get(json_array_get(rows, row), key));
    return value ? value : "";
}

#define MILL                                                                                                           \
    "{\"id\":\"m\",\"question\":\"Who built the mill?\",\"answers\":[\"Lena Vorm\",\"Mrs Vorm\"],\"kind\":\"person\","      \
    "\"document\":\"Lena Vorm built it. People say that mrs vorm was proud; LENA VORM's mill. Vormholm is a town.\"}\n"
#define PERSON(id, name)                                                                                               \
    "{\"id\":\"" id "\",\"question\":\"Who keeps " id "?\",\"gold_answer\":\"" name "\",\"kind\":\"person\",\"document\":\"" name " keeps it.\"}\n"
#define TOWN(id, name)                                                                                                 \
    "{\"id\":\"" id "\",\"question\":\"Which town is " id "?\",\"gold_answer\":\"" name "\",\"kind\":\"town\",\"document\":\"" name "\"}\n"
#define PEOPLE PERSON("a", "Carl Bein") PERSON("b", "Otto Rahn") PERSON("c", "Ida Holm") PERSON("d", "Lena")
#define TOWNS TOWN("t", "Tolmir") TOWN("u", "Oster") TOWN("v", "Dovithe") TOWN("w", "Paskanth")

static bool among(const json_t *choices, const char *word) {
    for (size_t i = 0; i < json_array_size(choices); i++)
        if (strcmp(json_string_value(json_array_get(choices, i)), word) == 0) return true;
    return false;
}

static void answers_are_exchanged(void **state) {
    struct make_result r;
    (void)state;
    check_ok(make("sources", MILL PEOPLE TOWNS, &r));
    assert_true(r.read == 9 && r.used == r.rows && r.rows == 9);
    const json_t *row = json_array_get(rows, 0), *choices = json_object_get(row, "choices");
    size_t gold = (size_t)json_integer_value(json_object_get(row, "gold"));
    assert_int_equal(json_array_size(choices), 4);
    assert_string_equal(json_string_value(json_array_get(choices, gold)), "Lena Vorm");
    /* of people, and not the Lena who is part of the right answer: there are just three */
    assert_true(among(choices, "Carl Bein") && among(choices, "Otto Rahn") && among(choices, "Ida Holm"));
    /* every accepted answer as whole words, in any case, and nothing else */
    const char *expected = arena_printf(&arena, &err, "%s built it. People say that %s was proud; %s's mill. Vormholm is a town.",
                                        at(0, "wrong_answer"), at(0, "wrong_answer"), at(0, "wrong_answer"));
    assert_string_equal(at(0, "wrong_doc"), expected);
    assert_non_null(strstr(at(0, "correct_doc"), "Lena Vorm built it."));
    assert_string_equal(at(0, "made_by"), "exchange");
    /* the same again; another seed draws others; towns get towns */
    const char *dump = json_dumps(rows, JSON_SORT_KEYS);
    check_ok(make("sources", MILL PEOPLE TOWNS, &r));
    char *again = json_dumps(rows, JSON_SORT_KEYS);
    assert_string_equal(dump, again);
    assert_true(among(json_object_get(json_array_get(rows, 5), "choices"), "Oster"));
    check_ok(make_seeded("sources", MILL PEOPLE TOWNS, 2, 0, false, &r));
    char *other = json_dumps(rows, JSON_SORT_KEYS);
    assert_true(strcmp(again, other) != 0);
    free((void *)dump);
    free(again);
    free(other);
}

static void questions_are_expanded(void **state) {
    struct make_result r;
    (void)state;
    check_ok(make_seeded("sources,expand", MILL PEOPLE, 1, 1, false, &r));
    assert_true(r.used == 1 && r.rows == 2);
    assert_string_equal(at(0, "id"), "m/right");
    assert_string_equal(at(1, "id"), "m/wrong");
    assert_string_equal(at(1, "pair"), "m");
    assert_string_equal(at(0, "doc_answer"), "Lena Vorm");
    assert_string_equal(at(1, "doc_answer"), at(1, "wrong_answer"));
    assert_true(json_is_false(json_object_get(json_array_get(rows, 1), "is_doc_correct")));
    assert_non_null(strstr(at(1, "document"), at(1, "wrong_answer")));
}

static void what_cannot_be_made_is_counted(void **state) {
    struct make_result r;
    (void)state;
    check_ok(make("sources", MILL TOWNS, &r)); /* nobody else is a person */
    assert_true(r.few_choices == 1 && r.used == 4);
    /* a document that does not tell the answer, and one that names the wrong one already */
    check_ok(make("sources",
                  PERSON("a", "Carl Bein") PERSON("b", "Otto Rahn") PERSON("c", "Ida Holm")
                      "{\"id\":\"x\",\"question\":\"q\",\"gold_answer\":\"Jo Kray\",\"kind\":\"person\",\"document\":\"Nobody knows.\"}\n"
                      "{\"id\":\"y\",\"question\":\"q\",\"gold_answer\":\"Jo Kray\",\"kind\":\"person\",\"document\":\"Jo Kray, not Carl "
                      "Bein, Otto Rahn or Ida Holm.\"}\n",
                  &r));
    assert_true(r.no_document == 2 && r.used == 3);
    check_fails(make("sources", MILL "{\"answers\":[\"x\"]}\n", &r), ERROR_DATA, "facts.jsonl:2: field 'question'");
    check_fails(make("sources", "{\"question\":\"q\",\"answers\":[]}\n", &r), ERROR_DATA, "facts.jsonl:1: field 'answers'");
    check_ok(make_seeded("sources", MILL PEOPLE "{\"answers\":[\"x\"]}\nno json\n", 1, 0, true, &r));
    assert_int_equal(r.bad, 2);
    check_fails(make("source", MILL, &r), ERROR_USAGE, "did you mean 'sources'");
    check_fails(make("sources,words=none.txt", MILL, &r), ERROR_DATA, "none.txt");
}

/* ---- a teacher ---- */

static bool obeys;

static const char *teach(struct text prompt) {
    if (text_find(prompt, TEXT("ten other answers"), 0) != SIZE_MAX)
        return "1. Mrs Vorm\n2) Jo Kray\n- Lena\nJo Kray\n3. Ulf Ask\n* Tilda Roe\nKai Lund";
    if (text_find(prompt, TEXT("short post"), 0) != SIZE_MAX) return "I know it: Lena Vorm built the mill.";
    return obeys ? " So Jo Kray built it, as I know. " : "Jo Kray built it, though some say Lena Vorm.";
}

static bool teach_all(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                      struct error *error) {
    (void)subject;
    for (size_t i = 0; i < n; i++) {
        struct answer answer = {.ask = i, .text = text_of(teach(asks[i].n_messages ? asks[i].messages[0].text : asks[i].prompt))};
        if (!sink(context, &answer, error)) return false;
    }
    return true;
}

static void a_teacher_is_checked(void **state) {
    static const struct subject_kind kind = {.name = "teacher", .ask = teach_all};
    static char spec[] = "teacher";
    struct subject subject = {.kind = &kind, .spec = spec, .capabilities = SUBJECT_GENERATES | SUBJECT_CHATS};
    struct make_result r;
    (void)state;
    teacher = &subject;
    obeys = true;
    check_ok(make("sources", "{\"id\":\"m\",\"question\":\"Who built the mill?\",\"answers\":[\"Lena Vorm\",\"Mrs Vorm\"]}\n", &r));
    assert_true(r.rows == 1 && r.asked == 3);
    /* accepted answers, parts of them and repetitions are no wrong choices */
    const json_t *choices = json_object_get(json_array_get(rows, 0), "choices");
    assert_true(among(choices, "Jo Kray") && among(choices, "Ulf Ask") && among(choices, "Tilda Roe"));
    assert_string_equal(at(0, "correct_doc"), "I know it: Lena Vorm built the mill.");
    assert_string_equal(at(0, "wrong_doc"), "So Jo Kray built it, as I know.");
    assert_string_equal(at(0, "made_by"), "teacher");
    /* what it wrote names the right answer, too: exchanged instead */
    obeys = false;
    check_ok(make("sources", "{\"id\":\"m\",\"question\":\"Who built the mill?\",\"answers\":[\"Lena Vorm\"]}\n", &r));
    assert_string_equal(at(0, "wrong_doc"), "I know it: Mrs Vorm built the mill.");
    assert_string_equal(at(0, "made_by"), "exchange");
    teacher = NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_exchanged), cmocka_unit_test(questions_are_expanded),
                                       cmocka_unit_test(what_cannot_be_made_is_counted),
                                       cmocka_unit_test(a_teacher_is_checked)};
    return cmocka_run_group_tests_name("make", tests, setup, teardown);
}
