/* The runner: a run that is stopped anywhere ends with the chain and the figures of an undisturbed one and asks nothing
 * twice; chunk sizes change nothing; failures are asked again; a record that was changed afterwards is found out. Subjects
 * are scripts, some behind a door that shuts after a number of answers. */
#include "check.h"

#include "base/file.h"
#include "measure/run/run.h"

#include <sqlite3.h>
#include <stdlib.h>

enum { ITEMS = 23, OTHER_ENTRIES = 4 }; /* of the chain: run, end, a plan for each of two tasks */

static char folder[64];
static struct arena arena;

static const char *in_folder(const char *name) {
    static char paths[64][128];
    static int next;
    char *path = paths[next++ % 64];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static const char yaml[] = "suite: small\n"
                           "version: 1\n"
                           "tasks:\n"
                           "  - task: capitals\n"
                           "    dataset_path: rows.jsonl\n"
                           "    output_type: generate_until\n"
                           "    doc_to_text: \"{{question}}\"\n"
                           "    doc_to_target: \"{{answer}}\"\n"
                           "    generation_kwargs: {max_gen_toks: 16}\n"
                           "    groups: [kind]\n"
                           "    scorer: match\n"
                           "    metric_list: [exact_match]\n"
                           "  - task: picks\n"
                           "    dataset_path: rows.jsonl\n"
                           "    output_type: multiple_choice\n"
                           "    doc_to_text: \"{{question}}\"\n"
                           "    doc_to_choice: [red, green, blue]\n"
                           "    doc_to_target: \"{{pick}}\"\n"
                           "    metric_list: [acc]\n";

static int make_folder(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    snprintf(folder, sizeof folder, "/tmp/basanite-run-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    arena_init(&arena, 0);
    buffer_init(&b, 1 << 16);
    for (int i = 0; i < ITEMS; i++)
        buffer_printf(&b, "{\"question\":\"Question %d?\",\"answer\":\"answer %d\",\"kind\":\"%s\",\"pick\":%d}\n", i, i,
                      i % 2 ? "odd" : "even", i % 3);
    check_ok(file_write(in_folder("rows.jsonl"), buffer_text(&b), &err));
    buffer_done(&b);
    check_ok(file_write(in_folder("small.yaml"), TEXT(yaml), &err));
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static struct suite *open_suite(void) {
    struct error err = {0};
    struct task_settings settings = {.path = folder, .seed = 1, .few_shot = -1};
    struct suite *suite = suite_load("small", &settings, &err);
    check_ok(suite);
    return suite;
}

static struct run_settings settings_now(void) {
    return (struct run_settings){.seed = 1, .few_shot = -1, .build = "test", .command = "test", .quiet = true,
                                 .figures = {.confidence = 0.95, .bootstrap = 100, .seed = 1}};
}

/* ---- a script behind a door */

struct door {
    struct subject *inner;
    const struct subject_kind *kind;
    uint64_t asked, given, shuts_after; /* answers; 0: never */
    struct interrupt *stop;             /* asked for after as many answers, instead of an error */
    const char *fails;                  /* id of an item that cannot be answered; "": none is */
    subject_sink *sink;
    void *context;
    const struct ask *asks;
};

static bool pass_answer(void *context, const struct answer *answer, struct error *err) {
    struct door *d = context;
    struct answer shown = *answer;
    if (d->shuts_after && d->given >= d->shuts_after) return error_set(err, ERROR_ENVIRONMENT, "the endpoint is gone");
    if (d->fails && (!d->fails[0] || text_equal_c(d->asks[answer->ask].id, d->fails))) {
        shown = (struct answer){.ask = answer->ask, .sample = answer->sample, .finish = ANSWER_ERROR};
        error_set(&shown.error, ERROR_ENVIRONMENT, "no answer");
    }
    d->given++;
    if (!d->sink(d->context, &shown, err)) return false;
    if (d->stop && d->given >= 5) d->stop->asked = 1;
    return true;
}

static bool door_ask(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                     struct error *err) {
    struct door *d = subject->state;
    d->sink = sink;
    d->context = context;
    d->asks = asks;
    d->asked += n;
    return d->kind->ask(d->inner, asks, n, pass_answer, d, err);
}

/* The subject seen from outside: the script's own digest and abilities. */
struct guarded {
    struct subject subject;
    struct subject_kind kind;
    struct door door;
};

static void guard(struct guarded *g, const char *spec) {
    struct error err = {0};
    struct subject *inner = subject_open(text_of(spec), NULL, &err);
    check_ok(inner);
    *g = (struct guarded){.subject = *inner, .kind = *inner->kind, .door = {.inner = inner, .kind = inner->kind}};
    g->kind.ask = door_ask;
    g->subject.kind = &g->kind;
    g->subject.state = &g->door;
}

static struct record *open_record(const char *name) {
    struct error err = {0};
    struct record *record = record_open(in_folder(name), RECORD_WRITE, &err);
    check_ok(record);
    return record;
}

static const struct figure *figure_of(const struct run_result *r, const char *task, const char *name, const char *group) {
    for (size_t i = 0; i < r->n_figures; i++)
        if (strcmp(r->figures[i].task, task) == 0 && strcmp(r->figures[i].name, name) == 0 &&
            strcmp(r->figures[i].group, group) == 0)
            return &r->figures[i];
    fail_msg("no figure %s %s %s", task, name, group);
    return NULL;
}

/* Runs the suite with a script in a record of its own. */
static struct run_result run_in(const char *name, const char *spec, const struct run_settings *settings) {
    struct error err = {0};
    struct run_result result;
    struct guarded g;
    guard(&g, spec);
    struct suite *suite = open_suite();
    struct record *record = open_record(name);
    check_ok(run_suite(record, &g.subject, suite, settings, &arena, &result, &err));
    record_close(record);
    suite_free(suite);
    subject_close(g.door.inner);
    return result;
}

/* ---- the tests */

static void test_whole(void **state) {
    (void)state;
    struct run_settings s = settings_now();
    struct run_result r = run_in("a.db", "script:oracle", &s);
    assert_int_equal(r.items, 2 * ITEMS);
    assert_int_equal(r.asked, 2 * ITEMS);
    assert_int_equal(r.reused, 0);
    assert_int_equal(r.failed, 0);
    assert_int_equal(r.chain_entries, 2 * ITEMS + r.n_figures + OTHER_ENTRIES);
    check_near(figure_of(&r, "capitals", "exact_match", "")->value, 1, 0);
    check_near(figure_of(&r, "picks", "acc", "")->value, 1, 0);
    assert_int_equal(figure_of(&r, "capitals", "exact_match", "kind=even")->n, 12);
    assert_int_equal(figure_of(&r, "capitals", "exact_match", "kind=odd")->n, 11);
    /* Said again: nothing is asked, nothing changes. */
    struct run_result again = run_in("a.db", "script:oracle", &s);
    assert_true(again.run.finished);
    assert_int_equal(again.run.id, r.run.id);
    assert_int_equal(again.asked, 0);
    assert_int_equal(again.reused, 2 * ITEMS);
    assert_string_equal(again.chain, r.chain);
    assert_int_equal(again.chain_entries, r.chain_entries);
    /* Another subject, other figures, a run of its own. Red is right in 8 of 23. */
    struct run_result other = run_in("a.db", "script:constant", &s);
    assert_int_not_equal(other.run.id, r.run.id);
    check_near(figure_of(&other, "picks", "acc", "")->value, 8.0 / 23, 1e-12);
    check_near(figure_of(&other, "capitals", "exact_match", "")->value, 0, 0);
    assert_string_not_equal(other.chain, r.chain);
}

static void test_chunks(void **state) {
    (void)state;
    struct run_settings s = settings_now();
    s.name = "same";
    struct run_result whole = run_in("b.db", "script:uniform", &s);
    static const size_t chunks[] = {1, 3, 7, 23, 1000};
    for (size_t i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "b%zu.db", i);
        s.chunk = chunks[i];
        struct run_result r = run_in(name, "script:uniform", &s);
        assert_string_equal(r.chain, whole.chain);
        assert_int_equal(r.n_figures, whole.n_figures);
        for (size_t f = 0; f < r.n_figures; f++) check_near(r.figures[f].value, whole.figures[f].value, 0);
    }
}

/* The door shuts after 1, 2, 3, ... answers; each time the same command goes on. */
static void test_goes_on(void **state) {
    (void)state;
    struct run_settings s = settings_now();
    s.chunk = 4;
    struct run_result whole = run_in("c.db", "script:uniform", &s);
    struct suite *suite = open_suite();
    struct record *record = open_record("d.db");
    struct guarded g;
    struct run_result r;
    guard(&g, "script:uniform");
    uint64_t new_answers = 0, sittings = 0;
    bool done = false;
    while (!done) {
        struct error err = {0};
        g.door.given = 0;
        g.door.shuts_after = ++sittings;
        done = run_suite(record, &g.subject, suite, &s, &arena, &r, &err);
        if (!done && (err.kind != ERROR_ENVIRONMENT || !strstr(err.message, "the same command goes on")))
            fail_msg("%s", err.message);
        assert_true(done || r.asked == sittings);
        assert_true(r.run.resumed == (sittings > 1));
        new_answers += r.asked;
        assert_in_range(sittings, 1, 2 * ITEMS);
    }
    assert_true(sittings > 3);
    assert_int_equal(new_answers, 2 * ITEMS);
    assert_int_equal(r.asked + r.reused, 2 * ITEMS);
    assert_string_equal(r.chain, whole.chain);
    assert_int_equal(r.chain_entries, whole.chain_entries);
    record_close(record);
    suite_free(suite);
    subject_close(g.door.inner);
}

static void test_interrupt(void **state) {
    (void)state;
    struct error err = {0};
    struct interrupt stop = {0};
    struct run_settings s = settings_now();
    struct run_result r, whole = run_in("e.db", "script:oracle", &s);
    s.chunk = 5;
    s.stop = &stop;
    struct suite *suite = open_suite();
    struct record *record = open_record("f.db");
    struct guarded g;
    guard(&g, "script:oracle");
    g.door.stop = &stop;
    check_fails(run_suite(record, &g.subject, suite, &s, &arena, &r, &err), ERROR_INTERRUPTED, "goes on");
    assert_int_equal(r.asked, 5);
    g.door.stop = NULL;
    stop.asked = 0;
    s.start = RECORD_RESUME_ONLY;
    error_clear(&err);
    check_ok(run_suite(record, &g.subject, suite, &s, &arena, &r, &err));
    assert_true(r.run.resumed);
    assert_int_equal(r.asked, 2 * ITEMS - 5);
    assert_int_equal(r.reused, 5);
    assert_string_equal(r.chain, whole.chain);
    /* Fresh: a new run, but what is known is not asked again. */
    s.start = RECORD_FRESH;
    int64_t id = r.run.id;
    check_ok(run_suite(record, &g.subject, suite, &s, &arena, &r, &err));
    assert_int_not_equal(r.run.id, id);
    assert_int_equal(r.asked, 0);
    /* Nothing to go on with under another seed. */
    s.start = RECORD_RESUME_ONLY;
    s.seed = 9;
    check_fails(run_suite(record, &g.subject, suite, &s, &arena, &r, &err), ERROR_USAGE, "");
    record_close(record);
    suite_free(suite);
    subject_close(g.door.inner);
}

/* One item fails, is counted, is asked again by the next run of the same command; all failing is an error. */
static void test_failures(void **state) {
    (void)state;
    struct error err = {0};
    struct run_settings s = settings_now();
    struct run_result r;
    struct suite *suite = open_suite();
    struct record *record = open_record("g.db");
    struct guarded g;
    guard(&g, "script:oracle");
    struct task_items *items = task_open(suite->tasks[0], &err);
    struct item item;
    check_ok(items);
    assert_int_equal(task_next(items, &arena, &item, &err), 1);
    char id[64];
    snprintf(id, sizeof id, "%.*s", TEXT_ARG(item.id));
    item_done(&item);
    task_close(items);
    g.door.fails = id;
    check_ok(run_suite(record, &g.subject, suite, &s, &arena, &r, &err));
    uint64_t failed = r.failed;
    assert_in_range(failed, 1, 2); /* ids of the two tasks may be equal */
    assert_int_equal(figure_of(&r, "capitals", "exact_match", "")->errors, 1);
    check_near(figure_of(&r, "capitals", "exact_match", "")->value, 1, 0);
    assert_int_equal(figure_of(&r, "capitals", "exact_match", "")->n, ITEMS - 1);
    struct run_verdict verdict;
    check_ok(run_verify(record, NULL, &verdict, &err));
    g.door.fails = NULL;
    uint64_t entries = r.chain_entries;
    check_ok(run_suite(record, &g.subject, suite, &s, &arena, &r, &err));
    assert_int_equal(r.failed, 0);
    assert_int_equal(r.asked, failed);
    assert_int_equal(figure_of(&r, "capitals", "exact_match", "")->n, ITEMS);
    assert_true(r.chain_entries > entries);
    check_ok(run_verify(record, NULL, &verdict, &err));
    assert_int_equal(verdict.answers, 2 * ITEMS);
    record_close(record);
    record = open_record("h.db");
    g.door.fails = "";
    check_fails(run_suite(record, &g.subject, suite, &s, &arena, &r, &err), ERROR_ENVIRONMENT, "every item");
    s.may_fail = true;
    error_clear(&err);
    check_ok(run_suite(record, &g.subject, suite, &s, &arena, &r, &err));
    record_close(record);
    suite_free(suite);
    subject_close(g.door.inner);
}

/* Three samples an item; equal asks of a subject that does not look at items are one ask. */
static void test_samples_and_equal_asks(void **state) {
    (void)state;
    struct error err = {0};
    struct run_settings s = settings_now();
    s.samples = 3;
    struct run_result r = run_in("i.db", "script:uniform", &s);
    assert_int_equal(r.asked, 3 * ITEMS + ITEMS); /* choices are scored once */
    assert_int_equal(r.chain_entries, 4 * ITEMS + r.n_figures + OTHER_ENTRIES);
    s.samples = 0;
    check_ok(file_write(in_folder("rows.jsonl"), TEXT("{\"question\":\"Q\",\"answer\":\"A\",\"kind\":\"x\",\"pick\":0}\n"
                                                      "{\"question\":\"Q\",\"answer\":\"B\",\"kind\":\"x\",\"pick\":1}\n"
                                                      "{\"question\":\"R\",\"answer\":\"A\",\"kind\":\"x\",\"pick\":0}\n"), &err));
    struct suite *suite = open_suite();
    struct record *record = open_record("j.db");
    struct guarded g;
    guard(&g, "script:constant");
    g.subject.capabilities &= ~SUBJECT_NEEDS_ITEM;
    check_ok(run_suite(record, &g.subject, suite, &s, &arena, &r, &err));
    assert_int_equal(r.items, 6);
    assert_int_equal(g.door.asked, 4);
    check_near(figure_of(&r, "capitals", "exact_match", "")->value, 2.0 / 3, 1e-12);
    check_near(figure_of(&r, "picks", "acc", "")->value, 2.0 / 3, 1e-12);
    struct run_verdict verdict;
    check_ok(run_verify(record, NULL, &verdict, &err));
    record_close(record);
    suite_free(suite);
    subject_close(g.door.inner);
}

static void change(const char *name, const char *sql) {
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(in_folder(name), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s: %s", sql, why);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

static void test_verify(void **state) {
    (void)state;
    struct run_settings s = settings_now();
    struct run_result r = run_in("k.db", "script:oracle", &s);
    struct error err = {0};
    struct run_verdict verdict;
    struct record *record = open_record("k.db");
    check_ok(run_verify(record, NULL, &verdict, &err));
    assert_int_equal(verdict.entries, r.chain_entries);
    assert_int_equal(verdict.answers, 2 * ITEMS);
    assert_int_equal(verdict.figures, r.n_figures);
    assert_string_equal(verdict.chain, r.chain);
    check_fails(run_verify(record, "nobody", &verdict, &err), ERROR_USAGE, "nobody");
    record_close(record);
    static const struct {
        const char *there, *back, *part;
    } changes[] = {
        {"update answers set text = 'answer 8' where text = 'answer 7'", "update answers set text = 'answer 7' where id = "
         "(select min(id) from answers where text = 'answer 8')", "capitals#"},
        {"update scores set value = 0 where id = 5", "update scores set value = 1 where id = 5", "answer"},
        {"update figures set value = 0.5 where id = 1", "update figures set value = 1 where id = 1", "figure"},
        {"update evidence set digest = hash where seq = (select min(seq) + 3 from evidence)", NULL, "chain"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        change("k.db", changes[i].there);
        record = open_record("k.db");
        check_fails(run_verify(record, NULL, &verdict, &err), ERROR_DATA, changes[i].part);
        record_close(record);
        if (!changes[i].back) continue;
        change("k.db", changes[i].back);
        record = open_record("k.db");
        error_clear(&err);
        check_ok(run_verify(record, NULL, &verdict, &err));
        record_close(record);
    }
}

static void test_needs_and_plan(void **state) {
    (void)state;
    struct error err = {0};
    struct run_settings s = settings_now();
    struct run_result r;
    struct suite *suite = open_suite();
    struct record *record = open_record("l.db");
    struct guarded g;
    guard(&g, "script:oracle");
    json_t *plan = run_plan(&g.subject, suite, &s, &err);
    check_ok(plan);
    const json_t *tasks = json_object_get(plan, "tasks");
    assert_int_equal(json_array_size(tasks), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(tasks, 0), "items")), ITEMS);
    assert_true(json_object_get(json_array_get(tasks, 0), "first") != NULL);
    json_decref(plan);
    assert_int_equal(g.door.asked, 0);
    /* What the second task needs is looked at before the first is asked. */
    g.subject.capabilities &= ~SUBJECT_SCORES;
    check_fails(run_suite(record, &g.subject, suite, &s, &arena, &r, &err), ERROR_USAGE, "picks needs log-probabilities");
    assert_int_equal(g.door.asked, 0);
    record_close(record);
    suite_free(suite);
    subject_close(g.door.inner);
}

static void test_baselines(void **state) {
    (void)state;
    struct error err = {0};
    struct run_settings s = settings_now();
    struct baseline_row *rows;
    size_t n;
    struct suite *suite = open_suite();
    struct record *record = open_record("m.db");
    check_ok(run_baselines(record, suite, NULL, &s, &arena, &rows, &n, &err));
    assert_true(n >= 6);
    for (size_t i = 0; i < n; i++)
        if (!rows[i].ok) fail_msg("%s %s %s: %g, expected %g", rows[i].task, rows[i].subject, rows[i].figure, rows[i].found, rows[i].expected);
    record_close(record);
    suite_free(suite);
}

#define RUN_TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        RUN_TEST(test_whole),     RUN_TEST(test_chunks), RUN_TEST(test_goes_on), RUN_TEST(test_interrupt),
        RUN_TEST(test_failures),  RUN_TEST(test_samples_and_equal_asks), RUN_TEST(test_verify),
        RUN_TEST(test_needs_and_plan), RUN_TEST(test_baselines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
