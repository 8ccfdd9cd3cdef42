/* Line and dot plots with axes, ticks, whiskers and a legend: svg_plot of svg.h. */
#include "report/escape.h"
#include "report/svg.h"

#include <math.h>
#include <stdio.h>

#define MOST_TICKS 6
#define MARGIN_LEFT 56
#define MARGIN_RIGHT 16
#define MARGIN_TOP 12
#define MARGIN_BOTTOM 44
#define LEGEND_LINE 18

struct frame {
    struct svg_scale x, y;
};

static void range_of(const double *v, size_t n, double *from, double *to) {
    for (size_t i = 0; v && i < n; i++) {
        if (!isfinite(v[i])) continue;
        *from = fmin(*from, v[i]);
        *to = fmax(*to, v[i]);
    }
}

static struct frame plot_frame(const struct svg_plot *plot, double width, double height) {
    struct frame f = {.x = {plot->x_from, plot->x_to, MARGIN_LEFT, width - MARGIN_RIGHT},
                      .y = {plot->y_from, plot->y_to, height - MARGIN_BOTTOM, MARGIN_TOP}};
    bool free_x = plot->x_from == plot->x_to, free_y = plot->y_from == plot->y_to;
    if (free_x) f.x.from = INFINITY, f.x.to = -INFINITY;
    if (free_y) f.y.from = INFINITY, f.y.to = -INFINITY;
    for (size_t s = 0; s < plot->n_series; s++) {
        const struct svg_series *series = &plot->series[s];
        if (free_x) range_of(series->x, series->n, &f.x.from, &f.x.to);
        if (!free_y) continue;
        range_of(series->y, series->n, &f.y.from, &f.y.to);
        range_of(series->lo, series->n, &f.y.from, &f.y.to);
        range_of(series->hi, series->n, &f.y.from, &f.y.to);
    }
    if (free_x) svg_round_range(&f.x.from, &f.x.to);
    if (free_y) svg_round_range(&f.y.from, &f.y.to);
    return f;
}

static void tick_label(struct buffer *out, double x, double y, enum svg_anchor anchor, double value) {
    char number[32];
    double rounded = fabs(value) < 1e-12 ? 0 : value;
    snprintf(number, sizeof number, "%.6g", rounded);
    for (char *c = number; *c; c++)
        if (*c == ',') *c = '.';
    svg_text(out, x, y, anchor, text_of(number));
}

static void put_x_ticks(struct buffer *out, const struct svg_plot *plot, const struct frame *f) {
    double ticks[MOST_TICKS + 1];
    size_t n = plot->x_names ? plot->n_x_names : svg_ticks(f->x.from, f->x.to, MOST_TICKS + 1, ticks);
    for (size_t i = 0; i < n; i++) {
        double x = svg_at(&f->x, plot->x_names ? (double)i : ticks[i]);
        svg_line(out, x, f->y.at_from, x, f->y.at_to, "grid");
        if (plot->x_names)
            svg_text(out, x, f->y.at_from + 16, SVG_MIDDLE, plot->x_names[i]);
        else
            tick_label(out, x, f->y.at_from + 16, SVG_MIDDLE, ticks[i]);
    }
}

static void put_axes(struct buffer *out, const struct svg_plot *plot, const struct frame *f, double height) {
    double ticks[MOST_TICKS + 1];
    put_x_ticks(out, plot, f);
    size_t n = svg_ticks(f->y.from, f->y.to, MOST_TICKS + 1, ticks);
    for (size_t i = 0; i < n; i++) {
        double y = svg_at(&f->y, ticks[i]);
        svg_line(out, f->x.at_from, y, f->x.at_to, y, "grid");
        tick_label(out, f->x.at_from - 6, y + 4, SVG_END, ticks[i]);
    }
    svg_line(out, f->x.at_from, f->y.at_from, f->x.at_to, f->y.at_from, "axis");
    svg_line(out, f->x.at_from, f->y.at_from, f->x.at_from, f->y.at_to, "axis");
    svg_text(out, (f->x.at_from + f->x.at_to) / 2, height - 8, SVG_MIDDLE, plot->x_title);
    double middle = (f->y.at_from + f->y.at_to) / 2;
    buffer_put_c(out, "<text class=\"label\" text-anchor=\"middle\" transform=\"translate(14 ");
    svg_number(out, middle);
    buffer_put_c(out, ") rotate(-90)\">");
    escape_markup(out, plot->y_title);
    buffer_put_c(out, "</text>");
}

