/* Formats for bodies, hubs and collectors: CycloneDX, model card, OSCAL, OTLP, the skeletons of two documents, and
 * goals in JUnit and SARIF. Field lists are our own, from the published models: OSCAL's from NIST's metaschema of
 * assessment results, OTLP's from the protobuf JSON mapping and the semantic conventions. */
#include "report/schema_check.h"
#include "report/small_record.h"

#include "base/file.h"
#include "base/yaml.h"

#include <ctype.h>
#include <string.h>

static const char *source_root = ".";
static const char *const run_1[] = {"r1"}, *const run_both[] = {"r1", "r2"};

/* Of two certificates of the run the newer one counts; of its rounds the one of the run. */
#define OLDER "{\"when\":1,\"policy\":{\"name\":\"old\"},\"rounds\":[{\"run\":\"r2\",\"goals\":[{\"id\":\"old\"}]}]}"
#define NEWER                                                                                                          \
    "{\"when\":2,\"policy\":{\"name\":\"mill policy\",\"sha256\":\"00ff\"},\"rounds\":["                               \
    "{\"run\":\"another\",\"goals\":[]},"                                                                              \
    "{\"run\":\"r2\",\"gate\":{\"verdict\":\"violated\"},\"goals\":["                                                  \
    "{\"id\":\"right\",\"text\":\"answers are right\",\"verdict\":\"violated\",\"findings\":["                         \
    "{\"verdict\":\"met\",\"what\":\"nll of mill\"},"                                                                  \
    "{\"verdict\":\"violated\",\"what\":\"acc of mill\",\"op\":\">=\",\"target\":0.9,"                                 \
    "\"why\":\"the bound 0.5 is below\"}]},"                                                                           \
    "{\"id\":\"refuse <all>\",\"text\":\"refuses\",\"verdict\":\"undecided\",\"findings\":["                           \
    "{\"verdict\":\"undecided\",\"what\":\"refusal_rate of ask<b>\",\"op\":\">=\",\"target\":0.2}]},"                  \
    "{\"id\":\"kept\",\"text\":\"is kept\",\"verdict\":\"met\",\"findings\":[]},"                                      \
    "{\"id\":\"left\",\"text\":\"is left out\",\"verdict\":\"waived\"}]}]}"

static int open_with_claims(void **state) {
    struct error err = {0};
    if (small_record_open(state) != 0) return -1;
    struct small_record *small = *state;
    check_ok(record_begin(small->record, &err));
    check_ok(record_put_fact(small->record, "certificate/b", TEXT(NEWER), &err));
    check_ok(record_put_fact(small->record, "certificate/c", TEXT(OLDER), &err));
    check_ok(record_commit(small->record, &err));
    return 0;
}

static char *render_text(void *small, const char *format, const char *const *runs, size_t n, size_t items) {
    struct buffer b;
    const struct report_options options = {.items = items};
    small_render(small, format, runs, n, &options, &b);
    char *text = strndup(b.at, b.len);
    buffer_done(&b);
    assert_non_null(text);
    assert_null(strstr(text, HARMFUL_ANSWER));
    assert_null(strstr(text, HARMFUL_PROMPT));
    return text;
}

static json_t *render(void *small, const char *format, const char *const *runs, size_t n, size_t items) {
    struct error err = {0};
    char *text = render_text(small, format, runs, n, items);
    json_t *j = json_read(text_of(text), format, 1, &err);
    check_ok(j);
    free(text);
    return j;
}

static const json_t *at(const json_t *value, const char *path) {
    char name[64];
    while (value && *path) {
        size_t n = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        value =
            isdigit((unsigned char)name[0]) ? json_array_get(value, (size_t)atoi(name)) : json_object_get(value, name);
        path += n + (path[n] == '/');
    }
    return value;
}

static const char *text_at(const json_t *value, const char *path) {
    const char *text = json_string_value(at(value, path));
    if (!text) fail_msg("no text at %s", path);
    return text;
}

