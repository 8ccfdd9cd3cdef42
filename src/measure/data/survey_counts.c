/* Counts of surveys: see survey_counts.h. */
#include "measure/data/survey_counts.h"

#include "base/csv.h"
#include "measure/statistics/statistics.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { FIGURES = 1024, RATINGS_MOST = 16, GROUPS_MOST = 64, FILE_MOST = 1 << 20, COUNT_MOST = 1 << 30 };

struct counting {
    const char *path;
    size_t line;
    double confidence;
    struct arena *arena;
    struct survey_result *out;
    struct error *err;
};

static bool bad(const struct counting *c, const char *column, const char *what) {
    return error_set(c->err, ERROR_DATA, "%s:%zu: column '%s': %s", c->path, c->line, column, what);
}

static bool read_count(const struct counting *c, struct text t, const char *column, uint64_t *out) {
    return (text_to_u64(text_trim(t), out) && *out <= COUNT_MOST) || bad(c, column, "expected a count");
}

static bool put(struct counting *c, const char *name, const char *key, struct text group, struct interval x, int64_t k,
                uint64_t n) {
    struct survey_result *r = c->out;
    if (!r->figures && !(r->figures = arena_new(c->arena, struct figure, FIGURES, c->err))) return false;
    if (r->n_figures == FIGURES) return error_set(c->err, ERROR_DATA, "%s: more than %d figures", c->path, FIGURES);
    char *kept = arena_printf(c->arena, c->err, "%s=%.*s", key, TEXT_ARG(group));
    if (!kept) return false;
    struct figure *f = &r->figures[r->n_figures++];
    *f = figure_new(name, kept, x.estimate, n);
    figure_set_interval(f, x.estimate, x.lo, x.hi, k < 0 ? "mean" : "wilson");
    f->k = k, f->unit = k < 0 ? "points" : "share";
    return true;
}

static bool put_share(struct counting *c, const char *name, const char *key, struct text group, uint64_t k,
                      uint64_t n) {
    return put(c, name, key, group, stat_wilson(k, n, c->confidence), (int64_t)k, n);
}

/* ---- ratings of questions ---- */

static bool is_rating(struct text column, size_t place) {
    uint64_t n;
    return column.len > 1 && column.at[0] == 'n' && text_to_u64(text_part(column, 1, column.len), &n) && n == place;
}

static bool put_question(struct counting *c, struct text question, const struct text *fields, size_t ratings) {
    uint64_t n = 0, high = 0, count;
    double sum = 0;
    for (size_t i = 0; i < ratings; i++) {
        char column[8] = {'n', (char)('1' + i % 9)};
        if (!read_count(c, fields[i], column, &count)) return false;
        n += count;
        high += i + 2 >= ratings ? count : 0;
        sum += (double)(i + 1) * (double)count;
    }
    if (!n) return bad(c, "question", "nobody answered it");
    return put_share(c, "agree", "question", question, high, n) &&
           put(c, "rating", "question", question, (struct interval){sum / (double)n, NAN, NAN}, -1, n);
}

static bool read_questions(struct counting *c, struct csv *csv) {
    const struct text *fields;
    size_t ratings = csv_columns(csv) - 1;
    int more = 0;
    bool ok = ratings >= 3 && ratings <= 9;
    for (size_t i = 0; ok && i < ratings; i++) ok = is_rating(csv_name(csv, i + 1), i + 1);
    if (!ok) return error_set(c->err, ERROR_DATA, "%s:1: expected question, n1, n2, ... up to n9", c->path);
    while (ok && (more = csv_next(csv, &fields, &c->line, c->err)) > 0) {
        struct text question = text_trim(fields[0]);
        ok = question.len ? put_question(c, question, fields + 1, ratings) : bad(c, "question", "is empty");
    }
    return ok && more == 0;
}

/* ---- votes of groups ---- */

struct group {
    struct text name;
    size_t upgrade, total; /* columns */
    uint64_t k, n;
};

