/* Suites: built in, or files found along the path. A file with 'task' is a suite of one; 'tasks' of a suite are names
 * or whole tasks. */
#include "measure/task/task_internal.h"

#include "base/file.h"
#include "measure/rules/builtin.h"
#include "measure/task/bands.h"
#include "measure/task/task_lm_eval.h"
#include "measure/leaf/leaf.h"

#include <inttypes.h>
#include <string.h>

#define LEAVES TEXT("taxonomy/")
enum { SUITE_TASKS_MOST = 1000, SUITE_DEPTH_MOST = 4, SUITE_FILE_MOST = 16 << 20 };

enum { OTHERS_MOST = 256 };

struct loader {
    const struct task_settings *settings;
    struct suite *suite;
    struct arena *kept; /* of the suite */
    struct arena arena; /* of the texts that are read */
    struct text only;   /* the one task of a suite that is wanted; empty: all of them */
    bool found;         /* it was there */
    const char *others[OTHERS_MOST]; /* were there, for messages */
    size_t n_others;
};

struct suite_memory { /* struct suite with its arena */
    struct suite suite;
    struct arena arena;
    struct world_shelf *shelf; /* of all tasks */
};

static bool load_named(struct loader *l, const char *name, double weight, uint64_t limit, int depth, struct text *title,
                       struct error *err);

static bool has_rows(const struct task *task, struct error *why) {
    uint64_t seen;
    if (!task_data_there(task, why)) return false;
    return task_rows_fit(task, &seen) ||
           error_set(why, ERROR_DATA, "task '%s': none of %" PRIu64 " rows fits (key where)", task_name(task), seen);
}

/* An optional task whose data are not there, or have no row for it, is left out and named. *left: it was, and the task
 * is freed. */
static bool leave_out(struct loader *l, struct task *task, bool *left, struct error *err) {
    struct suite *s = l->suite;
    struct error why = {0};
    *left = task_may_lack(task) && s->n_lacking < SUITE_TASKS_MOST && !has_rows(task, &why);
    if (!*left) return true;
    task_free(task);
    const char *kept = text_copy(l->kept, text_of(why.message), err);
    if (kept) s->lacking[s->n_lacking++] = kept;
    return kept != NULL;
}

static bool add_task(struct loader *l, struct task *task, double weight, struct error *err) {
    struct suite *s = l->suite;
    bool left;
    for (size_t i = 0; i < s->n_tasks; i++)
        if (strcmp(task_name(s->tasks[i]), task_name(task)) == 0) return task_free(task), true;
    if (s->n_tasks == SUITE_TASKS_MOST) {
        task_free(task);
        return error_set(err, ERROR_DATA, "over %d tasks in one suite", SUITE_TASKS_MOST);
    }
    if (!leave_out(l, task, &left, err)) return false;
    if (left) return true;
    s->tasks[s->n_tasks] = task;
    s->weights[s->n_tasks++] = weight;
    return true;
}

/* "demo_unknown" is `only` of demo/demo_unknown, and of demo/unknown; trustworthy-llms/causal means both that begin so.
 * Tasks that are not wanted are not read, so that their data need not be there. */
static bool is_wanted(struct loader *l, const struct yaml *node) {
    const struct yaml *task = yaml_get(node, "task");
    if (!l->only.len || !task || task->kind != YAML_SCALAR) return true;
    struct error ignored = {0};
    size_t underscore = text_find(task->scalar, TEXT("_"), 0);
    struct text short_one =
        underscore == SIZE_MAX ? TEXT("") : text_part(task->scalar, underscore + 1, task->scalar.len);
    bool wanted = text_equal(task->scalar, l->only) || text_equal(short_one, l->only) ||
                  (text_starts(short_one, l->only) && short_one.at[l->only.len] == '_');
    l->found |= wanted;
    if (!wanted && l->n_others < OTHERS_MOST && (l->others[l->n_others] = text_copy(&l->arena, task->scalar, &ignored)))
        l->n_others++;
    return wanted;
}

/* --method of a suite whose tasks have the key `way` chooses among these: names with a colon between. *method: what the
 * task itself is to be asked by, NULL where it has no methods. */
