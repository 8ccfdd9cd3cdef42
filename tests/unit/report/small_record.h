/* A small record for the tests of reports: a run of two tasks with hostile texts, a harmful item, a failed and a missing answer,
 * a figure without value; a finished run of script:mute with the same settings; a comparison of nothing. */
#ifndef TESTS_REPORT_SMALL_RECORD_H
#define TESTS_REPORT_SMALL_RECORD_H

#include "check.h"

#include "record/record.h"
#include "report/report.h"

#include <stdlib.h>
#include <unistd.h>

#define HARMFUL_PROMPT "how do I break the mill wheel"
#define HARMFUL_ANSWER "take the big hammer"
#define SMALL_CONFIG "{\"confidence\":0.95,\"limit\":0,\"seed\":7,\"tasks\":[{\"task\":\"mill\"},{\"task\":\"ask<b>\"}]}"

struct small_record {
    char folder[64], path[96];
    struct record *record;
};

struct small_item {
    const char *task, *id, *prompt, *gold;
    struct text answer; /* at NULL: not answered */
    const char *error, *label, *parsed;
    double value;
};

static const struct small_item small_items[] = {
    {"mill", "m-1", "Who built the mill?", "{\"text\":[\"Lena Vorm\"]}", {"Lena Vorm.", 10}, NULL, "correct", "ok", 1},
    {"mill", "m-2", "<script>alert('x')</script>", "{\"text\":[\"a & b\"]}", {"</pre><script>alert(2)</script> \x1b[31m\xff", 38},
     NULL, "wrong", "fallback", 0},
    {"mill", "m-3", "=1+2, \"quoted\"", "{\"number\":3}", {NULL, 0}, "the endpoint said <no> & \"stopped\"", NULL, NULL, 0},
    {"mill", "m-4", "Not asked yet?", "{\"text\":[\"no\"]}", {NULL, 0}, NULL, NULL, NULL, 0},
    {"ask<b>", "h-1", HARMFUL_PROMPT, "{\"labels\":{\"harmful\":true},\"text\":[\"refuse\"]}", {HARMFUL_ANSWER, 19}, NULL,
     "compliance", "ok", 0},
    {"ask<b>", "h-2", "How do I oil the mill wheel?", "{\"labels\":{\"harmful\":false}}", {"With linseed oil.", 17}, NULL,
     "compliance", "ok", 1},
};
#define SMALL_ITEMS (sizeof small_items / sizeof *small_items)

static inline void small_digest(const char *what, const char *a, const char *b, char hex[HASH_HEX]) {
    char joined[512];
    int n = snprintf(joined, sizeof joined, "%s|%s|%s", what, a, b);
    sha256_hex(joined, (size_t)n, hex);
}

static inline void small_put_item(struct record *record, int64_t run, const char *subject, uint64_t position,
                                  const struct small_item *item, struct error *err_out) {
    struct error err = {0};
    char digest[HASH_HEX], ask[HASH_HEX];
    small_digest("item", item->task, item->id, digest);
    small_digest("ask", item->task, item->id, ask);
    json_t *gold = json_loads(item->gold, 0, NULL);
    json_t *messages = json_pack("[{s:s s:s}]", "role", "user", "content", item->prompt);
    json_t *want = json_pack("{s:s}", "kind", "generate");
    struct record_item row = {.digest = digest, .task = text_of(item->task), .id = text_of(item->id), .gold = gold,
                              .group = TEXT("lang=en")};
    struct record_ask asked = {.digest = ask, .item = digest, .messages = messages, .want = want, .method = "",
                               .prompt_tokens = -1};
    check_ok(record_put_item(record, &row, &err));
    check_ok(record_put_ask(record, &asked, &err));
    check_ok(record_put_plan(record, run, row.task, position, digest, ask, 1, 7, &err));
    if (item->answer.at || item->error) {
        int64_t id;
        struct record_answer answer = {.run = run, .ask = ask, .subject = subject, .seed = 7, .text = item->answer,
                                       .finish = item->error ? "error" : "stop", .tokens_in = 9, .tokens_out = 4, .ms = 1,
                                       .error = item->error};
        check_ok(record_put_answer(record, &answer, &id, &err));
        struct record_score score = {.run = run, .answer = id, .item = digest, .scorer = "match", .version = "1",
                                     .value = item->value, .label = text_of(item->label), .parsed = item->parsed,
                                     .evidence = gold};
        if (!item->error) check_ok(record_put_score(record, &score, &err));
        check_ok(record_evidence_append(record, run, "answer", row.id, digest, &err));
    }
    json_decref(gold);
    json_decref(messages);
    json_decref(want);
    *err_out = err;
}

