/* Verifying a run from its record alone: the links of the chain, the digest of every answered sample, every figure. */
#include "measure/run/run_internal.h"

#include <string.h>

struct verifier {
    struct record *record;
    int64_t run;
    const char *subject, *scorer;
    struct run_verdict *verdict;
    struct buffer ref;
};

static bool differs(const struct verifier *v, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA,
                     "record '%s': %s '%.*s' is not what its evidence was made from; it was changed after "
                     "the run",
                     record_path(v->record), what, TEXT_ARG(buffer_text(&v->ref)));
}

static bool check_digest(struct verifier *v, const char *what, const char *digest, struct error *err) {
    char newest[HASH_HEX];
    if (!buffer_check(&v->ref, "evidence", err) ||
        !record_evidence_find(v->record, v->run, buffer_text(&v->ref), newest, err))
        return false;
    return strcmp(newest, digest) == 0 || differs(v, what, err);
}

static bool check_row(void *context, const struct record_row *row, struct error *err) {
    struct verifier *v = context;
    char digest[HASH_HEX];
    bool failed = row->finish && strcmp(row->finish, "error") == 0;
    if (row->answer == 0 || (!row->scored && !failed)) return true; /* an interrupted run has not come this far */
    buffer_clear(&v->ref);
    evidence_ref(&v->ref, row->task, row->item_id, row->sample);
    if (!evidence_digest(row, v->subject, v->scorer, digest, err) || !check_digest(v, "answer", digest, err))
        return false;
    v->verdict->answers++;
    return true;
}

static bool check_figures(struct verifier *v, const struct task *task, const struct figure_settings *settings,
                          struct error *err) {
    struct arena arena;
    struct figure *figures;
    size_t n;
    arena_init(&arena, (size_t)256 << 20);
    bool ok = run_task_figures(v->record, v->run, task, settings, &arena, &figures, &n, err);
    for (size_t i = 0; ok && i < n; i++) {
        char digest[HASH_HEX];
        buffer_clear(&v->ref);
        figure_ref(&v->ref, &figures[i]);
        ok = figure_digest(&figures[i], digest, err) && check_digest(v, "figure", digest, err);
        v->verdict->figures += ok;
    }
    arena_done(&arena);
    return ok;
}

static bool check_task(struct verifier *v, const json_t *config, const json_t *task_config, bool done,
                       struct error *err) {
    struct figure_settings figures = run_stored_figures(config);
    struct task *task = run_stored_task(config, task_config, record_path(v->record), err);
    if (!task) return false;
    v->scorer = task_scorer(task)->name;
    bool ok = record_rows(v->record, v->run, text_of(task_name(task)), v->scorer, 0, check_row, v, err) &&
              (!done || check_figures(v, task, &figures, err));
    task_free(task);
    return ok;
}

/* Figures as they stand in their table must be those of the chain, too. */
static bool check_stored_figures(struct verifier *v, struct error *err) {
    json_t *stored = record_figures_json(v->record, v->run, err);
    bool ok = stored != NULL;
    for (size_t i = 0; ok && i < json_array_size(stored); i++) {
        const json_t *f = json_array_get(stored, i);
        char digest[HASH_HEX];
        buffer_clear(&v->ref);
        buffer_printf(&v->ref, "%s#%s#%s", json_string_value(json_object_get(f, "task")),
                      json_string_value(json_object_get(f, "name")), json_string_value(json_object_get(f, "group")));
        ok = json_digest(f, digest, err) && check_digest(v, "figure", digest, err);
    }
    json_decref(stored);
    return ok;
}

bool run_verify(struct record *record, const char *name, struct run_verdict *verdict, struct error *err) {
    memset(verdict, 0, sizeof *verdict);
    json_t *run = record_run_json(record, name, err);
    if (!run) return false;
    const json_t *config = json_object_get(run, "config"), *tasks = json_object_get(config, "tasks");
    struct verifier v = {.record = record, .run = json_integer_value(json_object_get(run, "id")), .verdict = verdict,
                         .subject = json_string_value(json_object_get(json_object_get(run, "subject"), "digest"))};
    bool done = text_equal_c(json_text(json_object_get(run, "state")), "done");
    buffer_init(&v.ref, 1 << 16);
    bool ok = v.subject && json_is_array(tasks);
    if (!ok) error_set(err, ERROR_DATA, "record '%s': the settings of the run cannot be read", record_path(record));
    ok = ok && record_chain_verify(record, v.run, &verdict->entries, verdict->chain, err);
    for (size_t i = 0; ok && i < json_array_size(tasks); i++)
        ok = check_task(&v, config, json_array_get(tasks, i), done, err);
    ok = ok && check_stored_figures(&v, err);
    buffer_done(&v.ref);
    json_decref(run);
    return ok;
}
