/* Results and samples of lm-evaluation-harness: results.json with "metric,filter" and its standard error for each task;
 * where the file is to be called .jsonl, the samples, a line each, with what was asked, what came back and the score.
 * Metrics have the names they have here; n, interval and method stand beside them under names of our own. */
#include "report/exchange.h"
#include "report/formats.h"

#include "base/hash.h"

#include <math.h>
#include <string.h>

struct writer {
    struct report_data data;
    const struct report_run *run;
    const struct report_options *options;
    struct buffer *out;
    uint64_t doc; /* items of the task so far */
};

static void set(json_t *object, const char *key, json_t *value) {
    if (value) json_object_set_new(object, key, value);
}

/* ---- results */

static json_t *figure_json_of(const struct figure *f) {
    return json_pack("{s:I s:o s:o s:s s:s}", "n", (json_int_t)f->n, "lo", json_from_f64(f->lo), "hi",
                     json_from_f64(f->hi), "method", f->method ? f->method : "", "unit", f->unit ? f->unit : "");
}

static json_t *task_results(const struct writer *w, const char *task, json_t *higher, json_t *intervals) {
    json_t *results = json_pack("{s:s}", "alias", task);
    for (size_t i = 0; results && i < w->run->n_figures; i++) {
        const struct figure *f = &w->run->figures[i];
        char name[256];
        if (strcmp(f->task, task) != 0 || f->group[0] || isnan(f->value) || strcmp(f->name, "errors") == 0) continue;
        double error = exchange_stderr(f, w->run->confidence);
        snprintf(name, sizeof name, "%.200s,none", f->name);
        set(results, name, json_from_f64(f->value));
        snprintf(name, sizeof name, "%.200s_stderr,none", f->name);
        set(results, name, isnan(error) ? json_string("N/A") : json_from_f64(error));
        if (f->direction && strcmp(f->direction, "none") != 0)
            set(higher, f->name, json_boolean(strcmp(f->direction, "up") == 0));
        set(intervals, f->name, figure_json_of(f));
    }
    return results;
}

static const json_t *task_config(const struct writer *w, const char *task) {
    const json_t *tasks = json_object_get(json_object_get(w->run->json, "config"), "tasks");
    for (size_t i = 0; i < json_array_size(tasks); i++)
        if (text_equal_c(json_text(json_object_get(json_array_get(tasks, i), "task")), task))
            return json_array_get(tasks, i);
    return NULL;
}

static bool put_results(struct writer *w, struct error *err) {
    const struct report_run *run = w->run;
    json_t *results = json_object(), *versions = json_object(), *higher = json_object(), *counts = json_object(),
           *configs = json_object(), *shots = json_object(), *intervals = json_object(), *groups = json_object();
    const json_t *few = json_object_get(json_object_get(run->json, "config"), "few_shot");
    for (size_t i = 0; i < run->n_tasks; i++) {
        const char *task = run->tasks[i].name;
        json_t *up = json_object(), *detail = json_object();
        set(results, task, task_results(w, task, up, detail));
        set(versions, task, json_string(run->build));
        set(higher, task, up);
        set(intervals, task, detail);
        set(groups, task, json_array());
        set(shots, task, json_integer(json_integer_value(few) > 0 ? json_integer_value(few) : 0));
        set(counts, task,
            json_pack("{s:I s:I}", "original", (json_int_t)run->tasks[i].items, "effective",
                      (json_int_t)run->tasks[i].items));
        const json_t *config = task_config(w, task);
        set(configs, task, config ? json_incref((json_t *)config) : json_object());
    }
    json_t *all = json_pack("{s:o s:o s:o s:o s:o s:o s:o s:o s:{s:s s:I} s:s s:o s:o}", "results", results,
                            "group_subtasks", groups, "configs", configs, "versions", versions, "n-shot", shots,
                            "higher_is_better", higher, "n-samples", counts, "intervals", intervals, "config", "model",
                            run->subject_spec, "random_seed", (json_int_t)run->seed, "model_name", run->subject_spec,
                            "start_time", exchange_time(run->started_ns), "end_time", exchange_time(run->ended_ns));
    if (!all) return error_memory(err, "results");
    json_put(w->out, all, 2);
    json_decref(all);
    buffer_put_char(w->out, '\n');
    return buffer_check(w->out, "results", err);
}

/* ---- samples */

static json_t *hash_of(struct text t) {
    char hex[HASH_HEX];
    sha256_hex(t.at ? t.at : "", t.len, hex);
    return json_string(hex);
}

/* {"gen_args_0": {"arg_0": context, "arg_1": continuation or settings}, ...} */
static json_t *arguments_of(const struct exchange_row *x) {
    json_t *all = json_object();
    size_t n = json_array_size(x->choices);
    for (size_t i = 0; all && i < (n ? n : 1); i++) {
        char key[32];
        const json_t *stop = json_object_get(x->row->want, "stop");
        json_t *second = n ? json_incref(json_array_get(x->choices, i))
                           : json_pack("{s:o}", "until", stop ? json_incref((json_t *)stop) : json_array());
        snprintf(key, sizeof key, "gen_args_%zu", i);
        set(all, key, json_pack("{s:o s:o}", "arg_0", json_from_text(x->prompt), "arg_1", second));
    }
    return all;
}

