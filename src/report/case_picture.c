/* Cases as drawings and as text: see case_picture.h. */
#include "report/case_picture.h"

#include "report/escape.h"
#include "report/html_page.h"
#include "report/svg.h"

#include <math.h>
#include <string.h>

/* Fills by what a check found; the word stands in the shape as well, so that colour is never the only mark. */
static const char sheet[] =
    ".case text{fill:var(--fg);font-size:12px}.case .id{font-weight:650}.case .found{fill:var(--soft);font-size:11px}"
    ".case .shape{fill:var(--panel);stroke:var(--soft);stroke-width:1.2}.case .counter{stroke-dasharray:5 3}"
    ".case .holds{fill:rgba(0,158,115,.22)}.case .refuted,.case .vacuous{fill:rgba(213,94,0,.35)}"
    ".case .unknown,.case .error{fill:rgba(176,122,0,.28)}"
    ".case .doubtful{stroke:#c79300;stroke-width:3}.case .edge{fill:none;stroke:var(--soft);stroke-width:1.2}"
    ".case .challenge{stroke-dasharray:5 3}.case .full{fill:var(--soft)}.case "
    ".hollow{fill:var(--bg);stroke:var(--soft)}";

struct drawing {
    const struct assurance_case *c;
    const struct case_marks *marks;
    struct case_layout layout;
    struct buffer *out;
};

static void put_points(struct buffer *out, const double (*p)[2], size_t n, const char *class_name, const char *more) {
    buffer_printf(out, "<path class=\"%s%s\" d=\"", class_name, more);
    for (size_t i = 0; i < n; i++) {
        buffer_put_char(out, i ? 'L' : 'M');
        svg_number(out, p[i][0]);
        buffer_put_char(out, ' ');
        svg_number(out, p[i][1]);
    }
    buffer_put_c(out, "Z\"/>");
}

static void put_attribute(struct buffer *out, const char *name, double value) {
    buffer_printf(out, " %s=\"", name);
    svg_number(out, value);
    buffer_put_char(out, '"');
}

/* ---- shapes ---- */

static void put_ellipse(struct buffer *out, const struct case_box *b, const char *more) {
    buffer_printf(out, "<ellipse class=\"shape%s\"", more);
    put_attribute(out, "cx", b->x + b->width / 2);
    put_attribute(out, "cy", b->y + b->height / 2);
    put_attribute(out, "rx", b->width / 2);
    put_attribute(out, "ry", b->height / 2);
    buffer_put_c(out, "/>");
}

static void put_box(struct buffer *out, const struct case_box *b, double round, const char *more) {
    buffer_printf(out, "<rect class=\"shape%s\"", more);
    put_attribute(out, "x", b->x);
    put_attribute(out, "y", b->y);
    put_attribute(out, "width", b->width);
    put_attribute(out, "height", b->height);
    put_attribute(out, "rx", round);
    buffer_put_c(out, "/>");
}

static void put_shape(struct buffer *out, enum case_kind kind, const struct case_box *b, const char *more) {
    double s = 14, right = b->x + b->width, low = b->y + b->height;
    if (kind == CASE_STRATEGY) {
        const double p[4][2] = {{b->x + s, b->y}, {right, b->y}, {right - s, low}, {b->x, low}};
        put_points(out, p, 4, "shape", more);
    } else if (kind == CASE_SOLUTION || kind == CASE_COUNTER_SOLUTION || kind == CASE_ASSUMPTION ||
               kind == CASE_JUSTIFICATION) {
        put_ellipse(out, b, more);
    } else {
        put_box(out, b, kind == CASE_CONTEXT ? 16 : 1, more);
    }
}

static void put_diamond(struct buffer *out, const struct case_box *b) {
    double x = b->x + b->width / 2, y = b->y + b->height, s = 8;
    const double p[4][2] = {{x, y}, {x + s, y + s}, {x, y + 2 * s}, {x - s, y + s}};
    put_points(out, p, 4, "shape", "");
}

static const char *status_of(const struct drawing *d, size_t at) {
    return d->marks && d->marks->status ? d->marks->status[at] : NULL;
}

