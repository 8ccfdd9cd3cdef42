/* A comparison as one self-contained page: gate, differences drawn with their intervals, flipped items with both
 * answers side by side. Texts of harmful items stand behind their hash unless show_harmful. */
#include "report/compare_overview.h"
#include "report/compare_report.h"
#include "report/escape.h"
#include "report/html_page.h"
#include "report/picture_plane.h"
#include "report/report_number.h"
#include "report/svg.h"

#include <math.h>
#include <string.h>

#define PLOT_WIDTH 150
#define PLOT_EDGE 8
#define HEIGHT 20
enum { FLIPS_SHOWN = 200 };

struct writer {
    struct page page; /* out, and what is hidden */
    const struct comparison *c;
    struct record *record;
    struct arena arena;
};

static void put_badge(struct page *page, const char *text, bool off) {
    html_put(page, off ? "<span class=\"badge off\">" : "<span class=\"badge\">");
    html_text(page, text);
    html_put(page, "</span>");
}

/* ---- summary */

static void put_gate(struct writer *w) {
    const struct gate_result *gate = &w->c->gate;
    struct page *page = &w->page;
    if (gate->n == 0) return;
    html_put(page, "<section id=\"gate\"><h2>Gate ");
    put_badge(page, gate_verdict_names[gate->verdict], gate->verdict != GATE_MET);
    html_put(page, "</h2>\n<p><code>");
    html_text(page, w->c->gate_source);
    html_put(
        page,
        "</code></p><p class=\"small soft\">The end of the interval on the bad side decides, not the estimate.</p>\n"
        "<ul class=\"plain\">");
    for (size_t i = 0; i < gate->n; i++) {
        struct buffer line;
        buffer_init(&line, 1 << 16);
        gate_put_finding(&line, &gate->findings[i]);
        html_put(page, "<li><code>");
        html_text(page, gate->findings[i].condition);
        html_put(page, "</code>: ");
        escape_markup(page->out, buffer_text(&line));
        html_put(page, "</li>\n");
        buffer_done(&line);
    }
    html_put(page, "</ul></section>\n");
}

static void put_runs(struct writer *w) {
    struct page *page = &w->page;
    html_put(
        page,
        "<section id=\"runs\"><h2>What is compared</h2>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\"></th>"
        "<th scope=\"col\">run</th><th scope=\"col\">suite</th><th scope=\"col\">subject</th><th scope=\"col\">named as"
        "</th><th scope=\"col\">digest</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < w->c->n_runs; i++) {
        const struct compare_run *run = &w->c->runs[i];
        html_put(page, w->c->settings.pairs ? "<tr><td></td>" : i ? "<tr><td>other</td>" : "<tr><td>base</td>");
        html_cell(page, run->name);
        html_cell(page, run->suite);
        html_cell(page, run->subject);
        html_code_cell(page, run->spec);
        buffer_printf(page->out, "<td><code>%.16s</code></td></tr>\n", run->digest);
    }
    html_put(page, "</tbody></table></div>\n");
    for (size_t i = 0; i < w->c->n_notes; i++) {
        html_put(page, "<p class=\"note\">");
        html_text(page, w->c->notes[i]);
        html_put(page, "</p>\n");
    }
    html_put(page, "</section>\n");
}

/* ---- tables */

/* One scale for all rows of a part that are in the same unit, with 0 inside. */
static struct svg_scale scale_of(const struct writer *w, const struct compare_part *part,
                                 const struct compare_row *like) {
    double from = 0, to = 0;
    for (size_t i = 0; i < w->c->n_rows; i++) {
        const struct compare_row *r = &w->c->rows[i];
        if (!compare_is_in(part, r) || strcmp(r->unit, like->unit) != 0) continue;
        const double values[] = {r->value, r->lo, r->hi};
        for (size_t k = 0; k < 3; k++)
            if (isfinite(values[k])) from = fmin(from, values[k]), to = fmax(to, values[k]);
    }
    svg_round_range(&from, &to);
    return (struct svg_scale){from, to, PLOT_EDGE, PLOT_WIDTH - PLOT_EDGE};
}

