/* Verifying a run from its record alone: the links of the chain, the digest of every answered sample, every figure, and
 * (run_verify_rows.c) what was asked. */
#include "measure/run/run_verify_internal.h"

#include <string.h>

bool verify_differs(const struct verifier *v, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA,
                     "record '%s': %s '%.*s' is not what its evidence was made from; it was changed after "
                     "the run",
                     record_path(v->record), what, TEXT_ARG(buffer_text(&v->ref)));
}

bool verify_digest(struct verifier *v, const char *what, const char *digest, struct error *err) {
    char newest[HASH_HEX];
    if (!buffer_check(&v->ref, "evidence", err) ||
        !record_evidence_find(v->record, v->run, buffer_text(&v->ref), newest, err) ||
        !verify_see(&v->seen, buffer_text(&v->ref), err))
        return false;
    return strcmp(newest, digest) == 0 || verify_differs(v, what, err);
}

/* A sample without a score, in a run that is done, is one that failed: an earlier step of a chain of asks had no
 * answer. */
static bool check_row(void *context, const struct record_row *row, struct error *err) {
    struct verifier *v = context;
    char digest[HASH_HEX];
    struct record_row told = *row;
    bool failed = row->finish && strcmp(row->finish, "error") == 0;
    if (!v->done && (row->answer == 0 || (!row->scored && !failed)))
        return true; /* an interrupted run has not come this far */
    if (row->answer == 0 || !row->scored) told.finish = "error";
    buffer_clear(&v->ref);
    evidence_ref(&v->ref, row->task, row->item_id, row->sample);
    if (!evidence_digest(&told, v->subject, v->scorer, digest, err) || !verify_digest(v, "answer", digest, err))
        return false;
    v->verdict->answers += row->answer != 0;
    return true;
}

/* Figures as they stand in their table: those of the chain, and as many of the task as were computed again. */
static bool check_stored(struct verifier *v, const char *task, size_t n, struct error *err) {
    json_t *stored = record_figures_json(v->record, v->run, err);
    bool ok = stored != NULL;
    size_t found = 0;
    for (size_t i = 0; ok && i < json_array_size(stored); i++) {
        const json_t *f = json_array_get(stored, i);
        char digest[HASH_HEX];
        if (task && !text_equal_c(json_text(json_object_get(f, "task")), task)) continue;
        buffer_clear(&v->ref);
        figure_json_ref(&v->ref, f);
        ok = json_digest(f, digest, err) && verify_digest(v, "figure", digest, err);
        found++;
    }
    if (ok && task && found != n)
        ok = error_set(err, ERROR_DATA, "record '%s': task '%s' has %zu figures, its answers give %zu; some were added "
                       "or taken away after the run", record_path(v->record), task, found, n);
    json_decref(stored);
    return ok;
}

static bool check_figures(struct verifier *v, const struct task *task, const struct figure_settings *settings,
                          struct error *err) {
    struct arena arena;
    struct figure *figures;
    size_t n = 0;
    arena_init(&arena, (size_t)256 << 20);
    bool ok = run_task_figures(v->record, v->run, task, settings, &arena, &figures, &n, err);
    for (size_t i = 0; ok && i < n; i++) {
        char digest[HASH_HEX];
        buffer_clear(&v->ref);
        figure_ref(&v->ref, &figures[i]);
        ok = figure_digest(&figures[i], digest, err) && verify_digest(v, "figure", digest, err);
        v->verdict->figures += ok;
    }
    ok = ok && check_stored(v, task_name(task), n, err);
    arena_done(&arena);
    return ok;
}

static bool check_task(struct verifier *v, const json_t *config, const json_t *task_config, struct error *err) {
    struct figure_settings figures = run_stored_figures(config);
    struct task *task = run_stored_task(config, task_config, record_path(v->record), err);
    if (!task) return false;
    v->scorer = task_scorer(task)->name;
    bool ok = verify_plan(v, text_of(task_name(task)), err) &&
              record_rows(v->record, v->run, text_of(task_name(task)), v->scorer, 0, check_row, v, err) &&
              (!v->done || check_figures(v, task, &figures, err));
    task_free(task);
    return ok;
}

bool run_verify(struct record *record, const char *name, struct run_verdict *verdict, struct error *err) {
    memset(verdict, 0, sizeof *verdict);
    json_t *run = record_run_json(record, name, err);
    if (!run) return false;
    const json_t *config = json_object_get(run, "config"), *tasks = json_object_get(config, "tasks");
    struct verifier v = {.record = record, .run = json_integer_value(json_object_get(run, "id")), .verdict = verdict,
                         .name = json_string_value(json_object_get(run, "name")),
                         .subject = json_string_value(json_object_get(json_object_get(run, "subject"), "digest")),
                         .done = text_equal_c(json_text(json_object_get(run, "state")), "done")};
    buffer_init(&v.ref, 1 << 16);
    bool ok = v.subject && v.name && json_is_array(tasks);
    if (!ok) error_set(err, ERROR_DATA, "record '%s': the settings of the run cannot be read", record_path(record));
    ok = ok && record_chain_verify(record, v.run, &verdict->entries, verdict->chain, err) && verify_run(&v, run, err) &&
         verify_tasks(&v, tasks, err);
    for (size_t i = 0; ok && i < json_array_size(tasks); i++)
        ok = check_task(&v, config, json_array_get(tasks, i), err);
    ok = ok && check_stored(&v, NULL, 0, err) && verify_labels(&v, err) && verify_nothing_else(&v, err) &&
         verify_comparisons(&v, err);
    buffer_done(&v.ref);
    memory_free(v.seen.slots);
    json_decref(run);
    return ok;
}
