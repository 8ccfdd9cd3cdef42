/* Accuracy over the share of documents that are right (Huang et al. 2024, situated faithfulness): a line between
 * accuracy on wrong documents, at 0, and on right ones, at 1. The paper's score is its height in the middle; where a
 * model is used most documents are right. Whiskers stand where the run has a figure with an interval. */
#include "report/pictures_internal.h"
#include "report/report_notes.h"

#include <math.h>
#include <stdio.h>

enum { SHARES = 11 };

struct share_line {
    double x[SHARES], y[SHARES], lo[SHARES], hi[SHARES];
};

static const struct figure *cell(const struct drawing *d, const char *task, const char *name, size_t run) {
    const struct report_line *line = pictures_find_line(d->data, task, name);
    return line ? line->cells[run] : NULL;
}

static void set_whisker(struct share_line *l, size_t i, const struct figure *f) {
    if (f) l->lo[i] = f->lo, l->hi[i] = f->hi;
}

static bool fill(const struct drawing *d, const char *task, size_t run, struct share_line *l) {
    const struct figure *right = cell(d, task, "acc_true_source", run), *wrong = cell(d, task, "acc_false_source", run);
    for (size_t i = 0; i < SHARES; i++) {
        char name[64];
        double share = (double)i / (SHARES - 1);
        snprintf(name, sizeof name, "situated_at,share=%g", share);
        l->x[i] = share;
        l->y[i] = right && wrong ? share * right->value + (1 - share) * wrong->value : NAN;
        l->lo[i] = l->hi[i] = NAN;
        set_whisker(l, i, cell(d, task, name, run));
    }
    set_whisker(l, 0, wrong);
    set_whisker(l, SHARES / 2, cell(d, task, "situated_acc", run));
    set_whisker(l, SHARES - 1, right);
    return right && wrong && !isnan(right->value) && !isnan(wrong->value);
}

bool picture_shares(struct drawing *d, const char *task, struct error *err) {
    struct report_data *data = d->data;
    struct svg_series series[SVG_SERIES];
    size_t n = 0;
    if (!pictures_find_line(data, task, "acc_true_source") || !pictures_find_line(data, task, "acc_false_source"))
        return true;
    struct share_line *lines = arena_new(&data->arena, struct share_line, SVG_SERIES, err);
    char *title = arena_printf(&data->arena, err, "Accuracy by share of right documents, %s", report_task_title(task));
    if (!lines || !title) return false;
    for (size_t r = 0; r < data->n_runs && n < SVG_SERIES; r++) {
        struct share_line *l = &lines[n];
        if (!fill(d, task, r, l)) continue;
        series[n++] = (struct svg_series){.name = text_of(data->runs[r].name),
                                          .kind = SVG_LINE,
                                          .x = l->x,
                                          .y = l->y,
                                          .lo = l->lo,
                                          .hi = l->hi,
                                          .n = SHARES};
    }
    if (n == 0) return true;
    struct svg_plot plot = {.title = text_of(title),
                            .x_title = TEXT("share of documents that are right"),
                            .y_title = TEXT("accuracy"),
                            .x_to = 1,
                            .y_to = 1,
                            .series = series,
                            .n_series = n};
    return pictures_put(d, &plot, title, err);
}
