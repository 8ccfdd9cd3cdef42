/* Logs of other programs: what goes into a record comes out again, sample for sample; figures are computed anew and can
 * be verified; what is cut, doubled, too large or of an unknown version is refused by name. */
#include "check.h"

#include "base/file.h"
#include "base/zip.h"
#include "measure/exchange/log_import.h"
#include "report/report.h"

#include <stdlib.h>
#include <unistd.h>

static const char *source_root = ".";
static char folder[64];

static const char *at(const char *name) {
    static char paths[8][512];
    static size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, 512, "%s/%s", folder, name);
    return path;
}

static const char *put(const char *name, const char *bytes, size_t n) {
    struct error err = {0};
    const char *path = at(name);
    check_ok(file_write(path, (struct text){bytes, n}, &err));
    return path;
}

static const char *put_c(const char *name, const char *text) {
    return put(name, text, strlen(text));
}

/* ---- what a reader hands over, as one digest */

struct seen {
    struct sha256 sha;
    size_t samples, asked; /* messages of all samples */
    double sum;
    char last_text[256], last_task[256];
};

static bool see_head(void *context, struct text model, const json_t *header, struct error *err) {
    (void)context, (void)model, (void)header, (void)err;
    return true;
}

static bool see_sample(void *context, const struct log_sample *s, struct error *err) {
    struct seen *seen = context;
    struct buffer b;
    (void)err;
    buffer_init(&b, 1 << 26);
    json_t *j = json_pack("{s:o s:o s:I s:O s:O s:O s:o s:s s:o s:o s:O}", "task", json_from_text(s->task), "id",
                          json_from_text(s->id), "sample", (json_int_t)s->sample, "messages", s->messages, "want",
                          s->want, "gold", s->gold, "text", json_from_text(s->text), "finish", s->finish, "value",
                          json_from_f64(s->value), "label", json_from_text(s->label), "evidence", s->evidence);
    assert_non_null(j);
    assert_true(json_put_canonical(&b, j));
    sha256_add(&seen->sha, b.at, b.len);
    json_decref(j);
    buffer_done(&b);
    seen->samples++;
    seen->asked += json_array_size(s->messages);
    if (!isnan(s->value)) seen->sum += s->value;
    snprintf(seen->last_text, sizeof seen->last_text, "%.*s", TEXT_ARG(s->text));
    snprintf(seen->last_task, sizeof seen->last_task, "%.*s", TEXT_ARG(s->task));
    return true;
}

static const struct log_format *format(const char *name) {
    const struct log_format *const *all;
    size_t n = log_formats(&all);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    fail_msg("no format %s", name);
    return NULL;
}

static struct seen read_with(const char *name, const char *path, char hex[HASH_HEX]) {
    struct error err = {0};
    struct seen seen = {.samples = 0};
    const struct log_sink sink = {see_head, see_sample, &seen};
    sha256_init(&seen.sha);
    check_ok(format(name)->read(path, &sink, &err));
    sha256_end_hex(&seen.sha, hex);
    return seen;
}

static void refuses(const char *name, const char *path, const char *why) {
    struct error err = {0};
    struct seen seen = {.samples = 0};
    const struct log_sink sink = {see_head, see_sample, &seen};
    sha256_init(&seen.sha);
    check_fails(format(name)->read(path, &sink, &err), ERROR_DATA, why);
}

/* ---- records */

static struct record *fresh(const char *name) {
    struct error err = {0};
    struct record *record;
    check_ok(record = record_open(at(name), RECORD_WRITE, &err));
    return record;
}

static const struct import_settings settings = {
    .command = "test", .build = "test", .seed = 1, .figures = {.confidence = 0.95, .bootstrap = 200, .seed = 1}};

static void import(struct record *record, const char *const *paths, size_t n, struct import_result *result) {
    struct error err = {0};
    struct arena arena;
    struct run_verdict verdict;
    arena_init(&arena, 0);
    check_ok(log_import(record, paths, n, &settings, &arena, result, &err));
    check_ok(run_verify(record, result->run.name, &verdict, &err));
    assert_true(verdict.answers + result->failed >= result->samples || result->run.finished);
    arena_done(&arena);
}

