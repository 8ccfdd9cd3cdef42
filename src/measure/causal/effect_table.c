/* Reading tables: see effect_table.h. A file is read twice: once to count its rows and to see which columns are
 * numbers, once for the values, so that nothing grows with the file but the columns themselves. */
#include "measure/causal/effect_table.h"

#include "measure/causal/effect_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the first reading finds out of a column. */
struct kind {
    size_t numbers, words, first_word; /* first_word: the line */
    struct text word;
};

static bool is_missing(struct text t) {
    return t.len == 0 || text_equal_c(t, "NA") || text_equal_c(t, ".") || text_equal_nocase(t, TEXT("nan"));
}

static bool number_of(struct text t, double *x) {
    if (text_equal_nocase(t, TEXT("true"))) return *x = 1, true;
    if (text_equal_nocase(t, TEXT("false"))) return *x = 0, true;
    return text_to_f64(t, x) && isfinite(*x);
}

static bool look_at(struct kind *k, struct text t, size_t line, struct arena *arena, struct error *err) {
    double x;
    if (is_missing(t)) return true;
    if (number_of(t, &x)) return k->numbers++, true;
    if (k->words++) return true;
    k->first_word = line;
    char *copy = text_copy(arena, text_part(t, 0, t.len < 40 ? t.len : 40), err);
    k->word = text_of(copy);
    return copy != NULL;
}

static bool too_large(const char *path, size_t rows, size_t columns, struct error *err) {
    if (rows <= EFFECT_ROWS_MOST && rows * columns <= EFFECT_CELLS_MOST) return false;
    return !error_set(err, ERROR_DATA, "%s: more than %d rows or %d cells", path, EFFECT_ROWS_MOST, EFFECT_CELLS_MOST);
}

static bool count_rows(struct effect_rows *file, const char *path, struct kind *kinds, size_t *rows,
                       struct arena *arena, struct error *err) {
    const struct text *fields;
    size_t line, columns = effect_rows_columns(file);
    int got;
    for (*rows = 0; (got = effect_rows_next(file, &fields, &line, err)) == 1; ++*rows) {
        if (too_large(path, *rows + 1, columns, err)) return false;
        for (size_t c = 0; c < columns; c++)
            if (!look_at(&kinds[c], text_trim(fields[c]), line, arena, err)) return false;
    }
    return got == 0 && (*rows > 0 || error_set(err, ERROR_DATA, "%s: no rows", path));
}

/* A few words among many numbers are slips, not labels. */
static bool check_kinds(const struct effect_rows *file, const char *path, const struct kind *kinds, struct error *err) {
    for (size_t c = 0; c < effect_rows_columns(file); c++)
        if (kinds[c].words && kinds[c].numbers > 9 * kinds[c].words)
            return error_set(err, ERROR_DATA, "%s:%zu: column '%.*s': '%.*s' among %zu numbers; expected a number",
                             path, kinds[c].first_word, TEXT_ARG(effect_rows_name(file, c)), TEXT_ARG(kinds[c].word),
                             kinds[c].numbers);
    return true;
}

/* ---- values ---- */

