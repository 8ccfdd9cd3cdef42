/* SARIF 2.1.0 for code hosts: a rule for each task and scorer, a result for each item that scored below 1 or failed,
 * for each band of the suite that is missed, and for each goal of a policy that is not met. Hosts take a limited number
 * of results: beyond it they are counted and it is said. The place of a result is the row of the data it was made from.
 */
#include "report/exchange.h"
#include "report/formats.h"
#include "report/sarif.h"

#include <math.h>
#include <string.h>

#define RESULTS_MOST 5000
#define SHOWN_MOST 200

struct writer {
    struct report_data data;
    const struct report_run *run;
    const struct report_options *options;
    const char *rule; /* of the task at hand */
    const char *task;
    json_t *rules, *results;
    size_t most;
    uint64_t omitted;
};

static json_t *message(const struct buffer *b) {
    return json_pack("{s:o}", "text", json_from_text(buffer_text(b)));
}

/* ---- places */

/* "FILE:LINE", or FILE alone; without a source the task stands for it. */
static json_t *location(const struct writer *w, struct text source, struct text item) {
    struct text file = source.len ? source : text_of(w->task);
    int64_t line = 0;
    for (size_t i = source.len; i-- > 0;)
        if (source.at[i] == ':') {
            if (text_to_i64(text_part(source, i + 1, source.len), &line) && line > 0)
                file = text_part(source, 0, i);
            else
                line = 0;
            break;
        }
    json_t *place = json_pack("{s:{s:o}}", "artifactLocation", "uri", sarif_uri(file));
    if (line > 0) json_object_set_new(place, "region", json_pack("{s:I}", "startLine", (json_int_t)line));
    json_t *name = json_sprintf("%s/%.*s", w->task, TEXT_ARG(item));
    return json_pack("{s:o s:[{s:o s:s}]}", "physicalLocation", place, "logicalLocations", "fullyQualifiedName",
                     name ? name : json_string(w->task), "kind", "member");
}

static json_t *fingerprint(const struct writer *w, const char *rule, struct text item, uint64_t sample) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    buffer_printf(&b, "%s\n%s\n%.*s\n%llu", rule, w->task, TEXT_ARG(item), (unsigned long long)sample);
    json_t *print = sarif_fingerprint(buffer_text(&b));
    buffer_done(&b);
    return print;
}

/* ---- rules and results */

static bool add_rule(struct writer *w, const char *id, const char *text, struct error *err) {
    json_t *rule = json_pack("{s:s s:{s:s} s:{s:s}}", "id", id, "shortDescription", "text", text,
                             "defaultConfiguration", "level", "error");
    return json_array_append_new(w->rules, rule) == 0 || error_memory(err, "rule");
}

/* A name that JSON takes; ids of tasks are valid UTF-8. */
static bool add_result(struct writer *w, const char *rule, const char *level, const struct buffer *text, json_t *place,
                       json_t *print, json_t *properties, struct error *err) {
    json_t *result = json_pack("{s:s s:I s:s s:o s:[o] s:o s:o}", "ruleId", rule, "ruleIndex",
                               (json_int_t)json_array_size(w->rules) - 1, "level", level, "message", message(text),
                               "locations", place, "partialFingerprints", print, "properties", properties);
    return json_array_append_new(w->results, result) == 0 || error_memory(err, "result");
}

static void put_cut(struct buffer *b, struct text t) {
    size_t n = t.len < SHOWN_MOST ? t.len : SHOWN_MOST;
    while (n < t.len && n > 0 && ((unsigned char)t.at[n] & 0xC0) == 0x80) n--;
    buffer_put_utf8(b, text_part(t, 0, n));
    if (n < t.len) buffer_put_c(b, " ...");
}

static bool put_row(void *context, const struct exchange_row *x, struct error *err) {
    struct writer *w = context;
    const struct record_row *row = x->row;
    bool failed = row->finish && strcmp(row->finish, "error") == 0, bad = row->scored && row->value < 1;
    if (!failed && !bad) return true;
    if (json_array_size(w->results) >= w->most) return w->omitted++, true;
    struct buffer b;
    buffer_init(&b, 1 << 16);
    buffer_printf(&b, "item '%.*s' ", TEXT_ARG(row->item_id));
    if (failed) {
        buffer_put_c(&b, "was not answered: ");
        put_cut(&b, text_of(row->error ? row->error : "no reason was kept"));
    } else {
        buffer_put_c(&b, "scored ");
        buffer_put_f64(&b, row->value);
        buffer_printf(&b, " (%.*s); the answer: ", TEXT_ARG(row->label));
        put_cut(&b, x->answer);
    }
    json_t *properties =
        json_pack("{s:s s:I s:o s:s s:s}", "run", w->run->name, "sample", (json_int_t)row->sample, "score",
                  json_from_f64(row->value), "subject", w->run->subject_spec, "item", row->item);
    bool ok = buffer_check(&b, "result", err) &&
              add_result(w, w->rule,
                         failed           ? "warning"
                         : row->value > 0 ? "warning"
                                          : "error",
                         &b, location(w, row->source, row->item_id), fingerprint(w, w->rule, row->item_id, row->sample),
                         properties, err);
    buffer_done(&b);
    return ok;
}

