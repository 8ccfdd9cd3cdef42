/* Logs of Inspect (version 2): one JSON, or, where the file is to be called .eval, a zip of header.json,
 * summaries.json, samples/ID_epoch_N.json and _journal/start.json. What came from such a log goes back as it was, but
 * for its events and attachments; of any other run each task is a scorer, and names of samples begin with their task
 * where there are several. */
#include "report/exchange.h"
#include "report/formats.h"

#include "base/zip.h"
#include "measure/exchange/log_import.h"

#include <math.h>
#include <string.h>

struct writer {
    struct report_data data;
    const struct report_run *run;
    const struct report_options *options;
    struct buffer *out;
    struct zip_writer zip;
    bool zipped;
    const char *task;
    bool several;
    uint64_t samples, completed;
    struct buffer one, summaries;
};

/* ---- the header */

static json_t *metric_json(const struct figure *f) {
    json_t *value = isnan(f->value) ? json_null() : json_from_f64(f->value);
    json_t *m =
        json_pack("{s:s s:o s:{s:I s:o s:o s:s}}", "name", f->name, "value", value, "params", "n", (json_int_t)f->n,
                  "lo", json_from_f64(f->lo), "hi", json_from_f64(f->hi), "method", f->method ? f->method : "");
    return m;
}

/* Figures of a task (without those of groups), each with its standard error. */
static json_t *task_scores(const struct writer *w, const char *task) {
    const struct report_run *run = w->run;
    const struct report_task *t = report_task_find(run, task);
    json_t *metrics = json_object();
    for (size_t i = 0; metrics && i < run->n_figures; i++) {
        const struct figure *f = &run->figures[i];
        char name[256];
        if (strcmp(f->task, task) != 0 || f->group[0]) continue;
        json_object_set_new(metrics, f->name, metric_json(f));
        double error = exchange_stderr(f, run->confidence);
        snprintf(name, sizeof name, "%.200s_stderr", f->name);
        if (!isnan(error))
            json_object_set_new(metrics, name, json_pack("{s:s s:f s:{}}", "name", name, "value", error, "params"));
    }
    return json_pack("{s:s s:s s:{} s:o}", "name", task, "scorer", t && t->scorer ? t->scorer : "", "params", "metrics",
                     metrics);
}

static json_t *results_json(const struct writer *w) {
    json_t *scores = json_array();
    uint64_t total = 0, answered = 0;
    for (size_t i = 0; scores && i < w->run->n_tasks; i++) {
        json_array_append_new(scores, task_scores(w, w->run->tasks[i].name));
        total += w->run->tasks[i].samples;
        answered += w->run->tasks[i].answered;
    }
    return json_pack("{s:I s:I s:o}", "total_samples", (json_int_t)total, "completed_samples", (json_int_t)answered,
                     "scores", scores);
}

static json_t *own_header(const struct writer *w) {
    const struct report_run *run = w->run;
    const char *task = w->several || !run->n_tasks ? run->suite : run->tasks[0].name;
    json_t *eval =
        json_pack("{s:s s:o s:s s:s s:i s:{} s:{} s:{s:s s:s s:I} s:s s:{} s:{s:I} s:{s:s}}", "run_id", run->name,
                  "created", exchange_time(run->started_ns), "task", task, "task_id", run->name, "task_version", 0,
                  "task_attribs", "task_args", "dataset", "name", task, "location", run->suite, "samples",
                  (json_int_t)(run->n_tasks ? run->tasks[0].items : 0), "model", run->subject_spec, "model_args",
                  "config", "seed", (json_int_t)run->seed, "packages", "basanite", run->build);
    bool done = strcmp(run->state, "done") == 0;
    return json_pack("{s:i s:s s:o s:{s:s s:[] s:{}} s:o s:{s:o s:o s:{}}}", "version", 2, "status",
                     done ? "success" : "cancelled", "eval", eval, "plan", "name", "plan", "steps", "config", "results",
                     results_json(w), "stats", "started_at", exchange_time(run->started_ns), "completed_at",
                     exchange_time(run->ended_ns), "model_usage");
}

