/* Reading leaderboards and writing them again: see leaderboard.h. */
#include "report/leaderboard.h"

#include "measure/statistics/statistics.h"
#include "report/html_page.h"
#include "report/picture_radar.h"
#include "report/report_number.h"
#include "report/text_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BOARD_BYTES = 16 << 20 };

struct board_model {
    const char *name;
    bool own;
    double value[BOARD_COLUMNS], score[BOARD_DIMENSIONS], mean; /* mean NaN: a dimension has no score */
};
struct board {
    struct arena arena;
    const struct board_map *map;
    struct board_model *models;
    size_t n;
};

bool leaderboard_claims(const char *word) {
    struct stat file;
    return text_ends(text_of(word), TEXT(".json")) && stat(word, &file) == 0;
}

/* ---- scores ---- */

void board_scores(const struct board_map *map, const double *values, double *scores) {
    double sum[BOARD_DIMENSIONS] = {0}, weight[BOARD_DIMENSIONS] = {0};
    for (size_t c = 0; c < map->n_columns; c++) {
        const struct board_column *column = &map->columns[c];
        if (isnan(values[c]) || column->weight == 0) continue;
        sum[column->dimension] += column->weight * board_share(column, values[c]);
        weight[column->dimension] += column->weight;
    }
    for (size_t d = 0; d < map->n_dimensions; d++) scores[d] = sum[d] / weight[d]; /* nothing: NaN */
}

/* ---- the file ---- */

static struct board_model *model_of(struct board *b, struct text name, struct error *err) {
    for (size_t i = 0; i < b->n; i++)
        if (board_same_name(text_of(b->models[i].name), name)) return &b->models[i];
    if (b->n == BOARD_MODELS) return error_set(err, ERROR_DATA, "over %d models", BOARD_MODELS), NULL;
    struct board_model *m = &b->models[b->n];
    *m = (struct board_model){.name = text_copy(&b->arena, name, err)};
    for (size_t c = 0; c < BOARD_COLUMNS; c++) m->value[c] = NAN;
    if (!m->name) return NULL;
    b->n++;
    return m;
}

/* "Jailbreak (up)": the column, which must be better in the same direction. */
static bool column_of(const struct board *b, const char *key, struct json_place place, size_t *out, struct error *err) {
    struct text name = text_of(key);
    bool up = text_ends(name, TEXT("(up)")), down = text_ends(name, TEXT("(down)"));
    if (!up && !down)
        return error_set(err, ERROR_DATA, "%s: %s: column '%s' does not end in (up) or (down)", place.file, place.path,
                         key);
    name = text_trim(text_part(name, 0, name.len - (up ? 4 : 6)));
    if ((*out = board_map_find(b->map, name)) == SIZE_MAX)
        return error_set(err, ERROR_DATA,
                         "%s: %s: column '%.*s' is in no dimension of %s; name it there, or give a map with --map",
                         place.file, place.path, TEXT_ARG(name), b->map->shown);
    return b->map->columns[*out].down == down ||
           error_set(err, ERROR_DATA, "%s: %s: column '%.*s' is better %s, but %s:%zu says %s", place.file, place.path,
                     TEXT_ARG(name), down ? "down" : "up", b->map->shown, b->map->columns[*out].line,
                     down ? "up" : "down");
}

static bool read_row(struct board *b, const json_t *row, struct json_place place, struct error *err) {
    const char *key;
    json_t *value;
    struct text name;
    if (!json_is_object(row)) return json_mismatch(row, "row", place, "an object", err);
    if (!json_get_text(row, "Model", place, &name, err)) return false;
    struct board_model *model = model_of(b, name, err);
    if (!model) return false;
    json_object_foreach((json_t *)row, key, value) {
        size_t column;
        if (strcmp(key, "Model") == 0) continue;
        if (!column_of(b, key, place, &column, err)) return false;
        if (!json_is_number(value) && !json_is_null(value))
            return json_mismatch(value, key, place, "a number or null", err);
        if (!isnan(model->value[column]))
            return error_set(err, ERROR_DATA, "%s: %s: model '%.*s' has column '%s' twice", place.file, place.path,
                             TEXT_ARG(name), key);
        model->value[column] = json_is_null(value) ? (double)NAN : json_number_value(value);
    }
    return true;
}

