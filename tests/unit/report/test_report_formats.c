/* Reports of a small record: numbers equal the record's, nothing of it can break out of a format, harmful text is hidden, and
 * the same record gives the same bytes. */
#include "report/small_record.h"

#include "base/base64.h"

#include <ctype.h>
#include <sqlite3.h>
#include <zlib.h>

static const char *const run_1[] = {"r1"};
static const char *const run_both[] = {"r1", "r2"};
static const struct report_options standard = {0};

static void check_has(const struct buffer *b, const char *part) {
    if (!strstr(b->at, part)) fail_msg("'%s' is missing in:\n%.6000s", part, b->at);
}

static void check_lacks(const struct buffer *b, const char *part) {
    const char *at = strstr(b->at, part);
    if (at) fail_msg("'%s' is there: %.200s", part, at);
}

static bool is_void(const char *name) {
    static const char *const names[] = {"meta", "br", "link", "hr", "img", "input"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

/* Every element that opens closes in order; attribute values are quoted and hold no '<'. Scripts are not looked into. */
static void check_balance(const char *text) {
    char open[64][32];
    size_t depth = 0;
    for (const char *at = text; (at = strchr(at, '<'));) {
        char name[32];
        size_t n = 0;
        bool closing = at[1] == '/';
        const char *start = at, *p = at + 1 + closing;
        while (n + 1 < sizeof name && (isalnum((unsigned char)*p) || *p == '-' || *p == '!' || *p == '?')) name[n++] = *p++;
        name[n] = 0;
        if (n == 0) fail_msg("a bare '<' at: %.80s", start);
        for (char quote = 0; *p && (quote || *p != '>'); p++) {
            if (*p == '<') fail_msg("'<' inside a tag at: %.120s", start);
            if (quote ? *p == quote : *p == '"' || *p == '\'') quote = quote ? 0 : *p;
        }
        if (*p != '>') fail_msg("a tag does not end: %.80s", start);
        bool empty = p[-1] == '/' || name[0] == '!' || name[0] == '?' || is_void(name);
        if (closing) {
            if (depth == 0 || strcmp(open[depth - 1], name) != 0)
                fail_msg("</%s> closes <%s> at: %.120s", name, depth ? open[depth - 1] : "", start);
            depth--;
        } else if (!empty) {
            if (depth == 64) fail_msg("too deep");
            memcpy(open[depth++], name, sizeof name);
        }
        at = p;
        if (!closing && strcmp(name, "script") == 0 && !(at = strstr(p, "</script>"))) fail_msg("a script does not end");
    }
    if (depth) fail_msg("<%s> is not closed", open[depth - 1]);
}

static void test_formats_are_known(void **state) {
    (void)state;
    struct error err = {0};
    const struct report_format *const *all;
    size_t n = report_formats(&all);
    assert_in_range(n, 8, 30);
    for (size_t i = 0; i < n; i++) assert_ptr_equal(report_format_find(all[i]->name, &err), all[i]);
    check_fails(report_format_find("htm", &err), ERROR_USAGE, "did you mean 'html'?");
}

static void test_unknown_run(void **state) {
    struct small_record *small = *state;
    struct error err = {0};
    const struct report_format *const *all;
    size_t n = report_formats(&all);
    for (size_t i = 0; i < n; i++) {
        struct buffer b;
        buffer_init(&b, 1 << 20);
        check_fails(all[i]->write(small->record, (const char *const[]){"nothing"}, 1, &standard, &b, &err), ERROR_USAGE,
                    "no run 'nothing'");
        buffer_done(&b);
    }
}

static void test_one_run(void **state) {
    struct small_record *small = *state;
    struct error err = {0};
    const struct report_format *const *all;
    size_t n = report_formats(&all), refused = 0;
    for (size_t i = 0; i < n; i++) {
        struct buffer b;
        if (!all[i]->one_run) continue;
        buffer_init(&b, 1 << 20);
        check_fails(all[i]->write(small->record, run_both, 2, &standard, &b, &err), ERROR_USAGE, "holds one run, 2 were named");
        buffer_done(&b);
        refused++;
    }
    assert_in_range(refused, 1, n);
}

static void test_same_bytes(void **state) {
    const struct report_format *const *all;
    size_t n = report_formats(&all);
    for (size_t i = 0; i < n; i++)
        for (size_t runs = 1; runs <= (all[i]->one_run ? 1 : 2); runs++) {
            struct buffer a, b;
            small_render(*state, all[i]->name, run_both, runs, &standard, &a);
            small_render(*state, all[i]->name, run_both, runs, &standard, &b);
            assert_true(text_equal(buffer_text(&a), buffer_text(&b)));
            assert_int_equal(text_utf8_invalid(buffer_text(&a)), SIZE_MAX);
            assert_int_equal(a.at[a.len - 1], '\n');
            buffer_done(&a);
            buffer_done(&b);
        }
}

/* As canonical text: 1 and 1.0 are one number there. */
static void check_same_json(const json_t *a, const json_t *b) {
    struct buffer x, y;
    buffer_init(&x, 1 << 20);
    buffer_init(&y, 1 << 20);
    assert_true(json_put_canonical(&x, a) && json_put_canonical(&y, b));
    assert_string_equal(x.at, y.at);
    buffer_done(&x);
    buffer_done(&y);
}

static void test_json_equals_record(void **state) {
    struct small_record *small = *state;
    struct error err = {0};
    struct buffer b;
    small_render(small, "json", run_1, 1, &standard, &b);
    json_t *results = json_read(buffer_text(&b), "results", 1, &err), *run = record_run_json(small->record, "r1", &err);
    check_ok(results);
    check_ok(run);
    json_t *figures = record_figures_json(small->record, json_integer_value(json_object_get(run, "id")), &err);
    check_ok(figures);
    check_same_json(json_object_get(results, "figures"), figures);
    assert_string_equal(json_string_value(json_object_get(results, "run")), "r1");
    assert_int_equal(json_integer_value(json_object_get(results, "seed")), 7);
    assert_true(json_is_array(json_object_get(results, "comparisons")));
    assert_true(json_is_string(json_object_get(json_object_get(results, "when"), "started")));
    buffer_done(&b);
    json_decref(results);
    json_decref(run);
    json_decref(figures);
    small_render(small, "json", run_both, 2, &standard, &b);
    results = json_read(buffer_text(&b), "results", 1, &err);
    check_ok(results);
    assert_int_equal(json_array_size(results), 2);
    buffer_done(&b);
    json_decref(results);
}

static void test_table(void **state) {
    struct buffer b;
    small_render(*state, "table", run_1, 1, &standard, &b);
    check_has(&b, "62.5 %");
    check_has(&b, "50.0 to 75.0 %");
    check_has(&b, "95 % interval");
    check_has(&b, "1.235 nats");
    check_has(&b, "98.0 %");
    check_has(&b, "acc \xE2\x86\x91");
    check_has(&b, "not measured: ece: no confidence in the answers");
    check_has(&b, "failed: 1 answer (first item 'm-3'): the endpoint said <no>");
    check_has(&b, "not answered yet: 1 of 4 samples");
    check_has(&b, "baselines of acc: mute 57.5 %");
    check_has(&b, "more: basanite report r1 --format html");
    check_lacks(&b, "\x1b");
    buffer_done(&b);
    small_render(*state, "table", run_both, 2, &standard, &b);
    check_has(&b, "62.5 % (50.0 to 75.0 %)  n=200");
    check_has(&b, "63.5 % (51.0 to 76.0 %)  n=200");
    buffer_done(&b);
}

static void test_csv(void **state) {
    struct buffer b;
    small_render(*state, "csv", run_both, 2, &standard, &b);
    check_has(&b, "run,subject,task,group,name,value,lo,hi,n,k,");
    check_has(&b, "r1,script:knows,mill,,acc,0.625,0.5,0.75,200,125,wilson,share,up,0.98,1,match,\r\n");
    check_has(&b, "mill,,nll,1.23456789,1.1,1.4,200,,student-t,nats,down,,0,match,\r\n");
    check_has(&b, "mill,,ece,,,,0,,\"bootstrap,B=1000\",share,down,,0,match,\"no confidence in the answers, so <nothing>");
    size_t lines = 0;
    for (const char *c = b.at; *c; c++) lines += *c == '\n';
    assert_int_equal(lines, 11);
    buffer_done(&b);
}

static void test_md(void **state) {
    struct buffer b;
    small_render(*state, "md", run_1, 1, &standard, &b);
    check_has(&b, "| acc \xE2\x86\x91 | 62.5 % (50.0 to 75.0 %) | 57.5 % (45.0 to 70.0 %) | 200 | wilson | 98.0 % |");
    check_has(&b, "lang=&lt;fr&gt;");
    check_has(&b, "## ask&lt;b&gt;");
    check_lacks(&b, "<");
    buffer_done(&b);
}

static void test_junit(void **state) {
    struct buffer b;
    small_render(*state, "junit", run_1, 1, &standard, &b);
    check_balance(b.at);
    check_has(&b, "<testsuite name=\"r1.mill\" tests=\"5\" failures=\"0\" errors=\"1\" skipped=\"1\"");
    check_has(&b, "name=\"acc, lang=&lt;fr&gt;\"");
    check_has(&b, "<skipped message=\"no confidence in the answers, so &lt;nothing&gt; to bin\"/>");
    check_has(&b, "<error message=\"the endpoint said &lt;no&gt; &amp; &quot;stopped&quot;\">1 answer, first item m-3");
    check_has(&b, "value=0.625");
    buffer_done(&b);
}

static void test_html(void **state) {
    struct buffer b;
    small_render(*state, "html", run_1, 1, &standard, &b);
    check_balance(b.at);
    check_lacks(&b, "alert('x')");
    check_lacks(&b, "\x1b");
    check_lacks(&b, "http:");
    check_lacks(&b, "https:");
    check_has(&b, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    check_has(&b, "&lt;/pre&gt;&lt;script&gt;alert(2)&lt;/script&gt; \xEF\xBF\xBD[31m\xEF\xBF\xBD");
    check_has(&b, "<data class=\"value\" value=\"0.625\">62.5 %</data>");
    check_has(&b, "50.0 to 75.0 %");
    check_has(&b, "125 of 200");
    check_has(&b, "aria-label=\"acc; 62.5 %, interval 50.0 to 75.0 %; mute 57.5 %\"");
    check_has(&b, "<th scope=\"col\" class=\"num\">mute</th>");
    check_has(&b, "not measured: ece");
    check_has(&b, "basanite run mill --subject &#39;a&lt;b&#39;");
    check_has(&b, "prefers-color-scheme:dark");
    buffer_done(&b);
    small_render(*state, "html", run_both, 2, &standard, &b);
    check_balance(b.at);
    check_has(&b, "mark series1");
    buffer_done(&b);
}

/* ---- what is packed */

/* The text of a pack; NULL: there is none. Freed by the caller. */
static char *unpacked(const struct buffer *page, const char *name) {
    char mark[64];
    snprintf(mark, sizeof mark, "data-pack=\"%s\">", name);
    const char *at = strstr(page->at, mark), *end = at ? strchr(at, '<') : NULL;
    if (!end) return NULL;
    at += strlen(mark);
    struct buffer gzip;
    buffer_init(&gzip, 1 << 20);
    assert_true(base64_read(&gzip, (struct text){at, (size_t)(end - at)}));
    enum { MOST = 1 << 20 };
    char *text = calloc(1, MOST);
    z_stream z = {.next_in = (unsigned char *)gzip.at, .avail_in = (unsigned)gzip.len, .next_out = (unsigned char *)text,
                  .avail_out = MOST - 1};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    buffer_done(&gzip);
    return text;
}

static json_t *unpacked_json(const struct buffer *page, const char *name) {
    struct error err;
    char *text = unpacked(page, name);
    if (!text) fail_msg("no pack '%s'", name);
    json_t *value = json_read(text_of(text), name, 1, &err);
    if (!value) fail_msg("%s: %s", name, err.message);
    free(text);
    return value;
}

static long cell(const json_t *index, const char *column, size_t row) {
    return (long)json_integer_value(json_array_get(json_object_get(index, column), row));
}

static const char *named(const json_t *head, const char *list, long place) {
    return json_string_value(json_array_get(json_object_get(head, list), (size_t)place));
}

/* All samples with their columns, in plan order; nothing of a record is text of the page outside of markup. */
static void test_packs(void **state) {
    struct buffer b;
    small_render(*state, "html", run_both, 2, &standard, &b);
    json_t *head = unpacked_json(&b, "head"), *index = unpacked_json(&b, "0"), *rows = unpacked_json(&b, "0.0");
    assert_string_equal(named(head, "runs", 0), "r1");
    assert_string_equal(named(head, "runs", 1), "r2");
    assert_int_equal(json_array_size(rows), SMALL_ITEMS);
    assert_null(unpacked(&b, "0.1"));
    for (size_t i = 0; i < SMALL_ITEMS; i++) {
        const struct small_item *item = &small_items[i];
        const char *summary = json_string_value(json_array_get(json_array_get(rows, i), 0)),
                   *body = json_string_value(json_array_get(json_array_get(rows, i), 1));
        long label = cell(index, "label", i), state_of = cell(index, "state", i);
        assert_string_equal(json_string_value(json_array_get(json_object_get(index, "id"), i)), item->id);
        assert_string_equal(named(head, "tasks", cell(index, "task", i)), item->task);
        assert_string_equal(named(head, "groups", cell(index, "group", i)), "lang=en");
        if (item->label) assert_string_equal(named(head, "labels", label), item->label);
        assert_true(item->label || label == -1);
        assert_int_equal(state_of & 1, !item->answer.at && !item->error);
        assert_int_equal(state_of & 2, item->error ? 2 : 0);
        assert_int_equal(state_of & 32, strcmp(item->id, "h-1") == 0 ? 32 : 0);
        assert_non_null(strstr(summary, item->id));
        check_balance(summary);
        check_balance(body);
        if (strstr(body, "<script") || strstr(body, HARMFUL_PROMPT) || strstr(body, HARMFUL_ANSWER)) fail_msg("%s", body);
    }
    json_decref(head), json_decref(index), json_decref(rows);
    buffer_done(&b);
}

static void test_packs_are_limited(void **state) {
    const struct report_options two = {.items = 2};
    struct buffer b;
    small_render(*state, "html", run_1, 1, &two, &b);
    json_t *head = unpacked_json(&b, "head"), *index = unpacked_json(&b, "0"), *rows = unpacked_json(&b, "0.0");
    assert_int_equal(json_array_size(rows), 2);
    assert_int_equal(json_array_size(json_object_get(index, "id")), 2);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(head, "left"), 0)), SMALL_ITEMS - 2);
    json_decref(head), json_decref(index), json_decref(rows);
    buffer_done(&b);
}

