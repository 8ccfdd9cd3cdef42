/* Which pictures a record holds: see pictures.h. */
#include "report/pictures_internal.h"

#include "measure/figure/metric_internal.h"
#include "measure/statistics/statistics.h"
#include "report/report_notes.h"
#include "report/report_number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 480, HEIGHT = 320, LEGEND_LINE = 18, LEGEND_EDGE = 6, POINTS_MOST = 64, BINS = 10 };
#define PICTURE_MOST ((size_t)1 << 20)

/* Points of one series, at places 0, 1, 2 ... or at x of their own. */
struct points {
    struct text name;
    double x[POINTS_MOST], y[POINTS_MOST], lo[POINTS_MOST], hi[POINTS_MOST];
};

bool pictures_put(struct drawing *d, const struct svg_plot *plot, const char *caption, struct error *err) {
    struct buffer b;
    buffer_init(&b, PICTURE_MOST);
    svg_plot(&b, plot);
    struct picture picture = {.caption = caption, .width = WIDTH, .height = HEIGHT, .svg = buffer_text(&b)};
    if (plot->n_series > 1) picture.height += LEGEND_LINE * (double)plot->n_series + LEGEND_EDGE;
    bool ok = buffer_check(&b, "picture", err) && d->sink(d->context, &picture, err);
    buffer_done(&b);
    d->n++;
    return ok;
}

static void set_series(struct svg_series *s, const struct points *p, size_t n, enum svg_series_kind kind) {
    *s = (struct svg_series){.name = p->name, .kind = kind, .x = p->x, .y = p->y, .lo = p->lo, .hi = p->hi, .n = n};
}

static const char *run_and_task(struct report_data *data, size_t run, const char *task, bool name_task,
                                struct error *err) {
    if (data->n_runs == 1) return report_task_title(task);
    return name_task ? arena_printf(&data->arena, err, "%s, %s", data->runs[run].name, report_task_title(task))
                     : data->runs[run].name;
}

/* ---- curves over a field of numbers */

struct text_pair {
    struct text field, value;
};

static struct text_pair split_group(const char *group) {
    struct text t = text_of(group);
    size_t at = text_find(t, TEXT("="), 0);
    if (at == SIZE_MAX) return (struct text_pair){TEXT(""), TEXT("")};
    return (struct text_pair){text_part(t, 0, at), text_part(t, at + 1, t.len)};
}

struct curve {
    struct text field;
    const char *figure;
    double value[POINTS_MOST]; /* of the field, sorted */
    size_t n;
};

