/* Reference materials: what is planted is found, what is not planted is missed, by each of the four rules; the same
 * rows for any number of threads; every metric has a built-in material; and files that cannot be read are refused by
 * place. */
#include "check.h"

#include "base/file.h"
#include "measure/material/material.h"

#include <stdlib.h>

enum { ROWS_MOST = 64 };

struct seen {
    struct material_row rows[ROWS_MOST];
    char figures[ROWS_MOST][64], doses[ROWS_MOST][64], whys[ROWS_MOST][64];
    size_t n;
};

static struct error err;

static void take(void *context, const struct material_row *row) {
    struct seen *s = context;
    assert_true(s->n < ROWS_MOST);
    s->rows[s->n] = *row;
    snprintf(s->figures[s->n], sizeof s->figures[0], "%s", row->figure);
    snprintf(s->doses[s->n], sizeof s->doses[0], "%s", row->dose);
    snprintf(s->whys[s->n], sizeof s->whys[0], "%s", row->why);
    s->n++;
}

static struct material *parse(const char *yaml) {
    struct material *m = material_parse(text_of(yaml), "test.yaml", &err);
    check_ok(m);
    return m;
}

static void run(const char *yaml, uint64_t repeat, size_t threads, struct seen *seen) {
    struct material *m = parse(yaml);
    struct pool *pool = pool_new(threads, &err);
    struct material_settings settings = {
        .path = ".", .seed = 1, .repeat = repeat, .confidence = 0.95, .bootstrap = 200, .pool = pool};
    seen->n = 0;
    check_ok(material_run(m, &settings, take, seen, &err));
    material_free(m);
    pool_free(pool);
}

#define YES_NO                                                                                                         \
    "rows: {count: 100, columns: {id: 'y{{i}}', gold: '{{ (i is odd) | int }}'}}\n"                                    \
    "task: {id: id, output_type: multiple_choice, doc_to_text: 'Is it so, {{id}}?', doc_to_choice: ['No.', 'Yes.'], "  \
    "doc_to_target: gold}\n"
/* Right with p, of which q is what the material says it is. */
#define RIGHT(figures)                                                                                                 \
    "material: right\nplant: {kind: script, doses: [{p: 1, q: 1}, {p: 0.9, q: 0.9}, {p: 0.6, q: 0.6}]}\n" YES_NO       \
    "make: {cases: [{chance: '{p}', take: gold}, {take: wrong}]}\nfigures:\n" figures

static void recovers_what_is_planted(void **state) {
    struct seen s;
    run(RIGHT("- {metric: acc, recovers: q, tol: ci}\n- {metric: acc, recovers: q, tol: ordering}\n"
              "- {metric: acc, recovers: q, tol: 0.02}\n- {metric: precision, recovers: p, interval: wilson}\n"),
        100, 1, &s);
    assert_int_equal(s.n, 12);
    for (size_t i = 0; i < s.n; i++)
        if (!s.rows[i].passed) fail_msg("%s at %s: %s", s.figures[i], s.doses[i], s.whys[i]);
    assert_true(s.rows[0].clean && !s.rows[4].clean);
    assert_string_equal(s.doses[4], "p=0.9, q=0.9");
    assert_string_equal(s.rows[0].method, "wilson");
    assert_int_equal(s.rows[0].covering, 100);
    check_near(s.rows[8].found, 0.6, 0.02);
    assert_true(s.rows[8].least < 0.6 && s.rows[8].most > 0.6);
    assert_int_equal(s.rows[8].n, 100);
}

/* The same subject under a wrong claim: each rule misses it where it is wrong, and only there. */
static void misses_what_is_not_planted(void **state) {
    struct seen s;
    run(RIGHT("- {metric: acc, recovers: '1 - (1 - q) / 2', tol: ci}\n- {metric: acc, recovers: 1 - q, tol: ordering}\n"
              "- {metric: acc, recovers: q + 0.05, tol: 0.02}\n- {metric: acc, recovers: q, tol: exact}\n"
              "- {metric: acc, recovers: q, interval: student-t}\n"),
        40, 1, &s);
    assert_int_equal(s.n, 15);
    static const struct {
        size_t at;
        const char *why;
    } missed[] = {{2, "further away than the tolerance"},
                  {4, "of another method"},
                  {5, "too few intervals cover it"},
                  {6, "does not follow the dose"},
                  {7, "further away than the tolerance"},
                  {8, "a repetition found something else"},
                  {9, "of another method"},
                  {10, "too few intervals cover it"},
                  {11, "does not follow the dose"},
                  {12, "further away than the tolerance"},
                  {13, "a repetition found something else"},
                  {14, "of another method"}};
    size_t next = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool expected = next < sizeof missed / sizeof *missed && missed[next].at == i;
        if (s.rows[i].passed == expected) fail_msg("row %zu: %s at %s: '%s'", i, s.figures[i], s.doses[i], s.whys[i]);
        if (expected && !strstr(s.whys[i], missed[next++].why)) fail_msg("row %zu: '%s'", i, s.whys[i]);
    }
    assert_int_equal(s.rows[5].again.repeats, 400); /* was looked at twice */
    assert_true(s.rows[5].again.covering < s.rows[5].again.needed);
}

