/* Methods that are chains: steps of several answers and how much they agree, the signal of a threshold, rows of one split,
 * thresholds chosen on rows that are not scored and never on others, answers in words. The subject here says what the
 * prompt asks for. */
#include "check.h"

#include "base/file.h"
#include "measure/run/run.h"
#include "measure/run/run_internal.h"
#include "measure/run/run_tune.h"
#include "measure/rules/situated.h"

#include <math.h>
#include <stdlib.h>

enum { PAIRS = 40 };

static char folder[64];
static struct arena arena;
static struct error err;
static uint64_t asked;

static const char yaml[] =
    "task: mills\n"
    "dataset_path: rows.jsonl\n"
    "id: id\n"
    "output_type: generate_until\n"
    "methods:\n"
    "  agree:\n"
    "    options: {tau: null}\n"
    "    steps:\n"
    "    - {name: own, text: 'own {{n}}'}\n"
    "    - {name: more, samples: 10, temperature: 1, agrees: own, text: 'more {{n}}'}\n"
    "    - {name: doc, text: 'doc {{id}}'}\n"
    "    answer: \"{{said.own.text if said.more.confidence >= option.tau else said.doc.text}}\"\n"
    "    signal: more\n"
    "  plain:\n"
    "    steps: [{name: own, text: 'own {{n}}'}]\n"
    "doc_to_target: gold\n"
    "labels: {source_right: '{{right}}', told: '{{told}}'}\n"
    "split: split\n"
    "pair: '{{n}}'\n"
    "cluster: '{{n}}'\n"
    "scorer: 'situated,kind=text'\n"
    "metric_list: [acc, situated_acc]\n";

static const char *in_folder(const char *name) {
    return arena_printf(&arena, &err, "%s/%s", folder, name);
}

/* Question n: the own answer is right where n % 3 is not 0, and n % 11 of 10 samples say the same. A document tells Lena
 * (right) or Bo. */
static bool own_is_right(int n) {
    return n % 3 != 0;
}
static int agreeing(int n) {
    return n % 11;
}

