/* Labels of style: see style_label.h. */
#include "measure/drive/style_label.h"

#include "base/yaml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES = 256 << 20, TOKENS_BYTES = 64 << 20, CELL_LEAST = 200, MEASURES = 5 };
#define UNSAFE 0.4
#define OVERSAFE 0.6
#define REAR_GAP 8.0

/* ---- reading ---- */

static bool bad(const char *path, struct text token, const char *key, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: scene '%.*s': field '%s': %s", path, TEXT_ARG(token), key, what);
}

/* missing: what stands in for one that is not there; NaN: it must be. */
static bool number(const char *path, struct text token, const json_t *row, const char *key, double missing, double *out,
                   struct error *err) {
    const json_t *at = json_object_get(row, key);
    *out = json_is_number(at) ? json_number_value(at) : at ? NAN : missing;
    return isfinite(*out) || bad(path, token, key, "expected a finite number", err);
}

static bool letter(const char *path, struct text token, const json_t *row, const char *key, char *out,
                   struct error *err) {
    struct text t = json_text(json_object_get(row, key));
    *out = t.len ? t.at[0] : 0;
    return !t.len || (t.len == 1 && strchr("ANC", *out)) || bad(path, token, key, "expected A, N or C", err);
}

/* Metres to who is behind on the side to which the lane was changed; NaN: it was not, or nobody is there. */
static double rear_gap(const json_t *row) {
    const json_t *changed = json_object_get(row, "lane_change_frame");
    double left = json_number_value(json_object_get(row, "left_rear_min"));
    double right = json_number_value(json_object_get(row, "right_rear_min")), nearest = INFINITY;
    if (!changed || json_number_value(changed) < 0) return NAN;
    if (left > 0) nearest = left;
    if (right > 0 && right < nearest) nearest = right;
    return isinf(nearest) ? NAN : nearest;
}

static bool take(const char *path, struct text token, const json_t *row, struct arena *arena, struct style_scene *s,
                 struct error *err) {
    struct text way = json_text(json_object_get(row, "ini_direction_judge"));
    struct text lead = json_text(json_object_get(row, "with_lead"));
    *s = (struct style_scene){.lead = lead.len && !text_equal_c(lead, "No"), .rear = rear_gap(row)};
    s->token = (struct text){text_copy(arena, token, err), token.len};
    struct text type = json_text(json_object_get(row, "scenario_type"));
    s->type = (struct text){text_copy(arena, type, err), type.len};
    const char *cell = arena_printf(arena, err, "%.*s|%.*s|%d", TEXT_ARG(type), TEXT_ARG(way), s->lead);
    if (!s->token.at || !s->type.at || !cell) return false;
    s->cell = text_of(cell);
    return number(path, token, row, "v_avg", NAN, &s->v_avg, err) &&
           number(path, token, row, "a_max", 0, &s->a_max, err) &&
           number(path, token, row, "ax_avg", 0, &s->ax_avg, err) &&
           number(path, token, row, "a_std", 0, &s->a_std, err) &&
           number(path, token, row, "vy_max", 0, &s->vy_max, err) &&
           number(path, token, row, "unsafe_ratio", 0, &s->unsafe, err) &&
           number(path, token, row, "oversafe_ratio", 0, &s->oversafe, err) &&
           letter(path, token, row, "model", &s->model, err) && letter(path, token, row, "person", &s->person, err) &&
           letter(path, token, row, "ANC_result", &s->said, err);
}

static bool read_map(const char *path, const json_t *json, struct arena *arena, struct style_scenes *out,
                     struct error *err) {
    const char *key;
    json_t *row;
    json_object_foreach((json_t *)json, key,
                        row) if (!take(path, text_of(key), row, arena, &out->at[out->n++], err)) return false;
    return true;
}

static bool read_list(const char *path, const json_t *json, struct arena *arena, struct style_scenes *out,
                      struct error *err) {
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *row = json_array_get(json, i);
        struct text token = json_text(json_object_get(row, "token"));
        if (!token.len) return error_set(err, ERROR_DATA, "%s: row %zu: expected a token", path, i + 1);
        if (!take(path, token, row, arena, &out->at[out->n++], err)) return false;
    }
    return true;
}

bool style_read(const char *path, struct arena *arena, struct style_scenes *out, struct error *err) {
    bool lines = text_ends(text_of(path), TEXT(".jsonl"));
    json_t *json = lines ? json_read_list(path, FILE_BYTES, err) : json_read_file(path, FILE_BYTES, err);
    size_t n = json_is_object(json) ? json_object_size(json) : json_array_size(json);
    *out = (struct style_scenes){0};
    bool ok = json != NULL;
    if (ok && (!n || n > STYLE_SCENES_MOST))
        ok = error_set(err, ERROR_DATA, "%s: expected scenes, {token: {v_avg, ...}} or rows with a token", path);
    ok = ok && (out->at = arena_new(arena, struct style_scene, n, err)) != NULL;
    ok = ok && (json_is_object(json) ? read_map : read_list)(path, json, arena, out, err);
    json_decref(json);
    return ok;
}

/* ---- percentiles ---- */

static double measure(const struct style_scene *s, int m) {
    return m == 0 ? s->v_avg : m == 1 ? s->a_max : m == 2 ? fabs(s->ax_avg) : m == 3 ? s->a_std : s->vy_max;
}

