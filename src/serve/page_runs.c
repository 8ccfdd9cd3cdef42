/* Runs and their figures. */
#include "base/file.h"
#include "record/browse.h"
#include "serve/page_parts.h"

#include <string.h>

enum { RUNS_MOST = 500, PLANS_KEPT = 2000, FIGURE_RUNS_MOST = 64 };

json_t *page_about(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    const struct page_settings *s = page->settings;
    const char *slash = strrchr(s->record, '/');
    (void)ask, (void)err;
    return json_pack("{s:s s:o s:b s:b s:b s:b}", "version", BASANITE_VERSION, "record",
                     json_from_text(text_of(slash ? slash + 1 : s->record)), "there", file_exists(s->record), "cases",
                     s->cases != NULL, "policies", s->policies != NULL, "trainings", s->trainings != NULL);
}

/* Long members of a run that a list does not show. */
static void shorten(json_t *run) {
    json_object_del(run, "config");
    json_object_del(json_object_get(run, "subject"), "files");
    json_object_del(json_object_get(run, "subject"), "template");
    json_object_del(json_object_get(run, "subject"), "tokenizer");
}

/* Of a run that nobody writes the plan stays as it is: it is counted once, not each time that somebody looks. */
static json_t *plan_of(struct page_app *page, struct record *record, const json_t *run, bool running,
                       struct error *err) {
    json_int_t id = json_integer_value(json_object_get(run, "id"));
    char key[100];
    snprintf(key, sizeof key, "%lld/%lld/%lld", (long long)id,
             (long long)json_integer_value(json_object_get(run, "started")),
             (long long)json_integer_value(json_object_get(run, "ended")));
    pthread_mutex_lock(&page->lock);
    json_t *plan = running ? NULL : json_deep_copy(json_object_get(page->plans, key));
    pthread_mutex_unlock(&page->lock);
    if (plan || !(plan = record_plan_json(record, id, err)) || running) return plan;
    pthread_mutex_lock(&page->lock);
    if (json_object_size(page->plans) >= PLANS_KEPT) json_object_clear(page->plans);
    json_object_set_new(page->plans, key, json_deep_copy(plan));
    pthread_mutex_unlock(&page->lock);
    return plan;
}

/* A run counts as running while a process holds it. */
static bool add_progress(struct page_app *page, struct record *record, json_t *run, struct error *err) {
    int64_t id = json_integer_value(json_object_get(run, "id"));
    bool running = strcmp(json_string_value(json_object_get(run, "state")) ?: "", "running") == 0;
    uint64_t answered, failed;
    json_t *plan = plan_of(page, record, run, running, err);
    if (!plan || json_object_set_new(run, "plan", plan) != 0) return false;
    if (!running) return true;
    if (!record_run_writer(record, id)) json_object_set_new(run, "state", json_string("broken off"));
    if (!record_progress(record, id, &answered, &failed, err)) return false;
    json_object_set_new(run, "answered", json_integer((json_int_t)answered));
    json_object_set_new(run, "failed", json_integer((json_int_t)failed));
    return true;
}

static json_t *list_runs(struct page_app *page, struct record *record, struct error *err) {
    json_t *runs = record_runs_json(record, err);
    while (runs && json_array_size(runs) > RUNS_MOST) json_array_remove(runs, json_array_size(runs) - 1);
    for (size_t i = 0; runs && i < json_array_size(runs); i++) {
        json_t *run = json_array_get(runs, i);
        shorten(run);
        if (!add_progress(page, record, run, err)) return json_decref(runs), NULL;
    }
    return runs;
}

/* A record that is not there yet has no runs. */
json_t *page_runs(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct error why;
    (void)ask;
    if (!file_exists(page->settings->record)) return json_array();
    error_clear(&why);
    struct record *record = page_take_record(page, &why);
    json_t *runs = record ? list_runs(page, record, &why) : NULL;
    page_give_record(page, record);
    if (!runs) api_refuse_for(err, NULL, &why);
    return runs;
}

json_t *page_run_of(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct error why;
    struct text name;
    if (!page_ask_needs(ask, "run", &name, err)) return NULL;
    error_clear(&why);
    struct record *record = page_take_record(page, &why);
    json_t *run = record ? page_named_run(record, name, ask->arena, err) : NULL;
    if (record && run && !add_progress(page, record, run, &why)) {
        json_decref(run);
        run = NULL;
    }
    page_give_record(page, record);
    if (!run && why.kind != ERROR_NONE) api_refuse_for(err, NULL, &why);
    return run;
}

/* {"run", "state", "subject", "figures"} */
static json_t *figures_of(struct record *record, struct text name, struct arena *arena, struct api_error *err) {
    struct error why;
    json_t *run = page_named_run(record, name, arena, err);
    if (!run) return NULL;
    error_clear(&why);
    json_t *figures = record_figures_json(record, json_integer_value(json_object_get(run, "id")), &why);
    if (!figures) api_refuse_for(err, NULL, &why);
    json_t *out = figures ? json_pack("{s:O s:O s:O s:O s:o}", "run", json_object_get(run, "name"), "state",
                                      json_object_get(run, "state"), "suite", json_object_get(run, "suite"), "subject",
                                      json_object_get(json_object_get(run, "subject"), "name"), "figures", figures)
                          : NULL;
    json_decref(run);
    return out;
}

/* Of each argument `run`. */
json_t *page_figures(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct error why;
    struct text name;
    if (!page_ask_needs(ask, "run", &name, err)) return NULL;
    struct record *record = page_take_record(page, &why);
    if (!record) return api_refuse_for(err, NULL, &why), NULL;
    json_t *out = json_array();
    for (size_t i = 0; out && i < FIGURE_RUNS_MOST && (name = page_ask_nth(ask, "run", i)).len; i++) {
        json_t *one = figures_of(record, name, ask->arena, err);
        if (!one || json_array_append_new(out, one) != 0) {
            json_decref(out);
            out = NULL;
        }
    }
    page_give_record(page, record);
    return out;
}