static bool is_of_way(struct loader *l, const struct yaml *node, const char **method, bool *wanted,
                      struct error *err) {
    const struct yaml *way = yaml_get(node, "way");
    struct text rest = text_of(l->settings->method), name;
    *method = l->settings->method;
    *wanted = true;
    if (!way || way->kind != YAML_SCALAR || !l->settings->method) return true;
    l->suite->by_way = true;
    while (text_next(&rest, ':', &name)) {
        if (!text_equal(name, way->scalar)) continue;
        *method = yaml_get(node, "methods") ? text_copy(&l->arena, name, err) : NULL;
        return *method || !yaml_get(node, "methods");
    }
    *wanted = false;
    return true;
}

/* A whole task inside a suite: kept as JSON, which is YAML too, so that it can be built again from the record. */
static bool add_inline(struct loader *l, const struct yaml *node, struct text folder, struct error *err) {
    struct buffer b;
    struct task_settings settings = *l->settings;
    if (!is_wanted(l, node)) return true;
    bool of_way;
    if (!is_of_way(l, node, &settings.method, &of_way, err)) return false;
    if (!of_way) return true;
    buffer_init(&b, SUITE_FILE_MOST);
    json_t *json = yaml_to_json(node, err);
    bool ok = json && (json_put_canonical(&b, json), buffer_check(&b, "task", err));
    struct task *task = ok ? task_from_yaml(node, buffer_text(&b), folder, &settings, err) : NULL;
    buffer_done(&b);
    json_decref(json);
    return task && add_task(l, task, 1, err);
}

static bool add_entry(struct loader *l, const struct yaml *node, struct text folder, int depth, struct error *err) {
    if (node->kind == YAML_SCALAR) {
        char *name = text_copy(&l->arena, node->scalar, err);
        return name && load_named(l, name, 1, 0, depth + 1, NULL, err);
    }
    if (yaml_get(node, "doc_to_text") || yaml_get(node, "doc_to_messages") || yaml_get(node, "methods"))
        return add_inline(l, node, folder, err);
    static const char *const known[] = {"task", "weight", "limit"};
    struct text name = {0};
    double weight = 1;
    int64_t limit = 0;
    if (!yaml_check_keys(node, known, 3, err) || !yaml_opt_text(node, "task", &name, err) ||
        !yaml_opt_f64(node, "weight", &weight, err) || !yaml_opt_i64(node, "limit", &limit, err))
        return false;
    if (!name.len) return yaml_error(node, err, "expected 'task': the name of a task");
    if (!(weight >= 0) || limit < 0) return yaml_error(node, err, "weight and limit must not be negative");
    char *copy = text_copy(&l->arena, name, err);
    return copy && load_named(l, copy, weight, (uint64_t)limit, depth + 1, NULL, err);
}

static bool read_suite(struct loader *l, const struct yaml *root, struct text folder, int depth, struct text *title,
                       struct error *err) {
    static const char *const known[] = {"suite", "version", "title", "licence", "source", "tasks", "tree", "aggregate",
                                        "correct",
                                        "incomplete", "metadata", "bands"};
    if (!yaml_check_keys(root, known, sizeof known / sizeof *known, err)) return false;
    if (title && !yaml_opt_text(root, "title", title, err)) return false;
    const struct yaml *tasks = yaml_get(root, "tasks");
    if (!tasks || tasks->kind != YAML_SEQUENCE || tasks->n == 0)
        return yaml_error(tasks ? tasks : root, err, "expected 'tasks': a list of tasks");
    for (size_t i = 0; i < tasks->n; i++)
        if (!add_entry(l, tasks->child[i], folder, depth, err)) return false;
    const struct yaml *bands = yaml_get(root, "bands");
    return !bands || bands_read(bands, l->suite->bands, err);
}

/* The task of a leaf, "taxonomy/safety.violence". */
static bool leaf_text(struct loader *l, struct text name, struct text *out, const char **shown, struct error *err) {
    struct buffer b;
    struct leaf *leaf = leaf_open(name, err);
    json_t *task = leaf ? leaf_task_json(leaf, err) : NULL;
    buffer_init(&b, SUITE_FILE_MOST);
    bool ok = task && (json_put_canonical(&b, task), buffer_check(&b, "task", err));
    const char *copy = ok ? text_copy(&l->arena, buffer_text(&b), err) : NULL;
    *out = text_of(copy);
    *shown = copy ? arena_printf(&l->arena, err, "built-in:leaves/%.*s.yaml", TEXT_ARG(name)) : NULL;
    buffer_done(&b);
    json_decref(task);
    leaf_free(leaf);
    return *shown != NULL;
}

/* The text of NAME: a file given by its path, a built-in suite, the task of a leaf, or NAME.yaml along the path.
 * *shown: for messages. */
