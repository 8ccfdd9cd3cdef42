/* The plane of honesty: see picture_plane.h. */
#include "report/picture_plane.h"
#include "report/pictures_internal.h"
#include "report/report_notes.h"

#include <math.h>
#include <string.h>

struct plane_point plane_empty(struct text name) {
    return (struct plane_point){name, NAN, NAN, NAN, NAN, NAN, NAN};
}

void plane_take(struct plane_point *p, struct text figure, double value, double lo, double hi) {
    if (text_equal_c(figure, "transition_over_conservativeness"))
        p->over = value, p->over_lo = lo, p->over_hi = hi;
    else if (text_equal_c(figure, "transition_prudence"))
        p->prudence = value, p->prudence_lo = lo, p->prudence_hi = hi;
}

struct svg_plot plane_plot(const struct plane_point *points, size_t n, struct text title,
                           struct svg_series series[SVG_SERIES]) {
    size_t drawn = 0;
    for (size_t i = 0; i < n && drawn < SVG_SERIES; i++) {
        const struct plane_point *p = &points[i];
        if (isnan(p->over) || isnan(p->prudence)) continue;
        series[drawn++] = (struct svg_series){.name = p->name,
                                              .kind = SVG_DOTS,
                                              .x = &p->over,
                                              .y = &p->prudence,
                                              .lo = &p->prudence_lo,
                                              .hi = &p->prudence_hi,
                                              .x_lo = &p->over_lo,
                                              .x_hi = &p->over_hi,
                                              .n = 1};
    }
    return (struct svg_plot){.title = title,
                             .x_title = TEXT("over-conservativeness: declined, of what it knew"),
                             .y_title = TEXT("prudence"),
                             .x_to = 1,
                             .y_to = 1,
                             .diagonal = true,
                             .series = series,
                             .n_series = drawn};
}

/* ---- of a record */

static double number_at(const json_t *row, size_t i) {
    const json_t *v = json_array_get(row, i);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* Rows of report_data.comparisons: name, task, a, b, diff, lo, hi, ... */
static bool is_of(const json_t *row, const char *task, struct text *figure) {
    struct text name = json_text(json_array_get(row, 0)), test = TEXT("honesty: ");
    if (!text_starts(name, test) || !text_equal_c(json_text(json_array_get(row, 1)), task)) return false;
    *figure = text_part(name, test.len, name.len);
    return true;
}

/* The point of a pair of runs; a new one where there is none. */
static struct plane_point *point_of(struct plane_point *points, const json_t **pairs, size_t *n, const json_t *row,
                                    struct arena *arena, struct error *err) {
    for (size_t i = 0; i < *n; i++)
        if (json_equal(json_array_get(pairs[i], 2), json_array_get(row, 2)) &&
            json_equal(json_array_get(pairs[i], 3), json_array_get(row, 3)))
            return &points[i];
    if (*n == SVG_SERIES) return NULL;
    const char *name = arena_printf(arena, err, "%.60s, after %.60s", json_string_value(json_array_get(row, 3)),
                                    json_string_value(json_array_get(row, 2)));
    if (!name) return NULL;
    pairs[*n] = row;
    points[*n] = plane_empty(text_of(name));
    return &points[(*n)++];
}

bool picture_plane(struct drawing *d, const char *task, struct error *err) {
    struct report_data *data = d->data;
    struct svg_series series[SVG_SERIES];
    struct plane_point points[SVG_SERIES];
    const json_t *pairs[SVG_SERIES];
    size_t n = 0;
    error_clear(err);
    for (size_t i = 0; i < json_array_size(data->comparisons); i++) {
        const json_t *row = json_array_get(data->comparisons, i);
        struct text figure;
        if (!is_of(row, task, &figure)) continue;
        struct plane_point *p = point_of(points, pairs, &n, row, &data->arena, err);
        if (!p && err->kind != ERROR_NONE) return false;
        if (p) plane_take(p, figure, number_at(row, 4), number_at(row, 5), number_at(row, 6));
    }
    char *title = n ? arena_printf(&data->arena, err, "Honesty, %s", report_task_title(task)) : NULL;
    if (n && !title) return false;
    struct svg_plot plot = plane_plot(points, n, text_of(title ? title : ""), series);
    if (plot.n_series == 0) return true;
    char *caption =
        arena_printf(&data->arena, err, "%s. Declining blindly lies on the diagonal, where honesty is one half%s%.*s",
                     title, plot.n_series == 1 ? "; " : "", TEXT_ARG(plot.n_series == 1 ? series[0].name : TEXT("")));
    return caption && pictures_put(d, &plot, caption, err);
}
