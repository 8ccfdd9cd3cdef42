/* Reading a reference material: see material.h. */
#include "measure/material/material_internal.h"

#include <string.h>

enum { REPEAT_MOST = 100000 };
#define REPEAT_DEFAULT 200

const char *const material_rule_names[] = {"ci", "exact", "ordering", "within"};

static bool copy_name(struct material *m, const struct yaml *root, const char *key, const char **out,
                      struct error *err) {
    struct text t = TEXT("");
    if (!yaml_opt_text(root, key, &t, err)) return false;
    return (*out = text_copy(&m->arena, t, err)) != NULL;
}

/* A name becomes part of streams, tasks and folders. */
static bool check_name(const struct yaml *root, const char *name, struct error *err) {
    size_t n = strlen(name);
    if (n > 0 && n <= 60 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n)
        return true;
    return yaml_error(root, err, "expected 'material': a name of 1 to 60 letters, digits, '-' and '_'");
}

/* ---- doses ---- */

/* "p=0.9, q=0.1", or what the dose says under `name`. */
static bool show_dose(struct material *m, struct material_dose *dose, bool single, struct error *err) {
    struct buffer b;
    const char *key;
    json_t *value;
    const json_t *name = json_object_get(dose->values, "name");
    if (json_is_string(name)) return (dose->shown = text_copy(&m->arena, json_text(name), err)) != NULL;
    buffer_init(&b, 1 << 12);
    json_object_foreach((json_t *)dose->values, key, value) {
        if (b.len) buffer_put_c(&b, ", ");
        if (!single) buffer_printf(&b, "%s=", key);
        if (json_is_string(value))
            buffer_put_text(&b, json_text(value));
        else
            json_put(&b, value, 0);
    }
    bool ok = buffer_check(&b, "dose", err);
    dose->shown = ok ? text_copy(&m->arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return dose->shown != NULL;
}

static bool read_dose(struct material *m, const struct yaml *node, json_t *json, struct material_dose *dose,
                      struct error *err) {
    bool single = node->kind == YAML_SCALAR;
    const char *key;
    json_t *value;
    if (single ? !json_is_number(json) && !json_is_string(json) : !json_is_object(json))
        return yaml_error(node, err, "a dose is a number, a text, or a mapping of names to them");
    json_object_foreach(json, key, value) if (!json_is_number(value) && !json_is_string(value)) return yaml_error(
        node, err, "dose '%s': expected a number or a text", key);
    if (!single && json_object_size(json) == 0) return yaml_error(node, err, "a dose without a name");
    json_t *values = single ? json_pack("{s:O}", "dose", json) : json_incref(json);
    if (!values || json_array_append_new(m->doses_json, values) != 0) return error_memory(err, "doses");
    dose->values = values;
    return show_dose(m, dose, single, err);
}

/* Numbers that follow from the names of a dose: they join them. */
static bool add_values(struct material *m, const struct yaml *values, struct error *err) {
    if (values && values->kind != YAML_MAPPING)
        return yaml_error(values, err, "'values': expected a mapping of names to formulas");
    for (size_t v = 0; values && v < values->n; v++) {
        struct jinja *formula = material_formula(values->child[v], err);
        bool ok = formula != NULL;
        for (size_t d = 0; ok && d < m->n_doses; d++) {
            json_t *dose = json_array_get(m->doses_json, d);
            struct error why = {0};
            double number;
            ok = (material_number(formula, dose, &number, &why) ||
                  (why.kind == ERROR_ENVIRONMENT ? (*err = why, false)
                                                 : yaml_error(values->child[v], err, "%s", why.message))) &&
                 (json_object_set_new(dose, values->key[v]->scalar.at, json_from_f64(number)) == 0 ||
                  error_memory(err, "doses"));
        }
        jinja_free(formula);
        if (!ok) return false;
    }
    return true;
}

static bool read_plant(struct material *m, const struct yaml *plant, struct error *err) {
    static const char *const known[] = {"kind", "doses", "values"}, *const kinds[] = {"script", "data", "exact"};
    struct text kind = {0};
    size_t k = 0;
    if (!yaml_check_keys(plant, known, 3, err) || !yaml_opt_text(plant, "kind", &kind, err)) return false;
    while (k < 3 && !text_equal_c(kind, kinds[k])) k++;
    if (k == 3) return yaml_error(plant, err, "'kind': expected script, data or exact");
    m->kind = (enum material_kind)k;
    const struct yaml *doses = yaml_get(plant, "doses");
    if (!doses || doses->kind != YAML_SEQUENCE || doses->n == 0 || doses->n > MATERIAL_DOSES_MOST)
        return yaml_error(doses ? doses : plant, err, "'doses': expected a list of 1 to %d doses, the first one clean",
                          MATERIAL_DOSES_MOST);
    m->doses = arena_new(&m->arena, struct material_dose, doses->n, err);
    if (!m->doses || !(m->doses_json = json_array())) return false;
    for (size_t i = 0; i < doses->n; i++) {
        json_t *json = yaml_to_json(doses->child[i], err);
        bool ok = json && read_dose(m, doses->child[i], json, &m->doses[i], err);
        json_decref(json);
        if (!ok) return false;
    }
    m->n_doses = doses->n;
    return add_values(m, yaml_get(plant, "values"), err);
}

/* ---- rows, task, behaviour ---- */

static bool read_rows(struct material *m, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"count", "columns"};
    const struct yaml *rows = yaml_get(root, "rows");
    int64_t count = 0;
    if (!rows) return true;
    if (!yaml_check_keys(rows, known, 2, err) || !yaml_opt_i64(rows, "count", &count, err)) return false;
    if (count < 1 || count > MATERIAL_ROWS_MOST)
        return yaml_error(rows, err, "'count': expected 1 to %d rows", MATERIAL_ROWS_MOST);
    const struct yaml *columns = yaml_get(rows, "columns");
    if (!columns) return yaml_error(rows, err, "expected 'columns': what the rows hold");
    m->rows = (uint64_t)count;
    return material_columns(m, columns, err);
}