static void export(struct record *record, const char *run, const char *as, const char *name) {
    struct error err = {0};
    struct buffer b;
    const struct report_options options = {.show_harmful = true, .file = name};
    const struct report_format *f = report_format_find(as, &err);
    check_ok(f);
    buffer_init(&b, 1 << 26);
    check_ok(f->write(record, &run, 1, &options, &b, &err));
    put(name, b.at, b.len);
    buffer_done(&b);
}

static double figure(struct record *record, const char *run, const char *task, const char *name, int64_t *n) {
    struct error err = {0};
    json_t *r = record_run_json(record, run, &err);
    check_ok(r);
    json_t *all = record_figures_json(record, json_integer_value(json_object_get(r, "id")), &err);
    double found = NAN;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *f = json_array_get(all, i);
        if (strcmp(json_string_value(json_object_get(f, "task")), task) != 0 ||
            strcmp(json_string_value(json_object_get(f, "name")), name) != 0)
            continue;
        found = json_number_value(json_object_get(f, "value"));
        if (n) *n = json_integer_value(json_object_get(f, "n"));
    }
    json_decref(all);
    json_decref(r);
    return found;
}

/* The log, its JSON and its zip again: all hand over the same. */
static void check_round(const char *path) {
    char first[HASH_HEX], second[HASH_HEX], third[HASH_HEX];
    struct seen before = read_with("inspect", path, first);
    struct record *record = fresh("round.db");
    struct import_result result;
    import(record, &path, 1, &result);
    assert_int_equal(result.samples, before.samples);
    export(record, result.run.name, "inspect", "again.json");
    export(record, result.run.name, "inspect", "again.eval");
    read_with("inspect", at("again.json"), second);
    read_with("inspect", at("again.eval"), third);
    assert_string_equal(first, second);
    assert_string_equal(first, third);
    record_close(record);
    unlink(at("round.db"));
}

/* ---- Inspect */

static const char own_log[] =
    "{\"version\":2,\"status\":\"success\",\"eval\":{\"task\":\"mill\",\"model\":\"own/"
    "one\",\"scorers\":[{\"name\":\"match\"}]},\"plan\":{\"name\":\"plan\"},\"samples\":["
    "{\"id\":1,\"epoch\":1,\"input\":\"Who keeps the mill?\",\"target\":\"Lena "
    "Vorm\",\"metadata\":{\"kind\":\"trade\",\"deep\":{\"a\":[1]}},"
    "\"messages\":[{\"role\":\"system\",\"content\":\"attachment://0a1b\"},{\"role\":\"user\",\"content\":\"Who keeps "
    "the mill?\",\"source\":\"input\"},"
    "{\"role\":\"assistant\",\"content\":\"Lena Vorm.\",\"source\":\"generate\"}],"
    "\"output\":{\"model\":\"one\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Lena "
    "Vorm.\"},\"stop_reason\":\"stop\"}],"
    "\"usage\":{\"input_tokens\":7,\"output_tokens\":3,\"total_tokens\":10},\"time\":0.25},"
    "\"scores\":{\"match\":{\"value\":\"C\",\"answer\":\"Lena "
    "Vorm\"},\"brevity\":{\"value\":0.75}},\"events\":[{\"event\":\"step\"}],\"attachments\":{\"0a1b\":\"Be "
    "short.\"},\"uuid\":\"u1\"},"
    "{\"id\":1,\"epoch\":2,\"input\":\"Who keeps the mill?\",\"target\":\"Lena "
    "Vorm\",\"metadata\":{\"kind\":\"trade\",\"deep\":{\"a\":[1]}},"
    "\"messages\":[{\"role\":\"user\",\"content\":\"Who keeps the "
    "mill?\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Bo\"}]}],"
    "\"output\":{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Bo\"}]},"
    "\"stop_reason\":\"max_tokens\"}]},"
    "\"scores\":{\"match\":{\"value\":\"I\"},\"brevity\":{\"value\":NaN}}},"
    "{\"id\":\"q/"
    "2\",\"epoch\":1,\"input\":[{\"role\":\"user\",\"content\":\"Which?\"}],\"choices\":[\"chalk\",\"basanite\"],"
    "\"target\":\"B\","
    "\"messages\":[{\"role\":\"user\",\"content\":\"Which?\"},{\"role\":\"assistant\",\"content\":\"A\"},{\"role\":"
    "\"user\",\"content\":\"Sure?\"},{\"role\":\"assistant\",\"content\":\"B\"}],"
    "\"output\":{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"B\"},\"stop_reason\":\"stop\"}]},"
    "\"scores\":{\"match\":{\"value\":\"P\"}}},"
    "{\"id\":\"q3\",\"epoch\":1,\"input\":\"Broken?\",\"target\":[\"a\",\"b\"],\"messages\":[],\"output\":{\"choices\":"
    "[]},\"error\":{\"message\":\"the tool \\ud800 stopped\"}}]}";

