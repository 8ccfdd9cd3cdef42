/* Inline SVG: see svg.h. */
#include "report/svg.h"

#include "report/escape.h"

#include <math.h>
#include <stdio.h>

void svg_number(struct buffer *out, double value) {
    if (!isfinite(value)) value = 0;
    double hundredths = round(fmin(fmax(value, -1e7), 1e7) * 100);
    buffer_put_f64(out, hundredths == 0 ? 0.0 : hundredths / 100);
}

static void put_attribute(struct buffer *out, const char *name, double value) {
    buffer_printf(out, " %s=\"", name);
    svg_number(out, value);
    buffer_put_char(out, '"');
}

static void put_class(struct buffer *out, const char *class_name) {
    if (class_name) buffer_printf(out, " class=\"%s\"", class_name);
}

void svg_begin(struct buffer *out, double width, double height, struct text title) {
    buffer_put_c(out, "<svg role=\"img\"");
    put_attribute(out, "width", width);
    put_attribute(out, "height", height);
    buffer_put_c(out, " viewBox=\"0 0 ");
    svg_number(out, width);
    buffer_put_char(out, ' ');
    svg_number(out, height);
    buffer_put_c(out, "\" aria-label=\"");
    escape_attribute(out, title);
    buffer_put_c(out, "\"><title>");
    escape_markup(out, title);
    buffer_put_c(out, "</title>");
}

void svg_end(struct buffer *out) {
    buffer_put_c(out, "</svg>");
}

void svg_line(struct buffer *out, double x1, double y1, double x2, double y2, const char *class_name) {
    buffer_put_c(out, "<line");
    put_class(out, class_name);
    put_attribute(out, "x1", x1);
    put_attribute(out, "y1", y1);
    put_attribute(out, "x2", x2);
    put_attribute(out, "y2", y2);
    buffer_put_c(out, "/>");
}

void svg_rectangle(struct buffer *out, double x, double y, double width, double height, const char *class_name) {
    buffer_put_c(out, "<rect");
    put_class(out, class_name);
    put_attribute(out, "x", x);
    put_attribute(out, "y", y);
    put_attribute(out, "width", fmax(width, 0));
    put_attribute(out, "height", fmax(height, 0));
    buffer_put_c(out, "/>");
}

void svg_text(struct buffer *out, double x, double y, enum svg_anchor anchor, struct text t) {
    static const char *const anchors[] = {"start", "middle", "end"};
    buffer_put_c(out, "<text class=\"label\"");
    put_attribute(out, "x", x);
    put_attribute(out, "y", y);
    buffer_printf(out, " text-anchor=\"%s\">", anchors[anchor]);
    escape_markup(out, t);
    buffer_put_c(out, "</text>");
}

static void put_points(struct buffer *out, const double *x, const double *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        buffer_put_c(out, i == 0 ? "M" : "L");
        svg_number(out, x[i]);
        buffer_put_char(out, ' ');
        svg_number(out, y[i]);
    }
}

static void put_shape(struct buffer *out, const double *x, const double *y, size_t n, size_t series) {
    buffer_printf(out, "<path class=\"mark series%zu\" d=\"", series % SVG_SERIES);
    put_points(out, x, y, n);
    buffer_put_c(out, "Z\"/>");
}

void svg_marker(struct buffer *out, double x, double y, double r, size_t series) {
    double s = r * 0.9, t = r * 0.35, d = r * 1.25;
    switch (series % SVG_SERIES) {
    case 0:
        buffer_put_c(out, "<circle class=\"mark series0\"");
        put_attribute(out, "cx", x);
        put_attribute(out, "cy", y);
        put_attribute(out, "r", r);
        buffer_put_c(out, "/>");
        break;
    case 1: put_shape(out, (double[]){x - s, x + s, x + s, x - s}, (double[]){y - s, y - s, y + s, y + s}, 4, 1); break;
    case 2: put_shape(out, (double[]){x, x + d, x, x - d}, (double[]){y - d, y, y + d, y}, 4, 2); break;
    case 3: put_shape(out, (double[]){x, x + d, x - d}, (double[]){y - d, y + s, y + s}, 3, 3); break;
    case 4:
        put_shape(out, (double[]){x - t, x + t, x + t, x + d, x + d, x + t, x + t, x - t, x - t, x - d, x - d, x - t},
                  (double[]){y - d, y - d, y - t, y - t, y + t, y + t, y + d, y + d, y + t, y + t, y - t, y - t}, 12,
                  4);
        break;
    default: put_shape(out, (double[]){x - t, x + t, x + t, x - t}, (double[]){y - d, y - d, y + d, y + d}, 4, 5);
    }
}

double svg_at(const struct svg_scale *s, double value) {
    double width = s->to - s->from;
    double share = width != 0 ? (value - s->from) / width : 0;
    if (!(share > 0)) share = 0;
    if (share > 1) share = 1;
    return s->at_from + share * (s->at_to - s->at_from);
}

/* The smallest of 1, 2, 5 x 10^k that is at least `rough`. */
static double round_step(double rough) {
    double power = pow(10, floor(log10(rough)));
    double multiple = rough / power;
    return power * (multiple <= 1 + 1e-9 ? 1 : multiple <= 2 + 1e-9 ? 2 : multiple <= 5 + 1e-9 ? 5 : 10);
}

size_t svg_ticks(double from, double to, size_t max, double *ticks) {
    if (!(to > from) || !isfinite(from) || !isfinite(to) || max < 2) return 0;
    double step = round_step((to - from) / (double)(max - 1));
    double first = ceil(from / step - 1e-9);
    size_t n = 0;
    for (; n < max && (first + (double)n) * step <= to + step * 1e-9; n++) ticks[n] = (first + (double)n) * step;
    return n;
}

void svg_round_range(double *from, double *to) {
    if (!isfinite(*from) || !isfinite(*to) || *from > *to) *from = 0, *to = 1;
    double width = *to - *from;
    double least = fmax(fabs(*from), fabs(*to)) * 1e-9; /* narrower than this, ticks cannot be told apart */
    if (width <= least) {
        double half = *to == 0 ? 0.5 : fabs(*to) * 0.5;
        *from -= half;
        *to += half;
        width = *to - *from;
    }
    double step = round_step(width / 4);
    *from = floor(*from / step + 1e-9) * step;
    *to = ceil(*to / step - 1e-9) * step;
}

void svg_whisker(struct buffer *out, const struct svg_scale *x, double y, double value, double lo, double hi,
                 size_t series) {
    char line[32];
    snprintf(line, sizeof line, "whisker series%zu", series % SVG_SERIES);
    if (isfinite(lo) && isfinite(hi)) {
        double left = svg_at(x, lo), right = svg_at(x, hi);
        svg_line(out, left, y, right, y, line);
        svg_line(out, left, y - 3, left, y + 3, line);
        svg_line(out, right, y - 3, right, y + 3, line);
    }
    if (isfinite(value)) svg_marker(out, svg_at(x, value), y, 4, series);
}
