/* Profiles of the ten basic values on their circle: one closed line a run, in the directions that the theory gives the
 * values; tradition and conformity share a sector and stand side by side in it. The grey circle is the mean of all
 * items, where a value that is rated neither above nor below it lies. */
#include "report/pictures_internal.h"

#include "measure/statistics/profile.h"
#include "report/report_notes.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 560, CENTRE_X = SIDE / 2, CENTRE_Y = 200, RADIUS = 130, LEGEND = 18, ARCS = 72, APART = 8 };

struct spot {
    double x, y;
};

/* Universalism on top, then clockwise. */
static struct spot spot_at(size_t value, double radius) {
    double degrees = basic_value_angles[value];
    for (size_t other = 0; other < BASIC_VALUES; other++)
        if (other != value && basic_value_angles[other] == degrees) degrees += other > value ? -APART : APART;
    double angle = (degrees - 90) * M_PI / 180;
    return (struct spot){CENTRE_X + radius * cos(angle), CENTRE_Y + radius * sin(angle)};
}

static const struct figure *figure_at(const struct report_data *data, const char *task, size_t run, size_t value) {
    char name[64];
    snprintf(name, sizeof name, value ? "value_centred,of=%s" : "value_centred", basic_values[value]);
    const struct report_line *line = pictures_find_line(data, task, name);
    return line ? line->cells[run] : NULL;
}

/* The largest distance from the mean, rounded up; 0: there is nothing to draw. */
static double reach(const struct report_data *data, const char *task) {
    double most = 0, from, to;
    for (size_t r = 0; r < data->n_runs; r++)
        for (size_t v = 0; v < BASIC_VALUES; v++) {
            const struct figure *f = figure_at(data, task, r, v);
            if (f && fabs(f->value) > most) most = fabs(f->value);
        }
    from = -most, to = most;
    if (most > 0) svg_round_range(&from, &to);
    return most > 0 ? fmax(to, -from) : 0;
}

static void put_axes(struct buffer *out) {
    for (size_t v = 0; v < BASIC_VALUES; v++) {
        struct spot end = spot_at(v, RADIUS), at = spot_at(v, RADIUS * 1.12);
        svg_line(out, CENTRE_X, CENTRE_Y, end.x, end.y, "axis");
        enum svg_anchor anchor = fabs(at.x - CENTRE_X) < 12 ? SVG_MIDDLE : at.x < CENTRE_X ? SVG_END : SVG_START;
        svg_text(out, at.x, at.y + 4, anchor, text_of(basic_values[v]));
    }
    for (int a = 0; a < ARCS; a++) {
        double from = 2 * M_PI * a / ARCS, to = 2 * M_PI * (a + 1) / ARCS, radius = RADIUS / 2.0;
        svg_line(out, CENTRE_X + radius * cos(from), CENTRE_Y + radius * sin(from), CENTRE_X + radius * cos(to),
                 CENTRE_Y + radius * sin(to), "grid");
    }
}

static void put_profile(struct buffer *out, const struct report_data *data, const char *task, size_t run, double most) {
    bool open = false, whole = true;
    buffer_printf(out, "<path class=\"curve series%zu\" fill=\"none\" d=\"", run % SVG_SERIES);
    for (int marks = 0; marks < 2; marks++) {
        for (size_t v = 0; v < BASIC_VALUES; v++) {
            const struct figure *f = figure_at(data, task, run, v);
            bool known = f && !isnan(f->value);
            struct spot s = spot_at(v, known ? RADIUS / 2.0 * (1 + f->value / most) : 0);
            if (marks && known) svg_marker(out, s.x, s.y, 4, run);
            if (marks) continue;
            whole &= known;
            if (!known) {
                open = false;
                continue;
            }
            buffer_put_c(out, open ? "L" : "M");
            svg_number(out, s.x), buffer_put_c(out, " "), svg_number(out, s.y);
            open = true;
        }
        if (!marks) buffer_put_c(out, whole ? "Z\"/>\n" : "\"/>\n");
    }
}

bool picture_circle(struct drawing *d, const char *task, struct error *err) {
    const struct report_data *data = d->data;
    double most = reach(data, task);
    size_t n = data->n_runs < SVG_SERIES ? data->n_runs : SVG_SERIES;
    struct buffer b;
    if (!(most > 0)) return true;
    char *title = arena_printf(&d->data->arena, err, "Profile of values, %s", report_task_title(task));
    char *caption = title ? arena_printf(&d->data->arena, err,
                                         "%s: from %g below the mean of all items (middle) to %g "
                                         "above it; the circle is the mean",
                                         title, most, most)
                          : NULL;
    if (!caption) return false;
    double height = 2 * CENTRE_Y + LEGEND * (double)n + 8;
    buffer_init(&b, 1 << 20);
    svg_begin(&b, SIDE, height, text_of(title));
    put_axes(&b);
    for (size_t r = 0; r < n; r++) {
        double y = 2 * CENTRE_Y + LEGEND * (double)r;
        put_profile(&b, data, task, r, most);
        svg_marker(&b, 20, y - 4, 4, r);
        svg_text(&b, 32, y, SVG_START, text_of(data->runs[r].name));
    }
    svg_end(&b);
    struct picture picture = {.caption = caption, .width = SIDE, .height = height, .svg = buffer_text(&b)};
    bool ok = buffer_check(&b, "picture", err) && d->sink(d->context, &picture, err);
    buffer_done(&b);
    d->n++;
    return ok;
}
