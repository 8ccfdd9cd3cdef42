/* Averages of leaderboards: of each row of a table (CSV, JSONL, or JSON whose members are the rows) the mean of the
 * columns that a named recipe lists, beside the average that the table states. Which columns count is most of what such
 * a number means, so each recipe has a name, and every figure carries it: Hong et al. 2024, "Decoding Compressed
 * Trust", publish one average of MMLU and the eight scores and another of six scores, under the same word. A column
 * that is not there, or is no number, is an error; a stated average may be left out (an empty cell). */
#include "measure/dataset/dataset.h"
#include "measure/score/multi_total.h"
#include "measure/score/scorer_internal.h"

#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { COLUMNS_MOST = 32, ROWS_MOST = 100000, FIGURES_A_ROW = MULTI_NODES_MOST, FILE_MOST = 64 << 20 };

static const struct recipe {
    const char *name, *columns;
    const char *said; /* the column of the stated average, where the option names none */
} recipes[] = {
    {"comptrust-nine", "MMLU|Adv Demo|AdvGLUE++|Fairness|Ethics|OOD|Privacy|Stereotype|Toxicity", "Average"},
    {"comptrust-six", "Adv Demo|AdvGLUE++|Fairness|Ethics|OOD|Privacy", "Average"},
    /* Zhang et al. 2024, "MultiTrust": two sub-dimensions of each of truth, safety, robustness, fairness, privacy. */
    {"multitrust", "T.I|T.M|S.T|S.J|R.O|R.A|F.S|F.B|P.A|P.L", "Avg."},
};
enum { RECIPE, OF, SAID, TOLERANCE };
static const struct option_def aggregate_options[] = {
    {"recipe", OPTION_CHOICE, "comptrust-nine", 1, 0,
     "comptrust-nine|comptrust-six|multitrust|multitrust-tasks|columns",
     "what is averaged: MMLU and eight scores; six of them; the ten of MultiTrust, or its 32 tasks; the columns of "
     "option 'columns'"},
    {"columns", OPTION_TEXT, "", 1, 0, NULL, "of recipe=columns: their names, A|B|C"},
    {"said", OPTION_TEXT, "", 1, 0, NULL, "the column of the stated average (default: Average; of multitrust Avg.)"},
    {"tolerance", OPTION_REAL, "0.06", 0, 1e9, NULL, "how far off a stated average may be, to agree"},
};

struct columns {
    struct text name[COLUMNS_MOST];
    size_t n;
};

static struct text said_of(const struct option_value *options) {
    if (options[SAID].text.len) return options[SAID].text;
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        if (text_equal_c(options[RECIPE].text, recipes[i].name)) return text_of(recipes[i].said);
    return TEXT("Average");
}

static bool columns_of(const struct option_value *options, struct columns *out, struct error *err) {
    struct text rest = options[OF].text, name;
    out->n = 0;
    if (text_equal_c(options[RECIPE].text, "multitrust-tasks")) return true; /* a table of its own: multi_total.h */
    if (text_equal_c(options[RECIPE].text, "columns") && !rest.len)
        return error_set(err, ERROR_USAGE, "aggregate: recipe=columns needs columns=A|B|C");
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        if (text_equal_c(options[RECIPE].text, recipes[i].name)) rest = text_of(recipes[i].columns);
    while (text_next(&rest, '|', &name)) {
        if (out->n == COLUMNS_MOST) return error_set(err, ERROR_USAGE, "aggregate: more than %d columns", COLUMNS_MOST);
        if (!name.len) return error_set(err, ERROR_USAGE, "aggregate: an empty name in columns=A|B|C");
        out->name[out->n++] = name;
    }
    return out->n > 0;
}

/* A number, or one as text; *there false: no such column, or an empty cell. */
static bool number_at(const json_t *row, struct text name, struct json_place place, bool *there, double *out,
                      struct error *err) {
    const json_t *value = json_object_getn(row, name.at, name.len);
    struct text t = text_trim(json_text(value));
    *there = value && !json_is_null(value) && !(json_is_string(value) && !t.len);
    *out = NAN;
    if (!*there) return true;
    if (json_is_number(value))
        *out = json_number_value(value);
    else if (!json_is_string(value) || !text_to_f64(t, out))
        *out = NAN;
    return isfinite(*out) || error_set(err, ERROR_DATA, "%s:%zu: column '%.*s': expected a number", place.file,
                                       place.line, TEXT_ARG(name));
}

