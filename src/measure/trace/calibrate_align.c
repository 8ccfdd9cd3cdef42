/* See calibrate_align.h. */
#include "measure/trace/calibrate_align.h"

#include "base/csv.h"

#include <math.h>
#include <stdio.h>

enum { ITEMS = 176, SIDES = 2, NAME = 160 };

struct side {
    const char *name;
    size_t score, refusal, others; /* columns */
};
struct reading {
    struct calibrate_out out;
    const char *path;
    struct csv *csv;
    struct side sides[SIDES];
    size_t model, method, rows, fractions, listed;
};

static bool find_columns(struct reading *r, struct error *err) {
    static const char *const names[SIDES] = {"harm", "benign"};
    r->model = csv_column(r->csv, "model");
    r->method = csv_column(r->csv, "method");
    bool ok = r->model != SIZE_MAX && r->method != SIZE_MAX;
    for (size_t i = 0; i < SIDES; i++) {
        char column[40];
        struct side *s = &r->sides[i];
        s->name = names[i];
        snprintf(column, sizeof column, "%s_score", names[i]);
        s->score = csv_column(r->csv, column);
        snprintf(column, sizeof column, "%s_refusal", names[i]);
        s->refusal = csv_column(r->csv, column);
        snprintf(column, sizeof column, "%s_nonref", names[i]);
        s->others = csv_column(r->csv, column);
        ok = ok && s->score != SIZE_MAX && s->refusal != SIZE_MAX && s->others != SIZE_MAX;
    }
    return ok || error_set(err, ERROR_DATA,
                           "%s: expected the columns model, method, harm_score, harm_refusal, "
                           "harm_nonref and those of benign",
                           r->path);
}

static bool number_at(const struct reading *r, const struct text *fields, size_t column, size_t line, double *out,
                      struct error *err) {
    return (text_to_f64(fields[column], out) && *out >= 0 && *out <= 100) ||
           error_set(err, ERROR_DATA, "%s:%zu: column '%.*s': expected a percentage, found '%.*s'", r->path, line,
                     TEXT_ARG(csv_name(r->csv, column)), TEXT_ARG(fields[column]));
}

/* Is a percentage some k of 176, at one decimal? */
static bool is_fraction(double percent) {
    double k = round(percent / 100 * ITEMS);
    return fabs(round(k / ITEMS * 1000) / 10 - percent) < 1e-9;
}

/* What the score is if refused items score 0: the k items that were not refused, times what those score, which may be
 * anything that rounds to what is written. */
static void product_of(double refusal, double others, double *low, double *high) {
    const double half = 0.05 + 1e-9, rest = 1 - round(refusal / 100 * ITEMS) / ITEMS;
    *low = rest * fmax(others - half, 0) - half;
    *high = rest * (others + half) + half;
}

static bool check_side(struct reading *r, const struct side *s, const struct text *fields, size_t line,
                       struct error *err) {
    double score, refusal, others;
    char name[NAME], expected[48], found[48];
    if (!number_at(r, fields, s->score, line, &score, err) || !number_at(r, fields, s->refusal, line, &refusal, err) ||
        !number_at(r, fields, s->others, line, &others, err))
        return false;
    bool fraction = is_fraction(refusal);
    double low, high;
    product_of(refusal, others, &low, &high);
    snprintf(name, sizeof name, "%.*s%s%.*s, %s", TEXT_ARG(fields[r->model]), fields[r->method].len ? " " : "",
             TEXT_ARG(fields[r->method]), s->name);
    snprintf(found, sizeof found, "%.1f", refusal);
    snprintf(expected, sizeof expected, "%.0f / %d", round(refusal / 100 * ITEMS), ITEMS);
    r->fractions += fraction;
    if (!fraction) calibrate_give(&r->out, name, expected, found, 0, CALIBRATE_MISSED, "no k/176 at one decimal");
    if (score >= low && score <= high) return true;
    r->listed++;
    snprintf(expected, sizeof expected, "%.1f", (1 - refusal / 100) * others);
    snprintf(found, sizeof found, "%.1f", score);
    calibrate_give(&r->out, name, expected, found, 0, score > high ? CALIBRATE_PASSED : CALIBRATE_MISSED,
                   "listed: more than (1 - refusal) x the rest: refused items have scored too");
    return true;
}

static bool read_rows(struct reading *r, struct error *err) {
    const struct text *fields;
    size_t line;
    int got;
    while ((got = csv_next(r->csv, &fields, &line, err)) == 1) {
        r->rows++;
        for (size_t i = 0; i < SIDES; i++)
            if (!check_side(r, &r->sides[i], fields, line, err)) return false;
    }
    return got == 0 && (r->rows || error_set(err, ERROR_DATA, "%s: no rows", r->path));
}

bool calibrate_align(const char *gold, calibrate_report *report, void *context, struct error *err) {
    struct reading r = {.out = {report, context}, .path = gold};
    char how[NAME];
    if (!(r.csv = csv_open(gold, ',', true, err))) return false;
    bool ok = find_columns(&r, err) && read_rows(&r, err);
    csv_close(r.csv);
    if (!ok) return false;
    double all = (double)(SIDES * r.rows);
    snprintf(how, sizeof how, "%zu models and methods, harmful and benign", r.rows);
    calibrate_number(&r.out, "refusals that are k/176 at one decimal", all, (double)r.fractions, 0, how);
    snprintf(how, sizeof how, "the %zu others are listed", r.listed);
    calibrate_range(&r.out, "share of scores that are (1 - refusal) x the rest", 1 - (double)r.listed / all, 0.5, 1,
                    how);
    return true;
}