/* The log's own one where there is just one. */
static json_t *make_header(const struct writer *w, struct error *err) {
    json_t *kept = log_header(w->data.record, w->run->id, err), *header = NULL;
    if (kept && text_equal_c(json_text(json_object_get(kept, "format")), "inspect") &&
        json_array_size(json_object_get(kept, "headers")) == 1)
        header = json_deep_copy(json_array_get(json_object_get(kept, "headers"), 0));
    json_decref(kept);
    if (!header && err->kind == ERROR_NONE) header = own_header(w);
    if (!header && err->kind == ERROR_NONE) error_memory(err, "header");
    return header;
}

/* ---- samples */

static json_t *own_score(const struct exchange_row *x, const char *scorer) {
    json_t *s =
        json_pack("{s:o s:s% s:s%}", "value", json_from_f64(x->row->value), "answer", x->answer.at ? x->answer.at : "",
                  x->answer.len, "explanation", x->row->label.at ? x->row->label.at : "", x->row->label.len);
    if (s && json_object_size(x->row->evidence) && !x->hide) json_object_set(s, "metadata", (json_t *)x->row->evidence);
    return json_pack("{s:o}", scorer, s);
}

static json_t *own_output(const struct exchange_row *x, const char *model) {
    const char *stop = x->row->finish && strcmp(x->row->finish, "length") == 0 ? "max_tokens" : "stop";
    json_t *text = json_from_text(x->answer);
    json_t *output =
        json_pack("{s:s s:[{s:{s:O s:s s:s} s:s}] s:o s:{s:I s:I s:I}}", "model", model, "choices", "message",
                  "content", text, "source", "generate", "role", "assistant", "stop_reason", stop, "completion", text,
                  "usage", "input_tokens", (json_int_t)x->row->tokens_in, "output_tokens",
                  (json_int_t)x->row->tokens_out, "total_tokens", (json_int_t)(x->row->tokens_in + x->row->tokens_out));
    if (output && !isnan(x->row->ms)) json_object_set_new(output, "time", json_from_f64(x->row->ms / 1000));
    return output;
}

static void set_new(json_t *object, const char *key, json_t *value) {
    if (value) json_object_set_new(object, key, value);
}

static json_t *own_input(const struct exchange_row *x) {
    bool one =
        json_array_size(x->messages) == 1 && json_is_string(json_object_get(json_array_get(x->messages, 0), "content"));
    return one ? json_from_text(x->prompt) : json_incref((json_t *)x->messages);
}

/* What the sample says of its item; as the log had it, where it was imported. */
static void put_item(const struct writer *w, const struct exchange_row *x, json_t *s) {
    const struct record_row *row = x->row;
    const json_t *item = x->hide ? NULL : json_object_get(row->gold, "item"), *value;
    static const char *const kept[] = {"id", "input", "choices", "target", "metadata"};
    json_object_set_new(s, "id",
                        w->several ? json_sprintf("%.*s/%.*s", TEXT_ARG(row->task), TEXT_ARG(row->item_id))
                                   : json_from_text(row->item_id));
    json_object_set_new(s, "epoch", json_integer((json_int_t)row->sample + 1));
    if (item) {
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            if ((value = json_object_get(item, kept[i]))) json_object_set(s, kept[i], (json_t *)value);
        return;
    }
    json_object_set_new(s, "input", own_input(x));
    if (x->choices && !x->hide) json_object_set(s, "choices", (json_t *)x->choices);
    json_t *target = exchange_target(row, x->choices);
    json_object_set_new(s, "target", target && !json_is_number(target) ? json_incref(target) : json_string(""));
    json_decref(target);
    json_t *labels = json_object_get(row->gold, "labels");
    json_object_set_new(s, "metadata", json_is_object(labels) ? json_incref(labels) : json_object());
}

