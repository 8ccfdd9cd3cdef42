/* From scored samples in a record to figures: the same path for a run, a report and a verification. */
#include "measure/run/run_internal.h"

static bool add_row(void *context, const struct record_row *row, struct error *err) {
    return tally_add(context, row, err);
}

bool run_task_figures(struct record *record, int64_t run, const struct task *task,
                      const struct figure_settings *settings, struct arena *arena, struct figure **out, size_t *n,
                      struct error *err) {
    struct tally *tally = tally_new(task, settings, err);
    if (!tally) return false;
    bool ok = record_rows(record, run, text_of(task_name(task)), task_scorer(task)->name, 0, add_row, tally, err) &&
              tally_figures(tally, arena, out, n, err);
    tally_free(tally);
    return ok;
}

static bool is_among(const json_t *stored, const struct figure *figures, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(json_text(json_object_get(stored, "name")), figures[i].name) &&
            text_equal_c(json_text(json_object_get(stored, "group")), figures[i].group))
            return true;
    return false;
}

/* Figures that the task had and has no more (a label of a person may take one away) are told to the chain. */
static bool chain_gone(struct record *record, int64_t run, const char *task, const struct figure *figures, size_t n,
                       struct error *err) {
    char digest[HASH_HEX];
    struct buffer ref;
    json_t *stored = record_figures_json(record, run, err);
    bool ok = stored && evidence_gone_digest(digest, err);
    buffer_init(&ref, 1 << 16);
    for (size_t i = 0; ok && i < json_array_size(stored); i++) {
        const json_t *f = json_array_get(stored, i);
        if (!text_equal_c(json_text(json_object_get(f, "task")), task) || is_among(f, figures, n)) continue;
        buffer_clear(&ref);
        figure_json_ref(&ref, f);
        ok = buffer_check(&ref, "figure", err) &&
             record_evidence_append(record, run, "figure", buffer_text(&ref), digest, err);
    }
    buffer_done(&ref);
    json_decref(stored);
    return ok;
}

bool run_put_figures(struct record *record, int64_t run, const struct task *task, const struct figure *figures,
                     size_t n, struct error *err) {
    struct buffer ref;
    buffer_init(&ref, 1 << 16);
    bool ok = record_begin(record, err) && chain_gone(record, run, task_name(task), figures, n, err) &&
              record_clear_figures(record, run, text_of(task_name(task)), err);
    for (size_t i = 0; ok && i < n; i++) {
        char digest[HASH_HEX];
        buffer_clear(&ref);
        figure_ref(&ref, &figures[i]);
        ok = record_put_figure(record, run, &figures[i], err) && figure_digest(&figures[i], digest, err) &&
             buffer_check(&ref, "figure", err) &&
             record_evidence_append(record, run, "figure", buffer_text(&ref), digest, err);
    }
    ok = ok && record_commit(record, err);
    if (!ok) record_rollback(record);
    buffer_done(&ref);
    return ok;
}

struct figure_settings run_stored_figures(const json_t *config) {
    return (struct figure_settings){.confidence = json_number_value(json_object_get(config, "confidence")),
                                    .bootstrap = (uint64_t)json_integer_value(json_object_get(config, "bootstrap")),
                                    .seed = (uint64_t)json_integer_value(json_object_get(config, "seed")),
                                    .group = json_string_value(json_object_get(config, "group")),
                                    .always_valid = json_object_get(config, "sequential") != NULL};
}

/* "agree,tau=0.5", as --method has it, from {"name": "agree", "tau": 0.5}. */
static bool put_method(struct buffer *out, const json_t *method, struct error *err) {
    const char *key;
    json_t *value;
    buffer_put_c(out, json_string_value(json_object_get(method, "name")));
    json_object_foreach((json_t *)method, key, value) {
        if (!json_is_number(value)) continue;
        buffer_printf(out, ",%s=", key);
        buffer_put_f64(out, json_number_value(value));
    }
    return buffer_check(out, "method", err);
}

struct task *run_stored_task(const json_t *config, const json_t *task_config, const char *where, struct error *err) {
    struct task_settings settings = {.path = ".", .seed = (uint64_t)json_integer_value(json_object_get(config, "seed")),
                                     .limit = (uint64_t)json_integer_value(json_object_get(config, "limit")),
                                     .few_shot = (int)json_integer_value(json_object_get(config, "few_shot")),
                                     .compat = json_is_true(json_object_get(task_config, "compat")),
                                     .judge = json_string_value(json_object_get(task_config, "judge"))};
    const json_t *source = json_object_get(task_config, "source"), *name = json_object_get(task_config, "name");
    const json_t *method = json_object_get(task_config, "method");
    if (!json_is_string(source) || !json_is_string(name))
        return error_set(err, ERROR_DATA, "record '%s': the settings of the run name no task", where), NULL;
    struct buffer spec;
    buffer_init(&spec, 1 << 16);
    bool ok = !json_is_string(json_object_get(method, "name")) || put_method(&spec, method, err);
    settings.method = spec.at;
    struct task *task = ok ? task_parse(json_text(source), json_string_value(name), &settings, err) : NULL;
    buffer_done(&spec);
    return task;
}

json_t *run_config(const struct suite *suite, const struct run_settings *settings, struct error *err) {
    const struct figure_settings *f = &settings->figures;
    json_t *tasks = json_array();
    for (size_t i = 0; tasks && i < suite->n_tasks; i++)
        if (json_array_append_new(tasks, task_config_json(suite->tasks[i])) != 0) {
            json_decref(tasks);
            tasks = NULL;
        }
    json_t *config = json_pack("{s:I s:I s:i s:I s:o s:I s:s? s:o}", "seed", (json_int_t)settings->seed, "limit",
                               (json_int_t)settings->limit, "few_shot", settings->few_shot, "samples",
                               (json_int_t)settings->samples, "confidence", json_from_f64(f->confidence), "bootstrap",
                               (json_int_t)f->bootstrap, "group", f->group, "tasks", tasks);
    if (config && json_array_size(suite->bands) && json_object_set(config, "bands", suite->bands) != 0) {
        json_decref(config);
        config = NULL;
    }
    if (config && settings->sequential) /* absent otherwise, so that older runs are found again */
        json_object_set_new(config, "sequential", json_string(settings->gate_source ? settings->gate_source : ""));
    if (!config) error_memory(err, "settings of the run");
    return config;
}