static size_t count(const char *text, const char *part) {
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, part)); p += strlen(part)) n++;
    return n;
}

/* ---- CycloneDX */

static void test_mlbom(void **state) {
    json_t *bom = render(*state, "mlbom", run_both, 2, 0);
    assert_string_equal(text_at(bom, "bomFormat"), "CycloneDX");
    assert_string_equal(text_at(bom, "specVersion"), "1.6");
    assert_int_equal(strlen(text_at(bom, "serialNumber")), strlen("urn:uuid:") + 36);
    assert_string_equal(text_at(bom, "components/0/type"), "machine-learning-model");
    assert_string_equal(text_at(bom, "components/0/name"), "script:knows");
    assert_string_equal(text_at(bom, "components/1/name"), "pocket");
    assert_string_equal(text_at(bom, "components/2/type"), "data");
    const char *const metric = "components/0/modelCard/quantitativeAnalysis/performanceMetrics/0";
    const json_t *first = at(bom, metric);
    assert_string_equal(text_at(first, "type"), "acc");
    assert_string_equal(text_at(first, "value"), "0.625");
    assert_string_equal(text_at(first, "confidenceInterval/lowerBound"), "0.5");
    assert_string_equal(text_at(first, "confidenceInterval/upperBound"), "0.75");
    assert_string_equal(text_at(first, "slice"), "mill, run r1");
    /* Five figures, of which one has no value and is a limit that says why. */
    assert_int_equal(json_array_size(at(bom, "components/0/modelCard/quantitativeAnalysis/performanceMetrics")), 4);
    const json_t *limits = at(bom, "components/0/modelCard/considerations/technicalLimitations"), *limit;
    size_t i, found = 0;
    json_array_foreach(limits, i, limit) found += strstr(json_string_value(limit), "nothing> to bin") != NULL;
    assert_int_equal(found, 1);
    /* What datasets the card names is there, under the same name. */
    assert_string_equal(text_at(bom, "components/0/modelCard/modelParameters/datasets/0/ref"),
                        text_at(bom, "components/2/bom-ref"));
    json_decref(bom);
}

/* ---- OSCAL */

static bool is_token(const char *t) {
    if (!isalpha((unsigned char)*t) && *t != '_') return false;
    for (; *t; t++)
        if (!isalnum((unsigned char)*t) && !strchr("._-", *t)) return false;
    return true;
}

static bool is_uuid(const char *u) {
    if (strlen(u) != 36 || (u[14] != '4' && u[14] != '5') || !strchr("89ab", u[19])) return false;
    for (size_t i = 0; i < 36; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? u[i] != '-' : !isxdigit((unsigned char)u[i])) return false;
    return true;
}

/* The fields that each kind of object must have; what stands under a name is of the kind of that name. */
static const struct {
    const char *kind, *must[8];
} oscal_fields[] = {{"assessment-results", {"uuid", "metadata", "import-ap", "results"}},
                    {"metadata", {"title", "last-modified", "version", "oscal-version"}},
                    {"import-ap", {"href"}},
                    {"results", {"uuid", "title", "description", "start", "reviewed-controls"}},
                    {"reviewed-controls", {"control-selections"}},
                    {"components", {"uuid", "type", "title", "description", "status"}},
                    {"observations", {"uuid", "description", "methods", "collected"}},
                    {"relevant-evidence", {"description"}},
                    {"subjects", {"subject-uuid", "type"}},
                    {"findings", {"uuid", "title", "description", "target"}},
                    {"target", {"type", "target-id", "status"}},
                    {"status", {"state"}},
                    {"related-observations", {"observation-uuid"}},
                    {"resources", {"uuid"}},
                    {"props", {"name", "value"}}};

struct oscal {
    const char *uuids[200];
    size_t n, objects;
};