static json_t *sample_json(const struct writer *w, const struct exchange_row *x) {
    const struct report_task *t = report_task_find(w->run, w->task);
    const json_t *log = x->hide ? NULL : json_object_get(x->row->evidence, "inspect");
    const char *key;
    json_t *s = json_object(), *messages = json_copy((json_t *)x->messages), *value;
    if (!s || !messages) return json_decref(s), json_decref(messages), NULL;
    put_item(w, x, s);
    bool failed = x->row->finish && strcmp(x->row->finish, "error") == 0;
    json_t *tail = json_object_get(log, "tail");
    if (tail)
        json_array_extend(messages, tail);
    else if (!failed)
        json_array_append_new(messages,
                              json_pack("{s:s s:s% s:s}", "role", "assistant", "content",
                                        x->answer.at ? x->answer.at : "", x->answer.len, "source", "generate"));
    json_object_set_new(s, "messages", messages);
    if (log)
        json_object_foreach((json_t *)log, key, value) if (strcmp(key, "tail") != 0) json_object_set(s, key, value);
    if (log) return s;
    set_new(s, "output",
            failed ? json_pack("{s:s s:[]}", "model", w->run->subject_spec, "choices")
                   : own_output(x, w->run->subject_spec));
    set_new(s, "scores", x->row->scored ? own_score(x, t && t->scorer ? t->scorer : "score") : json_object());
    set_new(s, "store", json_object());
    set_new(s, "model_usage", json_object());
    if (failed)
        set_new(s, "error",
                json_pack("{s:s s:s s:s}", "message", x->row->error ? x->row->error : "", "traceback", "",
                          "traceback_ansi", ""));
    return s;
}

static bool put_json(struct buffer *b, const json_t *value, struct error *err) {
    if (!value) return error_memory(err, "log");
    json_put(b, value, 0);
    return buffer_check(b, "log", err);
}

static bool put_summary(struct writer *w, const json_t *s, struct error *err) {
    static const char *const keys[] = {"id", "epoch", "input", "target", "metadata", "scores"};
    json_t *summary = json_object();
    for (size_t i = 0; summary && i < sizeof keys / sizeof *keys; i++)
        if (json_object_get(s, keys[i])) json_object_set(summary, keys[i], json_object_get(s, keys[i]));
    buffer_put_c(&w->summaries, w->samples ? ",\n" : "");
    bool ok = put_json(&w->summaries, summary, err);
    json_decref(summary);
    return ok;
}

/* Names of members: no slash may stand in the name of a sample. */
static bool put_member(struct writer *w, const struct exchange_row *x, const json_t *s, struct error *err) {
    struct buffer name;
    const json_t *id = json_object_get(s, "id");
    buffer_init(&name, 4096);
    buffer_put_c(&name, "samples/");
    if (json_is_integer(id)) buffer_printf(&name, "%lld", (long long)json_integer_value(id));
    struct text t = json_text(id);
    for (size_t i = 0; i < t.len; i++)
        buffer_put_char(&name, strchr("/\\:", t.at[i]) || (unsigned char)t.at[i] < 32 ? '_' : t.at[i]);
    buffer_printf(&name, "_epoch_%llu.json", (unsigned long long)x->row->sample + 1);
    bool ok = buffer_check(&name, "name of a sample", err) &&
              zip_put(&w->zip, buffer_text(&name), buffer_text(&w->one), ZIP_DEFLATED, err);
    buffer_done(&name);
    return ok;
}

