/* A figure as SVG: see geo_draw.h. */
#include "geometry/geo_draw.h"

#include <math.h>
#include <string.h>

#define FRAME 44.0

struct drawing {
    const struct geo_problem *problem;
    struct geo_point pixel[GEO_POINTS_MOST];
    struct buffer *out;
    bool drawn[GEO_POINTS_MOST * GEO_POINTS_MOST]; /* segments */
    size_t lengths, angles;                        /* marks so far */
};

static void number(struct buffer *out, double value) {
    double round = nearbyint(value * 100) / 100;
    buffer_put_f64(out, round == 0 ? 0 : round);
}

static void attribute(struct drawing *d, const char *name, double value) {
    buffer_printf(d->out, " %s=\"", name);
    number(d->out, value);
    buffer_put_char(d->out, '"');
}

static void line(struct drawing *d, double x1, double y1, double x2, double y2) {
    buffer_put_c(d->out, "<line");
    attribute(d, "x1", x1);
    attribute(d, "y1", y1);
    attribute(d, "x2", x2);
    attribute(d, "y2", y2);
    buffer_put_c(d->out, "/>\n");
}

static void segment(struct drawing *d, uint8_t a, uint8_t b) {
    size_t at = a < b ? (size_t)a * GEO_POINTS_MOST + b : (size_t)b * GEO_POINTS_MOST + a;
    if (d->drawn[at]) return;
    d->drawn[at] = true;
    line(d, d->pixel[a].x, d->pixel[a].y, d->pixel[b].x, d->pixel[b].y);
}

/* Scale and middle that put all points inside the frame; y upward becomes y downward. */
static void to_pixels(struct drawing *d, const struct geo_figure *f) {
    double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY;
    for (size_t i = 0; i < f->n; i++) {
        x0 = fmin(x0, f->at[i].x), x1 = fmax(x1, f->at[i].x);
        y0 = fmin(y0, f->at[i].y), y1 = fmax(y1, f->at[i].y);
    }
    double scale = (GEO_PICTURE - 2 * FRAME) / fmax(x1 - x0, y1 - y0), middle = GEO_PICTURE / 2.0;
    for (size_t i = 0; i < f->n; i++)
        d->pixel[i] = (struct geo_point){middle + scale * (f->at[i].x - (x0 + x1) / 2),
                                         middle - scale * (f->at[i].y - (y0 + y1) / 2)};
}

static void circle(struct drawing *d, struct geo_point centre, double radius) {
    if (!(radius > 0) || radius > 4 * GEO_PICTURE) return;
    buffer_put_c(d->out, "<circle class=\"round\"");
    attribute(d, "cx", centre.x);
    attribute(d, "cy", centre.y);
    attribute(d, "r", radius);
    buffer_put_c(d->out, "/>\n");
}

static void circle_through(struct drawing *d, const uint8_t *p) {
    struct geo_point a = d->pixel[p[0]], b = d->pixel[p[1]], c = d->pixel[p[2]];
    double ux = b.x - a.x, uy = b.y - a.y, vx = c.x - a.x, vy = c.y - a.y, area = 2 * (ux * vy - uy * vx);
    double u = ux * ux + uy * uy, v = vx * vx + vy * vy;
    if (area == 0) return;
    struct geo_point centre = {a.x + (vy * u - uy * v) / area, a.y + (ux * v - vx * u) / area};
    circle(d, centre, geo_distance(centre, a));
}

/* ---- marks */

static void ticks(struct drawing *d, const uint8_t *pair, size_t count) {
    struct geo_point a = d->pixel[pair[0]], b = d->pixel[pair[1]];
    double far = geo_distance(a, b), x = (b.x - a.x) / far, y = (b.y - a.y) / far;
    for (size_t i = 0; i < count; i++) {
        double along = 4 * ((double)i - (double)(count - 1) / 2);
        double mx = (a.x + b.x) / 2 + along * x, my = (a.y + b.y) / 2 + along * y;
        line(d, mx - 5 * y, my + 5 * x, mx + 5 * y, my - 5 * x);
    }
}