static int setup(void **state) {
    struct buffer b;
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    snprintf(folder, sizeof folder, "/tmp/basanite-methods-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    buffer_init(&b, 1 << 20);
    for (int n = 0; n < PAIRS; n++)
        for (int right = 0; right < 2; right++)
            buffer_printf(&b,
                          "{\"id\":\"%d/%d\",\"n\":%d,\"gold\":\"Lena\",\"right\":%s,\"told\":\"%s\",\"split\":\"%s\"}\n", n,
                          right, n, right ? "true" : "false", right ? "Lena" : "Bo", n % 2 ? "test" : "valid");
    check_ok(file_write(in_folder("rows.jsonl"), buffer_text(&b), &err));
    check_ok(file_write(in_folder("mills.yaml"), TEXT(yaml), &err));
    buffer_done(&b);
    return 0;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

/* ---- the subject ---- */

static const char *say(struct text prompt, size_t sample) {
    int n = 0, right = 0;
    char kind[8] = "";
    if (sscanf(prompt.at, "%7s %d/%d", kind, &n, &right) < 2) return "";
    if (strcmp(kind, "doc") == 0) return right ? "Lena says the paper" : "Bo says the paper";
    const char *own = own_is_right(n) ? "It is Lena." : "It is Carl.";
    return strcmp(kind, "more") == 0 && (int)sample >= agreeing(n) ? "Otto Rahn" : own;
}

static bool say_all(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                    struct error *error) {
    (void)subject;
    for (size_t i = 0; i < n; i++)
        for (size_t s = 0; s < asks[i].samples; s++) {
            struct text prompt = asks[i].n_messages ? asks[i].messages[0].text : asks[i].prompt;
            char *copy = text_copy(&arena, prompt, error);
            struct answer answer = {.ask = i, .sample = s, .text = text_of(say(text_of(copy), s)), .finish = ANSWER_STOP};
            asked++;
            if (!sink(context, &answer, error)) return false;
        }
    return true;
}

static struct subject *speaker(int capabilities) {
    static const struct subject_kind kind = {.name = "speaker", .ask = say_all};
    static char spec[] = "speaker";
    static struct subject s;
    s = (struct subject){.kind = &kind, .spec = spec, .name = "speaker", .digest = "5", .capabilities = capabilities};
    return &s;
}

/* ---- runs ---- */

static struct suite *open_suite(const char *method, const char *split) {
    struct task_settings settings = {.path = folder, .seed = 1, .few_shot = -1, .method = method, .split = split};
    error_clear(&err);
    return suite_load(in_folder("mills.yaml"), &settings, &err);
}

static struct run_result run(struct record *record, const struct suite *suite) {
    struct run_settings settings = {.seed = 1, .few_shot = -1, .build = "test", .command = "test", .quiet = true,
                                    .figures = {.confidence = 0.95, .bootstrap = 50, .seed = 1}};
    struct run_result result;
    check_ok(suite);
    check_ok(run_suite(record, speaker(SUBJECT_GENERATES | SUBJECT_SAMPLES), suite, &settings, &arena, &result, &err));
    return result;
}

static double figure(const struct run_result *r, const char *name) {
    for (size_t i = 0; i < r->n_figures; i++)
        if (strcmp(r->figures[i].name, name) == 0) return r->figures[i].value;
    fail_msg("no figure '%s'", name);
    return NAN;
}

static struct record *open_record(const char *name) {
    struct record *record = record_open(in_folder(name), RECORD_WRITE, &err);
    check_ok(record);
    return record;
}

/* Rows as they must come out, from the rule by which the subject speaks. */
static size_t rows_of(struct situated_row *rows, int parity) {
    size_t n = 0;
    for (int q = parity; q < PAIRS; q += 2)
        for (int right = 0; right < 2; right++)
            rows[n++] = (struct situated_row){
                .confidence = agreeing(q) / 10.0, .own_ok = own_is_right(q), .doc_ok = right, .doc_true = right};
    return n;
}

struct seen {
    size_t n, wrong;
};

static bool see(void *context, const struct record_row *row, struct error *error) {
    struct seen *s = context;
    int n = 0, right = 0;
    (void)error;
    char *id = text_copy(&arena, row->item_id, &err);
    assert_int_equal(sscanf(id, "%d/%d", &n, &right), 2);
    double signal = json_number_value(json_object_get(row->evidence, "signal"));
    s->n++;
    s->wrong += fabs(signal - agreeing(n) / 10.0) > 1e-12;
    s->wrong += json_number_value(json_object_get(row->evidence, "own_ok")) != own_is_right(n);
    s->wrong += json_number_value(json_object_get(row->evidence, "doc_ok")) != right;
    return true;
}

/* All samples agree with the own answer but those that do not; the threshold takes one or the other. */
static void samples_agree(void **state) {
    struct record *record = open_record("agree.db");
    struct situated_row rows[2 * PAIRS];
    struct seen seen = {0};
    (void)state;
    asked = 0;
    struct suite *suite = open_suite("agree,tau=0.45", "test");
    struct run_result r = run(record, suite);
    assert_int_equal(r.items, PAIRS);
    assert_int_equal(asked, PAIRS / 2 * 11 + PAIRS); /* own and ten more for both rows of a question, one for each document */
    size_t n = rows_of(rows, 1);
    assert_true(fabs(figure(&r, "situated_acc") - situated_score_at(rows, n, 0.45)) < 1e-12);
    check_ok(record_rows(record, r.run.id, TEXT("mills"), "situated", 0, see, &seen, &err));
    assert_true(seen.n == PAIRS && seen.wrong == 0);
    /* the same once more asks nothing */
    asked = 0;
    run(record, suite);
    assert_int_equal(asked, 0);
    suite_free(suite);
    record_close(record);
}

/* Two thresholds end in the same asks and make different answers of them; the later run leaves the earlier one alone. */
static void same_last_ask_other_method(void **state) {
    struct record *record = open_record("methods.db");
    struct situated_row rows[2 * PAIRS];
    struct run_verdict verdict;
    (void)state;
    struct suite *low = open_suite("agree,tau=-1", "test"), *high = open_suite("agree,tau=2", "test");
    struct run_result first = run(record, low);
    asked = 0;
    struct run_result second = run(record, high);
    assert_int_equal(asked, 0);
    size_t n = rows_of(rows, 1);
    for (int again = 0; again < 2; again++) {
        struct arena scratch;
        struct figure *figures;
        struct figure_settings settings = {.confidence = 0.95, .bootstrap = 50, .seed = 1};
        size_t found;
        arena_init(&scratch, 1 << 28);
        check_ok(run_task_figures(record, first.run.id, low->tasks[0], &settings, &scratch, &figures, &found, &err));
        assert_true(found == first.n_figures);
        for (size_t i = 0; i < found; i++) assert_true(figures[i].value == first.figures[i].value);
        arena_done(&scratch);
        first = run(record, low); /* nor does going on with the earlier one change the later one */
        check_ok(run_verify(record, second.run.name, &verdict, &err));
        check_ok(run_verify(record, first.run.name, &verdict, &err));
    }
    assert_true(fabs(figure(&first, "situated_acc") - situated_score_at(rows, n, -1)) < 1e-12);
    assert_true(fabs(figure(&second, "situated_acc") - situated_score_at(rows, n, 2)) < 1e-12);
    suite_free(low);
    suite_free(high);
    record_close(record);
}

static void threshold_is_chosen_on_other_rows(void **state) {
    struct record *record = open_record("tune.db");
    struct situated_row rows[2 * PAIRS];
    struct tune tune;
    struct tuned tuned;
    (void)state;
    check_ok(tune_read("agree,tau=valid", NULL, &arena, &tune, &err));
    assert_string_equal(tune.split, "valid");
    assert_string_equal(tune_spec(&tune, 0.25, &arena, &err), "agree,tau=0.25");
    struct suite *suite = open_suite(tune_spec(&tune, 0, &arena, &err), tune.split);
    struct run_result r = run(record, suite);
    assert_int_equal(r.items, PAIRS);
    check_ok(tune_choose(record, r.run.id, suite, &tuned, &err));
    size_t n = rows_of(rows, 0);
    struct situated_threshold slow = situated_scan_slowly(rows, n);
    assert_int_equal(tuned.n, n);
    assert_true(fabs(tuned.score - slow.score) < 1e-12);
    assert_true(tuned.value == (isinf(slow.tau) ? (slow.tau < 0 ? -1 : 2) : slow.tau));
    suite_free(suite);
    /* a method without a signal has nothing to choose */
    suite = open_suite("plain", "valid");
    r = run(record, suite);
    check_fails(tune_choose(record, r.run.id, suite, &tuned, &err), ERROR_USAGE, "no signal");
    suite_free(suite);
    record_close(record);
}

static void never_on_rows_that_are_scored(void **state) {
    static const char *const bad[][2] = {
        {"agree,tau=test", NULL}, {"agree,tau=held-out", NULL}, {"agree,tau=valid", "valid"}, {"agree,tau=test", "valid"}};
    struct tune tune;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(tune_read(bad[i][0], bad[i][1], &arena, &tune, &err), ERROR_USAGE, "never chosen on rows that are scored");
    check_fails(tune_read("agree,tau=valid,other=dev", NULL, &arena, &tune, &err), ERROR_USAGE, "one option can be chosen");
    check_ok(tune_read("agree,tau=0.5", NULL, &arena, &tune, &err));
    assert_null(tune.split);
    check_ok(tune_read(NULL, NULL, &arena, &tune, &err));
    assert_null(tune.split);
}

static void what_is_refused(void **state) {
    static const struct {
        const char *from, *to, *says;
        enum error_kind kind; /* NONE: DATA */
    } bad[] = {
        {"agrees: own", "agrees: owl", "expected the name of a step before it"},
        {"samples: 10", "samples: 0", "samples: expected 1 to"},
        {", agrees: own", "", "several answers without 'agrees' have no confidence"},
        {"temperature: 1, ", "", "a step of several answers has"},
        {"samples: 10", "samples: tau", "'tau' of method 'agree' is a whole number from 2", ERROR_USAGE},
        {"temperature: 1", "temperature: 0", "expected a number above 0"},
        {"signal: more", "signal: most", "expected the name of a step before it"},
        {"name: more", "name: signal", "it has a meaning"},
        {"{name: doc,", "{name: doc, samples: 2, temperature: 1, agrees: own,", "the last step is scored"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct task_settings settings = {.path = folder, .seed = 1, .few_shot = -1, .method = "agree,tau=0.5"};
        struct buffer b;
        struct text whole = TEXT(yaml);
        size_t at = text_find(whole, text_of(bad[i].from), 0);
        assert_true(at != SIZE_MAX);
        buffer_init(&b, 1 << 16);
        buffer_put_text(&b, text_part(whole, 0, at));
        buffer_put_c(&b, bad[i].to);
        buffer_put_text(&b, text_part(whole, at + strlen(bad[i].from), whole.len));
        check_fails(task_parse(buffer_text(&b), "mills.yaml", &settings, &err), bad[i].kind ? bad[i].kind : ERROR_DATA,
                    bad[i].says);
        buffer_done(&b);
    }
    /* a step of several answers needs a subject that can sample */
    struct suite *suite = open_suite("agree,tau=0.5", NULL);
    struct record *record = open_record("lacks.db");
    struct run_settings settings = {.seed = 1, .few_shot = -1, .quiet = true, .figures = {.confidence = 0.95, .bootstrap = 50}};
    struct run_result r;
    check_fails(run_suite(record, speaker(SUBJECT_GENERATES), suite, &settings, &arena, &r, &err), ERROR_USAGE, "sampl");
    record_close(record);
    suite_free(suite);
    /* a task that tells no splits */
    struct task_settings whole = {.path = folder, .seed = 1, .few_shot = -1, .split = "test"};
    check_fails(task_parse(TEXT("{task: t, dataset_path: rows.jsonl, output_type: generate_until, doc_to_text: 'x', doc_to_target: gold}"),
                           "t.yaml", &whole, &err),
                ERROR_USAGE, "does not tell the split of its rows");
}

static void rows_of_no_split(void **state) {
    struct suite *suite = open_suite("agree,tau=0.5", "tset");
    uint64_t n;
    (void)state;
    check_ok(suite);
    check_fails(task_count(suite->tasks[0], &n, &err), ERROR_USAGE, "no rows of split 'tset'");
    suite_free(suite);
    suite = open_suite("agree,tau=0.5", NULL);
    check_ok(suite);
    check_ok(task_count(suite->tasks[0], &n, &err));
    assert_int_equal(n, 2 * PAIRS);
    suite_free(suite);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_agree), cmocka_unit_test(same_last_ask_other_method),
                                       cmocka_unit_test(threshold_is_chosen_on_other_rows),
                                       cmocka_unit_test(never_on_rows_that_are_scored),
                                       cmocka_unit_test(what_is_refused),
                                       cmocka_unit_test(rows_of_no_split)};
    return cmocka_run_group_tests_name("methods", tests, setup, teardown);
}
