/* Reading what a leaderboard's columns are: see leaderboard_map.h. */
#include "report/leaderboard_map.h"

#include "base/file.h"
#include "measure/rules/builtin.h"
#include "measure/task/task.h"

#include <ctype.h>
#include <math.h>

#define BUILT_IN "suites/data/trustllm-leaderboard.yaml"
enum { MAP_BYTES = 1 << 20 };

bool board_same_name(struct text a, struct text b) {
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.len && a.at[i] == ' ') i++;
        while (j < b.len && b.at[j] == ' ') j++;
        if (i == a.len || j == b.len) return i == a.len && j == b.len;
        if (tolower((unsigned char)a.at[i++]) != tolower((unsigned char)b.at[j++])) return false;
    }
}

size_t board_map_find(const struct board_map *map, struct text name) {
    for (size_t c = 0; c < map->n_columns; c++)
        if (board_same_name(text_of(map->columns[c].name), name)) return c;
    return SIZE_MAX;
}

double board_share(const struct board_column *c, double value) {
    double share = fmax(0, fmin(1, (value - c->least) / (c->most - c->least)));
    return isnan(value) ? (double)NAN : c->down ? 1 - share : share;
}

static const char *keep(struct text t, struct arena *arena, struct error *err) {
    return text_copy(arena, t, err);
}

static bool read_source(const struct yaml *node, struct board_column *column, struct arena *arena, struct error *err) {
    static const char *const known[] = {"task", "figure", "group", "weight"};
    struct text task = {0}, figure = {0}, group = {0};
    struct board_source *s = &column->from[column->n_from];
    *s = (struct board_source){.weight = 1, .line = node->line};
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {task: NAME, figure: NAME}");
    if (!yaml_check_keys(node, known, 4, err) || !yaml_opt_text(node, "task", &task, err) ||
        !yaml_opt_text(node, "figure", &figure, err) || !yaml_opt_text(node, "group", &group, err) ||
        !yaml_opt_f64(node, "weight", &s->weight, err))
        return false;
    if (!task.len || !figure.len) return yaml_error(node, err, "expected both 'task' and 'figure'");
    if (!(s->weight > 0)) return yaml_error(node, err, "a figure's weight must be above 0");
    column->n_from++;
    return (s->task = keep(task, arena, err)) && (s->figure = keep(figure, arena, err)) &&
           (s->group = keep(group, arena, err));
}

static bool read_range(const struct yaml *node, struct board_column *c, struct error *err) {
    if (!node) return true;
    if (node->kind != YAML_SEQUENCE || node->n != 2 || !text_to_f64(node->child[0]->scalar, &c->least) ||
        !text_to_f64(node->child[1]->scalar, &c->most) || !(c->least < c->most))
        return yaml_error(node, err, "expected [LEAST, MOST], the first below the second");
    return true;
}

static bool read_column(const struct yaml *node, struct board_map *m, struct arena *arena, struct error *err) {
    static const char *const known[] = {"column", "better", "range", "weight", "from"};
    struct text name = {0}, better = TEXT("up");
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {column: NAME, ...}");
    if (m->n_columns == BOARD_COLUMNS) return yaml_error(node, err, "over %d columns", BOARD_COLUMNS);
    struct board_column *c = &m->columns[m->n_columns];
    *c = (struct board_column){.dimension = m->n_dimensions - 1, .line = node->line, .weight = 1, .most = 1};
    if (!yaml_check_keys(node, known, 5, err) || !yaml_opt_text(node, "column", &name, err) ||
        !yaml_opt_text(node, "better", &better, err) || !yaml_opt_f64(node, "weight", &c->weight, err) ||
        !read_range(yaml_get(node, "range"), c, err))
        return false;
    if (!name.len) return yaml_error(node, err, "expected 'column': its name");
    if (board_map_find(m, name) != SIZE_MAX) return yaml_error(node, err, "column '%.*s' comes twice", TEXT_ARG(name));
    if (!text_equal_c(better, "up") && !text_equal_c(better, "down"))
        return yaml_error(node, err, "better: expected up or down");
    if (!(c->weight >= 0))
        return yaml_error(node, err, "weight of column '%.*s': expected a number from 0 on", TEXT_ARG(name));
    c->down = text_equal_c(better, "down");
    if (!(c->name = keep(name, arena, err))) return false;
    m->n_columns++;
    const struct yaml *from = yaml_get(node, "from");
    if (from && (from->kind != YAML_SEQUENCE || from->n > BOARD_SOURCES))
        return yaml_error(from, err, "expected a list of at most %d figures", BOARD_SOURCES);
    for (size_t i = 0; from && i < from->n; i++)
        if (!read_source(from->child[i], c, arena, err)) return false;
    return true;
}

