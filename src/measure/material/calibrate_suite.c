/* Constants against the known figures of public files: see calibrate_suite.h. */
#include "measure/material/calibrate_suite.h"

#include "base/yaml.h"
#include "measure/material/material_internal.h"
#include "measure/rules/builtin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GOLD_BYTES = 16 << 20, NAME = 240 };
#define TOLERANCE 1e-6

struct known {
    struct text key, task, figure, group;
    int64_t rows; /* 0: the figure itself */
};

struct check {
    struct calibrate_out rows;
    const json_t *gold;
    const char *gold_path, *path;
    const struct suite *suite;
    struct material_settings settings;
    struct arena arena;
};

static bool read_known(const struct yaml *node, struct known *out, struct error *err) {
    static const char *const keys[] = {"key", "task", "figure", "group", "rows"};
    *out = (struct known){0};
    return yaml_check_keys(node, keys, 5, err) && yaml_opt_text(node, "key", &out->key, err) &&
           yaml_opt_text(node, "task", &out->task, err) && yaml_opt_text(node, "figure", &out->figure, err) &&
           yaml_opt_text(node, "group", &out->group, err) && yaml_opt_i64(node, "rows", &out->rows, err);
}

/* The number behind "a.b" in the gold file. */
static bool gold_of(const struct check *c, struct text key, double *out, struct error *err) {
    const json_t *at = c->gold;
    struct text rest = key, name;
    char copy[NAME];
    while (text_next(&rest, '.', &name)) {
        snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(name));
        at = json_object_get(at, copy);
    }
    if (!json_is_number(at))
        return error_set(err, ERROR_DATA, "%s: expected a number at '%.*s'", c->gold_path, TEXT_ARG(key));
    *out = json_number_value(at);
    return true;
}

static struct task *find_task(const struct suite *suite, struct text name) {
    for (size_t i = 0; i < suite->n_tasks; i++)
        if (text_equal_c(name, task_name(suite->tasks[i]))) return suite->tasks[i];
    return NULL;
}

static const struct figure *find_figure(const struct known *k, const struct figure *figures, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(k->figure, figures[i].name) && text_equal_c(k->group, figures[i].group)) return &figures[i];
    return NULL;
}

static bool give(const struct check *c, const struct known *k, struct text subject, const struct figure *figure,
                 struct error *err) {
    char name[2 * NAME], note[NAME];
    double expected = NAN, found = !figure ? NAN : k->rows ? (double)figure->n / (double)k->rows : figure->value;
    snprintf(name, sizeof name, "%.*s, %.*s%s%.*s%s", TEXT_ARG(k->task), TEXT_ARG(k->figure), k->group.len ? ", " : "",
             TEXT_ARG(k->group), k->rows ? ", rows" : "");
    snprintf(note, sizeof note, "%.*s", TEXT_ARG(subject));
    if (!gold_of(c, k->key, &expected, err)) return false;
    calibrate_number(&c->rows, name, expected, found, k->rows ? 0 : TOLERANCE, note);
    return true;
}

/* All known figures of one task that the subject has; they stand side by side in the list. */
static bool check_task(struct check *c, struct task *task, struct subject *subject, struct text spec,
                       const struct yaml *list, size_t from, size_t to, struct error *err) {
    struct material_sheet sheet;
    struct figure *figures = NULL;
    size_t n = 0;
    bool ok = material_sheet_of(task, &sheet, err);
    struct material_memo *memo = ok ? material_memo_new(sheet.n, err) : NULL;
    ok = memo && material_measure(&sheet, memo, subject, &c->settings, c->settings.seed, &c->arena, &figures, &n, err);
    for (size_t i = from; ok && i < to; i++) {
        struct known k;
        ok = read_known(list->child[i], &k, err) && give(c, &k, spec, find_figure(&k, figures, n), err);
    }
    material_memo_free(memo);
    sheet.task = NULL; /* it is the suite's */
    material_sheet_close(&sheet);
    arena_reset(&c->arena);
    return ok;
}

static bool check_figures(struct check *c, struct subject *subject, struct text spec, const struct yaml *list,
                          struct error *err) {
    for (size_t from = 0, to; from < list->n; from = to) {
        struct known first, next;
        if (!read_known(list->child[from], &first, err)) return false;
        for (to = from + 1; to < list->n; to++) {
            if (!read_known(list->child[to], &next, err)) return false;
            if (!text_equal(next.task, first.task)) break;
        }
        struct task *task = find_task(c->suite, first.task);
        char name[NAME];
        snprintf(name, sizeof name, "%.*s", TEXT_ARG(first.task));
        if (!task)
            calibrate_skip(&c->rows, name, "its data are not there");
        else if (!check_task(c, task, subject, spec, list, from, to, err))
            return error_wrap(err, "%s", name);
    }
    return true;
}

static bool check_subject(struct check *c, const struct yaml *node, struct error *err) {
    static const char *const keys[] = {"subject", "figures"};
    struct text spec = {0};
    const struct yaml *list = yaml_get(node, "figures");
    if (!yaml_check_keys(node, keys, 2, err) || !yaml_opt_text(node, "subject", &spec, err)) return false;
    if (!list || list->kind != YAML_SEQUENCE) return yaml_error(node, err, "expected 'figures': a list");
    struct subject *subject = subject_open(spec, NULL, err);
    bool ok = subject && check_figures(c, subject, spec, list, err);
    subject_close(subject);
    return ok;
}

static bool check_all(struct check *c, const char *suite, struct error *err) {
    static const char *const keys[] = {"known", "answers"};
    char name[NAME];
    struct arena arena;
    snprintf(name, sizeof name, "suites/data/%s-known.yaml", suite);
    const struct builtin_file *file = builtin_find(name);
    if (!file) return error_set(err, ERROR_USAGE, "suite '%s' has no known answers", suite);
    arena_init(&arena, 1 << 22);
    const struct yaml *root = yaml_read(&arena, (struct text){(const char *)file->at, (size_t)(file->end - file->at)},
                                        name, err);
    const struct yaml *answers = root ? yaml_get(root, "answers") : NULL;
    bool ok = root && yaml_check_keys(root, keys, 2, err);
    if (ok && (!answers || answers->kind != YAML_SEQUENCE)) ok = yaml_error(root, err, "expected 'answers': a list");
    for (size_t i = 0; ok && i < answers->n; i++) ok = check_subject(c, answers->child[i], err);
    arena_done(&arena);
    return ok;
}

bool calibrate_suite(const char *suite, const char *gold, const char *path, uint64_t seed, calibrate_report *report,
                     void *context, struct error *err) {
    struct task_settings as_published = {.path = path, .seed = seed, .few_shot = -1, .compat = true};
    struct check c = {.rows = {report, context},
                      .gold_path = gold,
                      .path = path,
                      .settings = {.path = path, .seed = seed, .confidence = 0.95}};
    json_t *known = json_read_file(gold, GOLD_BYTES, err);
    struct suite *loaded = known ? suite_load(suite, &as_published, err) : NULL;
    c.gold = known;
    c.suite = loaded;
    arena_init(&c.arena, (size_t)1 << 30);
    bool ok = loaded && check_all(&c, suite, err);
    arena_done(&c.arena);
    suite_free(loaded);
    json_decref(known);
    return ok;
}