/* The policy names the digest of the script that stands in the page, and lets nothing else run or be fetched. */
static void test_policy(void **state) {
    struct buffer b, hash;
    struct sha256 sha;
    unsigned char digest[32];
    char policy[256];
    small_render(*state, "html", run_1, 1, &standard, &b);
    const char *from = strstr(b.at, "<script>"), *to = from ? strstr(from, "</script>") : NULL;
    assert_true(to && to - from > 1000 && !strstr(to + 1, "<script"));
    sha256_init(&sha);
    sha256_add(&sha, from + 8, (size_t)(to - from - 8));
    sha256_end(&sha, digest);
    buffer_init(&hash, 100);
    assert_true(base64_put(&hash, (struct text){(char *)digest, 32}));
    snprintf(policy, sizeof policy, "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'; img-src data:\"",
             hash.at);
    check_has(&b, policy);
    buffer_done(&b), buffer_done(&hash);
}

static void test_harmful_is_hidden(void **state) {
    struct buffer b;
    const struct report_format *const *all;
    size_t n = report_formats(&all);
    for (size_t i = 0; i < n; i++) {
        small_render(*state, all[i]->name, run_1, 1, &standard, &b);
        check_lacks(&b, HARMFUL_PROMPT);
        check_lacks(&b, HARMFUL_ANSWER);
        buffer_done(&b);
    }
    char hex[HASH_HEX], prefix[32];
    sha256_hex(HARMFUL_ANSWER, strlen(HARMFUL_ANSWER), hex);
    snprintf(prefix, sizeof prefix, "sha256 %.12s", hex);
    small_render(*state, "html", run_1, 1, &standard, &b);
    check_has(&b, prefix);
    check_has(&b, "With linseed oil.");
    buffer_done(&b);
    const struct report_options show = {.show_harmful = true};
    small_render(*state, "html", run_1, 1, &show, &b);
    check_has(&b, HARMFUL_PROMPT);
    check_has(&b, HARMFUL_ANSWER);
    check_balance(b.at);
    buffer_done(&b);
}