static bool put_sample(void *context, const struct exchange_row *x, struct error *err) {
    struct writer *w = context;
    if (json_object_get(x->row->evidence, "of")) return true; /* another score of a sample that was written already */
    json_t *s = sample_json(w, x);
    buffer_clear(&w->one);
    bool ok = put_json(&w->one, s, err);
    if (ok && w->zipped)
        ok = put_summary(w, s, err) && put_member(w, x, s, err);
    else if (ok) {
        buffer_put_c(w->out, w->samples ? ",\n" : "\n");
        ok = buffer_put_text(w->out, buffer_text(&w->one)) || buffer_check(w->out, "log", err);
    }
    w->samples += ok;
    json_decref(s);
    return ok;
}

static bool put_samples(struct writer *w, struct error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < w->run->n_tasks; i++) {
        w->task = w->run->tasks[i].name;
        ok = exchange_rows(&w->data, w->run, w->task, w->options, put_sample, w, err);
    }
    return ok;
}

/* ---- the containers */

static bool write_json(struct writer *w, const json_t *header, struct error *err) {
    if (!put_json(w->out, header, err)) return false;
    w->out->at[--w->out->len] = 0; /* the closing brace: samples come before it */
    buffer_put_c(w->out, ",\"samples\":[");
    if (!put_samples(w, err)) return false;
    buffer_put_c(w->out, "]}\n");
    return buffer_check(w->out, "log", err);
}

static bool zip_json(struct writer *w, const char *name, const json_t *value, struct error *err) {
    buffer_clear(&w->one);
    return put_json(&w->one, value, err) && zip_put(&w->zip, text_of(name), buffer_text(&w->one), ZIP_DEFLATED, err);
}

static bool write_zip(struct writer *w, const json_t *header, struct error *err) {
    json_t *start = json_pack("{s:O s:O s:O*}", "version",
                              json_object_get(header, "version") ? json_object_get(header, "version") : json_null(),
                              "eval", json_object_get(header, "eval"), "plan", json_object_get(header, "plan"));
    zip_begin(&w->zip, w->out);
    buffer_put_c(&w->summaries, "[");
    bool ok = zip_json(w, "_journal/start.json", start, err) && put_samples(w, err);
    buffer_put_c(&w->summaries, "]");
    ok = ok && buffer_check(&w->summaries, "summaries", err) &&
         zip_put(&w->zip, TEXT("summaries.json"), buffer_text(&w->summaries), ZIP_DEFLATED, err) &&
         zip_json(w, "header.json", header, err);
    struct error second;
    if (!zip_end(&w->zip, ok ? err : &second)) ok = false;
    json_decref(start);
    return ok;
}

/* Further scores of an import are no samples of their own. */
static size_t own_tasks(const struct report_run *run) {
    size_t n = 0;
    for (size_t i = 0; i < run->n_tasks; i++) {
        bool part = false;
        for (size_t j = 0; j < run->n_tasks && !part; j++) {
            size_t len = strlen(run->tasks[j].name);
            part = run->tasks[i].scorer && strcmp(run->tasks[i].scorer, "recorded") == 0 &&
                   strncmp(run->tasks[i].name, run->tasks[j].name, len) == 0 && run->tasks[i].name[len] == '/';
        }
        n += !part;
    }
    return n;
}

bool report_write_inspect(struct record *record, const char *const *runs, size_t n,
                          const struct report_options *options, struct buffer *out, struct error *err) {
    struct writer w = {
        .options = options, .out = out, .zipped = options->file && text_ends(text_of(options->file), TEXT(".eval"))};
    buffer_init(&w.one, (size_t)512 << 20);
    buffer_init(&w.summaries, (size_t)512 << 20);
    bool ok = exchange_load(&w.data, record, runs, n, "inspect", err);
    w.run = w.data.runs;
    w.several = ok && own_tasks(w.run) > 1;
    json_t *header = ok ? make_header(&w, err) : NULL;
    ok = header && (w.zipped ? write_zip(&w, header, err) : write_json(&w, header, err));
    json_decref(header);
    buffer_done(&w.one);
    buffer_done(&w.summaries);
    report_data_done(&w.data);
    return ok;
}
