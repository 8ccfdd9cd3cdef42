/* OTLP/JSON logs (OpenTelemetry) with an event gen_ai.evaluation.result for each figure and each scored answer of a
 * run. Of the names gen_ai.evaluation.* those of the semantic conventions are used; what they have no name for yet (who
 * evaluated, on which data, with which interval) stands under basanite.*. Numbers of 64 bits are texts, as protobuf's
 * JSON has them. A record keeps no time of an answer: all of a run have that of its end. */
#include "report/exchange.h"
#include "report/formats.h"
#include "report/report_number.h"
#include "report/report_sources.h"

#include <math.h>
#include <string.h>

#define EVENTS_MOST 5000

struct writer {
    struct report_data data;
    const struct report_run *run;
    const struct report_task *task;
    const struct report_options *options;
    json_t *records;
    size_t most, answers;
    uint64_t omitted;
};

/* ---- attributes; each takes its value */

static bool put(json_t *list, const char *key, json_t *value) {
    return json_array_append_new(list, json_pack("{s:s s:o}", "key", key, "value", value)) == 0;
}

static bool put_text(json_t *list, const char *key, struct text value) {
    return value.len == 0 || put(list, key, json_pack("{s:o}", "stringValue", json_from_text(value)));
}

static bool put_c(json_t *list, const char *key, const char *value) {
    return put_text(list, key, text_of(value ? value : ""));
}

static bool put_double(json_t *list, const char *key, double value) {
    return !isfinite(value) || put(list, key, json_pack("{s:o}", "doubleValue", json_real(value)));
}

static bool put_int(json_t *list, const char *key, int64_t value) {
    return put(list, key, json_pack("{s:o}", "intValue", json_sprintf("%lld", (long long)value)));
}

static json_t *nanoseconds(uint64_t ns) {
    return json_sprintf("%llu", (unsigned long long)ns);
}

/* Takes the attributes. */
static bool add_event(struct writer *w, json_t *attributes, struct error *err) {
    const struct report_run *run = w->run;
    uint64_t when = run->ended_ns ? run->ended_ns : run->started_ns;
    json_t *event = json_pack("{s:o s:o s:i s:s s:s s:o}", "timeUnixNano", nanoseconds(when), "observedTimeUnixNano",
                              nanoseconds(when), "severityNumber", 9, "severityText", "INFO", "eventName",
                              "gen_ai.evaluation.result", "attributes", attributes);
    return json_array_append_new(w->records, event) == 0 || error_memory(err, "event");
}

/* ---- events */

static bool add_figure(struct writer *w, const struct figure *f, struct error *err) {
    json_t *a = json_array();
    char value[REPORT_NUMBER], interval[REPORT_NUMBER];
    number_of_figure(f, value);
    number_interval(f, interval);
    const char *words =
        isnan(f->value)
            ? arena_printf(&w->data.arena, err, "no value: %s", f->null_reason ? f->null_reason : "")
            : arena_printf(&w->data.arena, err, "%s (%s), n=%llu", value, interval, (unsigned long long)f->n);
    bool ok = a && words && put_c(a, "gen_ai.evaluation.name", f->name) &&
              put_double(a, "gen_ai.evaluation.score.value", f->value) &&
              put_c(a, "gen_ai.evaluation.explanation", words) && put_c(a, "basanite.kind", "figure") &&
              put_c(a, "basanite.task", f->task) && put_c(a, "basanite.group", f->group) &&
              put_double(a, "basanite.interval.lower", f->lo) && put_double(a, "basanite.interval.upper", f->hi) &&
              put_double(a, "basanite.interval.confidence", w->run->confidence) &&
              put_int(a, "basanite.n", (int64_t)f->n) && put_c(a, "basanite.method", f->method) &&
              put_c(a, "basanite.unit", f->unit) && put_c(a, "basanite.direction", f->direction) &&
              put_int(a, "basanite.errors", (int64_t)f->errors) && put_c(a, "basanite.scorer", f->scorer);
    if (!ok) return json_decref(a), error_memory(err, "event");
    return add_event(w, a, err);
}