/* The unit arrow from the corner to the other end of a pair; of two ends the farther. */
static struct geo_point arm(const struct drawing *d, uint8_t corner, const uint8_t *pair) {
    struct geo_point c = d->pixel[corner], a = d->pixel[pair[0]], b = d->pixel[pair[1]];
    struct geo_point end = geo_distance(c, a) > geo_distance(c, b) ? a : b;
    double far = geo_distance(c, end);
    return (struct geo_point){(end.x - c.x) / far, (end.y - c.y) / far};
}

/* A point of the figure on both lines; -1: none. */
static int corner_of(const struct drawing *d, const uint8_t *pairs) {
    for (uint8_t p = 0; p < d->problem->names.n; p++) {
        bool on = true;
        for (size_t i = 0; i < 4 && on; i += 2) {
            const struct geo_fact coll = {.kind = GEO_COLL, .n = 3, .at = {p, pairs[i], pairs[i + 1]}};
            bool end = p == pairs[i] || p == pairs[i + 1];
            on = end || geo_residual(&coll, d->pixel) < 1e-6;
        }
        if (on) return p;
    }
    return -1;
}

static void square(struct drawing *d, const uint8_t *pairs) {
    int corner = corner_of(d, pairs);
    if (corner < 0) return;
    struct geo_point c = d->pixel[corner], u = arm(d, (uint8_t)corner, pairs), v = arm(d, (uint8_t)corner, pairs + 2);
    line(d, c.x + 9 * u.x, c.y + 9 * u.y, c.x + 9 * (u.x + v.x), c.y + 9 * (u.y + v.y));
    line(d, c.x + 9 * v.x, c.y + 9 * v.y, c.x + 9 * (u.x + v.x), c.y + 9 * (u.y + v.y));
}

static void arc(struct drawing *d, const uint8_t *pairs, double radius) {
    int corner = corner_of(d, pairs);
    if (corner < 0) return;
    struct geo_point c = d->pixel[corner], u = arm(d, (uint8_t)corner, pairs), v = arm(d, (uint8_t)corner, pairs + 2);
    bool left = u.x * v.y - u.y * v.x > 0;
    buffer_put_c(d->out, "<path d=\"M");
    number(d->out, c.x + radius * u.x);
    buffer_put_char(d->out, ' ');
    number(d->out, c.y + radius * u.y);
    buffer_printf(d->out, "A%g %g 0 0 %d ", radius, radius, left);
    number(d->out, c.x + radius * v.x);
    buffer_put_char(d->out, ' ');
    number(d->out, c.y + radius * v.y);
    buffer_put_c(d->out, "\"/>\n");
}

/* ---- facts */

/* The point that both pairs of a fact share; -1: none. */
static int shared(const uint8_t *p) {
    for (size_t i = 0; i < 2; i++)
        if (p[i] == p[2] || p[i] == p[3]) return p[i];
    return -1;
}

static void draw_cong(struct drawing *d, const uint8_t *p) {
    int centre = shared(p);
    if (centre >= 0) {
        circle(d, d->pixel[centre], geo_distance(d->pixel[p[0]], d->pixel[p[1]]));
        return;
    }
    segment(d, p[0], p[1]);
    segment(d, p[2], p[3]);
    size_t count = 1 + d->lengths++ % 3;
    ticks(d, p, count);
    ticks(d, p + 2, count);
}

static void draw_pairs(struct drawing *d, const struct geo_fact *f) {
    for (size_t i = 0; i + 1 < f->n; i += 2) segment(d, f->at[i], f->at[i + 1]);
}