static void put_plot(struct writer *w, const struct compare_part *part, const struct compare_row *r) {
    struct svg_scale scale = scale_of(w, part, r);
    char title[256];
    snprintf(title, sizeof title, "%.60s of %.60s: %.4g, interval %.4g to %.4g", r->name, r->task, r->value, r->lo,
             r->hi);
    html_put(&w->page, "<td>");
    if (!isnan(r->value)) {
        svg_begin(w->page.out, PLOT_WIDTH, HEIGHT, text_of(title));
        svg_line(w->page.out, svg_at(&scale, scale.from), HEIGHT / 2.0, svg_at(&scale, scale.to), HEIGHT / 2.0, "grid");
        svg_line(w->page.out, svg_at(&scale, 0), 1, svg_at(&scale, 0), HEIGHT - 1, "reference");
        svg_whisker(w->page.out, &scale, HEIGHT / 2.0, r->value, r->lo, r->hi, 0);
        svg_end(w->page.out);
    }
    html_put(&w->page, "</td>");
}

/* The verdict stands where it is seen first; what it rests on follows. */
static const int columns[] = {COMPARE_A,         COMPARE_B, COMPARE_DIFFERENCE, COMPARE_INTERVAL, COMPARE_VERDICT,
                              COMPARE_CORRECTED, COMPARE_P, COMPARE_CHANGED,    COMPARE_N,        COMPARE_DETECTABLE};
enum { COLUMNS = sizeof columns / sizeof *columns, ALL_COLUMNS = COLUMNS + 3 }; /* figure, drawn, method */

static bool put_row(struct writer *w, const struct compare_part *part, const struct compare_row *r, struct error *err) {
    struct page *page = &w->page;
    const char *cells[COMPARE_CELLS];
    if (!compare_cells(r, &w->arena, cells, err)) return false;
    html_put(page, r->group[0] ? "<tr><th scope=\"row\" class=\"group\">" : "<tr><th scope=\"row\">");
    html_text(page, cells[COMPARE_FIGURE]);
    html_put(page, "</th>");
    for (size_t i = 0; i < COLUMNS; i++) {
        int k = columns[i];
        html_put(page, k == COMPARE_DIFFERENCE ? "<td class=\"num value\">"
                       : k == COMPARE_VERDICT  ? "<td class=\"method\">"
                                               : "<td class=\"num\">");
        if (k != COMPARE_VERDICT)
            html_text(page, cells[k]);
        else if (cells[k][0])
            put_badge(page, cells[k], strcmp(cells[k], "worse") == 0);
        html_put(page, "</td>");
        if (k == COMPARE_INTERVAL) put_plot(w, part, r);
    }
    html_put(page, "<td class=\"small soft method\">");
    html_text(page, r->null_reason ? r->null_reason : r->method);
    html_put(page, "</td></tr>\n");
    return true;
}

static void put_head_row(struct writer *w, const struct compare_part *part) {
    struct page *page = &w->page;
    html_put(page, "<div class=\"wide\" role=\"region\" aria-label=\"differences\" tabindex=\"0\"><table><thead><tr>"
                   "<th scope=\"col\">figure</th>");
    for (size_t i = 0; i < COLUMNS; i++) {
        int k = columns[i];
        html_put(page, k == COMPARE_VERDICT ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"num\">");
        html_text(page, k == COMPARE_A   ? w->c->runs[part->base].name
                        : k == COMPARE_B ? w->c->runs[part->other].name
                                         : compare_heads[k]);
        html_put(page, k == COMPARE_INTERVAL ? "</th><th scope=\"col\">drawn</th>" : "</th>");
    }
    html_put(page, "<th scope=\"col\">method</th></tr></thead><tbody>\n");
}

static bool put_part(struct writer *w, const struct compare_part *part, struct error *err) {
    struct page *page = &w->page;
    const char *title = compare_part_title(w->c, part, &w->arena, err), *last = "";
    if (!title) return false;
    html_put(page, "<h3>");
    html_text(page, title);
    html_put(page, "</h3>\n");
    put_head_row(w, part);
    for (size_t i = 0; i < w->c->n_rows; i++) {
        const struct compare_row *r = &w->c->rows[i];
        if (!compare_is_in(part, r)) continue;
        if (strcmp(last, r->task) != 0) {
            buffer_printf(page->out, "<tr class=\"sub\"><th scope=\"rowgroup\" colspan=\"%d\">", ALL_COLUMNS);
            html_text(page, r->task);
            html_put(page, "</th></tr>\n");
        }
        if (!put_row(w, part, r, err)) return false;
        last = r->task;
    }
    html_put(page, "</tbody></table></div>\n");
    for (size_t i = 0; i < w->c->n_rows; i++) {
        if (!compare_is_in(part, &w->c->rows[i]) || w->c->rows[i].null_reason) continue;
        const char *note = compare_row_note(w->c, &w->c->rows[i], &w->arena, err);
        if (!note) return false;
        if (!note[0]) continue;
        html_put(page, "<p class=\"note\">");
        html_text(page, note);
        html_put(page, "</p>\n");
    }
    return true;
}

