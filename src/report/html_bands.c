/* The bands of the page: where figures should lie, where they do, each on a line of its own. */
#include "report/html_page.h"
#include "report/report_bands.h"
#include "report/svg.h"

#include <math.h>
#include <string.h>

#define PLOT_WIDTH 220
#define PLOT_EDGE 8
#define HEIGHT 20
#define BAND_TOP 4
#define BAND_HEIGHT 12

/* 0 to 1 where everything lies inside, as most figures do. */
static struct svg_scale scale_of(const struct band *band) {
    struct svg_scale scale = {0, 1, PLOT_EDGE, PLOT_WIDTH - PLOT_EDGE};
    const double values[] = {band->from, band->to, band->value, band->lo, band->hi};
    double from = 0, to = 1;
    for (size_t i = 0; i < 5; i++)
        if (isfinite(values[i])) from = fmin(from, values[i]), to = fmax(to, values[i]);
    if (from >= 0 && to <= 1) return scale;
    svg_round_range(&from, &to);
    scale.from = from, scale.to = to;
    return scale;
}

/* The band as a bar, the estimate with its interval over it. */
static void put_plot(struct page *page, const struct band *band, const char *const *cells) {
    struct svg_scale scale = scale_of(band);
    char title[512];
    double left = svg_at(&scale, isinf(band->from) ? scale.from : band->from);
    double right = svg_at(&scale, isinf(band->to) ? scale.to : band->to);
    snprintf(title, sizeof title, "%.200s: should be %s, is %s, interval %s", band->name, cells[BAND_ENDS],
             cells[BAND_VALUE], cells[BAND_INTERVAL]);
    svg_begin(page->out, PLOT_WIDTH, HEIGHT, text_of(title));
    svg_line(page->out, svg_at(&scale, scale.from), HEIGHT / 2.0, svg_at(&scale, scale.to), HEIGHT / 2.0, "grid");
    svg_rectangle(page->out, left, BAND_TOP, fmax(2, right - left), BAND_HEIGHT, "band");
    svg_whisker(page->out, &scale, HEIGHT / 2.0, band->value, band->lo, band->hi, band->met ? 0 : 1);
    svg_end(page->out);
}

static bool put_row(struct page *page, const struct band *band, struct error *err) {
    const char *cells[BAND_CELLS];
    if (!report_band_cells(band, &page->data.arena, cells, err)) return false;
    html_put(page, "<tr><th scope=\"row\">");
    html_text(page, cells[BAND_NAME]);
    html_put(page, "<br><span class=\"soft small\">");
    html_text(page, band->task);
    html_put(page, ": ");
    html_text(page, cells[BAND_WHAT]);
    html_put(page, "</span></th><td class=\"num value\">");
    html_text(page, cells[BAND_VALUE]);
    html_put(page, "</td><td class=\"num\">");
    html_text(page, cells[BAND_INTERVAL]);
    html_put(page, "</td><td>");
    put_plot(page, band, cells);
    html_put(page, "</td><td class=\"num\">");
    html_text(page, cells[BAND_N]);
    html_put(page, "</td>");
    html_cell(page, cells[BAND_ENDS]);
    html_put(page, band->met ? "<td><span class=\"badge\">" : "<td><span class=\"badge off\">");
    html_text(page, cells[BAND_VERDICT]);
    html_put(page, "</span></td></tr>\n");
    return true;
}

static bool put_run(struct page *page, const struct report_run *run, struct error *err) {
    const char *lead = report_bands_lead(run, &page->data.arena, err);
    if (!lead) return false;
    html_put(page, "<p><strong>");
    html_text(page, lead);
    html_put(page, "</strong> by ");
    html_text(page, run->name);
    html_put(page, ". The estimate decides; the bar is the band.</p>\n"
                   "<div class=\"wide\" role=\"region\" aria-label=\"bands\" tabindex=\"0\"><table><thead><tr>"
                   "<th scope=\"col\">band</th><th scope=\"col\" class=\"num\">estimate</th>"
                   "<th scope=\"col\" class=\"num\">interval</th><th scope=\"col\">drawn</th>"
                   "<th scope=\"col\" class=\"num\">n</th><th scope=\"col\">should be</th><th "
                   "scope=\"col\">verdict</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < run->n_bands; i++)
        if (!put_row(page, &run->bands[i], err)) return false;
    html_put(page, "</tbody></table></div>\n");
    return true;
}

bool html_bands(struct page *page, struct error *err) {
    size_t n = 0;
    for (size_t r = 0; r < page->data.n_runs; r++) {
        if (!page->data.runs[r].n_bands) continue;
        if (n++ == 0) html_put(page, "<section id=\"bands\"><h2>Bands</h2>\n");
        if (!put_run(page, &page->data.runs[r], err)) return false;
    }
    if (n) html_put(page, "</section>\n");
    return true;
}