static bool put_task(struct writer *w, const struct report_task *t, struct error *err) {
    char rule[512], text[512];
    snprintf(rule, sizeof rule, "%.300s/%.100s", t->name, t->scorer ? t->scorer : "score");
    snprintf(text, sizeof text, "Task %.300s, scored by %.100s: every answer should score 1.", t->name,
             t->scorer ? t->scorer : "its scorer");
    w->rule = rule;
    w->task = t->name;
    return add_rule(w, rule, text, err) && exchange_rows(&w->data, w->run, t->name, w->options, put_row, w, err);
}

/* Bands of the suite that the figures missed. */
static bool put_bands(struct writer *w, struct error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < w->run->n_bands; i++) {
        const struct band *band = &w->run->bands[i];
        if (band->met) continue;
        char rule[512];
        struct buffer b;
        snprintf(rule, sizeof rule, "band/%.300s", band->name);
        buffer_init(&b, 1 << 16);
        buffer_printf(&b, "band '%s' is missed: ", band->name);
        if (isnan(band->value))
            buffer_put_c(&b, "the figure was not measured");
        else {
            buffer_put_c(&b, "the figure is ");
            buffer_put_f64(&b, band->value);
        }
        w->task = band->name;
        ok = buffer_check(&b, "band", err) &&
             add_rule(w, rule, "A figure that the suite says where it should lie.", err) &&
             add_result(w, rule, "error", &b, location(w, TEXT(""), TEXT("")), fingerprint(w, rule, TEXT(""), 0),
                        json_pack("{s:s}", "run", w->run->name), err);
        buffer_done(&b);
    }
    return ok;
}

/* Goals that are not met: violated ones are errors, undecided ones warnings, waived ones notes. */
static bool put_claims(struct writer *w, struct error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < w->run->claims.n; i++) {
        const struct report_claim *c = &w->run->claims.claims[i];
        bool waived = report_claim_waived(c), violated = strcmp(c->verdict, "violated") == 0;
        const char *question = report_claim_question(c, &w->data.arena, err);
        char rule[512];
        struct buffer b;
        if (!question) return false;
        if (report_claim_holds(c) && !waived) continue;
        snprintf(rule, sizeof rule, "goal/%.300s", c->id);
        buffer_init(&b, 1 << 16);
        buffer_printf(&b, "goal '%s' is %s: %s%s%s", c->id, c->verdict, question, c->why[0] ? "; " : "", c->why);
        w->task = c->id;
        ok = buffer_check(&b, "goal", err) && add_rule(w, rule, c->text[0] ? c->text : question, err) &&
             add_result(w, rule, violated ? "error" : waived ? "note" : "warning", &b,
                        location(w, TEXT(""), TEXT("")), fingerprint(w, rule, TEXT(""), 0),
                        json_pack("{s:s s:s}", "run", w->run->name, "policy", w->run->claims.policy), err);
        buffer_done(&b);
    }
    return ok;
}

/* What was left out is said where hosts show it. */
static json_t *invocation(const struct writer *w) {
    json_t *notes = json_array();
    bool done = strcmp(w->run->state, "done") == 0;
    if (w->omitted)
        json_array_append_new(
            notes, json_pack("{s:s s:{s:o}}", "level", "warning", "message", "text",
                             json_sprintf("%llu further results were left out; --limit says how many are written",
                                          (unsigned long long)w->omitted)));
    return json_pack("{s:b s:s s:o}", "executionSuccessful", done, "commandLine",
                     w->run->command ? w->run->command : "", "toolExecutionNotifications", notes);
}

static json_t *run_json(struct writer *w, struct error *err) {
    w->rules = json_array();
    w->results = json_array();
    w->omitted = 0;
    bool ok = w->rules && w->results;
    for (size_t i = 0; ok && i < w->run->n_tasks; i++) ok = put_task(w, &w->run->tasks[i], err);
    ok = ok && put_bands(w, err) && put_claims(w, err);
    json_t *run = json_pack("{s:{s:{s:s s:s s:o}} s:o s:[o] s:s s:{s:s s:I}}", "tool", "driver", "name", "basanite",
                            "version", BASANITE_VERSION, "rules", w->rules, "results", w->results, "invocations",
                            invocation(w), "columnKind", "unicodeCodePoints", "properties", "run", w->run->name,
                            "omitted", (json_int_t)w->omitted);
    if (ok && run) return run;
    json_decref(run);
    if (ok) error_memory(err, "report");
    return NULL;
}

bool report_write_sarif(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                        struct buffer *out, struct error *err) {
    struct writer w = {.options = options, .most = options->items ? options->items : RESULTS_MOST};
    json_t *list = json_array();
    bool ok = report_data_load(&w.data, record, runs, n, NULL, err) && (list || error_memory(err, "report"));
    for (size_t r = 0; ok && r < w.data.n_runs; r++) {
        w.run = &w.data.runs[r];
        json_t *one = run_json(&w, err);
        ok = one && json_array_append_new(list, one) == 0;
    }
    json_t *all = ok ? sarif_document(json_incref(list)) : NULL;
    if (all) {
        json_put(out, all, 2);
        buffer_put_char(out, '\n');
    }
    ok = all && buffer_check(out, "report", err);
    json_decref(all);
    json_decref(list);
    report_data_done(&w.data);
    return ok;
}