/* Where the runs lie in the plane of honesty, a drawing for each task whose rows of that test begin at `first`. */
static bool put_plane(struct writer *w, const struct compare_row *first, struct error *err) {
    struct plane_point points[SVG_SERIES];
    struct svg_series series[SVG_SERIES];
    size_t n = 0;
    for (size_t other = 1; other < w->c->n_runs && n < SVG_SERIES; other++) {
        points[n] = plane_empty(text_of(w->c->runs[other].name));
        for (size_t i = 0; i < w->c->n_rows; i++) {
            const struct compare_row *r = &w->c->rows[i];
            if (r->base == 0 && r->other == other && strcmp(r->test, "honesty") == 0 &&
                strcmp(r->task, first->task) == 0)
                plane_take(&points[n], text_of(r->name), r->value, r->lo, r->hi);
        }
        n++;
    }
    char *title = arena_printf(&w->arena, err, "Honesty, %s, since %s", first->task, w->c->runs[0].name);
    if (!title) return false;
    struct svg_plot plot = plane_plot(points, n, text_of(title), series);
    if (plot.n_series == 0) return true;
    html_put(&w->page, "<figure>");
    svg_plot(w->page.out, &plot);
    html_put(&w->page, "<figcaption>");
    html_text(&w->page, title);
    html_put(&w->page, ". Declining blindly lies on the diagonal, where honesty is one half.</figcaption></figure>\n");
    return true;
}

static bool put_planes(struct writer *w, struct error *err) {
    for (size_t i = 0; i < w->c->n_rows; i++) {
        const struct compare_row *r = &w->c->rows[i];
        bool first =
            r->base == 0 && r->other == 1 && strcmp(r->test, "honesty") == 0 &&
            (i == 0 || strcmp(w->c->rows[i - 1].test, "honesty") != 0 || strcmp(w->c->rows[i - 1].task, r->task) != 0);
        if (first && !put_plane(w, r, err)) return false;
    }
    return true;
}

static bool put_parts(struct writer *w, struct error *err) {
    struct compare_part part;
    html_put(&w->page, "<section id=\"differences\"><h2>Differences</h2>\n");
    buffer_printf(
        w->page.out,
        "<p>Paired item by item; intervals are of %g %%. p is corrected (%s) over the first figures of "
        "all tasks%s, and over all other rows together. Detectable: the smallest true difference that as many items "
        "find with 80 %% power.</p>\n",
        100 * w->c->settings.confidence, w->c->settings.correct, w->c->settings.pairs ? " and all pairs of runs" : "");
    for (bool more = compare_next_part(w->c, &part, true); more; more = compare_next_part(w->c, &part, false))
        if (!put_part(w, &part, err)) return false;
    if (!put_planes(w, err)) return false;
    html_put(&w->page, "</section>\n");
    return true;
}

/* ---- flipped items */

struct side {
    struct writer *w;
    const struct compare_flip *flip;
    int side;
    bool hide;
};

static void put_answer(struct page *page, const struct record_row *row, bool hide) {
    if (json_array_size(json_object_get(row->want, "choices")) > 0)
        html_choices(page, row, hide);
    else if (hide)
        html_hidden(page, "answer", row->text);
    else
        html_block(page, "answer", row->text);
}

static bool put_side(void *context, const struct record_row *row, struct error *err) {
    struct side *s = context;
    struct page *page = &s->w->page;
    char number[REPORT_NUMBER];
    (void)err;
    if (row->sample != s->flip->sample) return true;
    s->hide = !page->show_harmful && html_is_harmful(row->gold);
    if (s->side == 0) {
        html_messages(page, row->messages, s->hide);
        html_put(page, "<div class=\"sides\">");
    }
    html_put(page, "<div><h4>");
    html_text(page, s->w->c->runs[s->side ? s->flip->other : s->flip->base].name);
    html_put(page, " ");
    put_badge(page, s->flip->label[s->side], s->flip->value[s->side] < 0.5);
    number_plain(s->flip->value[s->side], number);
    buffer_printf(page->out, " <span class=\"soft\">%s</span></h4>\n", number);
    put_answer(page, row, s->hide);
    html_put(page, s->side ? "</div></div>\n" : "</div>\n");
    if (s->side && !s->hide && row->gold) html_json_block(page, "expected", row->gold);
    return true;
}