static void test_own_log(void **state) {
    (void)state;
    char hex[HASH_HEX];
    int64_t n = 0;
    const char *path = put_c("own.json", own_log);
    struct seen seen = read_with("inspect", path, hex);
    assert_int_equal(seen.samples, 6); /* four, and two further scores of `brevity` */
    struct record *record = fresh("own.db");
    struct import_result result;
    import(record, &path, 1, &result);
    assert_int_equal(result.samples, 6);
    assert_int_equal(result.failed, 1);
    check_near(figure(record, result.run.name, "mill", "score", &n), 0.5, 1e-12); /* 1, 0 and 0.5 */
    assert_int_equal(n, 3);
    check_near(figure(record, result.run.name, "mill/brevity", "score", NULL), 0.75, 1e-12);
    struct import_result again;
    import(record, &path, 1, &again);
    assert_true(again.run.finished);
    assert_int_equal(again.samples, 0);
    assert_string_equal(again.run.name, result.run.name);
    record_close(record);
    unlink(at("own.db"));
    /* Without the broken sample, whose error object is not kept, everything comes back. */
    char *whole = strdup(own_log), *cut = strstr(whole, ",{\"id\":\"q3\"");
    assert_non_null(cut);
    strcpy(cut, "]}");
    check_round(put_c("whole.json", whole));
    free(whole);
}

/* The same log with every member compressed anew. */
static void repack(const char *from, const char *to, enum zip_method method) {
    struct error err = {0};
    struct buffer out, one;
    struct zip_writer w;
    struct zip *z;
    const struct zip_member *all;
    check_ok(z = zip_open(from, "from", &err));
    size_t n = zip_members(z, &all);
    buffer_init(&out, 1 << 26);
    buffer_init(&one, 1 << 26);
    zip_begin(&w, &out);
    for (size_t i = 0; i < n; i++) {
        check_ok(zip_read(z, &all[i], &one, &err));
        check_ok(zip_put(&w, all[i].name, buffer_text(&one), method, &err));
    }
    check_ok(zip_end(&w, &err));
    put(to, out.at, out.len);
    zip_close(z);
    buffer_done(&out);
    buffer_done(&one);
}

static void test_zstd_members(void **state) {
    (void)state;
    char deflate[HASH_HEX], zstd[HASH_HEX];
    const char *path = put_c("own.json", own_log);
    struct record *record = fresh("zstd.db");
    struct import_result result;
    import(record, &path, 1, &result);
    export(record, result.run.name, "inspect", "deflate.eval");
    repack(at("deflate.eval"), "zstd.eval", ZIP_ZSTD);
    struct seen seen = read_with("inspect", at("deflate.eval"), deflate);
    read_with("inspect", at("zstd.eval"), zstd);
    assert_string_equal(deflate, zstd);
    assert_int_equal(seen.samples, 6);
    record_close(record);
    unlink(at("zstd.db"));
}