static bool find_groups(struct counting *c, const struct csv *csv, struct group *group, size_t *n) {
    *n = 0;
    for (size_t i = 0; i < csv_columns(csv); i++) {
        struct text column = csv_name(csv, i);
        if (!text_ends(column, TEXT("_total"))) continue;
        if (*n == GROUPS_MOST) return error_set(c->err, ERROR_DATA, "%s:1: more than %d groups", c->path, GROUPS_MOST);
        struct text name = text_part(column, 0, column.len - 6);
        char *upgrade = arena_printf(c->arena, c->err, "%.*s_upgrade", TEXT_ARG(name));
        struct group *g = &group[(*n)++];
        if (!upgrade) return false;
        *g = (struct group){.name = {upgrade, name.len}, .upgrade = csv_column(csv, upgrade), .total = i};
        if (g->upgrade == SIZE_MAX)
            return error_set(c->err, ERROR_DATA, "%s:1: column '%.*s' without '%s'", c->path, TEXT_ARG(column),
                             upgrade);
    }
    return true;
}

static bool read_groups(struct counting *c, struct csv *csv) {
    struct group group[GROUPS_MOST];
    const struct text *fields;
    size_t n;
    int more = 0;
    bool ok = find_groups(c, csv, group, &n);
    while (ok && (more = csv_next(csv, &fields, &c->line, c->err)) > 0)
        for (size_t i = 0; ok && i < n; i++) {
            uint64_t k = 0, all = 0;
            ok = read_count(c, fields[group[i].upgrade], "_upgrade", &k) &&
                 read_count(c, fields[group[i].total], "_total", &all) &&
                 (k <= all || bad(c, "_upgrade", "more than the total"));
            group[i].k += k;
            group[i].n += all;
        }
    for (size_t i = 0; ok && more == 0 && i < n; i++)
        ok = group[i].n ? put_share(c, "upgrade", "group", group[i].name, group[i].k, group[i].n)
                        : bad(c, "_total", "a group without any vote");
    return ok && more == 0;
}

/* ---- totals ---- */

/* Every other count whose name begins like that of the total. */
static bool put_total(struct counting *c, const json_t *all, struct text prefix, uint64_t n) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)all, key, value) {
        struct text name = text_of(key);
        if (!text_starts(name, prefix) || text_equal_c(text_part(name, prefix.len, name.len), "total")) continue;
        if (!json_is_integer(value) || json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) > n)
            return bad(c, key, "expected a count of at most the total");
        if (!put_share(c, "share", "of", name, (uint64_t)json_integer_value(value), n)) return false;
    }
    return true;
}

static bool read_totals(struct counting *c) {
    json_t *all = json_read_file(c->path, FILE_MOST, c->err), *value;
    const char *key;
    bool ok =
        all && (json_is_object(all) || error_set(c->err, ERROR_DATA, "%s: expected an object of counts", c->path));
    size_t before = c->out->n_figures;
    c->line = 1;
    if (ok) json_object_foreach(all, key, value) {
            struct text name = text_of(key);
            if (!ok || !text_ends(name, TEXT("_total"))) continue;
            ok = (json_is_integer(value) && json_integer_value(value) > 0) || bad(c, key, "expected a count above 0");
            ok = ok && put_total(c, all, text_part(name, 0, name.len - 5), (uint64_t)json_integer_value(value));
        }
    if (ok && c->out->n_figures == before)
        ok = error_set(c->err, ERROR_DATA, "%s: no share: expected members P_total and P_...", c->path);
    json_decref(all);
    return ok;
}

/* ---- which one it is ---- */

static bool is_json(const char *path) {
    return text_ends(text_of(path), TEXT(".json"));
}

static bool has_totals(const struct csv *csv) {
    for (size_t i = 0; i < csv_columns(csv); i++)
        if (text_ends(csv_name(csv, i), TEXT("_total"))) return true;
    return false;
}

bool survey_counts_is(const char *path, bool *is, struct error *err) {
    *is = is_json(path);
    if (*is || !text_ends(text_of(path), TEXT(".csv"))) return true;
    struct csv *csv = csv_open(path, ',', true, err);
    if (!csv) return false;
    *is = csv_column(csv, "question") == 0 || has_totals(csv);
    csv_close(csv);
    return true;
}

bool survey_counts_read(const char *path, double confidence, struct arena *arena, struct survey_result *out,
                        struct error *err) {
    struct counting c = {.path = path, .line = 1, .confidence = confidence, .arena = arena, .out = out, .err = err};
    if (is_json(path)) return read_totals(&c);
    struct csv *csv = csv_open(path, ',', true, err);
    bool ok = csv && (has_totals(csv) ? read_groups(&c, csv) : read_questions(&c, csv));
    csv_close(csv);
    return ok;
}
