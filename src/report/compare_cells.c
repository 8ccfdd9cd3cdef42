/* Rows of a comparison as text, and the table of its formats: see compare_report.h. */
#include "report/compare_report.h"
#include "report/report_number.h"

#include <math.h>
#include <string.h>

static const struct compare_format formats[] = {
    {"table", "differences for the terminal", compare_write_table},
    {"html", "one self-contained page, flipped items side by side", compare_write_html},
    {"json", "comparisons for programs", compare_write_json},
    {"csv", "comparisons as one table", compare_write_csv},
    {"md", "comparisons as Markdown, for issues and notes", compare_write_md},
    {"junit", "JUnit XML for build servers; the gate is a case", compare_write_junit},
};
#define FORMATS (sizeof formats / sizeof *formats)

size_t compare_formats(const struct compare_format **out) {
    *out = formats;
    return FORMATS;
}

const struct compare_format *compare_format_find(const char *name, struct error *err) {
    const char *names[FORMATS];
    for (size_t i = 0; i < FORMATS; i++) {
        names[i] = formats[i].name;
        if (strcmp(name, names[i]) == 0) return &formats[i];
    }
    const char *near = text_nearest(text_of(name), names, FORMATS);
    error_set(err, ERROR_USAGE, "no format '%s' of comparisons; there are table, html, json, csv, md, junit%s%s%s",
              name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

const char *const compare_heads[COMPARE_CELLS] = {"task",       "figure",   "base",    "other",
                                                  "difference", "interval", "p",       "p, corrected",
                                                  "detectable", "n",        "changed", "verdict"};

/* Whether the value is a difference of two figures, in points where these are shares. */
static bool is_difference(const struct compare_row *row) {
    return strcmp(row->test, "paired") == 0 || strcmp(row->test, "noninferior") == 0;
}

static struct figure figure_of(const struct compare_row *row, double value) {
    return (struct figure){
        .value = value, .lo = row->lo, .hi = row->hi, .unit = row->unit, .direction = row->direction};
}

static void put_difference(const struct compare_row *row, double value, bool sign, char out[REPORT_NUMBER]) {
    struct figure f = figure_of(row, value);
    char number[REPORT_NUMBER];
    bool points = is_difference(row) && figure_is_share(&f);
    if (isnan(value)) {
        out[0] = 0;
        return;
    }
    if (!is_difference(row)) {
        number_of_figure(&f, out);
        return;
    }
    number_share(points ? value : NAN, number);
    if (points)
        number[strlen(number) - 2] = 0; /* without the sign of percent */
    else
        number_plain(value, number);
    snprintf(out, REPORT_NUMBER, "%s%.40s%s", sign && value > 0 ? "+" : "", number, points ? " points" : "");
}

static void put_interval(const struct compare_row *row, char out[REPORT_NUMBER]) {
    struct figure f = figure_of(row, row->value);
    number_interval(&f, out);
    size_t n = strlen(out);
    if (strcmp(out, "-") == 0)
        out[0] = 0;
    else if (is_difference(row) && figure_is_share(&f))
        out[n - 2] = 0;
}

static const char *copy(struct arena *arena, const char *text, struct error *err) {
    return text_copy(arena, text_of(text), err);
}

bool compare_cells(const struct compare_row *row, struct arena *arena, const char *cells[COMPARE_CELLS],
                   struct error *err) {
    char number[REPORT_NUMBER];
    struct figure a = figure_of(row, row->a), b = figure_of(row, row->b);
    cells[COMPARE_TASK] = row->task;
    cells[COMPARE_FIGURE] = arena_printf(arena, err, "%s%s%s%s%s", row->name, row->group[0] ? ", " : "", row->group,
                                         number_arrow(&a)[0] ? " " : "", number_arrow(&a));
    number_of_figure(&a, number);
    cells[COMPARE_A] = isnan(row->a) ? "" : copy(arena, number, err);
    number_of_figure(&b, number);
    cells[COMPARE_B] = isnan(row->b) ? "" : copy(arena, number, err);
    put_difference(row, row->value, true, number);
    cells[COMPARE_DIFFERENCE] = copy(arena, number, err);
    put_interval(row, number);
    cells[COMPARE_INTERVAL] = copy(arena, number, err);
    number_p_value(row->p, number);
    cells[COMPARE_P] = isnan(row->p) ? "" : copy(arena, number, err);
    number_p_value(row->p_corrected, number);
    cells[COMPARE_CORRECTED] = isnan(row->p_corrected) ? "" : copy(arena, number, err);
    put_difference(row, row->detectable, false, number);
    number[strcspn(number, " ")] = 0; /* in the unit of the difference */
    cells[COMPARE_DETECTABLE] = copy(arena, number, err);
    cells[COMPARE_N] = arena_printf(arena, err, "%llu", (unsigned long long)row->n);
    cells[COMPARE_CHANGED] = row->counted ? arena_printf(arena, err, "+%llu -%llu", (unsigned long long)row->gained,
                                                         (unsigned long long)row->lost)
                                          : "";
    cells[COMPARE_VERDICT] = row->verdict ? row->verdict : "";
    for (size_t i = 0; i < COMPARE_CELLS; i++)
        if (!cells[i]) return false;
    return true;
}

/* ---- parts */

bool compare_is_in(const struct compare_part *part, const struct compare_row *row) {
    return row->base == part->base && row->other == part->other && strcmp(row->test, part->name) == 0;
}

bool compare_next_part(const struct comparison *c, struct compare_part *part, bool begin) {
    if (begin)
        *part = (struct compare_part){.other = 1, .test = 0};
    else
        part->test++;
    for (; part->base < c->n_runs; part->base++, part->other = part->base + 1)
        for (; part->other < c->n_runs; part->other++, part->test = 0)
            for (; part->test < c->n_tests; part->test++) {
                const char *spec = c->tests[part->test];
                snprintf(part->name, sizeof part->name, "%.*s", (int)strcspn(spec, ","), spec);
                for (size_t i = 0; i < c->n_rows; i++)
                    if (compare_is_in(part, &c->rows[i])) return true;
            }
    return false;
}

const char *compare_part_title(const struct comparison *c, const struct compare_part *part, struct arena *arena,
                               struct error *err) {
    return arena_printf(arena, err, "%s: %s against %s", c->tests[part->test], c->runs[part->other].name,
                        c->runs[part->base].name);
}

/* With fewer changed items than this an exact test cannot fall to the level, whichever way they went. */
static uint64_t least_changed(double confidence) {
    uint64_t n = 1;
    while (n < 1000 && ldexp(1, 1 - (int)n) > 1 - confidence) n++;
    return n;
}

const char *compare_row_note(const struct comparison *c, const struct compare_row *row, struct arena *arena,
                             struct error *err) {
    uint64_t changed = row->gained + row->lost, least = least_changed(c->settings.confidence);
    bool is_test_of_equality = isnan(row->a) && !isnan(row->p);
    if (row->null_reason && !is_test_of_equality)
        return arena_printf(arena, err, "%s, %s%s%s: %s", row->task, row->name, row->group[0] ? ", " : "", row->group,
                            row->null_reason);
    if (strcmp(row->test, "paired") != 0 || !row->counted || row->group[0] || changed == 0 || changed >= least)
        return "";
    return arena_printf(arena, err,
                        "%s, %s: only %llu of %llu items changed; fewer than %llu show no difference at %g %%, "
                        "whichever way they went",
                        row->task, row->name, (unsigned long long)changed, (unsigned long long)row->n,
                        (unsigned long long)least, 100 * c->settings.confidence);
}