/* Rows made anew in each repetition, edited by a coin; their keys are what the subject does not know. */
static void data_are_edited(void **state) {
    struct seen s;
    run("material: flip\nplant: {kind: data, doses: [0, 0.25]}\n"
        "rows: {count: 100, columns: {id: 'f{{i}}', truth: '{{ i % 2 }}', key: '{{ 1 - truth if u[0] < dose else truth "
        "}}'}}\n"
        "task: {id: id, output_type: multiple_choice, doc_to_text: 'x {{id}}', doc_to_choice: ['n', 'y'], "
        "doc_to_target: key, "
        "labels: {t: \"{{ 'y' if truth else 'n' }}\"}}\n"
        "make: {cases: [{label: t}]}\nmetric: acc\nrecovers: 1 - dose\ntol: ci\n",
        60, 2, &s);
    assert_int_equal(s.n, 2);
    assert_true(s.rows[0].passed && s.rows[1].passed);
    check_near(s.rows[1].found, 0.75, 4 * sqrt(.25 * .75 / 6000));
    assert_true(s.rows[1].least < s.rows[1].most);
    assert_string_equal(s.doses[1], "0.25");
}

static void threads_change_nothing(void **state) {
    static struct seen one, three;
    static const char figures[] = "- {metric: acc, recovers: q, tol: ci}\n- {metric: f1, recovers: q, tol: ci}\n"
                                  "- {metric: balanced_acc, recovers: q, tol: ci}\n";
    char yaml[2048];
    snprintf(yaml, sizeof yaml, RIGHT("%s"), figures);
    run(yaml, 31, 1, &one);
    run(yaml, 31, 3, &three);
    assert_int_equal(one.n, three.n);
    for (size_t i = 0; i < one.n; i++) {
        assert_memory_equal(&one.rows[i].found, &three.rows[i].found, sizeof one.rows[i].found);
        assert_int_equal(one.rows[i].covering, three.rows[i].covering);
        assert_int_equal(one.rows[i].again.covering, three.rows[i].again.covering);
    }
}

/* A dose may have texts, a name, numbers that follow from it, and no value at all where there is none. */
static void doses_have_names_and_values(void **state) {
    struct seen s;
    run("material: values\nplant: {kind: exact, doses: [{name: all, who: oracle, p: 1}, {name: nobody, who: mute, p: "
        "0}], "
        "values: {half: p / 2, twice: half * 4}}\n" YES_NO "make: 'script:{who}'\n"
        "figures:\n- {metric: acc, recovers: twice / 2, tol: exact}\n- {metric: precision, recovers: none if p == 0 "
        "else p, "
        "tol: exact}\n",
        0, 1, &s);
    assert_int_equal(s.n, 4);
    for (size_t i = 0; i < 4; i++) assert_true(s.rows[i].passed);
    assert_string_equal(s.doses[2], "nobody");
    assert_int_equal(s.rows[0].repeats, 1);
    assert_true(isnan(s.rows[3].planted) && isnan(s.rows[3].found));
}

static void enough_intervals(void **state) {
    assert_int_equal(material_needed(200, 0.95), 183);
    assert_int_equal(material_needed(2000, 0.95), 1877);
    assert_int_equal(material_needed(1, 0.95), 0); /* one interval shows nothing */
    for (uint64_t n = 1; n < 400; n++) {
        uint64_t k = material_needed(n, 0.95);
        assert_true(k <= n && material_needed(n, 0.99) >= k);
        assert_true(k <= material_needed(n + 1, 0.95));
    }
}

/* What is written to files opens as a task and a subject and says what was planted; that it measures the same is tested
 * with the program. */