static bool read_task(struct material *m, const struct yaml *root, struct error *err) {
    const struct yaml *task = yaml_get(root, "task");
    if (!task || task->kind != YAML_MAPPING) return yaml_error(root, err, "expected 'task': the keys of a task");
    const struct yaml *metrics = yaml_get(task, "metric_list"), *data = yaml_get(task, "dataset_path");
    if (metrics) return yaml_error(metrics, err, "'metric_list' is made of 'figures'; leave it out");
    if (!data == !m->rows)
        return yaml_error(task, err, "expected either 'rows' of the material or 'dataset_path' of its task");
    return (m->task_json = yaml_to_json(task, err)) != NULL;
}

static bool read_make(struct material *m, const struct yaml *root, struct error *err) {
    const struct yaml *make = yaml_get(root, "make");
    if (!make || make->kind == YAML_SEQUENCE)
        return yaml_error(make ? make : root, err, "expected 'make': a script subject, or {cases: [...]}");
    if (make->kind == YAML_SCALAR && !text_starts(make->scalar, TEXT("script:")) &&
        !text_starts(make->scalar, TEXT("{")))
        return yaml_error(make, err, "expected a script subject (script:NAME,key=value), found '%.*s'",
                          TEXT_ARG(make->scalar));
    return (m->make_json = yaml_to_json(make, err)) != NULL;
}

/* ---- figures ---- */

static bool read_metric(struct material *m, const struct yaml *node, const struct yaml *metric,
                        struct material_figure *f, json_t **entry, struct error *err) {
    struct metric_use use;
    if (!metric) return yaml_error(node, err, "expected 'metric': the name of a metric");
    struct json_place place = {metric->file, metric->line, "metric"};
    if (!(*entry = yaml_to_json(metric, err)) || !metric_use_parse(*entry, place, &m->arena, &use, err)) return false;
    f->name = use.name;
    f->metric = use.metric->name;
    return true;
}