static bool read_board(struct board *b, const char *path, struct error *err) {
    json_t *root = json_read_file(path, BOARD_BYTES, err);
    const char *dimension;
    json_t *rows;
    bool ok = root != NULL;
    if (ok && (!json_is_object(root) || json_object_size(root) == 0))
        ok = error_set(err, ERROR_DATA, "%s: expected an object of dimensions, each a list of models", path);
    for (void *at = ok ? json_object_iter(root) : NULL; ok && at; at = json_object_iter_next(root, at)) {
        dimension = json_object_iter_key(at), rows = json_object_iter_value(at);
        if (!json_is_array(rows) || json_array_size(rows) == 0)
            ok = error_set(err, ERROR_DATA, "%s: %s: expected a list of models that is not empty", path, dimension);
        for (size_t i = 0; ok && i < json_array_size(rows); i++) {
            char place[160];
            snprintf(place, sizeof place, "%.120s[%zu]", dimension, i);
            ok = read_row(b, json_array_get(rows, i), (struct json_place){path, 0, place}, err);
        }
    }
    json_decref(root);
    return ok;
}

/* ---- runs ---- */

/* "jailbreak" is trustllm_jailbreak, ptrust_jailbreak, or itself. */
static bool is_task(const char *name, const char *wanted) {
    static const char *const prefixes[] = {"", "trustllm_", "ptrust_"};
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(prefixes[i]);
        if (strncmp(name, prefixes[i], n) == 0 && strcmp(name + n, wanted) == 0) return true;
    }
    return false;
}

static const struct figure *find_in(const struct report_run *run, const char *task, struct text figure,
                                    struct text group) {
    for (size_t i = 0; i < run->n_figures; i++) {
        const struct figure *f = &run->figures[i];
        if (is_task(f->task, task) && text_equal_c(figure, f->name) && text_equal_c(group, f->group)) return f;
    }
    return NULL;
}

/* The first that is there of the alternatives; group "all", or none at all: of the whole task. */
static const struct figure *find_source(const struct report_run *run, const struct board_source *s) {
    struct text groups = s->group[0] ? text_of(s->group) : TEXT("all"), group;
    while (text_next(&groups, '|', &group)) {
        if (text_equal_c(group, "all")) group = TEXT("");
        struct text names = text_of(s->figure), name;
        while (text_next(&names, '|', &name)) {
            const struct figure *f = find_in(run, s->task, name, group);
            if (f) return f;
        }
    }
    return NULL;
}

static bool has_task(const struct report_run *run, const char *task) {
    for (size_t i = 0; i < run->n_figures; i++)
        if (is_task(run->figures[i].task, task)) return true;
    return false;
}

bool board_of_run(const struct board_map *map, const struct report_run *run, bool strict, double *values, size_t *found,
                  struct error *err) {
    *found = 0;
    for (size_t c = 0; c < map->n_columns; c++) {
        const struct board_column *column = &map->columns[c];
        double sum = 0, weight = 0;
        bool whole = column->n_from > 0;
        for (size_t i = 0; i < column->n_from; i++) {
            const struct board_source *s = &column->from[i];
            const struct figure *f = find_source(run, s);
            if (strict && !f && has_task(run, s->task))
                return error_set(err, ERROR_DATA, "%s:%zu: column '%s': run '%s' has task '%s' but no figure '%s'",
                                 map->shown, s->line, column->name, run->name, s->task, s->figure);
            whole &= f && !isnan(f->value);
            if (f) sum += s->weight * f->value, weight += s->weight;
        }
        values[c] = whole ? sum / weight : (double)NAN;
        *found += whole;
    }
    return true;
}

static bool add_runs(struct board *b, struct record *record, const char *const *words, size_t n, struct error *err) {
    const char **runs = arena_new(&b->arena, const char *, n + 1, err);
    struct report_data data;
    size_t n_runs = 0;
    if (!runs) return false;
    for (size_t i = 0; i < n; i++)
        if (!leaderboard_claims(words[i])) runs[n_runs++] = words[i];
    if (n_runs == 0) return true;
    bool ok = report_data_load(&data, record, runs, n_runs, NULL, err);
    for (size_t r = 0; ok && r < data.n_runs; r++) {
        size_t found;
        char *name = arena_printf(&b->arena, err, "run %s", data.runs[r].name);
        struct board_model *model = name ? model_of(b, text_of(name), err) : NULL;
        ok = model && board_of_run(b->map, &data.runs[r], true, model->value, &found, err) &&
             (found > 0 || error_set(err, ERROR_DATA, "run '%s' has none of the tasks that %s names", data.runs[r].name,
                                     b->map->shown));
        if (ok) model->own = true;
    }
    report_data_done(&data);
    return ok;
}

/* ---- ranks ---- */