static bool drawn(const struct svg_series *s, size_t i) {
    return isfinite(s->x[i]) && isfinite(s->y[i]);
}

static void put_line(struct buffer *out, const struct frame *f, const struct svg_series *s, size_t number) {
    buffer_printf(out, "<path class=\"curve series%zu\" d=\"", number % SVG_SERIES);
    for (size_t i = 0; i < s->n; i++) {
        if (!drawn(s, i)) continue;
        buffer_put_char(out, i > 0 && drawn(s, i - 1) ? 'L' : 'M');
        svg_number(out, svg_at(&f->x, s->x[i]));
        buffer_put_char(out, ' ');
        svg_number(out, svg_at(&f->y, s->y[i]));
    }
    buffer_put_c(out, "\"/>");
}

static void put_whiskers(struct buffer *out, const struct frame *f, const struct svg_series *s, size_t i,
                         size_t number) {
    char whisker[32];
    double x = svg_at(&f->x, s->x[i]), y = svg_at(&f->y, s->y[i]);
    snprintf(whisker, sizeof whisker, "whisker series%zu", number % SVG_SERIES);
    if (s->lo && s->hi && isfinite(s->lo[i]) && isfinite(s->hi[i]))
        svg_line(out, x, svg_at(&f->y, s->lo[i]), x, svg_at(&f->y, s->hi[i]), whisker);
    if (s->x_lo && s->x_hi && isfinite(s->x_lo[i]) && isfinite(s->x_hi[i]))
        svg_line(out, svg_at(&f->x, s->x_lo[i]), y, svg_at(&f->x, s->x_hi[i]), y, whisker);
}

static void put_series(struct buffer *out, const struct frame *f, const struct svg_series *s, size_t number) {
    if (s->kind != SVG_DOTS) put_line(out, f, s, number);
    for (size_t i = 0; i < s->n; i++) {
        if (!drawn(s, i)) continue;
        put_whiskers(out, f, s, i, number);
        if (s->kind != SVG_LINE) svg_marker(out, svg_at(&f->x, s->x[i]), svg_at(&f->y, s->y[i]), 3.5, number);
    }
}

static void put_legend(struct buffer *out, const struct svg_plot *plot, double top) {
    for (size_t i = 0; i < plot->n_series; i++) {
        double y = top + LEGEND_LINE * (double)i + 6;
        svg_marker(out, MARGIN_LEFT + 6, y, 4, i);
        svg_text(out, MARGIN_LEFT + 18, y + 4, SVG_START, plot->series[i].name);
    }
}

void svg_plot(struct buffer *out, const struct svg_plot *plot) {
    double width = plot->width > 0 ? plot->width : 480, height = plot->height > 0 ? plot->height : 320;
    struct frame f = plot_frame(plot, width, height);
    bool legend = plot->n_series > 1;
    svg_begin(out, width, height + (legend ? LEGEND_LINE * (double)plot->n_series + 6 : 0), plot->title);
    put_axes(out, plot, &f, height);
    if (plot->diagonal) {
        double from = fmax(f.x.from, f.y.from), to = fmin(f.x.to, f.y.to);
        if (to > from)
            svg_line(out, svg_at(&f.x, from), svg_at(&f.y, from), svg_at(&f.x, to), svg_at(&f.y, to), "reference");
    }
    for (size_t i = 0; i < plot->n_series; i++) put_series(out, &f, &plot->series[i], i);
    if (legend) put_legend(out, plot, height);
    svg_end(out);
}