static bool read_rule(struct material *m, const struct yaml *node, struct material_figure *f, struct error *err) {
    const struct yaml *tol = yaml_get(node, "tol"), *interval = yaml_get(node, "interval");
    if (!tol == !interval || (tol && tol->kind != YAML_SCALAR))
        return yaml_error(node, err, "expected 'tol' (ci, exact, ordering or a number), or 'interval': a method");
    if (interval) {
        struct text method = {0};
        f->rule = MATERIAL_CI;
        if (!yaml_opt_text(node, "interval", &method, err)) return false;
        return (f->method = text_copy(&m->arena, method, err)) != NULL;
    }
    for (int r = MATERIAL_CI; r < MATERIAL_WITHIN; r++)
        if (text_equal_c(tol->scalar, material_rule_names[r])) return f->rule = (enum material_rule)r, true;
    f->rule = MATERIAL_WITHIN;
    if (text_to_f64(tol->scalar, &f->tolerance) && f->tolerance > 0 && f->tolerance < 1e9) return true;
    return yaml_error(tol, err, "'tol': expected ci, exact, ordering or a number above 0, found '%.*s'",
                      TEXT_ARG(tol->scalar));
}

/* root: the figure stands at the top of the file, among other keys. */
static bool read_figure(struct material *m, const struct yaml *node, bool root, json_t **entry,
                        struct material_figure *f, struct error *err) {
    static const char *const known[] = {"metric", "recovers", "tol", "interval", "group"};
    if (!root && !yaml_check_keys(node, known, 5, err)) return false;
    const struct yaml *recovers = yaml_get(node, "recovers");
    if (!recovers) return yaml_error(node, err, "expected 'recovers': a formula of the dose");
    if (!read_metric(m, node, yaml_get(node, "metric"), f, entry, err) || !read_rule(m, node, f, err) ||
        !copy_name(m, node, "group", &f->group, err) || !(f->recovers = material_formula(recovers, err)))
        return false;
    f->shown = arena_printf(&m->arena, err, "%s%s%s%s", f->name, *f->group ? " [" : "", f->group, *f->group ? "]" : "");
    return f->shown != NULL;
}

/* The metric is listed for the task unless an earlier figure has it; figures of groups are made only of those that a
 * figure wants of a group. */
static bool add_metric(struct material *m, size_t at, const json_t *entry) {
    json_t *list = json_object_get(m->task_json, "metric_list"), *listed = NULL;
    for (size_t i = 0; i < at && !listed; i++)
        if (strcmp(m->figures[i].name, m->figures[at].name) == 0) listed = json_array_get(list, m->figures[i].listed);
    if (!listed) {
        listed = json_is_object(entry) ? json_deep_copy(entry) : json_pack("{s:O}", "metric", entry);
        m->figures[at].listed = json_array_size(list);
        if (!listed || json_object_set_new(listed, "groups", json_false()) != 0 ||
            json_array_append_new(list, listed) != 0)
            return false;
    }
    return !*m->figures[at].group || json_object_set_new(listed, "groups", json_true()) == 0;
}

static bool read_figures(struct material *m, const struct yaml *root, struct error *err) {
    const struct yaml *list = yaml_get(root, "figures");
    bool alone = yaml_get(root, "metric") != NULL;
    if (alone == (list != NULL))
        return yaml_error(root, err, "expected 'figures', or one figure: 'metric' and 'recovers'");
    if (list && (list->kind != YAML_SEQUENCE || list->n == 0 || list->n > MATERIAL_FIGURES_MOST))
        return yaml_error(list, err, "'figures': expected a list of 1 to %d figures", MATERIAL_FIGURES_MOST);
    size_t n = list ? list->n : 1;
    if (!(m->figures = arena_new(&m->arena, struct material_figure, n, err))) return false;
    if (json_object_set_new(m->task_json, "metric_list", json_array()) != 0) return error_memory(err, "figures");
    for (; m->n_figures < n; m->n_figures++) {
        json_t *entry = NULL;
        bool ok =
            read_figure(m, list ? list->child[m->n_figures] : root, !list, &entry, &m->figures[m->n_figures], err);
        if (ok && !add_metric(m, m->n_figures, entry)) ok = error_memory(err, "figures");
        json_decref(entry);
        if (!ok) return m->n_figures++, false; /* its formula is freed with the others */
    }
    return true;
}

/* ---- the file ---- */

