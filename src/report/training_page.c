/* The page of trainings: one drawing for the loss, one for validation, one for each figure of a probe, every training a
 * series in each. The same frame and style as the page of runs. */
#include "report/training_page.h"

#include "report/escape.h"
#include "report/html_page.h"
#include "report/report_number.h"
#include "report/svg.h"

#include <math.h>
#include <string.h>

struct pages {
    const struct training_log *logs;
    size_t n;
    struct buffer *out;
};

static void put_cell(struct buffer *out, const char *text) {
    buffer_put_c(out, "<td class=\"num\">");
    escape_markup(out, text_of(text));
    buffer_put_c(out, "</td>");
}

static void put_last(struct buffer *out, const struct training_curve *c) {
    char number[REPORT_NUMBER] = "-";
    if (c->n) number_plain(c->y[c->n - 1], number);
    put_cell(out, number);
}

static void put_trainings(const struct pages *p) {
    struct buffer *out = p->out;
    buffer_put_c(
        out,
        "<section id=\"trainings\"><h2>Trainings</h2>\n<div class=\"wide\" role=\"region\" aria-label=\"trainings\" "
        "tabindex=\"0\"><table><thead><tr><th scope=\"col\">training</th><th scope=\"col\" class=\"num\">steps</th>"
        "<th scope=\"col\" class=\"num\">last loss</th><th scope=\"col\" class=\"num\">last validation</th>"
        "<th scope=\"col\" class=\"num\">tokens/s</th><th scope=\"col\">products</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < p->n; i++) {
        const struct training_log *log = &p->logs[i];
        buffer_put_c(out, "<tr><th scope=\"row\">");
        escape_markup(out, text_of(log->name));
        buffer_printf(out, "</th><td class=\"num\">%llu</td>", (unsigned long long)log->steps);
        put_last(out, &log->loss);
        put_last(out, &log->valid);
        put_last(out, &log->speed);
        buffer_put_c(out, "<td>");
        escape_markup(out, text_of(log->products));
        buffer_put_c(out, "</td></tr>\n");
    }
    buffer_put_c(out, "</tbody></table></div></section>\n");
}

static const struct training_curve *curve_of(const struct training_log *log, const char *name) {
    if (strcmp(name, "loss") == 0) return &log->loss;
    if (strcmp(name, "validation") == 0) return &log->valid;
    for (size_t i = 0; i < log->n_probes; i++)
        if (strcmp(log->probes[i].name, name) == 0) return &log->probes[i];
    return NULL;
}

static bool is_share(const struct training_curve *c) {
    for (size_t i = 0; i < c->n; i++)
        if (!(c->y[i] >= 0 && c->y[i] <= 1)) return false;
    return true;
}

/* One drawing of the curves of this name. */
static bool put_plot(const struct pages *p, const char *name, struct text unit, enum svg_series_kind kind,
                     struct error *err) {
    struct svg_series *series = memory_zeroed(p->n, sizeof *series);
    if (!series) return error_memory(err, "drawing");
    struct svg_plot plot = {.title = text_of(name), .x_title = TEXT("step"), .y_title = unit, .width = 520,
                            .height = 280,
                            .series = series, .n_series = p->n};
    bool shares = kind != SVG_LINE && strcmp(name, "validation") != 0, any = false;
    for (size_t i = 0; i < p->n; i++) { /* also those without this curve, so that each keeps its colour */
        const struct training_curve *c = curve_of(&p->logs[i], name);
        series[i] = (struct svg_series){.name = text_of(p->logs[i].name), .kind = kind};
        if (!c || c->n == 0) continue;
        any = true;
        shares = shares && is_share(c);
        series[i] = (struct svg_series){
            .name = series[i].name, .kind = kind, .x = c->x, .y = c->y, .lo = c->lo, .hi = c->hi, .n = c->n};
    }
    if (shares) plot.y_to = 1;
    if (any) {
        buffer_put_c(p->out, "<div class=\"wide\"><h3>");
        escape_markup(p->out, text_of(name));
        buffer_put_c(p->out, "</h3>\n");
        svg_plot(p->out, &plot);
        buffer_put_c(p->out, "</div>\n");
    }
    memory_free(series);
    return true;
}

static bool named_before(const struct pages *p, size_t log, const char *name) {
    for (size_t i = 0; i < log; i++)
        if (curve_of(&p->logs[i], name)) return true;
    return false;
}

/* Of the losses, where all of them have the same one. */
static struct text unit_of(const struct pages *p) {
    for (size_t l = 1; l < p->n; l++)
        if (strcmp(p->logs[l].unit, p->logs[0].unit) != 0) return TEXT("loss");
    return p->logs[0].unit[0] ? text_of(p->logs[0].unit) : TEXT("loss");
}

static bool put_curves(const struct pages *p, struct error *err) {
    buffer_put_c(p->out, "<section id=\"curves\"><h2>Loss</h2>\n<div class=\"plots\">");
    bool ok = put_plot(p, "loss", unit_of(p), SVG_LINE, err) &&
              put_plot(p, "validation", unit_of(p), SVG_LINE_DOTS, err);
    buffer_put_c(p->out, "</div></section>\n");
    size_t probes = 0;
    for (size_t l = 0; l < p->n; l++) probes += p->logs[l].n_probes;
    if (probes == 0) return ok;
    buffer_put_c(
        p->out, "<section id=\"probes\"><h2>Probes</h2>\n<p class=\"soft\">Measured before the first step and at every "
                "checkpoint; the whiskers are 95 % intervals.</p>\n<div class=\"plots\">");
    for (size_t l = 0; ok && l < p->n; l++)
        for (size_t i = 0; ok && i < p->logs[l].n_probes; i++) {
            const char *name = p->logs[l].probes[i].name;
            if (!named_before(p, l, name)) ok = put_plot(p, name, TEXT("value"), SVG_LINE_DOTS, err);
        }
    buffer_put_c(p->out, "</div></section>\n");
    return ok;
}

bool training_page_write(const struct training_log *logs, size_t n, struct buffer *out, struct error *err) {
    struct pages p = {logs, n, out};
    struct buffer title;
    buffer_init(&title, 1 << 20);
    buffer_put_c(&title, "Training of ");
    for (size_t i = 0; i < n; i++) buffer_printf(&title, "%s%s", i ? ", " : "", logs[i].name);
    bool ok = buffer_check(&title, "title", err);
    if (ok) {
        html_begin(out, buffer_text(&title), TEXT(""));
        buffer_put_c(out, "</header><main>\n");
        put_trainings(&p);
        ok = put_curves(&p, err);
        buffer_put_c(out,
                     "</main><footer>Made by basanite " BASANITE_VERSION " from the log; the same log gives the same "
                     "page.</footer></body></html>\n");
    }
    buffer_done(&title);
    return ok;
}