static int by_number(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Whether the lines of this task, field and figure are all of numbers; adds them to the curve's values. */
static bool take_values(const struct report_data *data, const char *task, struct curve *c) {
    size_t before = c->n, there = 0;
    for (size_t i = 0; i < data->n_lines; i++) {
        const struct report_line *line = &data->lines[i];
        struct text_pair g = split_group(line->group);
        double v;
        if (strcmp(line->task, task) != 0 || strcmp(line->name, c->figure) != 0 || !text_equal(g.field, c->field))
            continue;
        if (!text_to_f64(g.value, &v) || c->n == POINTS_MOST) return c->n = before, false;
        there++;
        bool known = false;
        for (size_t k = 0; k < c->n; k++) known |= c->value[k] == v;
        if (!known) c->value[c->n++] = v;
    }
    return there >= 3;
}

/* The first figure of the first task that is split by this field, and nothing before it is: the curve starts here. */
static bool starts_curve(const struct report_data *data, size_t at) {
    const struct report_line *line = &data->lines[at];
    struct text_pair g = split_group(line->group);
    if (!g.field.len) return false;
    for (size_t i = 0; i < at; i++) {
        const struct report_line *other = &data->lines[i];
        struct text_pair h = split_group(other->group);
        if (strcmp(other->task, line->task) == 0 && h.field.len && strcmp(other->name, line->name) != 0) return false;
        if (text_equal(h.field, g.field) && strcmp(other->name, line->name) == 0) return false;
    }
    return true;
}

static void fill_points(const struct report_data *data, size_t run, const char *task, const struct curve *c,
                        struct points *p) {
    for (size_t k = 0; k < c->n; k++) p->x[k] = (double)k, p->y[k] = p->lo[k] = p->hi[k] = NAN;
    for (size_t i = 0; i < data->n_lines; i++) {
        const struct report_line *line = &data->lines[i];
        const struct figure *f = line->cells[run];
        struct text_pair g = split_group(line->group);
        double v;
        if (!f || strcmp(line->task, task) != 0 || strcmp(line->name, c->figure) != 0 ||
            !text_equal(g.field, c->field) || !text_to_f64(g.value, &v))
            continue;
        for (size_t k = 0; k < c->n; k++)
            if (c->value[k] == v) p->y[k] = f->value, p->lo[k] = f->lo, p->hi[k] = f->hi;
    }
}

/* Tasks of the curve, in their order. */
static size_t tasks_of(const struct report_data *data, struct curve *c, const char *tasks[SVG_SERIES]) {
    size_t n = 0;
    c->n = 0;
    for (size_t i = 0; i < data->n_lines && n < SVG_SERIES; i = report_block_end(data, i))
        if (take_values(data, data->lines[i].task, c)) tasks[n++] = data->lines[i].task;
    return n;
}

static bool put_curve(struct drawing *d, size_t at, struct error *err) {
    struct report_data *data = d->data;
    struct curve c = {.field = split_group(data->lines[at].group).field, .figure = data->lines[at].name};
    const char *tasks[SVG_SERIES];
    struct svg_series series[SVG_SERIES];
    struct text names[POINTS_MOST];
    size_t n_tasks = tasks_of(data, &c, tasks), n = 0;
    if (n_tasks == 0) return true;
    struct points *points = arena_new(&data->arena, struct points, SVG_SERIES, err);
    char *title = arena_printf(&data->arena, err, "%s by %.*s", c.figure, TEXT_ARG(c.field));
    if (!points || !title) return false;
    qsort(c.value, c.n, sizeof *c.value, by_number);
    for (size_t k = 0; k < c.n; k++) {
        char *name = arena_printf(&data->arena, err, "%g", c.value[k]);
        if (!name) return false;
        names[k] = text_of(name);
    }
    for (size_t r = 0; r < data->n_runs; r++)
        for (size_t t = 0; t < n_tasks && n < SVG_SERIES; t++, n++) {
            const char *name = run_and_task(data, r, tasks[t], n_tasks > 1, err);
            if (!name) return false;
            points[n].name = text_of(name);
            fill_points(data, r, tasks[t], &c, &points[n]);
            set_series(&series[n], &points[n], c.n, SVG_LINE_DOTS);
        }
    bool share = figure_is_share(data->lines[at].any);
    struct svg_plot plot = {.title = text_of(title), .x_title = c.field, .y_title = text_of(c.figure), .series = series,
                            .n_series = n, .x_names = names, .n_x_names = c.n, .x_from = -0.25,
                            .x_to = (double)c.n - 0.75, .y_to = share};
    return pictures_put(d, &plot, title, err);
}

static bool put_curves(struct drawing *d, struct error *err) {
    for (size_t i = 0; i < d->data->n_lines; i++)
        if (starts_curve(d->data, i) && !put_curve(d, i, err)) return false;
    return true;
}

/* ---- reliability: Guo et al. 2017, figure 4: accuracy of the answers of each bin of confidence */

struct bins {
    uint64_t n[BINS];
    double right[BINS], confidence[BINS];
};

static bool add_to_bin(void *context, const struct record_row *row, struct error *err) {
    struct bins *bins = context;
    double confidence = metric_part(row, "confidence"), acc = metric_part(row, "acc");
    (void)err;
    if (isnan(confidence) || isnan(acc)) return true;
    size_t b = stat_ece_bin(confidence, BINS, true);
    bins->n[b]++, bins->right[b] += acc, bins->confidence[b] += confidence;
    return true;
}

static bool fill_bins(struct report_data *data, size_t run, const char *task, struct points *p, struct error *err) {
    struct bins bins = {0};
    const struct report_task *t = report_task_find(&data->runs[run], task);
    if (t && !record_rows(data->record, data->runs[run].id, text_of(task), t->scorer ? t->scorer : "", 0, add_to_bin,
                          &bins, err))
        return false;
    for (size_t b = 0; b < BINS; b++) {
        double n = (double)bins.n[b];
        struct interval x = stat_wilson((uint64_t)llround(bins.right[b]), bins.n[b], data->runs[run].confidence);
        p->x[b] = n > 0 ? bins.confidence[b] / n : NAN, p->y[b] = n > 0 ? bins.right[b] / n : NAN;
        p->lo[b] = x.lo, p->hi[b] = x.hi;
    }
    return true;
}

static bool put_reliability(struct drawing *d, const char *task, struct error *err) {
    struct report_data *data = d->data;
    struct svg_series series[SVG_SERIES];
    struct points *points = arena_new(&data->arena, struct points, SVG_SERIES, err);
    char *title = arena_printf(&data->arena, err, "Reliability, %s", report_task_title(task));
    size_t n = data->n_runs < SVG_SERIES ? data->n_runs : SVG_SERIES;
    if (!points || !title) return false;
    for (size_t r = 0; r < n; r++) {
        points[r].name = text_of(data->runs[r].name);
        if (!fill_bins(data, r, task, &points[r], err)) return false;
        set_series(&series[r], &points[r], BINS, SVG_LINE_DOTS);
    }
    struct svg_plot plot = {.title = text_of(title), .x_title = TEXT("confidence"),
                            .y_title = TEXT("share that is right"),
                            .x_to = 1, .y_to = 1, .diagonal = true, .series = series, .n_series = n};
    return pictures_put(d, &plot, title, err);
}

/* ---- refused: harmful and harmless */

const struct report_line *pictures_find_line(const struct report_data *data, const char *task, const char *figure) {
    for (size_t i = 0; i < data->n_lines; i++)
        if (strcmp(data->lines[i].task, task) == 0 && strcmp(data->lines[i].name, figure) == 0 &&
            !data->lines[i].group[0])
            return &data->lines[i];
    return NULL;
}

static bool put_refusals(struct drawing *d, const char *task, const struct report_line *pair[2], struct error *err) {
    static const struct text names[] = {TEXT("harmful requests"), TEXT("harmless requests")};
    struct report_data *data = d->data;
    struct svg_series series[SVG_SERIES];
    struct points *points = arena_new(&data->arena, struct points, SVG_SERIES, err);
    char *title = arena_printf(&data->arena, err, "Refused, %s", report_task_title(task));
    size_t n = data->n_runs < SVG_SERIES ? data->n_runs : SVG_SERIES;
    if (!points || !title) return false;
    for (size_t r = 0; r < n; r++) {
        points[r].name = text_of(data->runs[r].name);
        for (size_t k = 0; k < 2; k++) {
            const struct figure *f = pair[k]->cells[r];
            points[r].x[k] = (double)k + 0.08 * ((double)r - (double)(n - 1) / 2); /* beside one another */
            points[r].y[k] = f ? f->value : NAN, points[r].lo[k] = f ? f->lo : NAN, points[r].hi[k] = f ? f->hi : NAN;
        }
        set_series(&series[r], &points[r], 2, SVG_DOTS);
    }
    struct svg_plot plot = {.title = text_of(title), .x_title = TEXT(""), .y_title = TEXT("share refused"),
                            .x_names = names,
                            .n_x_names = 2, .x_from = -0.5, .x_to = 1.5, .y_to = 1, .series = series, .n_series = n};
    return pictures_put(d, &plot, title, err);
}

static bool put_task(struct drawing *d, const char *task, struct error *err) {
    const struct report_data *data = d->data;
    const struct report_line *pair[2] = {pictures_find_line(data, task, "harmful_refusal"),
                                         pictures_find_line(data, task, "over_refusal")};
    bool ece = false;
    for (size_t i = 0; i < data->n_lines; i++)
        ece |= strcmp(data->lines[i].task, task) == 0 && strncmp(data->lines[i].name, "ece", 3) == 0 &&
               !data->lines[i].group[0];
    if (ece && !put_reliability(d, task, err)) return false;
    if (pair[0] && pair[1] && !put_refusals(d, task, pair, err)) return false;
    return picture_circle(d, task, err) && picture_plane(d, task, err) &&
           picture_shares(d, task, err) && picture_reliability(d, task, err) && picture_layers(d, task, err);
}

bool report_pictures(struct report_data *data, picture_sink *sink, void *context, size_t *n, struct error *err) {
    struct drawing d = {data, sink, context, 0};
    bool ok = put_curves(&d, err);
    for (size_t i = 0; ok && i < data->n_lines; i = report_block_end(data, i))
        ok = put_task(&d, data->lines[i].task, err);
    ok = ok && picture_radar(&d, err);
    *n = d.n;
    return ok;
}