static int smaller(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Percentiles of a group of scenes, sorted values by measure; lent until the next group. */
struct group {
    double *sorted[MEASURES];
    size_t n;
};

/* Linear between neighbours. */
static double percentile(const struct group *g, int m, double p) {
    double at = p / 100 * (double)(g->n - 1);
    size_t i = (size_t)at;
    double next = g->sorted[m][i + 1 < g->n ? i + 1 : i];
    return g->sorted[m][i] + (at - (double)i) * (next - g->sorted[m][i]);
}

static void gather(struct style_scene *const *by, size_t from, size_t to, struct group *g) {
    g->n = to - from;
    for (int m = 0; m < MEASURES; m++) {
        for (size_t i = from; i < to; i++) g->sorted[m][i - from] = measure(by[i], m);
        qsort(g->sorted[m], g->n, sizeof(double), smaller);
    }
}

/* ---- votes ---- */

static bool turns(struct text type) {
    static const char *const parts[] = {"lane_change", "intersection", "roundabout"};
    for (size_t i = 0; i < 3; i++)
        if (text_find(type, text_of(parts[i]), 0) != SIZE_MAX) return true;
    return false;
}

static void vote(struct style_scene *s, const struct group *g) {
    static const double high[4] = {85, 90, 90, 90};
    s->dangerous = s->unsafe >= UNSAFE || s->rear < REAR_GAP;
    s->aggressive = (s->unsafe >= UNSAFE) + (s->rear < REAR_GAP);
    for (int m = 0; m < 4; m++) s->aggressive += measure(s, m) > percentile(g, m, high[m]);
    s->aggressive += turns(s->type) && s->vy_max > percentile(g, 4, 90);
    s->conservative =
        (!s->lead && s->v_avg < percentile(g, 0, 15)) + (s->a_max < percentile(g, 1, 20)) + (s->oversafe >= OVERSAFE);
    if (s->dangerous || (s->aggressive >= 2 && !s->conservative))
        s->rule = 'A';
    else
        s->rule = s->conservative >= 2 && !s->aggressive ? 'C' : 'N';
}

static int by_cell(const void *a, const void *b) {
    const struct style_scene *x = *(struct style_scene *const *)a, *y = *(struct style_scene *const *)b;
    int types = text_compare(x->type, y->type);
    return types ? types : text_compare(x->cell, y->cell);
}

/* The end of the run that begins at i: of equal cells, or of equal types. */
static size_t run_of(struct style_scene *const *by, size_t n, size_t i, bool cells) {
    size_t end = i + 1;
    while (end < n && (cells ? text_equal(by[end]->cell, by[i]->cell) : text_equal(by[end]->type, by[i]->type))) end++;
    return end;
}

bool style_rule(struct style_scenes *scenes, struct arena *arena, struct error *err) {
    struct style_scene **by = arena_new(arena, struct style_scene *, scenes->n, err);
    struct group all = {0}, type = {0}, cell = {0}, *const groups[] = {&all, &type, &cell};
    for (size_t g = 0; by && g < 3; g++)
        for (int m = 0; m < MEASURES; m++)
            if (!(groups[g]->sorted[m] = arena_new(arena, double, scenes->n, err))) return false;
    if (!by) return false;
    for (size_t i = 0; i < scenes->n; i++) by[i] = &scenes->at[i];
    qsort(by, scenes->n, sizeof *by, by_cell);
    gather(by, 0, scenes->n, &all);
    for (size_t t = 0, t_end; t < scenes->n; t = t_end) {
        t_end = run_of(by, scenes->n, t, false);
        gather(by, t, t_end, &type);
        for (size_t c = t, c_end; c < t_end; c = c_end) {
            c_end = run_of(by, t_end, c, true);
            gather(by, c, c_end, &cell);
            const struct group *g = cell.n >= CELL_LEAST ? &cell : type.n >= CELL_LEAST ? &type : &all;
            for (size_t i = c; i < c_end; i++) {
                vote(by[i], g);
                by[i]->fused = style_fuse(by[i]->rule, by[i]->model, by[i]->person);
            }
        }
    }
    return true;
}

char style_fuse(char rule, char model, char person) {
    if (person) return person;
    if (rule == 'A' || model == 'A') return 'A';
    return rule == 'C' && model == 'C' ? 'C' : 'N';
}

bool style_speeds_ordered(const struct style_scenes *scenes, char (*label)(const struct style_scene *scene),
                          double mean[3]) {
    double sum[3] = {0}, n[3] = {0}, last = INFINITY;
    size_t there = 0;
    bool falls = true;
    for (size_t i = 0; i < scenes->n; i++) {
        char said = label(&scenes->at[i]);
        size_t k = said == 'A' ? 0 : said == 'N' ? 1 : 2;
        if (!said) continue;
        sum[k] += scenes->at[i].v_avg, n[k]++;
    }
    for (size_t k = 0; k < 3; k++) {
        mean[k] = n[k] > 0 ? sum[k] / n[k] : NAN;
        if (isnan(mean[k])) continue;
        falls &= mean[k] < last;
        last = mean[k];
        there++;
    }
    return falls && there > 1;
}

/* ---- lists of tokens ---- */

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

bool style_tokens_read(const char *path, struct arena *arena, struct text **out, size_t *n, struct error *err) {
    const struct yaml *map = yaml_read_file(arena, path, TOKENS_BYTES, err),
                      *list = map ? yaml_get(map, "tokens") : NULL;
    if (!map) return false;
    if (!list || list->kind != YAML_SEQUENCE) return yaml_error(map, err, "expected tokens: [...]");
    struct text *sorted = arena_new(arena, struct text, list->n + 1, err);
    if (!sorted || !(*out = arena_new(arena, struct text, list->n + 1, err))) return false;
    *n = list->n;
    for (size_t i = 0; i < list->n; i++) sorted[i] = (*out)[i] = list->child[i]->scalar;
    qsort(sorted, *n, sizeof *sorted, by_text);
    for (size_t i = 1; i < *n; i++)
        if (text_equal(sorted[i], sorted[i - 1]))
            return yaml_error(list, err, "token '%.*s' twice", TEXT_ARG(sorted[i]));
    return true;
}