static int by_mean(const void *a, const void *b) {
    const struct board_model *x = a, *y = b;
    if (isnan(x->mean) != isnan(y->mean)) return isnan(x->mean) - isnan(y->mean);
    if (x->mean != y->mean && !isnan(x->mean)) return x->mean < y->mean ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void score_models(struct board *b) {
    for (size_t i = 0; i < b->n; i++) {
        struct board_model *m = &b->models[i];
        board_scores(b->map, m->value, m->score);
        m->mean = 0;
        for (size_t d = 0; d < b->map->n_dimensions; d++) m->mean += m->score[d] / (double)b->map->n_dimensions;
    }
    qsort(b->models, b->n, sizeof *b->models, by_mean);
}

static bool is_original(const struct board *b, const struct board_model *m) {
    for (size_t i = 0; i < b->map->n_original; i++)
        if (board_same_name(text_of(b->map->original[i]), text_of(m->name))) return true;
    return false;
}

/* Spearman's correlation of two columns over the published models that have both. */
static bool correlation(const struct board *b, size_t one, size_t other, bool original, double *out, size_t *n,
                        struct error *err) {
    double x[BOARD_MODELS], y[BOARD_MODELS];
    struct error why = {0};
    *n = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct board_model *m = &b->models[i];
        if (m->own || isnan(m->value[one]) || isnan(m->value[other]) || (original && !is_original(b, m))) continue;
        x[*n] = m->value[one];
        y[(*n)++] = m->value[other];
    }
    *out = stat_spearman(x, y, *n, &why);
    if (why.kind == ERROR_NONE) return true;
    if (err) *err = why;
    return false;
}

/* ---- writing ---- */

static const char *share_text(struct board *b, double value, struct error *err) {
    return isnan(value) ? "-" : arena_printf(&b->arena, err, "%.3f", value);
}

static bool put_models(struct board *b, const struct report_options *options, struct buffer *out, struct error *err) {
    const struct board_map *map = b->map;
    const char *cells[BOARD_DIMENSIONS + 3];
    struct text_grid grid;
    if (!text_grid_init(&grid, &b->arena, map->n_dimensions + 3, err)) return false;
    cells[0] = "rank", cells[1] = "model", cells[map->n_dimensions + 2] = "mean";
    for (size_t d = 0; d < map->n_dimensions; d++) cells[d + 2] = map->dimensions[d];
    grid.right[0] = true;
    for (size_t c = 2; c < map->n_dimensions + 3; c++) grid.right[c] = true;
    if (!text_grid_row(&grid, cells, err)) return false;
    for (size_t i = 0; i < b->n; i++) {
        const struct board_model *m = &b->models[i];
        cells[0] = isnan(m->mean) ? "-" : arena_printf(&b->arena, err, "%zu", i + 1);
        cells[1] = m->name;
        for (size_t d = 0; d < map->n_dimensions; d++) cells[d + 2] = share_text(b, m->score[d], err);
        cells[map->n_dimensions + 2] = share_text(b, m->mean, err);
        for (size_t c = 0; c < map->n_dimensions + 3; c++)
            if (!cells[c]) return false;
        if (!text_grid_row(&grid, cells, err)) return false;
    }
    text_grid_put(&grid, out, 0, options->color, options->width);
    return true;
}

static bool write_table(struct board *b, const struct report_options *options, struct buffer *out, struct error *err) {
    const struct board_map *map = b->map;
    if (!put_models(b, options, out, err)) return false;
    for (size_t u = 0; u < map->n_unmeasured; u++)
        buffer_printf(out, "%s%s", u ? ", " : "\nnot measured: ", map->unmeasured[u]);
    buffer_put_c(out, map->n_unmeasured ? "\n" : "");
    for (size_t p = 0; p < map->n_pairs; p++) {
        double original, all;
        size_t n_original, n_all;
        if (p == 0) buffer_put_c(out, "\nrank correlations (Spearman)\n");
        if (!correlation(b, map->pairs[p][0], map->pairs[p][1], true, &original, &n_original, err) ||
            !correlation(b, map->pairs[p][0], map->pairs[p][1], false, &all, &n_all, err))
            return false;
        buffer_printf(out, "  %s, %s: %.4f (the %zu of the paper), %.4f (all %zu)\n",
                      map->columns[map->pairs[p][0]].name, map->columns[map->pairs[p][1]].name, original, n_original,
                      all, n_all);
    }
    return true;
}

