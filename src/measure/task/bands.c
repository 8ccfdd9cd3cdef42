/* Bands of figures: see bands.h. */
#include "measure/task/bands.h"

#include "measure/statistics/statistics.h"

#include <math.h>
#include <string.h>

/* ---- reading */

static bool check_text(const struct yaml *node, const char *key, bool must, struct error *err) {
    const struct yaml *value = yaml_get(node, key);
    if (!value && !must) return true;
    if (value && value->kind == YAML_SCALAR && value->scalar.len) return true;
    return yaml_error(value ? value : node, err, "bands: expected '%s': a text", key);
}

static bool check_other(const struct yaml *node, const char *key, struct error *err) {
    static const char *const known[] = {"task", "figure", "group"};
    const struct yaml *other = yaml_get(node, key);
    if (!other) return true;
    if (other->kind != YAML_MAPPING || other->n == 0)
        return yaml_error(other, err, "bands: expected '%s': {task, figure, group} of another figure", key);
    return yaml_check_keys(other, known, 3, err) && check_text(other, "task", false, err) &&
           check_text(other, "figure", false, err) && check_text(other, "group", false, err);
}

static bool check_ends(const struct yaml *node, struct error *err) {
    double from = -INFINITY, to = INFINITY;
    if (!yaml_opt_f64(node, "from", &from, err) || !yaml_opt_f64(node, "to", &to, err)) return false;
    if (isinf(from) && isinf(to)) return yaml_error(node, err, "bands: expected 'from' or 'to', or both");
    return from <= to || yaml_error(node, err, "bands: 'from' is above 'to'");
}

static bool check_band(const struct yaml *node, struct error *err) {
    static const char *const known[] = {"name", "task", "figure", "group", "minus", "over", "from", "to"};
    if (node->kind != YAML_MAPPING)
        return yaml_error(node, err, "bands: expected {name, task, figure, group, minus, over, from, to}");
    if (!yaml_check_keys(node, known, sizeof known / sizeof *known, err)) return false;
    if (yaml_get(node, "minus") && yaml_get(node, "over"))
        return yaml_error(node, err, "bands: 'minus' and 'over' exclude each other");
    return check_text(node, "name", true, err) && check_text(node, "task", true, err) &&
           check_text(node, "figure", true, err) && check_text(node, "group", false, err) &&
           check_other(node, "minus", err) && check_other(node, "over", err) && check_ends(node, err);
}

bool bands_read(const struct yaml *node, json_t *bands, struct error *err) {
    if (node->kind != YAML_SEQUENCE || node->n == 0) return yaml_error(node, err, "expected 'bands': a list");
    for (size_t i = 0; i < node->n; i++) {
        if (!check_band(node->child[i], err)) return false;
        json_t *band = yaml_to_json(node->child[i], err);
        if (!band) return false;
        if (json_array_append_new(bands, band) != 0) return error_memory(err, "bands");
    }
    return true;
}

/* ---- judging */

static const char *text_at(const json_t *object, const char *key, const char *otherwise) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : otherwise;
}

struct names {
    const char *task, *figure, *group;
};

static struct names names_of(const json_t *object, struct names otherwise) {
    return (struct names){text_at(object, "task", otherwise.task), text_at(object, "figure", otherwise.figure),
                          text_at(object, "group", otherwise.group)};
}

static const struct figure *find(struct names names, const struct figure *figures, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(figures[i].task, names.task) == 0 && strcmp(figures[i].name, names.figure) == 0 &&
            strcmp(figures[i].group, names.group) == 0)
            return &figures[i];
    return NULL;
}

static struct interval interval_of(const struct figure *f) {
    return f ? (struct interval){f->value, f->lo, f->hi} : (struct interval){NAN, NAN, NAN};
}

static const char *of_group(struct names names, struct arena *arena, struct error *err) {
    return names.group[0] ? arena_printf(arena, err, "%s of %s", names.figure, names.group) : names.figure;
}

/* What is compared, in words; the other figure's task where it is another one. */
static const char *put_what(struct names mine, const char *operation, struct names other, struct arena *arena,
                            struct error *err) {
    const char *first = of_group(mine, arena, err);
    if (!first || !operation) return first;
    const char *second = of_group(other, arena, err);
    if (!second) return NULL;
    bool same = strcmp(mine.task, other.task) == 0;
    return arena_printf(arena, err, "%s %s %s%s%s", first, operation, second, same ? "" : " in ",
                        same ? "" : other.task);
}

static double end_of(const json_t *band, const char *key, double open) {
    const json_t *end = json_object_get(band, key);
    return json_is_number(end) ? json_number_value(end) : open;
}

static bool judge(const json_t *json, const struct figure *figures, size_t n, struct arena *arena, struct band *band,
                  struct error *err) {
    const json_t *minus = json_object_get(json, "minus"), *over = json_object_get(json, "over");
    struct names mine = names_of(json, (struct names){"", "", ""}), other = names_of(minus ? minus : over, mine);
    const struct figure *f = find(mine, figures, n), *g = minus || over ? find(other, figures, n) : NULL;
    struct interval x = interval_of(f);
    if (minus) x = stat_mover_difference(x, interval_of(g));
    if (over) x = stat_mover_ratio(x, interval_of(g));
    *band = (struct band){.name = text_at(json, "name", ""), .task = mine.task, .from = end_of(json, "from", -INFINITY),
                          .to = end_of(json, "to", INFINITY), .value = x.estimate, .lo = x.lo, .hi = x.hi,
                          .n = f ? f->n : 0};
    if (g && g->n < band->n) band->n = g->n;
    band->met = band->value >= band->from && band->value <= band->to;
    band->what = put_what(mine, minus ? "less" : over ? "over" : NULL, other, arena, err);
    return band->what != NULL;
}

bool bands_judge(const json_t *bands, const struct figure *figures, size_t n_figures, struct arena *arena,
                 struct band **out, size_t *n, struct error *err) {
    *n = json_array_size(bands);
    if (!(*out = arena_new(arena, struct band, *n + 1, err))) return false;
    for (size_t i = 0; i < *n; i++)
        if (!judge(json_array_get(bands, i), figures, n_figures, arena, &(*out)[i], err)) return false;
    return true;
}

size_t bands_missed(const struct band *bands, size_t n) {
    size_t missed = 0;
    for (size_t i = 0; i < n; i++) missed += !bands[i].met;
    return missed;
}