/* A log that was not finished has its header in the journal; one that has none is no log. */
static void test_unfinished(void **state) {
    (void)state;
    static const char *const names[] = {"_journal/start.json", "journal.json"};
    for (size_t i = 0; i < 2; i++) {
        struct error err = {0};
        struct buffer out;
        struct zip_writer w;
        char hex[HASH_HEX];
        buffer_init(&out, 1 << 20);
        zip_begin(&w, &out);
        check_ok(zip_put(&w, text_of(names[i]), TEXT("{\"version\":2,\"eval\":{\"task\":\"mill\",\"model\":\"m\"}}"),
                         ZIP_ZSTD, &err));
        for (int id = 10; id > 0; id--) {
            char name[64], sample[128];
            snprintf(name, sizeof name, "samples/%d_epoch_1.json", id);
            snprintf(
                sample, sizeof sample,
                "{\"id\":%d,\"epoch\":1,\"input\":\"q%d\",\"target\":\"a\",\"output\":{\"completion\":\"said %d\"}}",
                id, id, id);
            check_ok(zip_put(&w, text_of(name), text_of(sample), ZIP_DEFLATED, &err));
        }
        check_ok(zip_end(&w, &err));
        put("unfinished.eval", out.at, out.len);
        buffer_done(&out);
        if (i == 1) {
            refuses("inspect", at("unfinished.eval"), "a zip without header.json and _journal/start.json");
            continue;
        }
        struct seen seen = read_with("inspect", at("unfinished.eval"), hex);
        assert_int_equal(seen.samples, 10);
        assert_string_equal(seen.last_text, "said 10"); /* in the order of the numbers, not of the names or the file */
    }
}

/* The real files: each comes back, from JSON and from zip, whatever its members are compressed with. */
static void test_shared_logs(void **state) {
    (void)state;
    static const struct {
        const char *file;
        size_t samples, asked;
        double sum;
    } logs[] = {{"log_formats.json", 1, 4, 0},
                {"log_formats.eval", 1, 4, 0},
                {"log_read_sample.json", 1, 4, 1},
                {"mmlu-summary-choices.eval", 1, 1, 0},
                {"popularity-a.eval", 10, 40, 0}};
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        char path[512], first[HASH_HEX], second[HASH_HEX];
        snprintf(path, sizeof path, "%s/../shared/data/formats/inspect/%s", source_root, logs[i].file);
        if (!file_exists(path)) {
            printf("skip - %s: ../shared is not there\n", logs[i].file);
            continue;
        }
        struct seen seen = read_with("inspect", path, first);
        assert_int_equal(seen.samples, logs[i].samples);
        check_near(seen.sum, logs[i].sum, 0);
        check_round(path);
        if (!strstr(logs[i].file, ".eval")) continue;
        repack(path, "packed.eval", ZIP_ZSTD);
        read_with("inspect", at("packed.eval"), second);
        assert_string_equal(first, second);
    }
}