static json_t *likelihood(const json_t *choice) {
    const json_t *v = json_object_get(choice, "logprob"), *greedy = json_object_get(choice, "greedy");
    return json_pack("[o, b]", v ? json_incref((json_t *)v) : json_null(), json_is_true(greedy));
}

static void set_answers(const struct exchange_row *x, json_t *row) {
    json_t *resps = json_array(), *filtered = json_array();
    size_t n = json_array_size(x->choices);
    for (size_t i = 0; i < n; i++) {
        const json_t *choice = json_array_get(x->row->logprobs, i);
        json_array_append_new(resps, json_pack("[o]", likelihood(choice)));
        json_array_append_new(filtered, likelihood(choice));
    }
    if (!n) {
        json_array_append_new(resps, json_pack("[o]", json_from_text(x->answer)));
        json_array_append_new(filtered, json_from_text(x->answer));
    }
    set(row, "resps", resps);
    set(row, "filtered_resps", filtered);
}

/* The parts of the score that are figures of the task; where none is, the score itself. */
static void set_metrics(const struct writer *w, const struct exchange_row *x, json_t *row) {
    json_t *names = json_array();
    for (size_t i = 0; i < w->run->n_figures; i++) {
        const struct figure *f = &w->run->figures[i];
        const json_t *value = json_object_get(x->row->evidence, f->name);
        if (!text_equal_c(x->row->task, f->task) || f->group[0] || !json_is_number(value) ||
            json_object_get(row, f->name))
            continue;
        json_array_append_new(names, json_string(f->name));
        json_object_set(row, f->name, (json_t *)value);
    }
    if (!json_array_size(names) && !isnan(x->row->value)) {
        json_array_append_new(names, json_string("score"));
        set(row, "score", json_from_f64(x->row->value));
    }
    set(row, "metrics", names);
}

/* A row that came in from such a file goes out as it was. */
static bool set_kept(const struct exchange_row *x, json_t *row) {
    const json_t *log = x->hide ? NULL : json_object_get(x->row->evidence, "lm-eval"),
                 *item = json_object_get(x->row->gold, "item");
    const char *key;
    json_t *value;
    if (!log) return false;
    json_object_foreach((json_t *)item, key, value) json_object_set(row, key, value);
    json_object_foreach((json_t *)log, key, value) json_object_set(row, key, value);
    return true;
}

static json_t *doc_of(const struct exchange_row *x) {
    const json_t *labels = json_object_get(x->row->gold, "labels");
    return json_pack("{s:o s:o s:o*}", "id", json_from_text(x->row->item_id), "prompt", json_from_text(x->prompt),
                     "labels", labels ? json_incref((json_t *)labels) : NULL);
}

static json_t *sample_json(struct writer *w, const struct exchange_row *x) {
    json_t *row = json_pack("{s:o}", "task", json_from_text(x->row->task)),
           *target = exchange_target(x->row, x->choices);
    if (row && !set_kept(x, row)) {
        const json_t *index = json_object_get(x->row->gold, "index");
        set(row, "doc_id", json_integer((json_int_t)w->doc));
        set(row, "doc", doc_of(x));
        set(row, "target",
            index && x->choices ? json_incref((json_t *)index)
            : target            ? json_incref(target)
                                : json_string(""));
        set(row, "arguments", arguments_of(x));
        set_answers(x, row);
        set(row, "filter", json_string(x->row->sample ? "repeat" : "none"));
        set(row, "doc_hash", hash_of(text_of(x->row->item)));
        set(row, "prompt_hash", hash_of(x->prompt));
        set(row, "target_hash", hash_of(json_text(target)));
        set_metrics(w, x, row);
    }
    json_decref(target);
    return row;
}

static bool put_sample(void *context, const struct exchange_row *x, struct error *err) {
    struct writer *w = context;
    if (json_object_get(x->row->evidence, "of") || x->row->sample) return true; /* the first answer to each item */
    if (x->row->finish && strcmp(x->row->finish, "error") == 0) return true;
    json_t *row = sample_json(w, x);
    w->doc++;
    if (!row) return error_memory(err, "sample");
    json_put(w->out, row, 0);
    buffer_put_char(w->out, '\n');
    json_decref(row);
    return buffer_check(w->out, "samples", err);
}

static bool put_samples(struct writer *w, struct error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < w->run->n_tasks; i++) {
        w->doc = 0;
        ok = exchange_rows(&w->data, w->run, w->run->tasks[i].name, w->options, put_sample, w, err);
    }
    return ok;
}

bool report_write_lm_eval(struct record *record, const char *const *runs, size_t n,
                          const struct report_options *options, struct buffer *out, struct error *err) {
    struct writer w = {.options = options, .out = out};
    bool ok = exchange_load(&w.data, record, runs, n, "lm-eval", err);
    w.run = w.data.runs;
    bool samples = options->file && text_ends(text_of(options->file), TEXT(".jsonl"));
    ok = ok && (samples ? put_samples(&w, err) : put_results(&w, err));
    report_data_done(&w.data);
    return ok;
}
