/* What an answer to a question to a database is worth when a mistake costs c (TrustSQL, Lee et al. 2024): RS(c) = RS(0)
 * - 100 c E / N of each run over c, and beside it who is always silent, which has 100 times the share of questions
 * without an answer at every c. A method is useful as long as it lies above that line. Whiskers stand where the run has
 * the figure itself. */
#include "report/pictures_internal.h"
#include "report/report_notes.h"

#include <math.h>
#include <stdio.h>

enum { COSTS = 7, FLOOR = -100 /* what lies below is not drawn */ };
static const double costs[COSTS] = {0, 0.3, 1, 3, 10, 30, 100};

struct cost_line {
    double x[COSTS], y[COSTS], lo[COSTS], hi[COSTS];
};

static const struct figure *cell(const struct drawing *d, const char *task, const char *name, size_t run) {
    const struct report_line *line = pictures_find_line(d->data, task, name);
    return line ? line->cells[run] : NULL;
}

static bool fill(const struct drawing *d, const char *task, size_t run, struct cost_line *l) {
    const struct figure *free_of_cost = cell(d, task, "reliability,c=0", run), *harm = cell(d, task, "harm_rate", run);
    if (!free_of_cost || !harm || isnan(free_of_cost->value) || isnan(harm->value)) return false;
    for (size_t i = 0; i < COSTS; i++) {
        char name[48];
        snprintf(name, sizeof name, costs[i] == 10 ? "reliability" : "reliability,c=%g", costs[i]);
        const struct figure *f = cell(d, task, name, run);
        double y = free_of_cost->value - 100 * costs[i] * harm->value;
        l->x[i] = (double)i;
        l->y[i] = y < FLOOR ? NAN : y;
        l->lo[i] = f && f->lo >= FLOOR ? f->lo : NAN;
        l->hi[i] = f && f->lo >= FLOOR ? f->hi : NAN;
    }
    return true;
}

/* Of the first run that says how many questions have no answer. */
static bool fill_silent(const struct drawing *d, const char *task, struct cost_line *l) {
    for (size_t r = 0; r < d->data->n_runs; r++) {
        const struct figure *miss = cell(d, task, "miss_rate", r), *all = cell(d, task, "harm_rate", r);
        if (!miss || !all || !all->n) continue;
        for (size_t i = 0; i < COSTS; i++) {
            l->x[i] = (double)i;
            l->y[i] = 100 * (double)miss->n / (double)all->n;
            l->lo[i] = l->hi[i] = NAN;
        }
        return true;
    }
    return false;
}

static struct svg_series series_of(struct text name, const struct cost_line *l) {
    return (struct svg_series){
        .name = name, .kind = SVG_LINE_DOTS, .x = l->x, .y = l->y, .lo = l->lo, .hi = l->hi, .n = COSTS};
}

bool picture_reliability(struct drawing *d, const char *task, struct error *err) {
    static const struct text names[COSTS] = {TEXT("0"),  TEXT("0.3"), TEXT("1"),  TEXT("3"),
                                             TEXT("10"), TEXT("30"),  TEXT("100")};
    struct report_data *data = d->data;
    struct svg_series series[SVG_SERIES];
    size_t n = 0;
    if (!pictures_find_line(data, task, "reliability,c=0") || !pictures_find_line(data, task, "harm_rate")) return true;
    struct cost_line *lines = arena_new(&data->arena, struct cost_line, SVG_SERIES, err);
    char *title = arena_printf(&data->arena, err, "Reliability by what a mistake costs, %s", report_task_title(task));
    if (!lines || !title) return false;
    for (size_t r = 0; r < data->n_runs && n + 1 < SVG_SERIES; r++)
        if (fill(d, task, r, &lines[n])) series[n] = series_of(text_of(data->runs[r].name), &lines[n]), n++;
    if (n == 0) return true;
    if (fill_silent(d, task, &lines[n])) series[n] = series_of(TEXT("always silent"), &lines[n]), n++;
    struct svg_plot plot = {.title = text_of(title),
                            .x_title = TEXT("right answers that a mistake costs, c"),
                            .y_title = TEXT("RS(c)"),
                            .x_names = names,
                            .n_x_names = COSTS,
                            .x_from = -0.25,
                            .x_to = COSTS - 0.75,
                            .y_from = FLOOR,
                            .y_to = 100,
                            .series = series,
                            .n_series = n};
    return pictures_put(d, &plot, title, err);
}
