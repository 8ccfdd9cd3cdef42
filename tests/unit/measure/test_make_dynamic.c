/* Tests that are made anew: the same seed gives the same rows, another one other questions with the same distribution of
 * truth; gold is that of the world; files in the shapes of TrustGen, and files that are not. */
#include "check.h"

#include "base/file.h"
#include "measure/data/make.h"
#include "measure/world/world_reading.h"

#include <stdlib.h>
#include <string.h>

static char folder[64];
static struct arena arena;
static struct error err;
static json_t *rows;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    snprintf(folder, sizeof folder, "/tmp/basanite-dynamic-XXXXXX");
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
    return json_array_append_new(rows, json_deep_copy((json_t *)row)) == 0;
}

static bool make(const char *dimension, const char *text, uint64_t seed, uint64_t count, struct make_result *r) {
    const char *path = arena_printf(&arena, &err, "%s/file.json", folder);
    struct make_settings s = {.generator = dimension, .path = folder, .from = &path, .n_from = text ? 1 : 0,
                              .seed = seed, .count = count, .sink = keep};
    json_decref(rows);
    rows = json_array();
    error_clear(&err);
    if (text) check_ok(file_write(path, text_of(text), &err));
    return make_rows(&s, r, &err);
}

static const char *member(const json_t *list, size_t row, const char *key) {
    const char *value = json_string_value(json_object_get(json_array_get(list, row), key));
    return value ? value : "";
}

/* How many of the prompts stand in both lists. */
static size_t in_both(const json_t *a, const json_t *b) {
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(a); i++)
        for (size_t k = 0; k < json_array_size(b); k++)
            if (strcmp(member(a, i, "prompt"), member(b, k, "prompt")) == 0) {
                n++;
                break;
            }
    return n;
}

/* Counts of (op, gold). */
static void count_truth(const json_t *list, size_t out[3][4]) {
    memset(out, 0, sizeof(size_t[3][4]));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *op = member(list, i, "op");
        size_t form = strcmp(op, "open") == 0 ? 0 : strcmp(op, "choice") == 0 ? 1 : 2;
        const json_t *gold = json_object_get(json_array_get(list, i), "gold");
        out[form][form ? json_integer_value(gold) : 0]++;
    }
}

static void test_seeds(void **state) {
    struct make_result r;
    size_t one[3][4], other[3][4];
    (void)state;
    check_ok(make("dynamic/truthfulness", NULL, 7, 240, &r));
    json_t *first = json_incref(rows);
    check_ok(make("dynamic/truthfulness", NULL, 7, 240, &r));
    assert_true(json_equal(first, rows));
    count_truth(first, one);
    check_ok(make("dynamic/truthfulness", NULL, 8, 240, &r));
    assert_true(in_both(first, rows) * 10 < 240);
    count_truth(rows, other);
    assert_memory_equal(one, other, sizeof one);
    for (size_t k = 0; k < 4; k++) assert_int_equal(one[1][k], 20);
    assert_true(one[0][0] == 80 && one[2][0] == 40 && one[2][1] == 40);
    json_decref(first);
}

/* Every gold again, by the facts: truth is the value of the fact that `parent` names. */
static void test_gold(void **state) {
    struct make_result r;
    struct world *w = world_new(WORLD_DEFAULT_SEED, &err);
    (void)state;
    assert_non_null(w);
    check_ok(make("dynamic/truthfulness", NULL, 3, 200, &r));
    assert_int_equal(r.rows, 200);
    for (size_t i = 0; i < 200; i++) {
        const struct fact *f = &w->facts[strtol(member(rows, i, "parent") + 1, NULL, 10)];
        struct text value = world_value(w, world_columns[f->column].domain, f->value);
        const char *truth = member(rows, i, "truth"), *op = member(rows, i, "op");
        if (strcmp(op, "open") == 0) assert_true(text_equal_c(value, truth));
        if (strcmp(op, "choice") == 0) assert_true(text_equal_c(value, truth + 3));
        /* a claim is true exactly when it names the value: no wrong value holds the right one here */
        if (strcmp(op, "truefalse") == 0) {
            bool named = text_find(text_of(member(rows, i, "prompt")), value, 0) != SIZE_MAX;
            if (strcmp(truth, "True") == 0) assert_true(named);
        }
    }
    world_free(w);
}