static void written_material_can_be_read(void **state) {
    char folder[] = "/tmp/basanite-material-XXXXXX", path[128], command[128];
    struct material_settings settings = {.path = ".", .seed = 1, .repeat = 1, .confidence = 0.95, .bootstrap = 200};
    struct seen s = {.n = 0};
    assert_non_null(mkdtemp(folder));
    struct material *m = parse(RIGHT("- {metric: acc, recovers: q, tol: ci}\n"));
    check_ok(material_make(m, &settings, folder, &err));
    check_ok(material_run(m, &settings, take, &s, &err));
    for (int dose = 1; dose <= 3; dose++) {
        struct arena arena;
        struct text task_text;
        arena_init(&arena, 1 << 24);
        snprintf(path, sizeof path, "%s/dose-%d/truth.json", folder, dose);
        json_t *truth = json_read_file(path, 1 << 16, &err);
        check_ok(truth);
        const json_t *figure = json_array_get(json_object_get(truth, "figures"), 0);
        check_near(json_number_value(json_object_get(figure, "planted")), s.rows[dose - 1].planted, 0);
        struct subject *subject = subject_open(json_text(json_object_get(truth, "subject")), NULL, &err);
        check_ok(subject);
        snprintf(path, sizeof path, "%s/dose-%d/task.yaml", folder, dose);
        check_ok(file_read(&arena, path, 1 << 20, &task_text, &err));
        const struct task_settings task_settings = {.path = ".", .seed = 1, .few_shot = -1};
        struct task *task = task_parse(task_text, path, &task_settings, &err);
        check_ok(task);
        uint64_t n;
        check_ok(task_count(task, &n, &err));
        assert_int_equal(n, 100);
        task_free(task);
        subject_close(subject);
        json_decref(truth);
        arena_done(&arena);
    }
    material_free(m);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void every_metric_has_a_material(void **state) {
    struct arena arena;
    size_t n, n_metrics;
    const struct metric *const *all;
    arena_init(&arena, 1 << 20);
    const struct material_file *files = material_files(&arena, &n, &err);
    check_ok(files);
    assert_true(n >= 12);
    struct material **parsed = arena_new(&arena, struct material *, n, &err);
    for (size_t i = 0; i < n; i++) {
        parsed[i] = material_parse(files[i].source, files[i].name, &err);
        if (!parsed[i]) fail_msg("%s: %s", files[i].name, err.message);
        assert_string_equal(material_name(parsed[i]), files[i].name);
        assert_true(strlen(material_title(parsed[i])) > 0);
    }
    n_metrics = metrics(&all);
    for (size_t m = 0; m < n_metrics; m++) {
        bool found = false;
        for (size_t i = 0; i < n && !found; i++) found = material_has_metric(parsed[i], all[m]->name);
        if (!found) fail_msg("metric '%s' has no material", all[m]->name);
    }
    for (size_t i = 0; i < n; i++) material_free(parsed[i]);
    arena_done(&arena);
}

#define HEAD "material: bad\nplant: {kind: script, doses: [0, 0.5]}\n" YES_NO "make: script:oracle\n"

static void refuses_by_place(void **state) {
    static const struct {
        const char *yaml, *part;
    } bad[] = {
        {"[1]", "expected a mapping"},
        {"plant: {}", "expected 'material'"},
        {"material: ../x", "expected 'material': a name"},
        {"material: bad\nplants: {}", "test.yaml:2:1: unknown key 'plants'; did you mean 'plant'"},
        {"material: bad", "expected 'plant'"},
        {"material: bad\nplant: {kind: sript, doses: [0]}", "script, data or exact"},
        {"material: bad\nplant: {kind: script, doses: []}", "a list of 1 to 64 doses"},
        {"material: bad\nplant: {kind: script, doses: [[1]]}", "a dose is a number"},
        {"material: bad\nplant: {kind: script, doses: [{p: [1]}]}", "dose 'p': expected a number or a text"},
        {"material: bad\nplant: {kind: script, doses: [{p: 1}], values: {q: r + 1}}", "r"},
        {"material: bad\nplant: {kind: script, doses: [{p: 1}], values: {q: 'p +'}}", "2:52: 'p +'"},
        {"material: bad\nrepeat: 0\nplant: {kind: script, doses: [0]}", "1 to 100000 repetitions"},
        {"material: bad\nplant: {kind: script, doses: [0]}\nrows: {count: 0, columns: {a: 1}}", "1 to 100000 rows"},
        {"material: bad\nplant: {kind: script, doses: [0]}\nrows: {count: 2}", "expected 'columns'"},
        {"material: bad\nplant: {kind: script, doses: [0]}\nrows: {count: 2, columns: {a: '{{ i'}}", "3:31:"},
        {"material: bad\nplant: {kind: script, doses: [0]}", "expected 'task'"},
        {"material: bad\nplant: {kind: script, doses: [0]}\ntask: {doc_to_text: x}", "either 'rows'"},
        {"material: bad\nplant: {kind: script, doses: [0]}\ntask: {dataset_path: x, metric_list: [acc]}",
         "'metric_list' is made of 'figures'"},
        {HEAD, "expected 'figures'"},
        {HEAD "metric: acc\nfigures: []", "expected 'figures'"},
        {HEAD "metric: acc\ntol: ci", "expected 'recovers'"},
        {HEAD "metric: accc\nrecovers: dose\ntol: ci", "no metric 'accc'"},
        {HEAD "metric: acc\nrecovers: dose *\ntol: ci", "'dose *'"},
        {HEAD "metric: acc\nrecovers: dose", "expected 'tol'"},
        {HEAD "metric: acc\nrecovers: dose\ntol: nearly", "ci, exact, ordering or a number above 0"},
        {HEAD "metric: acc\nrecovers: dose\ntol: ci\ninterval: wilson", "expected 'tol'"},
        {HEAD "figures: [{metric: acc, recover: dose, tol: ci}]", "did you mean 'recovers'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(material_parse(text_of(bad[i].yaml), "test.yaml", &err), ERROR_DATA, bad[i].part);
    static const char *const making[][2] = {
        {"make: [a]", "a script subject, or {cases: [...]}"},
        {"make: pocket", "expected a script subject (script:NAME,key=value), found 'pocket'"},
        {"make: '{dose}'", "found 'a number'"},
        {"make: 'script:/etc/passwd'", "found 'script:/etc/passwd'"},
        {"make: 'script:refuse,harmful={dos}'", "'{dos}'"},
        {"make: 'script:refuse,harm={dose}'", "harmful"},
        {"make: {cases: [{chance: '{dose * 3}', take: gold}]}", "expected a number from 0 to 1"},
    };
    for (size_t i = 0; i < sizeof making / sizeof *making; i++) {
        char yaml[1024];
        snprintf(yaml, sizeof yaml,
                 "material: bad\nplant: {kind: script, doses: [0, 0.5]}\n" YES_NO
                 "%s\nmetric: acc\nrecovers: dose\ntol: ci\n",
                 making[i][0]);
        error_clear(&err);
        struct material *m = material_parse(text_of(yaml), "test.yaml", &err);
        if (m || !strstr(err.message, making[i][1])) fail_msg("%s: '%s'", making[i][0], err.message);
    }
}

/* What comes to light only while it runs. */
static void runs_tell_what_is_wrong(void **state) {
    static const char *const wrong[][2] = {
        {"make: script:oracle\nfigures: [{metric: acc, group: kind=a, recovers: 1, tol: ci}]\n",
         "material 'bad', dose 0: its task gives no figure 'acc [kind=a]'"},
        {"make: {cases: [{when: {x: 1}, take: gold}]}\nmetric: acc\nrecovers: 1\ntol: ci\n",
         "no case of script 'bad' applies to item 'y0'"},
        {"make: script:oracle\nmetric: acc\nrecovers: dose ~ 'x'\ntol: ci\n", "gives no number"},
    };
    for (size_t i = 0; i < 3; i++) {
        char yaml[1024];
        struct seen s = {.n = 0};
        struct material_settings settings = {.path = ".", .seed = 1, .repeat = 2, .confidence = 0.95};
        snprintf(yaml, sizeof yaml, "material: bad\nplant: {kind: script, doses: [0]}\n" YES_NO "%s", wrong[i][0]);
        struct material *m = parse(yaml);
        check_fails(material_run(m, &settings, take, &s, &err), ERROR_DATA, wrong[i][1]);
        material_free(m);
    }
}

static void survives_without_memory(void **state) {
    static const char yaml[] = "material: small\nplant: {kind: script, doses: [{p: 0.5}], values: {q: 1 - p}}\n"
                               "rows: {count: 3, columns: {id: 'y{{i}}', gold: '{{ i % 2 }}'}}\n"
                               "task: {id: id, output_type: multiple_choice, doc_to_text: 'x', doc_to_choice: [a, b], "
                               "doc_to_target: gold}\nmake: {cases: [{chance: '{q}', take: gold}, {take: wrong}]}\n"
                               "metric: acc\nrecovers: q\ntol: ci\n";
    struct material_settings settings = {.path = ".", .seed = 1, .repeat = 2, .confidence = 0.95, .bootstrap = 20};
    for (uint64_t n = 1;; n += n / 50 + 1) {
        struct seen s = {.n = 0};
        error_clear(&err);
        memory_fail_at(n);
        struct material *m = material_parse(text_of(yaml), "test.yaml", &err);
        bool ok = m && material_run(m, &settings, take, &s, &err);
        memory_fail_at(0);
        material_free(m);
        if (ok) return;
        if (!strstr(err.message, "memory")) fail_msg("%d: %s", (int)n, err.message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recovers_what_is_planted),
        cmocka_unit_test(misses_what_is_not_planted),
        cmocka_unit_test(data_are_edited),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(doses_have_names_and_values),
        cmocka_unit_test(enough_intervals),
        cmocka_unit_test(written_material_can_be_read),
        cmocka_unit_test(every_metric_has_a_material),
        cmocka_unit_test(refuses_by_place),
        cmocka_unit_test(runs_tell_what_is_wrong),
        cmocka_unit_test(survives_without_memory),
    };
    return cmocka_run_group_tests_name("material", tests, NULL, NULL);
}