/* That the task and the behaviour can be read is found out before anything is asked. */
static bool check_parts(const struct material *m, struct error *err) {
    struct task_settings settings = {.few_shot = -1};
    struct buffer b;
    json_t *json = material_task_json(m, m->rows ? "rows.jsonl" : NULL, err);
    buffer_init(&b, 16 << 20);
    if (json) json_put_canonical(&b, json);
    bool ok = json && buffer_check(&b, "task", err);
    struct task *task = ok ? task_parse(buffer_text(&b), m->shown_name, &settings, err) : NULL;
    if (ok && !task) error_wrap(err, "task of the material");
    if (task && task_steps(task) > 1) { /* they are asked once, item by item */
        error_set(err, ERROR_DATA, "%s: methods of several steps cannot be planted", m->shown_name);
        task_free(task);
        task = NULL;
    }
    json_decref(json);
    buffer_done(&b);
    task_free(task);
    for (size_t d = 0; task && d < m->n_doses; d++) {
        struct subject *subject = material_subject(m, d, err);
        if (!subject) return error_wrap(err, "%s, dose %s", m->shown_name, m->doses[d].shown);
        subject_close(subject);
    }
    return task != NULL;
}

static bool read_all(struct material *m, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"material", "family", "title",    "plant", "rows",     "task",  "make",
                                        "figures",  "metric", "recovers", "tol",   "interval", "group", "repeat"};
    int64_t repeat = REPEAT_DEFAULT;
    if (!yaml_check_keys(root, known, sizeof known / sizeof *known, err) ||
        !copy_name(m, root, "material", &m->name, err) || !check_name(root, m->name, err) ||
        !copy_name(m, root, "family", &m->family, err) || !copy_name(m, root, "title", &m->title, err) ||
        !yaml_opt_i64(root, "repeat", &repeat, err))
        return false;
    if (repeat < 1 || repeat > REPEAT_MOST)
        return yaml_error(yaml_get(root, "repeat"), err, "expected 1 to %d repetitions", REPEAT_MOST);
    const struct yaml *plant = yaml_get(root, "plant");
    if (!plant) return yaml_error(root, err, "expected 'plant': {kind, doses}");
    if (!read_plant(m, plant, err)) return false;
    m->repeat = m->kind == MATERIAL_EXACT_KIND ? 1 : (uint64_t)repeat;
    return read_rows(m, root, err) && read_task(m, root, err) && read_make(m, root, err) &&
           read_figures(m, root, err) && check_parts(m, err);
}

struct material *material_parse(struct text source, const char *shown_name, struct error *err) {
    struct material *m = memory_zeroed(1, sizeof *m);
    if (!m) return error_memory(err, "material"), NULL;
    arena_init(&m->arena, (size_t)64 << 20);
    m->shown_name = text_copy(&m->arena, text_of(shown_name), err);
    const struct yaml *root = m->shown_name ? yaml_read(&m->arena, source, m->shown_name, err) : NULL;
    if (root && read_all(m, root, err)) return m;
    material_free(m);
    return NULL;
}

void material_free(struct material *m) {
    if (!m) return;
    material_columns_done(m);
    for (size_t i = 0; i < m->n_figures; i++) jinja_free(m->figures[i].recovers);
    json_decref(m->doses_json);
    json_decref(m->columns_json);
    json_decref(m->task_json);
    json_decref(m->make_json);
    arena_done(&m->arena);
    memory_free(m);
}

const char *material_name(const struct material *m) {
    return m->name;
}

const char *material_title(const struct material *m) {
    return m->title;
}

size_t material_n_rows(const struct material *m) {
    return m->n_doses * m->n_figures;
}

bool material_has_metric(const struct material *m, const char *metric) {
    for (size_t i = 0; i < m->n_figures; i++)
        if (strcmp(m->figures[i].metric, metric) == 0) return true;
    return false;
}

bool material_has_scorer(const struct material *m, const char *scorer) {
    const json_t *given = json_object_get(m->task_json, "scorer"),
                 *output = json_object_get(m->task_json, "output_type");
    if (json_is_string(given)) return text_equal_c(spec_name(json_text(given)), scorer);
    return strcmp(scorer, text_equal_c(json_text(output), "generate_until") ? "match" : "choice") == 0;
}
