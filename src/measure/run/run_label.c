/* Labels of people for answers of a run: kept, chained, and the figures computed again. */
#include "measure/run/run_internal.h"

#include "base/file.h"
#include "measure/task/detector.h"
#include "record/evidence_rows.h"

#include <string.h>

static bool chain_label(struct record *record, int64_t run, struct text task, struct record_label label,
                        struct error *err) {
    struct buffer ref;
    char digest[HASH_HEX];
    buffer_init(&ref, 1 << 16);
    label.task = task;
    record_label_ref(&ref, &label);
    bool ok = record_label_digest(&label, digest, err) && buffer_check(&ref, "label", err) &&
              record_evidence_append(record, run, "label", buffer_text(&ref), digest, err);
    buffer_done(&ref);
    return ok;
}

static bool put_labels(struct record *record, int64_t run, const struct record_label *labels, size_t n,
                       struct arena *arena, struct error *err) {
    if (!record_begin(record, err)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        struct text task;
        if (detector_label_of(labels[i].label) == DETECTOR_UNLABELLED)
            ok = error_set(err, ERROR_DATA,
                           "item '%.*s': label '%.*s': expected yes, no, partial, or such a word (refusal, "
                           "compliance, correct, wrong)",
                           TEXT_ARG(labels[i].item), TEXT_ARG(labels[i].label));
        ok = ok && record_put_label(record, run, &labels[i], arena, &task, err) &&
             chain_label(record, run, task, labels[i], err);
    }
    ok = ok && record_commit(record, err);
    if (!ok) record_rollback(record);
    return ok;
}

/* The figures of all tasks of a run that is done, computed again with what people say. */
static bool figure_again(struct record *record, const json_t *run, struct arena *arena, struct error *err) {
    const json_t *config = json_object_get(run, "config"), *tasks = json_object_get(config, "tasks");
    struct figure_settings settings = run_stored_figures(config);
    int64_t id = json_integer_value(json_object_get(run, "id"));
    if (strcmp(json_string_value(json_object_get(run, "state")), "done") != 0)
        return true; /* the run makes them when it ends */
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        struct figure *figures;
        size_t n;
        struct task *task = run_stored_task(config, json_array_get(tasks, i), record_path(record), err);
        bool ok = task && run_task_figures(record, id, task, &settings, arena, &figures, &n, err) &&
                  run_put_figures(record, id, task, figures, n, err);
        task_free(task);
        if (!ok) return false;
    }
    return true;
}

bool run_label(struct record *record, const char *name, const struct record_label *labels, size_t n,
               struct error *err) {
    json_t *run = record_run_json(record, name, err);
    if (!run) return false;
    struct arena arena;
    arena_init(&arena, (size_t)256 << 20);
    bool ok = put_labels(record, json_integer_value(json_object_get(run, "id")), labels, n, &arena, err) &&
              figure_again(record, run, &arena, err);
    arena_done(&arena);
    json_decref(run);
    return ok;
}

/* ---- labels from a file ---- */

enum { LABELS_MOST = 1000000, LINE_MOST = 1 << 20 };

static bool text_member(const json_t *row, const char *key, const char *file, size_t line, bool must,
                        struct arena *arena, struct text *out, struct error *err) {
    const json_t *value = json_object_get(row, key);
    struct json_place place = {file, line, ""};
    *out = TEXT("");
    if (!value && !must) return true;
    if (!json_is_string(value)) return json_mismatch(value, key, place, "a text", err);
    char *copy = text_copy(arena, json_text(value), err);
    *out = (struct text){copy, json_text(value).len};
    return copy != NULL;
}

static bool read_label(const json_t *row, const char *file, size_t line, struct arena *arena, struct record_label *out,
                       struct error *err) {
    const json_t *sample = json_object_get(row, "sample");
    *out = (struct record_label){0};
    if (sample && !(json_is_integer(sample) && json_integer_value(sample) >= 0))
        return json_mismatch(sample, "sample", (struct json_place){file, line, ""}, "a whole number from 0", err);
    out->sample = (uint64_t)json_integer_value(sample);
    return text_member(row, "item", file, line, true, arena, &out->item, err) &&
           text_member(row, "label", file, line, true, arena, &out->label, err) &&
           text_member(row, "task", file, line, false, arena, &out->task, err) &&
           text_member(row, "who", file, line, false, arena, &out->who, err) &&
           text_member(row, "why", file, line, false, arena, &out->why, err);
}

bool run_labels_read(const char *path, struct arena *arena, struct record_label **out, size_t *n, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    struct record_label *all = NULL;
    size_t capacity = 0, line;
    json_t *row = NULL;
    int state = lines ? 1 : -1;
    *n = 0;
    while (state == 1 && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        if (*n == capacity) {
            struct record_label *grown =
                capacity < LABELS_MOST ? arena_new(arena, struct record_label, 2 * capacity + 64, err) : NULL;
            if (!grown && capacity >= LABELS_MOST) error_set(err, ERROR_DATA, "%s: over %d labels", path, LABELS_MOST);
            if (grown && *n) memcpy(grown, all, *n * sizeof *all);
            all = grown;
            capacity = 2 * capacity + 64;
        }
        if (!all || !read_label(row, path, line, arena, &all[*n], err)) state = -1;
        *n += state == 1;
        json_decref(row);
    }
    jsonl_close(lines);
    *out = all;
    if (state == 0 && *n == 0) return error_set(err, ERROR_DATA, "%s: no labels in it", path);
    return state == 0;
}