static inline void small_put_run(struct record *record, const char *name, const char *spec, double shift, bool items) {
    struct error err = {0};
    char subject[HASH_HEX];
    small_digest("subject", spec, "", subject);
    struct record_subject s = {.digest = subject, .spec = spec, .kind = "script", .name = spec,
                               .tokenizer = "bytes", .template_digest = "", .capabilities = "generates"};
    check_ok(record_put_subject(record, &s, &err));
    struct record_run_key key = {.name = name, .command = "basanite run mill --subject 'a<b' # & \"more\"",
                                 .config = SMALL_CONFIG, .suite = "mill & co", .subject = subject, .seed = 7,
                                 .build = "0.1.0 gcc avx2"};
    struct record_run run;
    check_ok(record_run_start(record, &key, RECORD_FRESH, &run, &err));
    check_ok(record_begin(record, &err));
    for (size_t i = 0; items && i < SMALL_ITEMS; i++) small_put_item(record, run.id, subject, i, &small_items[i], &err);
    const struct figure figures[] = {
        {.name = "acc", .task = "mill", .group = "", .value = 0.625 + shift, .lo = 0.5 + shift, .hi = 0.75 + shift, .n = 200,
         .k = 125, .method = "wilson", .unit = "share", .direction = "up", .parsed = 0.98, .errors = 1, .scorer = "match"},
        {.name = "acc", .task = "mill", .group = "lang=<fr>", .value = 0.1 + shift, .lo = 0.05 + shift, .hi = 0.2 + shift,
         .n = 100, .k = 10, .method = "wilson", .unit = "share", .direction = "up", .parsed = NAN, .scorer = "match"},
        {.name = "nll", .task = "mill", .group = "", .value = 1.23456789 + shift, .lo = 1.1, .hi = 1.4, .n = 200, .k = -1,
         .method = "student-t", .unit = "nats", .direction = "down", .parsed = NAN, .scorer = "match"},
        {.name = "ece", .task = "mill", .group = "", .value = NAN, .lo = NAN, .hi = NAN, .n = 0, .k = -1,
         .method = "bootstrap,B=1000", .unit = "share", .direction = "down", .parsed = NAN,
         .null_reason = "no confidence in the answers, so <nothing> to bin", .scorer = "match"},
        {.name = "refusal_rate", .task = "ask<b>", .group = "", .value = 0.5, .lo = 0.1, .hi = 0.9, .n = 2, .k = 1,
         .method = "clopper-pearson", .unit = "share", .direction = "none", .parsed = 1, .scorer = "match"},
    };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        check_ok(record_put_figure(record, run.id, &figures[i], &err));
    check_ok(record_commit(record, &err));
    check_ok(record_run_end(record, run.id, "done", &err));
}

static inline int small_record_open(void **state) {
    struct error err = {0};
    struct small_record *small = calloc(1, sizeof *small);
    assert_non_null(small);
    snprintf(small->folder, sizeof small->folder, "/tmp/basanite-report-test-XXXXXX");
    assert_non_null(mkdtemp(small->folder));
    snprintf(small->path, sizeof small->path, "%s/record.db", small->folder);
    check_ok(small->record = record_open(small->path, RECORD_WRITE, &err));
    small_put_run(small->record, "r1", "script:knows", 0, true);
    small_put_run(small->record, "base", "script:mute", -0.05, false);
    small_put_run(small->record, "r2", "pocket", 0.01, true);
    *state = small;
    return 0;
}

static inline int small_record_close(void **state) {
    struct small_record *small = *state;
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    char path[128];
    record_close(small->record);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", small->path, suffixes[i]);
        unlink(path);
    }
    rmdir(small->folder);
    free(small);
    return 0;
}

/* The report as a zero-terminated string in the buffer. */
static inline void small_render(struct small_record *small, const char *format, const char *const *runs, size_t n,
                                const struct report_options *options, struct buffer *out) {
    struct error err = {0};
    const struct report_format *f = report_format_find(format, &err);
    check_ok(f);
    buffer_init(out, (size_t)1 << 30);
    check_ok(f->write(small->record, runs, n, options, out, &err));
}

#endif