static int by_bytes(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Labels are kept in their order as they come; more than the most are all the same one more. */
static bool label_of(struct effect_column *column, struct text t, double *x, struct arena *arena, struct error *err) {
    for (size_t i = 0; i < column->n_labels; i++)
        if (text_equal(column->label[i], t)) return *x = (double)i, true;
    *x = (double)column->n_labels;
    if (column->n_labels > EFFECT_LEVELS_MOST) return *x = EFFECT_LEVELS_MOST, true;
    char *copy = text_copy(arena, t, err);
    if (copy) column->label[column->n_labels++] = (struct text){copy, t.len};
    return copy != NULL;
}

static bool put_value(struct effect_column *column, size_t row, struct text t, struct arena *arena, struct error *err) {
    if (is_missing(t)) return column->x[row] = NAN, true;
    if (column->label) return label_of(column, t, &column->x[row], arena, err);
    return number_of(t, &column->x[row]);
}

/* So that what a number stands for does not depend on the order of rows. */
static void sort_labels(struct effect_column *column, size_t rows) {
    struct text sorted[EFFECT_LEVELS_MOST + 1];
    double place[EFFECT_LEVELS_MOST + 1];
    if (!column->label || column->n_labels > EFFECT_LEVELS_MOST) return;
    memcpy(sorted, column->label, column->n_labels * sizeof *sorted);
    qsort(sorted, column->n_labels, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < column->n_labels; i++)
        for (size_t k = 0; k < column->n_labels; k++)
            if (text_equal(column->label[i], sorted[k])) place[i] = (double)k;
    for (size_t r = 0; r < rows; r++)
        if (!isnan(column->x[r])) column->x[r] = place[(size_t)column->x[r]];
    memcpy(column->label, sorted, column->n_labels * sizeof *sorted);
}

static bool read_values(struct effect_rows *file, const char *path, struct effect_column *columns, size_t rows,
                        size_t *lines, struct arena *arena, struct error *err) {
    const struct text *fields;
    size_t line;
    for (size_t r = 0; r < rows; r++) {
        int got = effect_rows_next(file, &fields, &line, err);
        if (got != 1) return got < 0 ? false : error_set(err, ERROR_DATA, "%s: changed while it was read", path);
        if (lines) lines[r] = line;
        for (size_t c = 0; c < effect_rows_columns(file); c++)
            if (!put_value(&columns[c], r, text_trim(fields[c]), arena, err))
                return err && err->kind ? false
                                        : error_set(err, ERROR_DATA, "%s:%zu: changed while it was read", path, line);
    }
    return true;
}

static bool name_columns(const struct effect_rows *file, const char *path, const struct kind *kinds, size_t rows,
                         struct effect_table *t, struct arena *arena, struct error *err) {
    for (size_t c = 0; c < effect_rows_columns(file); c++) {
        struct effect_column *column = &t->column[t->n_columns + c];
        struct text name = text_trim(effect_rows_name(file, c));
        for (size_t k = 0; k < t->n_columns + c; k++)
            if (text_equal_c(name, t->column[k].name))
                return error_set(err, ERROR_DATA, "%s:1: a second column '%.*s'", path, TEXT_ARG(name));
        if (!(column->name = text_copy(arena, name, err)) || !(column->x = arena_new(arena, double, rows, err)) ||
            (kinds[c].words && !(column->label = arena_new(arena, struct text, EFFECT_LEVELS_MOST + 1, err))))
            return false;
    }
    return true;
}

static bool room_for(struct effect_table *t, size_t more, struct arena *arena, struct error *err) {
    struct effect_column *grown = arena_new(arena, struct effect_column, t->n_columns + more, err);
    if (grown && t->n_columns) memcpy(grown, t->column, t->n_columns * sizeof *grown);
    t->column = grown;
    return grown != NULL;
}

static bool first_reading(struct effect_rows *file, const char *path, struct effect_table *t, struct arena *arena,
                          struct error *err) {
    struct kind *kinds = arena_new(arena, struct kind, effect_rows_columns(file), err);
    size_t rows = 0;
    if (!kinds || !count_rows(file, path, kinds, &rows, arena, err) || !check_kinds(file, path, kinds, err))
        return false;
    if (t->rows && rows != t->rows)
        return error_set(err, ERROR_DATA, "%s: %zu rows, '%s' has %zu; files side by side need the same rows", path,
                         rows, t->name, t->rows);
    t->rows = rows;
    return room_for(t, effect_rows_columns(file), arena, err) && name_columns(file, path, kinds, rows, t, arena, err);
}

static bool add_file(const char *path, struct effect_table *t, struct arena *arena, struct error *err) {
    size_t before = t->n_columns;
    struct effect_rows *file = effect_rows_open(path, err);
    bool ok = file && first_reading(file, path, t, arena, err);
    effect_rows_close(file);
    file = ok ? effect_rows_open(path, err) : NULL;
    if (ok && !t->line && !(t->line = arena_new(arena, size_t, t->rows, err))) ok = false;
    ok = ok && file && read_values(file, path, t->column + before, t->rows, before ? NULL : t->line, arena, err);
    if (ok) t->n_columns += effect_rows_columns(file);
    effect_rows_close(file);
    for (size_t c = before; ok && c < t->n_columns; c++) sort_labels(&t->column[c], t->rows);
    return ok;
}

bool effect_table_read(const char *const *paths, size_t n_paths, struct arena *arena, struct effect_table *out,
                       struct error *err) {
    *out = (struct effect_table){.name = n_paths ? paths[0] : ""};
    error_clear(err);
    for (size_t i = 0; i < n_paths; i++)
        if (!add_file(paths[i], out, arena, err)) return false;
    return out->n_columns > 0 || error_set(err, ERROR_USAGE, "expected a table");
}

const struct effect_column *effect_table_column(const struct effect_table *table, struct text name, struct error *err) {
    const char *names[256];
    size_t n = table->n_columns < 256 ? table->n_columns : 256;
    for (size_t c = 0; c < table->n_columns; c++)
        if (text_equal_c(name, table->column[c].name)) return &table->column[c];
    for (size_t c = 0; c < n; c++) names[c] = table->column[c].name;
    const char *near = text_nearest(name, names, n);
    error_set(err, ERROR_USAGE, "'%s' has no column '%.*s'%s%s%s", table->name, TEXT_ARG(name),
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}
