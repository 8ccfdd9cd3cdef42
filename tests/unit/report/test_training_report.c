/* Reports of trainings: the log read as curves, what every format holds of them, and logs that are refused. */
#include "check.h"

#include "report/training_report.h"

#include <unistd.h>

static char folder[] = "/tmp/basanite-training-XXXXXX";

static const char *write_log(const char *name, const char *content) {
    static char paths[4][128];
    static int next;
    struct error err = {0};
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    check_ok(file_write(path, text_of(content), &err));
    return path;
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static const char good[] =
    "{\"step\":0,\"valid_loss\":6,\"probe\":{\"t/acc\":{\"value\":0.25,\"lo\":0.125,\"hi\":0.5,\"n\":8}}}\n"
    "{\"step\":20,\"loss\":4,\"tokens_per_second\":100,\"seconds\":2,\"compute\":\"f32\",\"isa\":\"avx2\"}\n"
    "{\"step\":40,\"loss\":2,\"tokens_per_second\":300,\"seconds\":4,\"compute\":\"bf16\",\"isa\":\"avx512_core_amx\",\"valid_loss\":3,"
    "\"probe\":{\"t/acc\":{\"value\":0.75,\"lo\":0.5,\"hi\":0.875,\"n\":8},\"t/mean\":{\"value\":-2.5,\"n\":8}}}\n";

static void logs_become_curves(void **state) {
    (void)state;
    struct error err = {0};
    struct training_log log;
    check_ok(training_log_read(&log, write_log("a.log.jsonl", good), &err));
    assert_string_equal(log.name, "a");
    assert_int_equal(log.steps, 40);
    check_near(log.seconds, 4, 0);
    assert_string_equal(log.products, "f32 on avx2, by step 40 bf16 on avx512_core_amx");
    assert_true(log.loss.n == 2 && log.valid.n == 2 && log.speed.n == 2 && log.n_probes == 2);
    check_near(log.loss.x[1], 40, 0);
    check_near(log.loss.y[0], 4, 0);
    check_near(log.valid.x[0], 0, 0);
    assert_string_equal(log.probes[0].name, "t/acc");
    assert_true(log.probes[0].n == 2 && log.probes[0].lo[0] == 0.125 && log.probes[0].hi[1] == 0.875 && log.probes[0].items[1] == 8);
    assert_true(log.probes[1].n == 1 && isnan(log.probes[1].lo[0]));
    training_log_done(&log);
    /* What an objective tells of its steps and of the validation data; null: nothing to tell. */
    check_ok(training_log_read(&log, write_log("c.log.jsonl", "{\"step\":20,\"loss\":2,\"figures\":{\"margin\":0.5,\"kl\":null}}\n"
                                                              "{\"step\":40,\"loss\":1,\"figures\":{\"margin\":1.5},\"valid_loss\":1,"
                                                              "\"valid\":{\"margin\":0.25}}\n"), &err));
    assert_true(log.n_probes == 2 && log.probes[0].n == 2 && log.probes[1].n == 1);
    assert_string_equal(log.probes[0].name, "steps/margin");
    assert_string_equal(log.probes[1].name, "valid/margin");
    check_near(log.probes[0].y[1], 1.5, 0);
    check_near(log.probes[1].x[0], 40, 0);
    training_log_done(&log);
    /* Stages of one training count on. */
    check_ok(training_log_read(&log, write_log("b.log.jsonl", "{\"stage\":1,\"step\":20,\"loss\":2}\n{\"stage\":2,\"step\":20,\"loss\":1}\n"
                                                              "{\"stage\":2,\"step\":30,\"loss\":1}\n"), &err));
    assert_int_equal(log.steps, 50);
    check_near(log.loss.x[1], 40, 0);
    training_log_done(&log);
}

/* The report of these logs; the caller clears. */
static void report(const char *const *paths, size_t n, const char *format, struct buffer *out) {
    struct error err = {0};
    buffer_init(out, 1 << 20);
    check_ok(training_report_write(paths, n, format, &(struct report_options){0}, out, &err));
}

static void check_has(const struct buffer *b, const char *part) {
    if (text_find(buffer_text(b), text_of(part), 0) == SIZE_MAX) fail_msg("no '%s' in\n%.*s", part, (int)b->len, b->at);
}

static size_t count(const struct buffer *b, const char *part) {
    size_t n = 0;
    for (size_t at = 0; (at = text_find(buffer_text(b), text_of(part), at)) != SIZE_MAX; at++) n++;
    return n;
}

static void formats_hold_the_curves(void **state) {
    (void)state;
    struct buffer b;
    const char *paths[2] = {write_log("a.log.jsonl", good), write_log("<b>.log.jsonl", "{\"step\":20,\"loss\":1.5}\n")};
    report(paths, 1, "table", &b);
    check_has(&b, "a: 40 steps, 200 tokens/s, f32 on avx2, by step 40 bf16 on avx512_core_amx\n");
    check_has(&b, "  loss                                      4 \xE2\x96\x88\xE2\x96\x81 2\n");
    check_has(&b, "  t/acc                                  0.25 \xE2\x96\x81\xE2\x96\x88 0.75 [0.5, 0.875], n 8\n");
    buffer_done(&b);
    report(paths, 2, "csv", &b);
    check_has(&b, "a,loss,40,2,,,\r\n");
    check_has(&b, "a,t/acc,0,0.25,0.125,0.5,8\r\n");
    check_has(&b, "<b>,loss,20,1.5,,,\r\n");
    buffer_done(&b);
    report(paths, 2, "json", &b);
    struct error err = {0};
    json_t *all = json_read(buffer_text(&b), "report", 1, &err);
    check_ok(all);
    const json_t *acc = json_object_get(json_object_get(json_array_get(all, 0), "curves"), "t/acc");
    check_near(json_real_value(json_array_get(json_array_get(acc, 1), 3)), 0.875, 0);
    json_decref(all);
    buffer_done(&b);
    report(paths, 2, "html", &b);
    check_has(&b, "<title>Training of a, &lt;b&gt;</title>");
    check_has(&b, "<h3>t/acc</h3>");
    assert_true(text_find(buffer_text(&b), TEXT("<b>"), 0) == SIZE_MAX);
    assert_int_equal(count(&b, "<svg"), 4);                   /* loss, validation, two figures */
    assert_int_equal(count(&b, "class=\"whisker series0\""), 2); /* of t/acc */
    assert_int_equal(count(&b, "</section>"), 3);
    buffer_done(&b);
}

static void bad_logs_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *content, *part;
    } cases[] = {
        {"", "no line of a training"},
        {"{\"step\":20,\"loss\":1}\n{\"step\":20,\"loss\":1}\n", ":2: step 20 does not follow step 20"},
        {"{\"loss\":1}\n", ":1: field 'step'"},
        {"{\"step\":1,\"loss\":\"low\"}\n", ":1: field 'loss': expected a number"},
        {"{\"step\":1,\"probe\":[]}\n", ":1: field 'probe': expected an object"},
        {"{\"step\":1,\"probe\":{\"a\":{}}}\n", ":1: field 'a.value'"},
        {"{\"step\":1,\"figures\":3}\n", ":1: field 'figures': expected an object"},
        {"{\"step\":1,\"valid\":{\"a\":true}}\n", ":1: field 'a': expected a number"},
        {"{\"step\":1,\n", ":1"},
        {"{\"step\":-1,\"loss\":1}\n", "step -1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct training_log log;
        check_fails(training_log_read(&log, write_log("bad.log.jsonl", cases[i].content), &err), ERROR_DATA, cases[i].part);
    }
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    const char *path = write_log("a.log.jsonl", good);
    check_fails(training_report_write(&path, 1, "junit", &(struct report_options){0}, &b, &err), ERROR_USAGE, "not as 'junit'");
    buffer_done(&b);
    assert_true(training_report_claims("x/a.log.jsonl") && !training_report_claims("a.jsonl"));
}

static void failing_memory_is_told(void **state) {
    (void)state;
    const char *path = write_log("a.log.jsonl", good);
    static const char *const formats[] = {"table", "html", "json", "csv"};
    for (size_t f = 0; f < 4; f++) {
        bool done = false;
        for (uint64_t at = 1; !done; at++) {
            struct error err = {0};
            struct buffer b;
            buffer_init(&b, 1 << 20);
            memory_fail_at(at);
            done = training_report_write(&path, 1, formats[f], &(struct report_options){0}, &b, &err);
            memory_fail_at(0);
            if (!done) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
            buffer_done(&b);
            assert_true(at < 2000);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_become_curves),   cmocka_unit_test(formats_hold_the_curves),
        cmocka_unit_test(bad_logs_are_refused), cmocka_unit_test(failing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