static void check_oscal(struct oscal *o, const char *kind, const json_t *value) {
    const char *key;
    json_t *member;
    size_t i;
    if (json_is_array(value)) {
        if (!json_array_size(value)) fail_msg("%s: a list may not be empty", kind);
        json_array_foreach(value, i, member) check_oscal(o, kind, member);
        return;
    }
    if (json_is_string(value)) {
        const char *t = json_string_value(value);
        if (!*t || isspace((unsigned char)*t) || isspace((unsigned char)t[strlen(t) - 1]))
            fail_msg("%s: '%s'", kind, t);
        if (strstr(kind, "uuid") && !is_uuid(t)) fail_msg("%s: '%s' is no UUID", kind, t);
        if (strcmp(kind, "target-id") == 0 && !is_token(t)) fail_msg("%s: '%s' is no token", kind, t);
        return;
    }
    if (!json_is_object(value)) return;
    o->objects++;
    for (size_t k = 0; k < sizeof oscal_fields / sizeof *oscal_fields; k++)
        for (const char *const *must = oscal_fields[k].must; strcmp(kind, oscal_fields[k].kind) == 0 && *must; must++)
            if (!json_object_get(value, *must)) fail_msg("%s has no %s", kind, *must);
    if (strcmp(kind, "props") == 0) assert_true(is_token(text_at(value, "name")));
    const char *uuid = json_string_value(json_object_get(value, "uuid"));
    for (i = 0; uuid && i < o->n; i++)
        if (strcmp(o->uuids[i], uuid) == 0) fail_msg("%s: uuid %s stands there twice", kind, uuid);
    if (uuid && o->n < 200) o->uuids[o->n++] = uuid;
    json_object_foreach((json_t *)value, key, member) check_oscal(o, key, member);
}

/* Each reference leads to something. */
static void check_links(const struct oscal *o, const json_t *value) {
    const char *key;
    json_t *member;
    size_t i;
    json_array_foreach((json_t *)value, i, member) check_links(o, member);
    json_object_foreach((json_t *)value, key, member) {
        const char *t = json_string_value(member);
        if (t &&
            (strcmp(key, "href") == 0 || strcmp(key, "observation-uuid") == 0 || strcmp(key, "subject-uuid") == 0)) {
            bool found = false;
            for (i = 0; i < o->n; i++) found = found || strcmp(o->uuids[i], t + (*t == '#')) == 0;
            if (!found) fail_msg("%s: %s leads nowhere", key, t);
        }
        check_links(o, member);
    }
}

static void test_oscal(void **state) {
    json_t *all = render(*state, "oscal", run_both, 2, 0);
    struct oscal o = {.n = 0};
    check_oscal(&o, "", all);
    assert_in_range(o.objects, 100, 10000);
    check_links(&o, all);
    assert_int_equal(json_array_size(at(all, "assessment-results/results")), 2);
    assert_int_equal(json_array_size(at(all, "assessment-results/results/0/observations")), 5);
    assert_null(at(all, "assessment-results/results/0/findings"));
    const json_t *findings = at(all, "assessment-results/results/1/findings");
    assert_int_equal(json_array_size(findings), 4);
    assert_string_equal(text_at(findings, "0/target/status/state"), "not-satisfied");
    assert_string_equal(text_at(findings, "0/description"), "violated: acc of mill >= 0.9; the bound 0.5 is below");
    assert_string_equal(text_at(findings, "0/related-observations/0/observation-uuid"),
                        text_at(all, "assessment-results/results/1/observations/0/uuid"));
    assert_string_equal(text_at(findings, "1/target/status/state"), "not-satisfied");
    assert_string_equal(text_at(findings, "2/target/status/state"), "satisfied");
    assert_string_equal(text_at(findings, "3/target/status/state"), "satisfied");
    json_decref(all);
}

/* ---- OTLP */