static bool read_dimension(const struct yaml *node, struct board_map *m, struct arena *arena, struct error *err) {
    static const char *const known[] = {"name", "columns"};
    struct text name = {0};
    double weights = 0;
    size_t first = m->n_columns;
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {name: NAME, columns: [...]}");
    if (m->n_dimensions == BOARD_DIMENSIONS) return yaml_error(node, err, "over %d dimensions", BOARD_DIMENSIONS);
    if (!yaml_check_keys(node, known, 2, err) || !yaml_opt_text(node, "name", &name, err)) return false;
    const struct yaml *columns = yaml_get(node, "columns");
    if (!name.len || !columns || columns->kind != YAML_SEQUENCE || columns->n == 0)
        return yaml_error(node, err, "expected a name and at least one column");
    if (!(m->dimensions[m->n_dimensions++] = keep(name, arena, err))) return false;
    for (size_t i = 0; i < columns->n; i++)
        if (!read_column(columns->child[i], m, arena, err)) return false;
    for (size_t c = first; c < m->n_columns; c++) weights += m->columns[c].weight;
    return weights > 0 ||
           yaml_error(node, err, "the weights of dimension '%.*s' are all 0, so it has no score", TEXT_ARG(name));
}

static bool read_names(const struct yaml *node, const char **out, size_t most, size_t *n, struct arena *arena,
                       struct error *err) {
    if (!node) return true;
    if (node->kind != YAML_SEQUENCE || node->n > most)
        return yaml_error(node, err, "expected a list of at most %zu names", most);
    for (size_t i = 0; i < node->n; i++)
        if (!(out[(*n)++] = keep(node->child[i]->scalar, arena, err))) return false;
    return true;
}

static bool read_pairs(const struct yaml *node, struct board_map *m, struct error *err) {
    if (!node) return true;
    if (node->kind != YAML_SEQUENCE || node->n > BOARD_PAIRS)
        return yaml_error(node, err, "expected a list of at most %d pairs", BOARD_PAIRS);
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml *pair = node->child[i];
        if (pair->kind != YAML_SEQUENCE || pair->n != 2) return yaml_error(pair, err, "expected two columns");
        for (size_t k = 0; k < 2; k++) {
            m->pairs[m->n_pairs][k] = board_map_find(m, pair->child[k]->scalar);
            if (m->pairs[m->n_pairs][k] == SIZE_MAX)
                return yaml_error(pair->child[k], err, "there is no column '%.*s'", TEXT_ARG(pair->child[k]->scalar));
        }
        m->n_pairs++;
    }
    return true;
}

static bool read_map(const struct yaml *root, struct board_map *m, struct arena *arena, struct error *err) {
    static const char *const known[] = {"leaderboard", "dimensions", "unmeasured", "pairs", "original"};
    if (root->kind != YAML_MAPPING) return yaml_error(root, err, "expected a mapping with 'dimensions'");
    if (!yaml_check_keys(root, known, 5, err)) return false;
    const struct yaml *dimensions = yaml_get(root, "dimensions");
    if (!dimensions || dimensions->kind != YAML_SEQUENCE || dimensions->n < 3)
        return yaml_error(dimensions ? dimensions : root, err, "expected 'dimensions': a list of at least three");
    for (size_t i = 0; i < dimensions->n; i++)
        if (!read_dimension(dimensions->child[i], m, arena, err)) return false;
    return read_pairs(yaml_get(root, "pairs"), m, err) &&
           read_names(yaml_get(root, "original"), m->original, BOARD_MODELS, &m->n_original, arena, err) &&
           read_names(yaml_get(root, "unmeasured"), m->unmeasured, BOARD_UNMEASURED, &m->n_unmeasured, arena, err);
}

struct board_map *board_map_read(const char *path, struct arena *arena, struct error *err) {
    struct text text;
    struct board_map *m = arena_new(arena, struct board_map, 1, err);
    if (!m) return NULL;
    const struct builtin_file *file = path ? NULL : builtin_find(BUILT_IN);
    if (!path && !file) return error_set(err, ERROR_ENVIRONMENT, "%s is not built in", BUILT_IN), NULL;
    m->shown = path ? path : BUILT_IN;
    if (file)
        text = (struct text){(const char *)file->at, (size_t)(file->end - file->at)};
    else if (!file_read(arena, path, MAP_BYTES, &text, err))
        return NULL;
    struct yaml *root = yaml_read(arena, text, m->shown, err);
    return root && read_map(root, m, arena, err) ? m : NULL;
}