static void test_bad_inspect(void **state) {
    (void)state;
    refuses("inspect", put_c("bad.json", "{\"version\":3,\"eval\":{\"task\":\"t\"}}"),
            "field 'version': expected 1 or 2");
    refuses("inspect", put_c("bad.json", "{\"version\":2}"), "field 'eval'");
    refuses("inspect",
            put_c("bad.json", "{\"eval\":{\"task\":\"t\"},\"samples\":[{\"id\":1,\"input\":\"x\"},{\"input\":\"x\"}]}"),
            "samples[1]");
    refuses("inspect",
            put_c("bad.json", "{\"eval\":{\"task\":\"t\"},\"samples\":[{\"id\":1,\"epoch\":0,\"input\":\"x\"}]}"),
            "epoch");
    refuses("inspect", put_c("bad.json", "{\"eval\":{\"task\":\"t\"},\"samples\":[7]}"), "a sample");
    refuses("inspect", put_c("bad.json", "{\"eval\":{\"task\":\"t\"},\"samples\":[{\"id\":1"), "bad.json:1:");
    refuses("inspect", put_c("bad.eval", "{}"), "bad.eval: byte ");
    const char *path =
        put_c("twice.json",
              "{\"eval\":{\"task\":\"t\"},\"samples\":[{\"id\":1,\"input\":\"x\"},{\"id\":1,\"input\":\"y\"}]}");
    struct record *record = fresh("bad.db");
    struct import_result result;
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    check_fails(log_import(record, &path, 1, &settings, &arena, &result, &err), ERROR_DATA,
                "twice.json:samples[1]: item '1' of task 't' comes twice");
    path = put_c("none.json", "{\"eval\":{\"task\":\"t\"},\"samples\":[]}");
    check_fails(log_import(record, &path, 1, &settings, &arena, &result, &err), ERROR_DATA, "holds no samples");
    const char *two[] = {
        put_c("one.json", "{\"eval\":{\"task\":\"t\",\"model\":\"a\"},\"samples\":[{\"id\":1,\"input\":\"x\"}]}"),
        put_c("two.json", "{\"eval\":{\"task\":\"u\",\"model\":\"b\"},\"samples\":[{\"id\":1,\"input\":\"x\"}]}")};
    check_fails(log_import(record, two, 2, &settings, &arena, &result, &err), ERROR_DATA,
                "logs of two models, 'a' and 'b'");
    arena_done(&arena);
    record_close(record);
    unlink(at("bad.db"));
}

/* References that unfold to more than the sample may be. */
static void test_attachment_bomb(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 1 << 26);
    buffer_put_c(&b, "{\"eval\":{\"task\":\"t\"},\"samples\":[{\"id\":1,\"input\":\"x\",\"attachments\":{\"aa\":\"");
    for (size_t i = 0; i < 1 << 20; i++) buffer_put_char(&b, 'x');
    buffer_put_c(&b, "\"},\"metadata\":{\"all\":[0");
    for (size_t i = 0; i < 100; i++) buffer_put_c(&b, ",\"attachment://aa\"");
    buffer_put_c(&b, "]}}]}");
    refuses("inspect", put("bomb.json", b.at, b.len), "attachments unfold to more than");
    buffer_done(&b);
}

/* ---- lm-evaluation-harness */

static const char lm_samples[] =
    "{\"doc_id\":0,\"doc\":{\"q\":\"gold?\"},\"target\":\"1\",\"arguments\":{\"gen_args_0\":{\"arg_0\":\"gold?\",\"arg_"
    "1\":\" chalk\"},\"gen_args_1\":{\"arg_0\":\"gold?\",\"arg_1\":\" basanite\"}},"
    "\"resps\":[[[\"-2.5\",\"False\"]],[[\"-0.5\",\"True\"]]],\"filtered_resps\":[[\"-2.5\",\"False\"],[\"-0.5\","
    "\"True\"]],\"filter\":\"none\",\"metrics\":[\"acc\",\"acc_norm\",\"brier\"],"
    "\"doc_hash\":\"a\",\"prompt_hash\":\"b\",\"target_hash\":\"c\",\"acc\":1.0,\"acc_norm\":0.0,\"brier\":0.25}\n"
    "{\"doc_id\":1,\"doc\":{\"q\":\"mill?\"},\"target\":0,\"arguments\":[[\"mill?\",\" grain\"],[\"mill?\",\" "
    "cloth\"]],\"resps\":[[[-3,false]],[[-1,true]]],\"filtered_resps\":[[-3,false],[-1,true]],"
    "\"filter\":\"none\",\"metrics\":[\"acc\",\"acc_norm\",\"brier\"],\"acc\":0.0,\"acc_norm\":0.0,\"brier\":0.75}\n";
static const char lm_written[] =
    "{\"doc_id\":0,\"doc\":{},\"target\":\"four\",\"arguments\":[[\"2+2?\",{\"until\":[\"\\n\"]}]],\"resps\":[[\"it is "
    "four\"]],\"filtered_resps\":[\"four\"],\"filter\":\"strict\",\"metrics\":[\"exact_match\"],\"exact_match\":1}\n"
    "{\"doc_id\":0,\"doc\":{},\"target\":\"four\",\"arguments\":[[\"2+2?\",{\"until\":[\"\\n\"]}]],\"resps\":[[\"it is "
    "four\"]],\"filtered_resps\":[\"it\"],\"filter\":\"loose\",\"metrics\":[\"exact_match\"],\"exact_match\":0}\n";