static bool average(const json_t *row, const struct columns *columns, struct json_place place, double *out,
                    struct error *err) {
    double sum = 0, value;
    bool there;
    for (size_t i = 0; i < columns->n; i++) {
        if (!number_at(row, columns->name[i], place, &there, &value, err)) return false;
        if (!there)
            return error_set(err, ERROR_DATA, "%s:%zu: no '%.*s', which the recipe averages", place.file, place.line,
                             TEXT_ARG(columns->name[i]));
        sum += value;
    }
    *out = sum / (double)columns->n;
    return true;
}

/* ---- whole files ---- */

struct sheet {
    const struct score_whole *in;
    struct columns columns;
    struct arena *arena;
    struct figure *at;
    size_t n, capacity, rows;
    uint64_t said, met;
    const char *method;
    struct error *err;
};

static struct figure figure_of(const struct sheet *s, const char *name, const char *group, double value,
                               const char *unit, const char *direction) {
    struct figure f = figure_new(name, group, value, s->columns.n);
    f.unit = unit, f.direction = direction, f.method = s->method, f.scorer = "aggregate";
    return f;
}

static bool reserve(struct sheet *s) {
    if (s->n + FIGURES_A_ROW <= s->capacity) return true;
    size_t capacity = s->capacity ? 2 * s->capacity : 2 * FIGURES_A_ROW;
    struct figure *at = memory_grow(s->at, capacity, sizeof *at);
    if (!at) return error_memory(s->err, "figures");
    s->at = at;
    s->capacity = capacity;
    return true;
}

/* "3: NAME" */
static const char *group_of(struct sheet *s, const json_t *row, struct json_place place) {
    static const char *const names[] = {"Model", "model", "name", "id"};
    struct text who = {0};
    for (size_t i = 0; !who.len && i < sizeof names / sizeof *names; i++)
        who = json_text(json_object_get(row, names[i]));
    return arena_printf(s->arena, s->err, "%zu: %.*s", place.line, (int)(who.len < 80 ? who.len : 80),
                        who.len ? who.at : "");
}

/* 0 the total, 1 a sub-aspect, 2 a task, 3 a part of one. */
static int level_of(const struct multi_node *node) {
    if (!node->parent) return 0;
    return strchr(node->name, '/') ? 3 : node->name[2] >= '1' && node->name[2] <= '9' ? 2 : 1;
}

/* The total, the sub-aspects, and the tasks of which everything is there. */
static bool add_tasks(struct sheet *s, const json_t *row, struct json_place place, const char *group) {
    double values[MULTI_NODES_MOST];
    const char *missing[MULTI_NODES_MOST];
    size_t n;
    const struct multi_node *nodes = multi_nodes(&n);
    if (!multi_total(row, place, values, missing, s->err)) return false;
    size_t measured = 0;
    for (size_t k = 0; k < n; k++) measured += !isnan(values[k]);
    if (!measured)
        return error_set(s->err, ERROR_DATA, "%s:%zu: no part of a task was measured; docs/multitrust.md names them",
                         place.file, place.line);
    for (int level = 0; level < 3; level++)
        for (size_t k = 0; k < n; k++) {
            if (level_of(&nodes[k]) != level || (level == 2 && isnan(values[k]))) continue;
            struct figure f = figure_of(s, nodes[k].name, group, values[k], "points", "up");
            f.n = !isnan(values[k]);
            if (!f.n) f.null_reason = arena_printf(s->arena, s->err, "%s is not there", missing[k]);
            s->at[s->n++] = f;
        }
    return s->err->kind == ERROR_NONE;
}

static bool add_row(struct sheet *s, const json_t *row, struct json_place place) {
    double value = NAN, said = NAN;
    bool there;
    if (s->rows++ == ROWS_MOST) return error_set(s->err, ERROR_DATA, "%s: more than %d rows", place.file, ROWS_MOST);
    const char *group = group_of(s, row, place);
    if (!group || !reserve(s)) return false;
    if (text_equal_c(s->in->options[RECIPE].text, "multitrust-tasks")) return add_tasks(s, row, place, group);
    if (!average(row, &s->columns, place, &value, s->err) ||
        !number_at(row, said_of(s->in->options), place, &there, &said, s->err))
        return false;
    s->at[s->n++] = figure_of(s, "average", group, value, "points", "up");
    if (!there) return true;
    double off = fabs(value - said);
    s->said++;
    s->met += off <= s->in->options[TOLERANCE].real;
    s->at[s->n++] = figure_of(s, "average_off", group, off, "points", "down");
    return true;
}