static bool add_answer(void *context, const struct exchange_row *x, struct error *err) {
    struct writer *w = context;
    const struct record_row *row = x->row;
    bool failed = row->finish && strcmp(row->finish, "error") == 0;
    if (w->answers >= w->most) return w->omitted++, true;
    w->answers++;
    json_t *a = json_array(),
           *id = json_sprintf("%s#%.*s#%llu", w->task->name, TEXT_ARG(row->item_id), (unsigned long long)row->sample);
    bool ok = a && id && put_c(a, "gen_ai.evaluation.name", w->task->scorer ? w->task->scorer : "score") &&
              put_double(a, "gen_ai.evaluation.score.value", row->scored ? row->value : NAN) &&
              put_text(a, "gen_ai.evaluation.score.label", row->label) &&
              put_text(a, "gen_ai.response.id", json_text(id)) && put_c(a, "basanite.kind", "answer") &&
              put_c(a, "basanite.task", w->task->name) && put_text(a, "basanite.item", row->item_id) &&
              put_int(a, "basanite.sample", (int64_t)row->sample) && put_c(a, "basanite.parsed", row->parsed) &&
              put_c(a, "basanite.finish", row->finish) && (!failed || put_c(a, "error.type", "no_answer"));
    json_decref(id);
    if (!ok) return json_decref(a), error_memory(err, "event");
    return add_event(w, a, err);
}

static bool add_claim(struct writer *w, const struct report_claim *c, struct error *err) {
    const char *question = report_claim_question(c, &w->data.arena, err);
    json_t *a = json_array();
    bool ok = a && question && put_c(a, "gen_ai.evaluation.name", c->id) &&
              put_double(a, "gen_ai.evaluation.score.value", report_claim_holds(c)) &&
              put_c(a, "gen_ai.evaluation.score.label", c->verdict) &&
              put_c(a, "gen_ai.evaluation.explanation", c->why[0] ? c->why : question) &&
              put_c(a, "basanite.kind", "goal") && put_c(a, "basanite.policy", w->run->claims.policy);
    if (!ok) return json_decref(a), error_memory(err, "event");
    return add_event(w, a, err);
}

static json_t *resource(const struct writer *w) {
    const struct report_run *run = w->run;
    json_t *a = json_array();
    bool ok = a && put_c(a, "service.name", "basanite") && put_c(a, "service.version", BASANITE_VERSION) &&
              put_c(a, "gen_ai.request.model", run->subject) && put_c(a, "basanite.subject", run->subject_digest) &&
              put_c(a, "basanite.run", run->name) && put_c(a, "basanite.suite", run->suite) &&
              put_c(a, "basanite.state", run->state) && put_int(a, "basanite.seed", run->seed) &&
              put_c(a, "basanite.evidence.head", run->head) &&
              (!w->omitted || put_int(a, "basanite.omitted", (int64_t)w->omitted));
    return ok ? json_pack("{s:o}", "attributes", a) : (json_decref(a), NULL);
}

static json_t *run_json(struct writer *w, struct error *err) {
    const struct report_run *run = w->run;
    w->records = json_array();
    w->answers = 0;
    w->omitted = 0;
    bool ok = w->records != NULL;
    for (size_t i = 0; ok && i < run->claims.n; i++) ok = add_claim(w, &run->claims.claims[i], err);
    for (size_t i = 0; ok && i < run->n_figures; i++) ok = add_figure(w, &run->figures[i], err);
    for (size_t i = 0; ok && i < run->n_tasks; i++) {
        w->task = &run->tasks[i];
        ok = exchange_rows(&w->data, run, w->task->name, w->options, add_answer, w, err);
    }
    json_t *one = ok ? json_pack("{s:o s:[{s:{s:s s:s} s:o}]}", "resource", resource(w), "scopeLogs", "scope", "name",
                                 "basanite", "version", BASANITE_VERSION, "logRecords", w->records)
                     : NULL;
    if (!ok) json_decref(w->records);
    if (ok && !one) error_memory(err, "report");
    return one;
}

bool report_write_otel(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                       struct buffer *out, struct error *err) {
    struct writer w = {.options = options, .most = options->items ? options->items : EVENTS_MOST};
    json_t *list = json_array();
    bool ok = report_data_load(&w.data, record, runs, n, NULL, err) && (list || error_memory(err, "report"));
    for (size_t r = 0; ok && r < w.data.n_runs; r++) {
        w.run = &w.data.runs[r];
        json_t *one = run_json(&w, err);
        ok = one && json_array_append_new(list, one) == 0;
    }
    json_t *all = ok ? json_pack("{s:O}", "resourceLogs", list) : NULL;
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