static void put_words(struct drawing *d, size_t at) {
    const struct case_node *node = &d->c->nodes[at];
    const struct case_box *b = &d->layout.box[at];
    const char *status = status_of(d, at), *letter = node->kind == CASE_ASSUMPTION      ? " (A)"
                                                     : node->kind == CASE_JUSTIFICATION ? " (J)"
                                                                                        : "";
    double y = b->y + (b->height - (double)(b->n_lines + 1) * 15) / 2 + 12;
    for (size_t i = 0; i <= b->n_lines; i++) {
        buffer_printf(d->out, "<text%s text-anchor=\"middle\"", i == 0 ? " class=\"id\"" : "");
        put_attribute(d->out, "x", b->x + b->width / 2);
        put_attribute(d->out, "y", y + 15 * (double)i);
        buffer_put_char(d->out, '>');
        escape_markup(d->out, i == 0 ? text_of(node->id) : b->lines[i - 1]);
        if (i == 0) buffer_put_c(d->out, letter);
        if (i == 0 && status) {
            buffer_put_c(d->out, " <tspan class=\"found\">");
            escape_markup(d->out, text_of(status));
            buffer_put_c(d->out, "</tspan>");
        }
        buffer_put_c(d->out, "</text>");
    }
}

static void put_node(struct drawing *d, size_t at) {
    const struct case_node *node = &d->c->nodes[at];
    const char *status = status_of(d, at);
    bool counter = node->kind == CASE_COUNTER_GOAL || node->kind == CASE_COUNTER_SOLUTION;
    char more[96];
    snprintf(more, sizeof more, "%s%s%.30s%s", counter ? " counter" : "", status ? " " : "", status ? status : "",
             d->marks && d->marks->doubtful && d->marks->doubtful[at] ? " doubtful" : "");
    buffer_put_c(d->out, "<g><title>");
    escape_markup(d->out, text_of(node->id));
    if (node->text.len) buffer_put_c(d->out, ": ");
    escape_markup(d->out, node->text);
    for (size_t i = 0; i < node->n_formal; i++) {
        buffer_put_char(d->out, '\n');
        escape_markup(d->out, node->formal[i].text);
    }
    buffer_put_c(d->out, "</title>");
    put_shape(d->out, node->kind, &d->layout.box[at], more);
    if (node->undeveloped) put_diamond(d->out, &d->layout.box[at]);
    put_words(d, at);
    buffer_put_c(d->out, "</g>\n");
}

/* ---- links ---- */

static void put_arrow(struct buffer *out, double x, double y, double dx, double dy, const char *class_name) {
    double length = hypot(dx, dy), ux = length > 0 ? dx / length : 0, uy = length > 0 ? dy / length : 1;
    const double p[3][2] = {
        {x, y}, {x - 9 * ux - 4 * uy, y - 9 * uy + 4 * ux}, {x - 9 * ux + 4 * uy, y - 9 * uy - 4 * ux}};
    put_points(out, p, 3, class_name, "");
}

/* Down to a child, or sideways to what stands beside; arrows are full for support, hollow for contexts. */
static void put_link(struct drawing *d, size_t from, size_t to, const char *kind, const char *arrow) {
    const struct case_box *a = &d->layout.box[from], *b = &d->layout.box[to];
    bool side = strcmp(arrow, "hollow") == 0;
    double x1 = side ? a->x + a->width : a->x + a->width / 2, y1 = side ? a->y + a->height / 2 : a->y + a->height;
    double x2 = side ? b->x : b->x + b->width / 2, y2 = side ? b->y + b->height / 2 : b->y;
    double bend = side ? 0 : fmax(20, fabs(y2 - y1) / 2);
    buffer_printf(d->out, "<path class=\"edge%s\" d=\"M", kind);
    const double p[8] = {x1, y1, x1, y1 + bend, x2, y2 - bend, x2, y2};
    for (size_t i = 0; i < 8; i++) {
        if (i == 2) buffer_put_c(d->out, "C");
        if (i) buffer_put_char(d->out, ' ');
        svg_number(d->out, p[i]);
    }
    buffer_put_c(d->out, "\"/>");
    put_arrow(d->out, x2, y2, side ? x2 - x1 : 0, side ? y2 - y1 : 1, arrow);
}

static void put_links(struct drawing *d, size_t at) {
    const struct case_node *node = &d->c->nodes[at];
    for (size_t k = 0; k < node->n_supported_by; k++) put_link(d, at, node->supported_by[k], "", "full");
    for (size_t k = 0; k < node->n_in_context_of; k++) put_link(d, at, node->in_context_of[k], "", "hollow");
    for (size_t k = 0; k < node->n_challenges; k++) put_link(d, at, node->challenges[k], " challenge", "full");
}

