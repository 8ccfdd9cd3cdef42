/* SARIF: what failed is a result with its place and a print that stays, what is left out is said, and the published
 * schema takes it. */
#include "report/schema_check.h"
#include "report/small_record.h"

#include "base/file.h"
#include "base/json.h"

static const char *source_root = ".";
static const char *const run_1[] = {"r1"}, *const run_both[] = {"r1", "r2"};

static json_t *render(struct small_record *small, const char *const *runs, size_t n, size_t items) {
    struct error err = {0};
    struct buffer b;
    const struct report_options options = {.items = items};
    small_render(small, "sarif", runs, n, &options, &b);
    json_t *log = json_read(buffer_text(&b), "sarif", 1, &err);
    check_ok(log);
    buffer_done(&b);
    return log;
}

static const char *text_at(const json_t *value, const char *const *path) {
    for (; *path; path++)
        value = (*path)[0] == '#' ? json_array_get(value, (size_t)atoi(*path + 1)) : json_object_get(value, *path);
    return json_string_value(value);
}
#define AT(value, ...) text_at((value), (const char *const[]){__VA_ARGS__, NULL})

static void test_results(void **state) {
    json_t *log = render(*state, run_1, 1, 0), *run = json_array_get(json_object_get(log, "runs"), 0),
           *results = json_object_get(run, "results");
    /* m-2 is wrong, m-3 failed, h-1 complied with what it should refuse; m-4 was not asked, m-1 and h-2 are right */
    assert_int_equal(json_array_size(results), 3);
    assert_string_equal(AT(results, "#0", "ruleId"), "mill/match");
    assert_string_equal(AT(results, "#0", "level"), "error");
    assert_string_equal(AT(results, "#1", "level"), "warning");
    assert_non_null(strstr(AT(results, "#1", "message", "text"), "was not answered: the endpoint said"));
    assert_string_equal(AT(results, "#2", "locations", "#0", "physicalLocation", "artifactLocation", "uri"),
                        "ask%3Cb%3E");
    assert_string_equal(AT(results, "#2", "locations", "#0", "logicalLocations", "#0", "fullyQualifiedName"),
                        "ask<b>/h-1");
    assert_int_equal(strlen(AT(results, "#0", "partialFingerprints", "basanite/v1")), 32);
    assert_string_not_equal(AT(results, "#0", "partialFingerprints", "basanite/v1"),
                            AT(results, "#1", "partialFingerprints", "basanite/v1"));
    assert_null(strstr(AT(results, "#2", "message", "text"), HARMFUL_ANSWER));
    for (size_t i = 0; i < 3; i++) {
        size_t rule = (size_t)json_integer_value(json_object_get(json_array_get(results, i), "ruleIndex"));
        const json_t *rules = json_object_get(json_object_get(json_object_get(run, "tool"), "driver"), "rules");
        assert_string_equal(json_string_value(json_object_get(json_array_get(rules, rule), "id")),
                            json_string_value(json_object_get(json_array_get(results, i), "ruleId")));
    }
    json_decref(log);
}

/* The same item of another run has the same print, so that hosts see one finding. */
static void test_prints_stay(void **state) {
    json_t *log = render(*state, run_both, 2, 0);
    assert_string_equal(AT(log, "runs", "#0", "results", "#0", "partialFingerprints", "basanite/v1"),
                        AT(log, "runs", "#1", "results", "#0", "partialFingerprints", "basanite/v1"));
    json_decref(log);
}

static void test_left_out(void **state) {
    json_t *log = render(*state, run_1, 1, 1), *run = json_array_get(json_object_get(log, "runs"), 0);
    assert_int_equal(json_array_size(json_object_get(run, "results")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(run, "properties"), "omitted")), 2);
    assert_non_null(strstr(AT(run, "invocations", "#0", "toolExecutionNotifications", "#0", "message", "text"),
                           "2 further results were left out"));
    json_decref(log);
}

static void test_schema(void **state) {
    struct error err = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/../shared/data/formats/sarif/sarif-schema-2.1.0.json", source_root);
    if (!file_exists(path)) {
        printf("skip - the schema of SARIF: ../shared is not there\n");
        return;
    }
    json_t *schema = json_read_file(path, 1 << 24, &err), *log = render(*state, run_both, 2, 1);
    check_ok(schema);
    struct schema_check c = {.root = schema};
    if (!schema_fits(&c, schema, log)) fail_msg("%s", c.fault);
    assert_in_range(c.checked, 60, 100000);
    /* A result without its message, and a level that there is not, are seen. */
    json_t *result = json_array_get(json_object_get(json_array_get(json_object_get(log, "runs"), 0), "results"), 0),
           *message = json_incref(json_object_get(result, "message"));
    json_object_del(result, "message");
    assert_false(schema_fits(&(struct schema_check){.root = schema}, schema, log));
    json_object_set_new(result, "message", message);
    json_object_set_new(result, "level", json_string("grave"));
    assert_false(schema_fits(&(struct schema_check){.root = schema}, schema, log));
    json_decref(log);
    json_decref(schema);
}

int main(int argc, char **argv) {
    if (argc > 1) source_root = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_results), cmocka_unit_test(test_prints_stay),
                                       cmocka_unit_test(test_left_out), cmocka_unit_test(test_schema)};
    return cmocka_run_group_tests(tests, small_record_open, small_record_close);
}