static bool read_table(struct sheet *s, const char *path) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *data = dataset_open(path, path, &kwargs, s->err);
    json_t *row;
    size_t line;
    int state = data ? 1 : -1;
    while (state == 1 && (state = dataset_next(data, &row, &line, s->err)) == 1) {
        if (!add_row(s, row, (struct json_place){path, line, ""})) state = -1;
        json_decref(row);
    }
    dataset_close(data);
    return state == 0;
}

/* {"1": {row}, "3": {row}, ...}; NULL without an error: it is a table of another form. */
static json_t *members(const char *path, struct error *err) {
    if (!text_ends(text_of(path), TEXT(".json"))) return NULL;
    json_t *root = json_read_file(path, FILE_MOST, err);
    bool all = json_is_object(root) && json_object_size(root) > 0;
    const char *key;
    json_t *row;
    json_object_foreach(root, key, row) all = all && json_is_object(row);
    if (all) return root;
    json_decref(root);
    return NULL;
}

static bool read_members(struct sheet *s, const char *path, json_t *root) {
    const char *key;
    json_t *row;
    size_t line = 0;
    json_object_foreach(root, key, row) if (!add_row(s, row, (struct json_place){path, ++line, ""})) return false;
    return true;
}

static bool read_path(struct sheet *s, const char *path) {
    json_t *root = members(path, s->err);
    if (root) {
        bool ok = read_members(s, path, root);
        json_decref(root);
        return ok;
    }
    return s->err->kind == ERROR_NONE && read_table(s, path);
}

/* The rows, and behind them how many of the stated averages agree. */
static bool hand_over(struct sheet *s, struct figure **figures, size_t *n) {
    struct figure *all = arena_new(s->arena, struct figure, s->n + 1, s->err);
    if (!all) return false;
    memcpy(all, s->at, s->n * sizeof *all);
    if (s->said) {
        struct figure met = figure_of(s, "average_agrees", "", (double)s->met, "rows", "up");
        met.n = s->said;
        all[s->n++] = met;
    }
    *figures = all;
    *n = s->n;
    return true;
}

static bool whole_aggregate(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                            struct error *err) {
    struct sheet s = {.in = in, .arena = arena, .err = err};
    s.method = arena_printf(arena, err, "recipe=%.*s", TEXT_ARG(in->options[RECIPE].text));
    bool ok = s.method && columns_of(in->options, &s.columns, err);
    for (size_t i = 0; ok && i < in->n_paths; i++) ok = read_path(&s, in->paths[i]);
    if (ok && !s.rows) ok = error_set(err, ERROR_DATA, "%s: no rows", in->paths[0]);
    ok = ok && hand_over(&s, figures, n);
    memory_free(s.at);
    return ok;
}

/* ---- one row as an answer: an object of numbers ---- */

/* The average, or the total of the tasks; NaN: a task is not there. */
static bool average_of(const json_t *row, const struct option_value *options, const struct columns *columns,
                       double *out, struct error *err) {
    const struct json_place place = {"the answer", 1, ""};
    double values[MULTI_NODES_MOST];
    const char *missing[MULTI_NODES_MOST];
    size_t n;
    if (!text_equal_c(options[RECIPE].text, "multitrust-tasks")) return average(row, columns, place, out, err);
    multi_nodes(&n);
    if (!multi_total(row, place, values, missing, err)) return false;
    *out = values[n - 1];
    return !isnan(*out);
}

static bool score_aggregate(const struct task *task, const struct option_value *options, const struct item *item,
                            const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct columns columns;
    struct error why = {0};
    (void)task, (void)item, (void)arena;
    if (!columns_of(options, &columns, err)) return false;
    json_t *row = json_read(answer->text, "the answer", 1, &why);
    bool ok = row && average_of(row, options, &columns, &out->value, &why);
    json_decref(row);
    if (!ok) return score_unread(out);
    out->label = TEXT("averaged");
    return true;
}

const struct scorer scorer_aggregate = {
    .name = "aggregate",
    .version = "1",
    .summary = "averages of the rows of a leaderboard by a named recipe, beside those that it states",
    .options = aggregate_options,
    .n_options = sizeof aggregate_options / sizeof *aggregate_options,
    .whole = whole_aggregate,
    .score = score_aggregate,
};