bool case_picture_svg(const struct assurance_case *c, const struct case_marks *marks, struct buffer *out,
                      struct error *err) {
    struct drawing d = {.c = c, .marks = marks, .out = out};
    struct arena arena;
    arena_init(&arena, 0);
    bool ok = case_layout(c, &arena, &d.layout, err);
    if (ok) {
        svg_begin(out, d.layout.width, d.layout.height, text_of(c->name ? c->name : "assurance case"));
        buffer_printf(out, "<style>%s</style><g class=\"case\">\n", sheet);
        for (size_t i = 0; i < c->n_nodes; i++) put_links(&d, i);
        for (size_t i = 0; i < c->n_nodes; i++) put_node(&d, i);
        buffer_put_c(out, "</g>");
        svg_end(out);
    }
    arena_done(&arena);
    return ok && buffer_check(out, "drawing of a case", err);
}

/* ---- formats ---- */

static bool write_svg(const struct assurance_case *c, const struct case_marks *marks, struct buffer *out,
                      struct error *err) {
    struct buffer body;
    struct text drawing;
    buffer_init(&body, out->max);
    bool ok = case_picture_svg(c, marks, &body, err);
    if (ok) { /* the same drawing with a name space and its style inside */
        drawing = buffer_text(&body);
        size_t behind = text_find(drawing, TEXT("</title>"), 0) + 8;
        buffer_put_c(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" font-family=\"system-ui,sans-serif\"");
        buffer_put_text(out, text_part(drawing, 4, behind));
        buffer_printf(out, "<style>%s</style><rect width=\"100%%\" height=\"100%%\" fill=\"var(--bg)\"/>\n",
                      html_style);
        buffer_put_text(out, text_part(drawing, behind, drawing.len));
        buffer_put_char(out, '\n');
    }
    buffer_done(&body);
    return ok && buffer_check(out, "drawing of a case", err);
}

static bool write_html(const struct assurance_case *c, const struct case_marks *marks, struct buffer *out,
                       struct error *err) {
    html_begin(out, text_of(c->name ? c->name : "Assurance case"), (struct text){0});
    buffer_put_c(out, "</header><main>");
    if (c->description) {
        buffer_put_c(out, "<p>");
        escape_markup(out, text_of(c->description));
        buffer_put_c(out, "</p>");
    }
    buffer_put_c(out, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"drawing\">");
    if (!case_picture_svg(c, marks, out, err)) return false;
    buffer_put_c(out, "</div></main></body></html>\n");
    return buffer_check(out, "page of a case", err);
}

static void put_dot_text(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '\n')
            buffer_put_c(out, "\\n");
        else if (t.at[i] == '"' || t.at[i] == '\\')
            buffer_printf(out, "\\%c", t.at[i]);
        else
            buffer_put_char(out, t.at[i]);
    }
}

static void put_dot_links(struct buffer *out, size_t from, const size_t *to, size_t n, const char *style) {
    for (size_t i = 0; i < n; i++) buffer_printf(out, "  n%zu -> n%zu [%s];\n", from, to[i], style);
}

/* Names of nodes are numbers, so that no text of the case is read as anything but a label. */
static bool write_dot(const struct assurance_case *c, const struct case_marks *marks, struct buffer *out,
                      struct error *err) {
    static const char *const shapes[] = {"box",     "parallelogram", "ellipse",           "box, style=rounded",
                                         "ellipse", "ellipse",       "box, style=dashed", "ellipse, style=dashed"};
    buffer_put_c(out, "digraph assurance_case {\n  node [fontname=\"sans-serif\"];\n");
    for (size_t i = 0; i < c->n_nodes; i++) {
        const struct case_node *node = &c->nodes[i];
        buffer_printf(out, "  n%zu [shape=%s, label=\"", i, shapes[node->kind]);
        put_dot_text(out, text_of(node->id));
        if (marks && marks->status && marks->status[i]) buffer_printf(out, " (%s)", marks->status[i]);
        if (node->text.len) buffer_put_c(out, "\\n");
        put_dot_text(out, node->text);
        buffer_put_c(out, "\"];\n");
    }
    for (size_t i = 0; i < c->n_nodes; i++) {
        put_dot_links(out, i, c->nodes[i].supported_by, c->nodes[i].n_supported_by, "arrowhead=normal");
        put_dot_links(out, i, c->nodes[i].in_context_of, c->nodes[i].n_in_context_of, "arrowhead=onormal");
        put_dot_links(out, i, c->nodes[i].challenges, c->nodes[i].n_challenges, "style=dashed");
    }
    buffer_put_c(out, "}\n");
    return buffer_check(out, "drawing of a case", err);
}