static bool find_text(struct loader *l, const char *name, struct text *out, const char **shown, struct error *err) {
    bool is_path =
        strchr(name, '/') || text_ends(text_of(name), TEXT(".yaml")) || text_ends(text_of(name), TEXT(".yml"));
    if (text_starts(text_of(name), LEAVES) && !file_exists(name))
        return leaf_text(l, text_part(text_of(name), LEAVES.len, strlen(name)), out, shown, err);
    if (!is_path) {
        char *builtin_name = arena_printf(&l->arena, err, "suites/%s.yaml", name);
        const struct builtin_file *file = builtin_name ? builtin_find(builtin_name) : NULL;
        if (!builtin_name) return false;
        if (file) {
            *out = (struct text){(const char *)file->at, (size_t)(file->end - file->at)};
            return (*shown = arena_printf(&l->arena, err, "built-in:%s", name)) != NULL;
        }
    }
    const char *path = is_path ? name : arena_printf(&l->arena, err, "%s.yaml", name);
    struct error why = {0};
    char *found = path ? file_find(&l->arena, path, l->settings->path ? l->settings->path : ".", &why) : NULL;
    if (found) return *shown = found, file_read(&l->arena, found, SUITE_FILE_MOST, out, err);
    size_t n;
    const struct builtin_file *files = builtin_files(&n);
    const char *names[256];
    size_t known = 0;
    for (size_t i = 0; i < n && known < 256; i++) {
        struct text t = text_of(files[i].name);
        if (!text_starts(t, TEXT("suites/")) || !text_ends(t, TEXT(".yaml"))) continue;
        names[known] = text_copy(&l->arena, text_part(t, 7, t.len - 5), err);
        if (names[known]) known++;
    }
    const char *near = text_nearest(text_of(name), names, known);
    return error_set(err, ERROR_USAGE,
                     "no suite or task '%s'%s%s%s; `basanite methods suite` lists those built in, others are "
                     "files NAME.yaml here or in BASANITE_PATH",
                     name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* A task of lm-evaluation-harness as one of ours; its text is kept as JSON, which is YAML too. */
static bool turn(struct loader *l, struct yaml **root, struct text *text, struct text folder, struct error *err) {
    struct buffer b;
    buffer_init(&b, SUITE_FILE_MOST);
    struct yaml *turned = task_lm_eval_turn(&l->arena, *root, folder, err);
    json_t *json = turned ? yaml_to_json(turned, err) : NULL;
    bool ok = json && (json_put_canonical(&b, json), buffer_check(&b, "task", err));
    const char *copy = ok ? text_copy(&l->arena, buffer_text(&b), err) : NULL;
    *root = turned;
    *text = (struct text){copy, b.len};
    buffer_done(&b);
    json_decref(json);
    return copy != NULL;
}

/* A group of lm-evaluation-harness: names of tasks, whose files lie beside it or along the path. */
static bool read_group(struct loader *l, const struct yaml *root, struct text folder, int depth, struct error *err) {
    static const char *const known[] = {"group", "group_alias", "task", "tag", "metadata"};
    const struct yaml *tasks = yaml_get(root, "task"), *means = yaml_get(root, "aggregate_metric_list");
    if (means) return yaml_error(means, err, "aggregate_metric_list: each task has its own figures; leave it out");
    if (!yaml_check_keys(root, known, sizeof known / sizeof *known, err)) return false;
    for (size_t i = 0; i < tasks->n; i++) {
        const struct yaml *one = tasks->child[i];
        bool named = one->kind == YAML_SCALAR;
        char *beside = NULL;
        if (named &&
            !(beside = arena_printf(&l->arena, err, "%.*s/%.*s.yaml", TEXT_ARG(folder), TEXT_ARG(one->scalar))))
            return false;
        bool ok = named && file_exists(beside) ? load_named(l, beside, 1, 0, depth + 1, NULL, err)
                                               : add_entry(l, one, folder, depth, err);
        if (ok) continue;
        if (!named || err->kind != ERROR_USAGE) return false;
        return yaml_error(one, err, "there is no task '%.*s' beside this file or in BASANITE_PATH",
                          TEXT_ARG(one->scalar));
    }
    return true;
}

static bool load_text(struct loader *l, struct text text, const char *shown, double weight, uint64_t limit, int depth,
                      struct text *title, struct error *err) {
    struct yaml *root = yaml_read(&l->arena, text, shown, err);
    if (!root) return false;
    const char *slash = strrchr(shown, '/');
    struct text folder = slash && !text_starts(text_of(shown), TEXT("built-in:"))
                             ? (struct text){shown, (size_t)(slash - shown)} : TEXT("");
    if (!folder.len && !text_starts(text_of(shown), TEXT("built-in:"))) folder = TEXT(".");
    if (yaml_get(root, "suite")) return read_suite(l, root, folder, depth, title, err);
    if (task_lm_eval_is_group(root)) return read_group(l, root, folder, depth, err);
    if (task_lm_eval_claims(root) && !turn(l, &root, &text, folder, err)) return false;
    if (!is_wanted(l, root)) return true;
    struct task_settings settings = *l->settings;
    if (limit && (!settings.limit || limit < settings.limit)) settings.limit = limit;
    struct task *task = task_from_yaml(root, text, folder, &settings, err);
    if (task && title && task_title(task)[0]) {
        char *copy = text_copy(&l->arena, text_of(task_title(task)), err);
        if (copy) *title = text_of(copy);
    }
    return task && add_task(l, task, weight, err);
}

static bool load_named(struct loader *l, const char *name, double weight, uint64_t limit, int depth, struct text *title,
                       struct error *err) {
    struct text text;
    const char *shown;
    if (depth > SUITE_DEPTH_MOST)
        return error_set(err, ERROR_DATA, "suite '%s': suites inside suites, deeper than %d", name, SUITE_DEPTH_MOST);
    return find_text(l, name, &text, &shown, err) && load_text(l, text, shown, weight, limit, depth, title, err);
}

/* SUITE/TASK, one task of a suite: where TASK begins in the name, else 0. A file of that path is a file. */
static size_t task_begins(const struct loader *l, const char *name) {
    struct text t = text_of(name);
    const char *slash = strrchr(name, '/');
    struct error ignored = {0};
    struct arena arena;
    if (text_starts(t, LEAVES) || !slash || slash == name || !slash[1] || text_ends(t, TEXT(".yaml")) ||
        text_ends(t, TEXT(".yml")))
        return 0;
    arena_init(&arena, 1 << 20);
    const char *found = file_find(&arena, name, l->settings->path ? l->settings->path : ".", &ignored);
    bool is_file = found && !file_is_folder(found); /* data of a suite may lie in a folder of that name */
    arena_done(&arena);
    return is_file ? 0 : (size_t)(slash + 1 - name);
}

static bool has_task(const struct suite *s, const char *name) {
    for (size_t i = 0; name && i < s->n_tasks; i++)
        if (strcmp(task_name(s->tasks[i]), name) == 0) return true;
    return false;
}

static bool no_task(const struct loader *l, const char *suite, struct error *err) {
    const char *near = text_nearest(l->only, l->others, l->n_others);
    struct buffer list;
    buffer_init(&list, 400);
    for (size_t i = 0; i < l->n_others; i++) buffer_printf(&list, "%s%s", i ? ", " : "", l->others[i]);
    error_set(err, ERROR_USAGE, "suite '%s' has no task '%.*s'%s%s%s; there are: %s", suite, TEXT_ARG(l->only),
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", list.at ? list.at : "");
    buffer_done(&list);
    return false;
}

static bool load_one(struct loader *l, const char *name, size_t task, struct error *err) {
    char *suite = text_copy(&l->arena, (struct text){name, task - 1}, err);
    size_t bands = json_array_size(l->suite->bands);
    l->only = text_of(name + task);
    l->found = false;
    l->n_others = 0;
    bool ok = suite && load_named(l, suite, 1, 0, 0, NULL, err);
    if (ok && !l->found) ok = no_task(l, suite, err);
    for (size_t i = json_array_size(l->suite->bands); ok && i-- > bands;)
        if (!has_task(l->suite, json_string_value(json_object_get(json_array_get(l->suite->bands, i), "task"))))
            json_array_remove(l->suite->bands, i);
    l->only = TEXT("");
    return ok;
}

/* A suite, a task, or one task of a suite. */
static bool load_word(struct loader *l, const char *name, struct text *title, struct error *err) {
    size_t task = task_begins(l, name);
    return task ? load_one(l, name, task, err) : load_named(l, name, 1, 0, 0, title, err);
}

/* The name of a suite file is what stands before its ending. */
static struct text short_name(struct text t) {
    for (size_t i = t.len; i > 0; i--)
        if (t.at[i - 1] == '/') {
            t = text_part(t, i, t.len);
            break;
        }
    if (text_ends(t, TEXT(".yaml"))) t.len -= 5;
    if (text_ends(t, TEXT(".yml"))) t.len -= 4;
    return t;
}

/* Bands are of tasks that are there. */
static bool check_bands(const struct suite *s, struct error *err) {
    const char *names[SUITE_TASKS_MOST];
    for (size_t i = 0; i < s->n_tasks; i++) names[i] = task_name(s->tasks[i]);
    for (size_t b = 0; b < json_array_size(s->bands); b++) {
        const json_t *band = json_array_get(s->bands, b);
        const char *task = json_string_value(json_object_get(band, "task"));
        if (has_task(s, task)) continue;
        const char *near = task ? text_nearest(text_of(task), names, s->n_tasks) : NULL;
        return error_set(err, ERROR_DATA, "bands: '%s' is of task '%s', which the suite does not have%s%s%s",
                         json_string_value(json_object_get(band, "name")), task ? task : "",
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return true;
}

/* --compat means something to at least one of the tasks. */
static bool check_compat(const struct suite *s, const struct task_settings *settings, struct error *err) {
    bool some = !settings->compat;
    for (size_t i = 0; i < s->n_tasks; i++) some |= task_compat(s->tasks[i]);
    return some || error_set(err, ERROR_USAGE, "--compat: no task here says what was published otherwise (key compat)");
}

static bool name_suite(struct suite_memory *m, const struct loader *l, const char *const *names, size_t n,
                       struct text title, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    for (size_t i = 0; i < n; i++) {
        size_t task = task_begins(l, names[i]);
        struct text suite = task ? (struct text){names[i], task - 1} : text_of(names[i]);
        buffer_printf(&b, "%s%.*s%s%s", i ? "+" : "", TEXT_ARG(short_name(suite)), task ? "/" : "",
                      task ? names[i] + task : "");
    }
    char *name = buffer_check(&b, "name of the suite", err) ? text_copy(&m->arena, buffer_text(&b), err) : NULL;
    char *shown = text_copy(&m->arena, n == 1 ? title : TEXT(""), err);
    buffer_done(&b);
    m->suite.name = text_of(name);
    m->suite.title = text_of(shown);
    return name && shown;
}

struct suite *suite_load_many(const char *const *names, size_t n, const struct task_settings *settings,
                              struct error *err) {
    struct suite_memory *m = memory_zeroed(1, sizeof *m);
    if (!m) return error_memory(err, "suite"), NULL;
    struct task_settings shared = *settings;
    struct loader l = {.settings = &shared, .suite = &m->suite, .kept = &m->arena};
    struct text title = {0};
    arena_init(&m->arena, 1 << 24);
    arena_init(&l.arena, (size_t)256 << 20);
    m->suite.tasks = arena_new(&m->arena, struct task *, SUITE_TASKS_MOST, err);
    m->suite.weights = arena_new(&m->arena, double, SUITE_TASKS_MOST, err);
    m->suite.lacking = arena_new(&m->arena, const char *, SUITE_TASKS_MOST, err);
    shared.shelf = m->shelf = world_shelf_new(err);
    m->suite.bands = json_array();
    bool ok = m->shelf && m->suite.tasks && m->suite.weights && m->suite.lacking &&
              (m->suite.bands || error_memory(err, "bands"));
    for (size_t i = 0; ok && i < n; i++) ok = load_word(&l, names[i], &title, err);
    if (ok && m->suite.n_tasks == 0)
        ok = error_set(err, ERROR_DATA, "none of the tasks has its data: %s",
                       m->suite.n_lacking ? m->suite.lacking[0] : "");
    ok = ok && check_compat(&m->suite, settings, err) && check_bands(&m->suite, err) &&
         name_suite(m, &l, names, n, title, err);
    arena_done(&l.arena);
    if (ok) return &m->suite;
    suite_free(&m->suite);
    return NULL;
}

struct suite *suite_load(const char *name, const struct task_settings *settings, struct error *err) {
    return suite_load_many(&name, 1, settings, err);
}

void suite_free(struct suite *suite) {
    if (!suite) return;
    struct suite_memory *m = (struct suite_memory *)suite; /* its first member */
    for (size_t i = 0; suite->tasks && i < suite->n_tasks; i++) task_free(suite->tasks[i]);
    json_decref(suite->bands);
    world_shelf_free(m->shelf);
    arena_done(&m->arena);
    memory_free(m);
}