static void test_fewer_items(void **state) {
    const struct report_options two = {.items = 2};
    struct buffer b;
    small_render(*state, "html", run_1, 1, &two, &b);
    check_balance(b.at);
    check_has(&b, "The first 1 of 4 samples");
    check_has(&b, "The first 1 of 2 samples");
    check_lacks(&b, "With linseed oil.");
    buffer_done(&b);
}

/* Comparisons and human labels are written by other commands, here straight into the file. */
static void test_comparisons_and_labels(void **state) {
    struct small_record *small = *state;
    struct error err = {0};
    sqlite3 *db;
    assert_int_equal(sqlite3_open(small->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "insert into comparisons(a, b, name, task, diff, lo, hi, p, p_corrected, method)"
                                  " select x.id, y.id, 'acc', 'mi<ll', 0.25, 0.125, 0.375, 0.0004, 0.04, 'mcnemar'"
                                  " from runs x, runs y where x.name = 'r1' and y.name = 'r2';"
                                  "insert into labels select s.answer, 'ref<usal', 'reader', '', 0 from scores s"
                                  " where s.label = 'compliance'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct buffer b;
    small_render(small, "html", run_1, 1, &standard, &b);
    check_balance(b.at);
    check_has(&b, "<td>mi&lt;ll</td><td>r1</td><td>r2</td><td class=\"num\">0.25</td>");
    check_has(&b, "<td class=\"num\">&lt; 0.001</td><td class=\"num\">0.040</td><td>mcnemar</td>");
    check_has(&b, "<td>compliance</td><td>ref&lt;usal</td><td class=\"num\">2</td>");
    buffer_done(&b);
    small_render(small, "json", run_1, 1, &standard, &b);
    json_t *results = json_read(buffer_text(&b), "results", 1, &err);
    check_ok(results);
    json_t *first = json_array_get(json_object_get(results, "comparisons"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "b")), "r2");
    check_near(json_number_value(json_object_get(first, "diff")), 0.25, 0);
    buffer_done(&b);
    json_decref(results);
}

static void test_out_of_memory(void **state) {
    struct small_record *small = *state;
    const struct report_format *const *all;
    size_t n = report_formats(&all);
    for (size_t i = 0; i < n; i++) {
        bool done = false;
        for (uint64_t at = 1; at < 4000 && !done; at++) {
            struct error err = {0};
            struct buffer b;
            buffer_init(&b, 1 << 24);
            memory_fail_at(at);
            bool ok = all[i]->write(small->record, run_both, all[i]->one_run ? 1 : 2, &standard, &b, &err);
            memory_fail_at(0);
            if (!ok) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
            done = ok;
            buffer_done(&b);
        }
        assert_true(done);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats_are_known), cmocka_unit_test(test_unknown_run), cmocka_unit_test(test_one_run), cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_json_equals_record), cmocka_unit_test(test_table), cmocka_unit_test(test_csv),
        cmocka_unit_test(test_md), cmocka_unit_test(test_junit), cmocka_unit_test(test_html), cmocka_unit_test(test_packs),
        cmocka_unit_test(test_packs_are_limited), cmocka_unit_test(test_policy),
        cmocka_unit_test(test_harmful_is_hidden), cmocka_unit_test(test_fewer_items), cmocka_unit_test(test_comparisons_and_labels),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, small_record_open, small_record_close);
}