static void test_lm_eval(void **state) {
    (void)state;
    char first[HASH_HEX], second[HASH_HEX];
    const char *paths[] = {put_c("results_2026-01-02T03-04-05.json",
                                 "{\"results\":{\"mill\":{\"acc,none\":0.5}},\"model_name\":\"own/two\"}"),
                           put_c("samples_mill_2026-01-02T03-04-05.678.jsonl", lm_samples),
                           put_c("samples_sum_2026-01-02T03-04-05.jsonl", lm_written)};
    struct record *record = fresh("lm.db");
    struct import_result result;
    import(record, paths, 3, &result);
    assert_int_equal(result.samples, 6); /* 2 + 2 of brier, 1 + 1 of the other filter */
    check_near(figure(record, result.run.name, "mill", "acc", NULL), 0.5, 1e-12);
    check_near(figure(record, result.run.name, "mill", "acc_norm", NULL), 0, 1e-12);
    check_near(figure(record, result.run.name, "mill/brier", "score", NULL), 0.5, 1e-12);
    check_near(figure(record, result.run.name, "sum", "exact_match", NULL), 1, 1e-12);
    check_near(figure(record, result.run.name, "sum/loose", "exact_match", NULL), 0, 1e-12);
    struct seen seen = read_with("lm-eval", paths[1], first);
    assert_string_equal(seen.last_text, " cloth");
    assert_int_equal(seen.samples, 4);
    const char *wrong[] = {put_c("results_2026-01-02T03-04-06.json",
                                 "{\"results\":{\"mill\":{\"acc,none\":0.75}},\"model_name\":\"own/two\"}"),
                           paths[1]};
    struct import_result refused;
    struct arena arena;
    struct error err = {0};
    arena_init(&arena, 0);
    check_fails(log_import(record, wrong, 2, &settings, &arena, &refused, &err), ERROR_DATA,
                "results of task 'mill': acc,none is 0.75, its samples give 0.5");
    arena_done(&arena);
    /* Only the choices again: what comes out is what went in. */
    struct import_result alone;
    import(record, paths + 1, 1, &alone);
    export(record, alone.run.name, "lm-eval", "samples_mill_2026-09-09T03-04-05.jsonl");
    read_with("lm-eval", at("samples_mill_2026-09-09T03-04-05.jsonl"), second);
    assert_string_equal(first, second);
    export(record, result.run.name, "lm-eval", "results.json");
    error_clear(&err);
    json_t *results = json_read_file(at("results.json"), 1 << 20, &err);
    check_ok(results);
    const json_t *mill = json_object_get(json_object_get(results, "results"), "mill");
    check_near(json_number_value(json_object_get(mill, "acc,none")), 0.5, 1e-12);
    check_near(json_number_value(json_object_get(mill, "acc_stderr,none")), 0.5,
               1e-12); /* sd / sqrt(n) = sqrt(1/2) / sqrt(2) */
    assert_string_equal(json_string_value(json_object_get(results, "model_name")), "own/two");
    json_decref(results);
    record_close(record);
    unlink(at("lm.db"));
}

static void test_bad_lm_eval(void **state) {
    (void)state;
    refuses("lm-eval", put_c("bad.jsonl", "\n{\"doc_id\":0}\n"), "bad.jsonl:2: field 'resps'");
    refuses("lm-eval", put_c("bad.jsonl", "{\"resps\":[]}\n"), "bad.jsonl:1: field 'doc_id'");
    refuses("lm-eval", put_c("bad.jsonl", "{\"doc_id\":0,\"resps\":[[\"x\"]],\"arguments\":[]}\n"),
            "field 'arguments'");
    refuses("lm-eval",
            put_c("bad.jsonl", "{\"doc_id\":0,\"resps\":[[[-1,true]]],\"arguments\":[[\"a\",\"b\"],[\"a\",\"c\"]]}\n"),
            "2 requests but 1 answers");
    refuses("lm-eval", put_c("bad.jsonl", "[1]\n"), "bad.jsonl:1");
    refuses("lm-eval", put_c("bad.jsonl", "{\"doc_id\":0"), "bad.jsonl:1:");
    refuses("lm-eval", put_c("results.json", "{\"results\":[]}"), "field 'results'");
}