static json_t *model_json(const struct board *b, size_t i) {
    const struct board_model *m = &b->models[i];
    json_t *scores = json_object(), *values = json_object();
    for (size_t d = 0; d < b->map->n_dimensions; d++)
        json_object_set_new(scores, b->map->dimensions[d], json_from_f64(m->score[d]));
    for (size_t c = 0; c < b->map->n_columns; c++)
        json_object_set_new(values, b->map->columns[c].name, json_from_f64(m->value[c]));
    return json_pack("{s:s s:b s:o s:o s:o s:o}", "model", m->name, "own", m->own, "rank",
                     isnan(m->mean) ? json_null() : json_integer((json_int_t)i + 1), "mean", json_from_f64(m->mean),
                     "scores", scores, "values", values);
}

static bool add_pair(const struct board *b, size_t one, size_t other, json_t *list, struct error *err) {
    double original, all;
    size_t n_original, n_all;
    if (!correlation(b, one, other, true, &original, &n_original, err) ||
        !correlation(b, one, other, false, &all, &n_all, err))
        return false;
    json_t *row = json_pack("{s:s s:s s:o s:I s:o s:I}", "a", b->map->columns[one].name, "b",
                            b->map->columns[other].name, "original", json_from_f64(original), "n_original",
                            (json_int_t)n_original, "all", json_from_f64(all), "n", (json_int_t)n_all);
    return json_array_append_new(list, row) == 0 || error_memory(err, "leaderboard");
}

static bool write_json(struct board *b, const struct report_options *options, struct buffer *out, struct error *err) {
    json_t *models = json_array(), *pairs = json_array(), *unmeasured = json_array();
    bool ok = models && pairs && unmeasured;
    (void)options;
    for (size_t i = 0; ok && i < b->n; i++)
        ok = json_array_append_new(models, model_json(b, i)) == 0 || error_memory(err, "leaderboard");
    for (size_t u = 0; ok && u < b->map->n_unmeasured; u++)
        ok = json_array_append_new(unmeasured, json_string(b->map->unmeasured[u])) == 0;
    for (size_t x = 0; ok && x < b->map->n_columns; x++)
        for (size_t y = x + 1; ok && y < b->map->n_columns; y++) ok = add_pair(b, x, y, pairs, err);
    json_t *root = json_pack("{s:o s:o s:o}", "models", models, "rank_correlations", pairs, "unmeasured", unmeasured);
    ok = ok && root && json_put(out, root, 2) && buffer_put_c(out, "\n");
    json_decref(root);
    return ok;
}

/* Runs of one's own, then the best models. */
static bool write_svg(struct board *b, const struct report_options *options, struct buffer *out, struct error *err) {
    struct radar_line *lines = arena_new(&b->arena, struct radar_line, SVG_SERIES, err);
    size_t n = 0;
    (void)options;
    if (!lines) return false;
    for (int own = 1; own >= 0; own--)
        for (size_t i = 0; i < b->n && n < SVG_SERIES; i++) {
            if (b->models[i].own != own) continue;
            lines[n].name = text_of(b->models[i].name);
            memcpy(lines[n++].value, b->models[i].score, sizeof b->models[i].score);
        }
    buffer_put_c(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"");
    svg_number(out, RADAR_WIDTH);
    buffer_put_c(out, "\" height=\"");
    svg_number(out, radar_height(n));
    buffer_put_c(out, "\" font-family=\"system-ui,sans-serif\"><style>");
    buffer_put_c(out, html_style);
    buffer_put_c(out, "</style><rect width=\"100%\" height=\"100%\" fill=\"var(--bg)\"/>\n");
    radar_draw(out, b->map, lines, n, TEXT("Scores of the dimensions"));
    buffer_put_c(out, "</svg>\n");
    return buffer_check(out, "picture", err);
}

bool leaderboard_write(const char *const *words, size_t n, struct record *record, const char *map, const char *format,
                       const struct report_options *options, struct buffer *out, struct error *err) {
    struct board b = {0};
    bool json = strcmp(format, "json") == 0, svg = strcmp(format, "svg") == 0;
    if (!json && !svg && strcmp(format, "table") != 0)
        return error_set(err, ERROR_USAGE, "leaderboards have no format '%s'; there are table, json, svg", format);
    arena_init(&b.arena, (size_t)64 << 20);
    b.models = arena_new(&b.arena, struct board_model, BOARD_MODELS, err);
    bool ok = b.models && (b.map = board_map_read(map, &b.arena, err));
    for (size_t i = 0; ok && i < n; i++)
        if (leaderboard_claims(words[i])) ok = read_board(&b, words[i], err);
    ok = ok && (!record || add_runs(&b, record, words, n, err));
    if (ok) score_models(&b);
    ok = ok && (json ? write_json : svg ? write_svg : write_table)(&b, options, out, err);
    arena_done(&b.arena);
    return ok;
}