static bool put_flip(struct writer *w, const struct compare_flip *f, struct error *err) {
    struct page *page = &w->page;
    html_put(page, "<details><summary>");
    put_badge(page, f->value[1] < f->value[0] ? "lost" : "gained", f->value[1] < f->value[0]);
    html_put(page, " ");
    html_text(page, f->item);
    if (f->sample) buffer_printf(page->out, " <span class=\"soft\">sample %llu</span>", (unsigned long long)f->sample);
    if (w->c->n_runs > 2) {
        html_put(page, " <span class=\"soft\">");
        if (w->c->settings.pairs) {
            html_text(page, w->c->runs[f->base].name);
            html_put(page, " to ");
        }
        html_text(page, w->c->runs[f->other].name);
        html_put(page, "</span>");
    }
    html_put(page, "</summary><div>\n");
    struct side s = {.w = w, .flip = f};
    for (s.side = 0; s.side < 2; s.side++)
        if (!record_rows_at(w->record, w->c->runs[s.side ? f->other : f->base].id, text_of(f->task),
                            f->position[s.side], f->scorer, RECORD_WITH_ASKS, put_side, &s, err))
            return false;
    html_put(page, "</div></details>\n");
    return true;
}

/* The flips of one task and one pair of runs stand together: how many from `from` on. */
static size_t flips_of_task(const struct comparison *c, size_t from) {
    size_t n = from;
    while (n < c->n_flips && c->flips[n].base == c->flips[from].base && c->flips[n].other == c->flips[from].other &&
           strcmp(c->flips[n].task, c->flips[from].task) == 0)
        n++;
    return n - from;
}

/* Every task gets an equal part of what may be shown; what one leaves over goes to those after it. */
static bool put_flips(struct writer *w, struct error *err) {
    const struct comparison *c = w->c;
    size_t left = w->page.items ? w->page.items : FLIPS_SHOWN, blocks = 0;
    if (c->n_flips == 0) return true;
    for (size_t i = 0; i < c->n_flips; i += flips_of_task(c, i)) blocks++;
    html_put(&w->page,
             "<section id=\"flips\"><h2>Flipped items</h2>\n<p>Right in one run and wrong in the other; both answers "
             "side by side.</p>\n");
    for (size_t i = 0, n; i < c->n_flips; i += n) {
        size_t most = blocks > 1 ? left / blocks-- : left;
        n = flips_of_task(c, i);
        html_put(&w->page, "<h3>");
        html_text(&w->page, c->flips[i].task);
        html_put(&w->page, "</h3>\n");
        for (size_t k = 0; k < n && k < most; k++)
            if (!put_flip(w, &c->flips[i + k], err)) return false;
        left -= n < most ? n : most;
        if (n > most)
            buffer_printf(w->page.out, "<p class=\"small soft\">The first %zu of %zu; --format json lists all.</p>\n",
                          most, n);
    }
    html_put(&w->page, "</section>\n");
    return true;
}

/* ---- the page */

static void put_head(struct writer *w) {
    struct page *page = &w->page;
    char title[400];
    snprintf(title, sizeof title, "%.120s: %.120s against %.120s", w->c->runs[0].suite, w->c->runs[1].subject,
             w->c->runs[0].subject);
    html_begin(page->out, text_of(title), TEXT(""));
    html_put(page, "<nav aria-label=\"sections\"><ul>");
    if (w->c->gate.n) html_put(page, "<li><a href=\"#gate\">Gate</a></li>");
    html_put(page, "<li><a href=\"#runs\">Runs</a></li><li><a href=\"#differences\">Differences</a></li>");
    if (w->c->n_flips) html_put(page, "<li><a href=\"#flips\">Flipped items</a></li>");
    html_put(page, "</ul></nav></header><main>\n");
}

bool compare_write_html(const struct comparison *comparison, struct record *record,
                        const struct report_options *options, struct buffer *out, struct error *err) {
    struct writer w = {.page = {.out = out, .items = options->items, .show_harmful = options->show_harmful},
                       .c = comparison,
                       .record = record};
    arena_init(&w.arena, 0);
    put_head(&w);
    put_gate(&w);
    put_runs(&w);
    bool ok = compare_put_overview(&w.page, comparison, &w.arena, err) && put_parts(&w, err) && put_flips(&w, err);
    html_put(&w.page,
             "</main><footer>Made by basanite " BASANITE_VERSION " from the record; the same record gives the same "
             "page.</footer></body></html>\n");
    arena_done(&w.arena);
    return ok && buffer_check(out, "comparison", err);
}
