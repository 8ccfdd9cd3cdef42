/* Tasks: see task.h. Reading is in task_read.c, rows in task_data.c and dataset.c,
 * items in task_item.c and task_items.c. */
#include "measure/task/task_census.h"

#include <string.h>

struct task *task_parse(struct text source, const char *shown_name, const struct task_settings *settings,
                        struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    struct yaml *root = yaml_read(&arena, source, shown_name, err);
    const char *slash = strrchr(shown_name, '/');
    struct text folder = slash ? (struct text){shown_name, (size_t)(slash - shown_name)} : TEXT("");
    if (text_starts(text_of(shown_name), TEXT("built-in:"))) folder = TEXT("");
    struct task *task = root ? task_from_yaml(root, source, folder, settings, err) : NULL;
    arena_done(&arena);
    return task;
}

void task_free(struct task *t) {
    if (!t) return;
    struct task_field *fields[] = {&t->where,   &t->id,     &t->text, &t->messages, &t->image, &t->audio, &t->target,
                                   &t->choice,  &t->mask,
                                   &t->cluster, &t->pair, &t->twin, &t->lang, &t->ref, &t->split, &t->beside_by,
                                   &t->beside_where};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) task_field_done(fields[i]);
    for (size_t i = 0; i < t->n_choice_list && t->choice_list; i++) task_field_done(&t->choice_list[i]);
    for (size_t i = 0; i < TASK_LABELS_MOST; i++) task_field_done(&t->labels[i].field);
    task_methods_done(t);
    census_keeper_free(t->census);
    world_shelf_free(t->own_shelf);
    if (t->scorer_state && t->scorer->close) t->scorer->close(t->scorer_state);
    arena_done(&t->arena);
    memory_free(t);
}

const char *task_name(const struct task *t) { return t->name; }
const char *task_title(const struct task *t) { return t->title; }
const char *task_licence(const struct task *t) { return t->licence; }
int task_needs(const struct task *t) { return t->needs; }
bool task_looks(const struct task *t) { return t->output == TASK_HIDDEN; }
bool task_compat(const struct task *t) { return t->compat; }
bool task_may_lack(const struct task *t) { return t->may_lack; }
bool task_makes_rows(const struct task *t) {
    for (size_t i = 0; i < t->n_data; i++)
        if (!world_rows_spec(t->data_names[i]).len) return false;
    for (size_t i = 0; i < t->n_fewshot; i++)
        if (!world_rows_spec(t->fewshot_names[i]).len) return false;
    return true;
}

const struct scorer *task_scorer(const struct task *t) { return t->scorer; }
const struct detector *task_detector(const struct task *t) { return t->detector; }
const struct option_value *task_scorer_options(const struct task *t) { return t->scorer_options; }
const void *task_scorer_state(const struct task *t) { return t->scorer_state; }

bool task_scorer_ready(const struct task *t, struct error *err) {
    if (t->scorer_error.kind == ERROR_NONE) return true;
    if (err) *err = t->scorer_error;
    return false;
}

const char *task_cluster_field(const struct task *t) { return t->cluster_name; }

const struct metric_use *task_metrics(const struct task *t, size_t *n) {
    *n = t->n_metrics;
    return t->metrics;
}

const struct reader_chain *task_readers(const struct task *t, size_t *n) {
    *n = t->n_chains;
    return t->chains;
}

const char *const *task_group_fields(const struct task *t, size_t *n) {
    *n = t->n_groups;
    return t->groups;
}

json_t *task_config_json(const struct task *t) {
    struct error ignored;
    json_t *data = task_data_digests(t, &ignored);
    json_t *config = json_pack("{s:s s:s s:o s:o s:s s:s}", "task", t->name, "name", t->shown_name, "source",
                               json_from_text(t->source), "data", data ? data : json_null(), "scorer", t->scorer->name,
                               "scorer_version", t->scorer->version);
    if (config && t->scorer_state && t->scorer->digest) /* absent otherwise, so that older runs are found again */
        json_object_set_new(config, "scorer_files", json_string(t->scorer->digest(t->scorer_state)));
    if (config && t->compat) json_object_set_new(config, "compat", json_true());
    if (config && t->settings.judge && t->scorer->open_label)
        json_object_set_new(config, "judge", json_string(t->settings.judge));
    if (config && t->settings.split) json_object_set_new(config, "split", json_string(t->settings.split));
    if (config && t->settings.lang) json_object_set_new(config, "lang", json_string(t->settings.lang));
    if (config && t->settings.slice.of > 1)
        json_object_set_new(config, "slice", json_sprintf("%u/%u", t->settings.slice.index, t->settings.slice.of));
    if (config && t->method) json_object_set_new(config, "method", task_method_json(t));
    if (config && t->scorer_spec) json_object_set_new(config, "scorer_spec", json_string(t->scorer_spec));
    return config;
}

bool task_count(const struct task *task, uint64_t *n, struct error *err) {
    struct task_items *items = task_open(task, err);
    if (!items) return false;
    *n = task_items_count(items);
    task_close(items);
    return true;
}