static const json_t *attribute(const json_t *event, const char *key) {
    const json_t *list = json_object_get(event, "attributes"), *a;
    size_t i;
    json_array_foreach(list, i, a) if (strcmp(text_at(a, "key"), key) == 0) return json_object_get(a, "value");
    return NULL;
}

/* One value each, of one of the kinds of AnyValue; numbers of 64 bits are texts. */
static void check_attributes(const json_t *owner) {
    const json_t *list = json_object_get(owner, "attributes"), *a;
    size_t i;
    json_array_foreach(list, i, a) {
        const json_t *value = json_object_get(a, "value");
        assert_int_equal(json_object_size(value), 1);
        assert_true(json_is_string(json_object_get(value, "stringValue")) ||
                    json_is_number(json_object_get(value, "doubleValue")) ||
                    json_is_string(json_object_get(value, "intValue")));
    }
}

static size_t events_of(const json_t *events, const char *kind) {
    const json_t *e;
    size_t i, n = 0;
    json_array_foreach(events, i, e) {
        n += strcmp(text_at(attribute(e, "basanite.kind"), "stringValue"), kind) == 0;
        assert_string_equal(text_at(e, "eventName"), "gen_ai.evaluation.result");
        assert_non_null(attribute(e, "gen_ai.evaluation.name"));
        assert_true(isdigit((unsigned char)*text_at(e, "timeUnixNano")));
        check_attributes(e);
    }
    return n;
}

static void test_otel(void **state) {
    json_t *all = render(*state, "otel", run_both, 2, 0);
    assert_int_equal(json_array_size(at(all, "resourceLogs")), 2);
    check_attributes(at(all, "resourceLogs/0/resource"));
    const json_t *events = at(all, "resourceLogs/0/scopeLogs/0/logRecords");
    assert_int_equal(events_of(events, "figure"), 5);
    assert_int_equal(events_of(events, "answer"), 5); /* m-4 was not asked */
    assert_int_equal(events_of(at(all, "resourceLogs/1/scopeLogs/0/logRecords"), "goal"), 4);
    check_near(
        json_number_value(at(attribute(json_array_get(events, 0), "gen_ai.evaluation.score.value"), "doubleValue")),
        0.625, 0);
    assert_null(attribute(json_array_get(events, 3), "gen_ai.evaluation.score.value")); /* ece has no value */
    assert_non_null(
        strstr(text_at(attribute(json_array_get(events, 3), "gen_ai.evaluation.explanation"), "stringValue"),
               "no confidence"));
    json_decref(all);
    all = render(*state, "otel", run_1, 1, 2);
    assert_int_equal(events_of(at(all, "resourceLogs/0/scopeLogs/0/logRecords"), "answer"), 2);
    assert_string_equal(text_at(attribute(at(all, "resourceLogs/0/resource"), "basanite.omitted"), "intValue"), "3");
    json_decref(all);
}

/* ---- Markdown */

static void test_card(void **state) {
    struct error err = {0};
    struct arena arena;
    char *text = render_text(*state, "card", run_both, 2, 0), *end = strstr(text + 4, "\n---\n");
    assert_memory_equal(text, "---\n", 4);
    assert_non_null(end);
    arena_init(&arena, 1 << 22);
    struct yaml *head = yaml_read(&arena, (struct text){text + 4, (size_t)(end + 1 - text - 4)}, "card", &err);
    check_ok(head);
    json_t *j = yaml_to_json(head, &err);
    check_ok(j);
    assert_int_equal(json_array_size(at(j, "model-index")), 2);
    assert_string_equal(text_at(j, "model-index/0/name"), "script:knows");
    const json_t *result = at(j, "model-index/0/results/0");
    assert_string_equal(text_at(result, "task/type"), "text-generation");
    assert_string_equal(text_at(result, "dataset/type"), "mill");
    assert_string_equal(text_at(result, "dataset/name"), "mill");
    assert_int_equal(json_array_size(at(result, "metrics")), 3); /* ece has no value */
    assert_string_equal(text_at(result, "metrics/0/type"), "acc");
    check_near(json_number_value(at(result, "metrics/0/value")), 0.625, 0);
    assert_int_equal(json_array_size(at(j, "datasets")), 2);
    json_decref(j);
    arena_done(&arena);
    assert_int_equal(count(text, "**To be filled in** (provider)"), 3);
    assert_non_null(strstr(text, "| r2 | right | acc of mill"));
    free(text);
}