/* ---- text ---- */

struct outline {
    const struct assurance_case *c;
    const struct case_marks *marks;
    bool *shown;
    struct buffer *out;
};

static void put_indent(struct buffer *out, size_t depth) {
    for (size_t i = 0; i < depth && i < 60; i++) buffer_put_c(out, "  ");
}

static void put_outline_node(struct outline *o, size_t at, size_t depth, const char *mark) {
    const struct case_node *node = &o->c->nodes[at];
    struct text rest = node->text, line;
    put_indent(o->out, depth);
    buffer_put_c(o->out, mark);
    escape_terminal(o->out, text_of(node->id));
    if (o->marks && o->marks->status && o->marks->status[at]) buffer_printf(o->out, " [%s]", o->marks->status[at]);
    for (bool first = true; rest.len && text_next(&rest, '\n', &line); first = false) {
        buffer_put_char(o->out, first ? ' ' : '\n');
        if (!first) put_indent(o->out, depth + 1);
        escape_terminal(o->out, line);
    }
    if (node->undeveloped) buffer_put_c(o->out, " (undeveloped)");
    buffer_put_char(o->out, '\n');
    for (size_t i = 0; i < node->n_formal && !o->shown[at]; i++) {
        put_indent(o->out, depth + 2);
        escape_terminal(o->out, node->formal[i].text);
        buffer_put_char(o->out, '\n');
    }
}

/* A node below two is told once and named again. Depth is bounded by CASE_DRAWN_MOST. */
static void put_outline(struct outline *o, size_t at, size_t depth, const char *mark) {
    const struct case_node *node = &o->c->nodes[at];
    bool again = o->shown[at];
    put_outline_node(o, at, depth, mark);
    o->shown[at] = true;
    if (again) return;
    for (size_t k = 0; k < node->n_in_context_of; k++) put_outline(o, node->in_context_of[k], depth + 1, "~ ");
    for (size_t k = 0; k < node->n_supported_by; k++)
        put_outline(o, node->supported_by[k], depth + 1, node->join == CASE_OR ? "| " : "- ");
}

static bool write_text(const struct assurance_case *c, const struct case_marks *marks, struct buffer *out,
                       struct error *err) {
    struct outline o = {c, marks, NULL, out};
    if (c->n_nodes > CASE_DRAWN_MOST)
        return error_set(err, ERROR_DATA, "%s: %zu nodes; at most %d are drawn", c->file, c->n_nodes, CASE_DRAWN_MOST);
    if (!(o.shown = memory_zeroed(c->n_nodes, sizeof *o.shown))) return error_memory(err, "assurance case");
    put_outline(&o, c->root, 0, "");
    for (size_t i = 0; i < c->n_nodes; i++) /* other roots, and what challenges */
        if (!o.shown[i]) put_outline(&o, i, 0, c->nodes[i].n_challenges ? "! " : "");
    memory_free(o.shown);
    return buffer_check(out, "assurance case", err);
}

static const struct case_picture_format formats[] = {
    {"svg", "a drawing that stands alone", write_svg},
    {"dot", "for Graphviz", write_dot},
    {"html", "a page with the drawing", write_html},
    {"text", "an outline", write_text},
};

size_t case_picture_formats(const struct case_picture_format **out) {
    *out = formats;
    return sizeof formats / sizeof *formats;
}

const struct case_picture_format *case_picture_format_find(const char *name, struct error *err) {
    const char *names[sizeof formats / sizeof *formats];
    size_t n = sizeof formats / sizeof *formats;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(formats[i].name, name) == 0) return &formats[i];
        names[i] = formats[i].name;
    }
    const char *near = text_nearest(text_of(name), names, n);
    error_set(err, ERROR_USAGE, "no format of drawings '%s'%s%s%s: expected svg, dot, html or text", name,
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}