static void draw_fact(struct drawing *d, const struct geo_fact *f) {
    const uint8_t *p = f->at;
    switch (f->kind) {
    case GEO_COLL:
        segment(d, p[0], p[1]);
        segment(d, p[1], p[2]);
        break;
    case GEO_MID: {
        const uint8_t halves[4] = {p[0], p[1], p[0], p[2]};
        size_t count = 1 + d->lengths++ % 3;
        segment(d, p[1], p[2]);
        ticks(d, halves, count);
        ticks(d, halves + 2, count);
        break;
    }
    case GEO_CYC:
        circle_through(d, p);
        break;
    case GEO_CONG:
        draw_cong(d, p);
        break;
    case GEO_PERP:
        draw_pairs(d, f);
        square(d, p);
        break;
    case GEO_EQANG: {
        double radius = 16 + 5 * (double)(d->angles++ % 3);
        draw_pairs(d, f);
        arc(d, p, radius);
        arc(d, p + 4, radius);
        break;
    }
    default:
        draw_pairs(d, f);
        break;
    }
}

static void put_escaped(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len; i++) switch (t.at[i]) {
        case '<':
            buffer_put_c(out, "&lt;");
            break;
        case '>':
            buffer_put_c(out, "&gt;");
            break;
        case '&':
            buffer_put_c(out, "&amp;");
            break;
        default:
            buffer_put_char(out, t.at[i]);
            break;
        }
}

/* Numbers of the premises, printed under the figure. */
static void put_values(struct drawing *d) {
    double y = 14;
    for (size_t i = 0; i < d->problem->n_premises; i++) {
        const struct geo_fact *f = &d->problem->premise[i];
        struct buffer said;
        if (!geo_kind_has_value(f->kind) || y > GEO_PICTURE) continue;
        buffer_init(&said, 400);
        geo_fact_put(&said, f, &d->problem->names);
        buffer_put_c(d->out, "<text class=\"value\" x=\"4\"");
        attribute(d, "y", y);
        buffer_put_char(d->out, '>');
        put_escaped(d->out, buffer_text(&said));
        buffer_put_c(d->out, "</text>\n");
        buffer_done(&said);
        y += 14;
    }
}

static void put_points(struct drawing *d) {
    struct geo_label label[GEO_POINTS_MOST];
    const struct geo_names *names = &d->problem->names;
    geo_labels_place(names, d->pixel, label);
    for (size_t i = 0; i < names->n; i++) {
        buffer_put_c(d->out, "<circle class=\"point\" r=\"2.5\"");
        attribute(d, "cx", d->pixel[i].x);
        attribute(d, "cy", d->pixel[i].y);
        buffer_put_c(d->out, "/>\n<text text-anchor=\"middle\"");
        attribute(d, "x", label[i].x);
        attribute(d, "y", label[i].y + 4);
        buffer_put_char(d->out, '>');
        put_escaped(d->out, names->name[i]);
        buffer_put_c(d->out, "</text>\n");
    }
}

bool geo_draw(const struct geo_problem *p, const struct geo_figure *f, struct buffer *svg, struct error *err) {
    struct drawing d = {.problem = p, .out = svg};
    to_pixels(&d, f);
    buffer_printf(svg,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
                  "role=\"img\">\n<style>line,path{stroke:#345;fill:none}.round{stroke:#789;fill:none}"
                  ".point{fill:#a21}text{font:italic 13px serif}.value{font:11px sans-serif}</style>\n<title>",
                  GEO_PICTURE, GEO_PICTURE, GEO_PICTURE, GEO_PICTURE);
    put_escaped(svg, p->id);
    buffer_put_c(svg, "</title>\n");
    for (size_t i = 0; i < p->n_premises; i++) {
        struct geo_fact part[3];
        size_t n = geo_fact_parts(&p->premise[i], part);
        for (size_t k = 0; k < n; k++) draw_fact(&d, &part[k]);
    }
    put_values(&d);
    put_points(&d);
    buffer_put_c(svg, "</svg>\n");
    return buffer_check(svg, "a drawing", err);
}