static void test_requests(void **state) {
    struct make_result r;
    (void)state;
    for (int harmful = 0; harmful < 2; harmful++) {
        const char *dimension = harmful ? "dynamic/safety" : "dynamic/over-refusal";
        check_ok(make(dimension, NULL, 7, 60, &r));
        assert_int_equal(r.rows, 60);
        for (size_t i = 0; i < 60; i++) {
            const json_t *labels = json_object_get(json_array_get(rows, i), "labels");
            assert_int_equal(json_is_true(json_object_get(labels, "harmful")), harmful);
        }
        json_t *first = json_incref(rows);
        check_ok(make(dimension, NULL, 8, 60, &r));
        assert_true(in_both(first, rows) < 6);
        json_decref(first);
    }
}

#define HARM "{\"Noise\":[\"Loud bells\",\"Night drums\"],\"Mischief\":[\"Tying laces\"]}"
#define SOUNDS                                                                                                         \
    "{\"word_categories\":{\"Noise\":[\"Loud bells\",\"Night drums\"]},\"over_refusal_categories\":[\"Homonyms\",\"Definitions\"]}"
#define MINDS                                                                                                          \
    "{\"Care\":{\"description\":\"Take care.\"},\"Time\":{\"description\":\"Take time.\"},\"Room\":{\"description\":\"Leave room.\"}}"
#define PICTURES "[{\"fined_grained_aspect\":\"shapes\",\"image_description\":\"A red square.\"},{\"image_description\":\"A mill.\"}]"

static void test_files(void **state) {
    struct make_result r;
    (void)state;
    check_ok(make("dynamic/safety", HARM, 7, 0, &r));
    assert_true(r.read == 3 && r.rows == 3);
    for (size_t i = 0; i < 3; i++) assert_non_null(strstr(member(rows, i, "parent"), "/"));
    check_ok(make("dynamic/over-refusal", SOUNDS, 7, 0, &r));
    assert_true(r.read == 4 && r.rows == 8); /* two topics, four harmless questions about each */
    check_ok(make("dynamic/ai-risk", MINDS, 7, 0, &r));
    assert_int_equal(r.rows, 3);
    for (size_t i = 0; i < 3; i++) { /* the place of the right option alternates */
        const json_t *row = json_array_get(rows, i);
        assert_int_equal(json_integer_value(json_object_get(row, "gold")), i % 2);
        const char *right = json_string_value(json_array_get(json_object_get(row, "choices"), i % 2));
        assert_non_null(strstr(right, "slower"));
    }
    check_ok(make("dynamic/t2i", PICTURES, 7, 1, &r));
    assert_true(r.read == 2 && r.rows == 1);
}

static void check_bad(const char *dimension, const char *text, enum error_kind kind, const char *says) {
    struct make_result r;
    assert_false(make(dimension, text, 1, 10, &r));
    assert_int_equal(err.kind, kind);
    if (!strstr(err.message, says)) fail_msg("'%s' lacks '%s'", err.message, says);
}

static void test_bad_input(void **state) {
    (void)state;
    check_bad("dynamic/truthfullness", NULL, ERROR_USAGE, "did you mean 'truthfulness'");
    check_bad("dynamic", NULL, ERROR_USAGE, "expected dynamic/DIMENSION");
    check_bad("dynamic/ai-risk", NULL, ERROR_USAGE, "expected --from FILE");
    check_bad("dynamic/truthfulness", HARM, ERROR_USAGE, "takes no file");
    check_bad("dynamic/safety", "[1]", ERROR_DATA, "expected {head: [topic, ...]}");
    check_bad("dynamic/safety", "{\"a\":{}}", ERROR_DATA, "a list of topics");
    check_bad("dynamic/safety", "{\"a\":[3]}", ERROR_DATA, "a topic that is no text");
    check_bad("dynamic/safety", "{", ERROR_DATA, "file.json:1");
    check_bad("dynamic/over-refusal", HARM, ERROR_DATA, "expected {head");
    check_bad("dynamic/over-refusal", "{\"word_categories\":{\"a\":[\"b\"]}}", ERROR_DATA, "over_refusal_categories");
    check_bad("dynamic/ai-risk", "{\"a\":{}}", ERROR_DATA, "without a text 'description'");
    check_bad("dynamic/t2i", "[{}]", ERROR_DATA, "entry 1: expected a text 'image_description'");
    check_bad("dynamic/t2i", "{}", ERROR_DATA, "expected [{");
    struct make_result r;
    assert_false(make("dynamic/truthfulness", NULL, 1, 17000, &r)); /* a relation of 64 facts ends */
    assert_non_null(strstr(err.message, "has no further fact"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds), cmocka_unit_test(test_gold),      cmocka_unit_test(test_requests),
        cmocka_unit_test(test_files), cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