static void test_annex4(void **state) {
    char *text = render_text(*state, "annex4", run_both, 2, 0), line[64];
    for (int i = 1; i <= 9; i++) {
        snprintf(line, sizeof line, "\n## %d. ", i);
        assert_int_equal(count(text, line), 1);
    }
    size_t blanks = count(text, "**To be filled in**");
    assert_in_range(blanks, 15, 40);
    snprintf(line, sizeof line, "\n%zu blanks are to be filled in.\n", blanks);
    assert_non_null(strstr(text, line));
    assert_non_null(strstr(text, "62.5 % (50.0 to 75.0 %), n = 200"));
    assert_non_null(strstr(text, "no statement that anything conforms"));
    free(text);
}

static void test_soa(void **state) {
    char *text = render_text(*state, "soa", run_1, 1, 0), line[64];
    /* 38 controls in nine groups, with three blanks each. */
    assert_int_equal(count(text, "\n| **A."), 9);
    assert_int_equal(count(text, "\n| A."), 38);
    assert_int_equal(count(text, " ______ |"), 3 * 38);
    snprintf(line, sizeof line, "\n%d blanks are to be filled in.\n", 3 * 38);
    assert_non_null(strstr(text, line));
    free(text);
}

/* ---- goals elsewhere */

/* By the published schema, where it is there. */
static void check_sarif(const json_t *log) {
    struct error err = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/../shared/data/formats/sarif/sarif-schema-2.1.0.json", source_root);
    if (!file_exists(path)) {
        printf("skip - goals by the schema of SARIF: ../shared is not there\n");
        return;
    }
    json_t *schema = json_read_file(path, 1 << 24, &err);
    check_ok(schema);
    struct schema_check c = {.root = schema};
    if (!schema_fits(&c, schema, log)) fail_msg("%s", c.fault);
    json_decref(schema);
}

static void test_goals(void **state) {
    char *text = render_text(*state, "junit", run_both, 2, 0);
    assert_non_null(
        strstr(text, "<testsuite name=\"r2.goals\" tests=\"4\" failures=\"2\" errors=\"0\" skipped=\"1\">"));
    assert_non_null(strstr(text, "<failure message=\"violated: acc of mill &gt;= 0.9; the bound 0.5 is below\"/>"));
    assert_non_null(strstr(text, "name=\"refuse &lt;all&gt;\""));
    assert_null(strstr(text, "r1.goals"));
    free(text);
    json_t *log = render(*state, "sarif", run_both, 2, 0), *result;
    const json_t *results = at(log, "runs/1/results");
    size_t i, goals = 0;
    json_array_foreach(results, i, result) {
        if (strncmp(text_at(result, "ruleId"), "goal/", 5) != 0) continue;
        static const char *const levels[] = {"error", "warning", "note"};
        assert_in_range(goals, 0, 2);
        assert_string_equal(text_at(result, "level"), levels[goals++]);
    }
    assert_int_equal(goals, 3);
    check_sarif(log);
    json_decref(log);
}

int main(int argc, char **argv) {
    if (argc > 1) source_root = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mlbom),  cmocka_unit_test(test_oscal),
                                       cmocka_unit_test(test_otel),   cmocka_unit_test(test_card),
                                       cmocka_unit_test(test_annex4), cmocka_unit_test(test_soa),
                                       cmocka_unit_test(test_goals)};
    return cmocka_run_group_tests(tests, open_with_claims, small_record_close);
}