/* ---- garak */

#define ATTEMPT(id, scores)                                                                                            \
    "{\"entry_type\":\"attempt\",\"uuid\":\"" id "\",\"status\":2,\"probe_classname\":\"mill.Door\",\"prompt\":{"      \
                                                 "\"turns\":[{\"role\":\"user\",\"content\":{\"text\":\"open\"}}]},"   \
    "\"outputs\":[{\"text\":\"no\"},\"yes\"],\"goal\":\"a goal\",\"detector_results\":" scores "}\n"
static const char garak_report[] =
    "{\"entry_type\":\"start_run "
    "setup\",\"plugins.target_name\":\"own/three\",\"run.eval_threshold\":0.5}\n{\"entry_type\":\"init\"}\n"
    "{\"entry_type\":\"attempt\",\"uuid\":\"u1\",\"status\":1,\"probe_classname\":\"mill.Door\",\"outputs\":[]}"
    "\n" ATTEMPT("u1", "{\"d.A\":[0.0,1.0],\"d.B\":[0.0,0.0]}") ATTEMPT(
        "u2", "{\"d.A\":[0.4,null],\"d.B\":[0.9,0.0]}") "{\"entry_type\":\"eval\",\"probe\":\"mill.Door\",\"detector\":"
                                                        "\"detector.d.A\",\"passed\":%d,\"total\":3}\n";

static void test_garak(void **state) {
    (void)state;
    char report[4096];
    int64_t n = 0;
    snprintf(report, sizeof report, garak_report, 2);
    const char *path = put_c("garak.report.jsonl", report);
    struct record *record = fresh("garak.db");
    struct import_result result;
    import(record, &path, 1, &result);
    assert_int_equal(result.samples, 8); /* two attempts, two outputs, two detectors */
    check_near(figure(record, result.run.name, "mill.Door", "score", &n), 2.0 / 3, 1e-12);
    assert_int_equal(n, 3); /* one output was not judged */
    check_near(figure(record, result.run.name, "mill.Door/d.B", "score", NULL), 0.75, 1e-12);
    record_close(record);
    unlink(at("garak.db"));
    snprintf(report, sizeof report, garak_report, 3);
    refuses("garak", put_c("garak.report.jsonl", report),
            "counts 3 of 3 passed for probe 'mill.Door' and detector 'd.A', its attempts give 2 of 3");
    refuses("garak", put_c("bad.jsonl", "{\"entry_type\":\"attempt\",\"status\":2,\"uuid\":\"u\"}\n"),
            "bad.jsonl:1: field 'probe_classname'");
    refuses("garak", put_c("bad.jsonl", "{\"a\":1}\n"), "field 'entry_type'");
    refuses(
        "garak",
        put_c("bad.jsonl", "{\"entry_type\":\"eval\",\"probe\":\"p\",\"detector\":\"d\",\"passed\":1,\"total\":1}\n"),
        "no attempt that was judged by it");
}

int main(int argc, char **argv) {
    if (argc > 1) source_root = argv[1];
    snprintf(folder, sizeof folder, "/tmp/basanite-exchange-test-XXXXXX");
    if (!mkdtemp(folder)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_log),     cmocka_unit_test(test_zstd_members), cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_shared_logs), cmocka_unit_test(test_bad_inspect),  cmocka_unit_test(test_attachment_bomb),
        cmocka_unit_test(test_lm_eval),     cmocka_unit_test(test_bad_lm_eval),  cmocka_unit_test(test_garak)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) || failed;
}
