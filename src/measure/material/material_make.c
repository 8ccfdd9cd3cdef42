/* Writing a reference material to files, so that anybody can measure it with `basanite run`. */
#include "measure/material/material_internal.h"
#include "measure/rules/builtin.h"

#include "base/file.h"

#include <math.h>
#include <string.h>

enum { FILE_BYTES = 256 << 20 };

static bool write_json(const char *path, const json_t *json, struct error *err) {
    struct buffer b;
    buffer_init(&b, FILE_BYTES);
    json_put(&b, json, 2);
    buffer_put_char(&b, '\n');
    bool ok = buffer_check(&b, "file", err) && file_write(path, buffer_text(&b), err);
    buffer_done(&b);
    return ok;
}

static json_t *figure_truth(const struct material_figure *f, double planted) {
    json_t *truth = json_pack("{s:s s:o s:s}", "figure", f->name, "planted", json_from_f64(planted), "tol",
                              material_rule_names[f->rule]);
    if (truth && *f->group) json_object_set_new(truth, "group", json_string(f->group));
    if (truth && f->rule == MATERIAL_WITHIN) json_object_set_new(truth, "within", json_from_f64(f->tolerance));
    return truth;
}

static json_t *truth_of(const struct material *m, size_t dose, const char *subject, struct error *err) {
    json_t *figures = json_array();
    bool ok = figures != NULL;
    for (size_t f = 0; ok && f < m->n_figures; f++) {
        double planted;
        ok = material_number(m->figures[f].recovers, m->doses[dose].values, &planted, err) &&
             json_array_append_new(figures, figure_truth(&m->figures[f], planted)) == 0;
    }
    json_t *truth =
        ok ? json_pack("{s:s s:s s:O s:b s:s s:s s:O}", "material", m->name, "title", m->title, "dose",
                       m->doses[dose].values, "clean", dose == 0, "subject", subject, "command", "", "figures", figures)
           : NULL;
    json_decref(figures);
    if (ok && !truth) error_memory(err, "truth");
    return truth;
}

/* Of `folder`/dose-N: the files, and the subject as a spec. */
struct making {
    const struct material *material;
    const struct material_settings *settings;
    size_t dose;
    struct arena arena;
    const char *folder;
};

static char *path_of(struct making *w, const char *name, struct error *err) {
    return arena_printf(&w->arena, err, "%s/%s", w->folder, name);
}

static bool write_rows(struct making *w, struct error *err) {
    const struct material *m = w->material;
    const char *path = path_of(w, "rows.jsonl", err);
    struct buffer rows;
    if (!m->rows) return true;
    buffer_init(&rows, FILE_BYTES);
    bool ok =
        path &&
        material_put_rows(m, m->doses[w->dose].values, material_rows_seed(m, w->settings, w->dose, 0), &rows, err) &&
        file_write(path, buffer_text(&rows), err);
    buffer_done(&rows);
    return ok;
}

/* Data that are part of the program, beside the task. */
static bool write_builtin(struct making *w, const json_t *name, struct error *err) {
    const char *builtin_name = arena_printf(&w->arena, err, "suites/%s", json_string_value(name));
    const struct builtin_file *file = builtin_name ? builtin_find(builtin_name) : NULL;
    if (!file) return builtin_name != NULL;
    char *path = path_of(w, json_string_value(name), err), *slash = path ? strrchr(path, '/') : NULL;
    if (!slash) return false;
    *slash = 0;
    bool ok = file_make_folders(path, err);
    *slash = '/';
    return ok && file_write(path, (struct text){(const char *)file->at, (size_t)(file->end - file->at)}, err);
}

static bool write_data(struct making *w, struct error *err) {
    const json_t *names = json_object_get(w->material->task_json, "dataset_path");
    if (json_is_string(names)) return write_builtin(w, names, err);
    for (size_t i = 0; i < json_array_size(names); i++)
        if (!write_builtin(w, json_array_get(names, i), err)) return false;
    return true;
}

static bool write_task(struct making *w, struct error *err) {
    const char *path = path_of(w, "task.yaml", err);
    json_t *task = path ? material_task_json(w->material, w->material->rows ? "rows.jsonl" : NULL, err) : NULL;
    bool ok = task && write_json(path, task, err);
    json_decref(task);
    return ok;
}

/* The seed makes it the subject of repetition 0. */
static const char *write_subject(struct making *w, struct error *err) {
    const char *spec, *path = path_of(w, "subject.yaml", err);
    unsigned long long seed = material_seed(w->material, w->settings, w->dose, 0);
    json_t *file = NULL;
    if (!path || !material_behaviour(w->material, w->dose, &w->arena, &spec, &file, err)) return NULL;
    bool ok = spec || write_json(path, file, err);
    json_decref(file);
    if (!ok) return NULL;
    return spec ? spec : arena_printf(&w->arena, err, "script:%s,seed=%llu", path, seed);
}

static bool write_truth(struct making *w, const char *subject, struct error *err) {
    const char *path = path_of(w, "truth.json", err), *task = path_of(w, "task.yaml", err);
    char *command = path && task ? arena_printf(&w->arena, err, "basanite run %s --subject %s", task, subject) : NULL;
    json_t *truth = command ? truth_of(w->material, w->dose, subject, err) : NULL;
    bool ok = truth && json_object_set_new(truth, "command", json_string(command)) == 0 && write_json(path, truth, err);
    json_decref(truth);
    return ok;
}

static bool make_dose(struct making *w, const char *folder, struct error *err) {
    w->folder = arena_printf(&w->arena, err, "%s/dose-%zu", folder, w->dose + 1);
    if (!w->folder || !file_make_folders(w->folder, err) || !write_rows(w, err) || !write_data(w, err) ||
        !write_task(w, err))
        return false;
    const char *subject = write_subject(w, err);
    return subject && write_truth(w, subject, err);
}

bool material_make(const struct material *m, const struct material_settings *settings, const char *folder,
                   struct error *err) {
    bool ok = true;
    for (size_t d = 0; ok && d < m->n_doses; d++) {
        struct making w = {.material = m, .settings = settings, .dose = d};
        arena_init(&w.arena, 1 << 20);
        ok = make_dose(&w, folder, err) || error_wrap(err, "material '%s', dose %s", m->name, m->doses[d].shown);
        arena_done(&w.arena);
    }
    return ok;
}
