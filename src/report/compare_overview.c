/* Several runs against one base at a glance: see compare_overview.h. */
#include "report/compare_overview.h"

#include "report/compare_report.h"

#include <math.h>
#include <string.h>

enum { TASKS_MOST = 64, SHADES = 3 };

static bool is_told(const struct compare_row *r) {
    return r->first && r->base == 0 && !r->group[0] && strcmp(r->test, "paired") == 0;
}

/* The tasks that have a row, in their order. */
static size_t tasks_of(const struct comparison *c, const char *tasks[TASKS_MOST]) {
    size_t n = 0;
    for (size_t i = 0; i < c->n_rows; i++) {
        bool known = !is_told(&c->rows[i]);
        for (size_t k = 0; !known && k < n; k++) known = strcmp(tasks[k], c->rows[i].task) == 0;
        if (!known && n < TASKS_MOST) tasks[n++] = c->rows[i].task;
    }
    return n;
}

static const struct compare_row *row_of(const struct comparison *c, size_t other, const char *task) {
    for (size_t i = 0; i < c->n_rows; i++)
        if (is_told(&c->rows[i]) && c->rows[i].other == other && strcmp(c->rows[i].task, task) == 0)
            return &c->rows[i];
    return NULL;
}

/* -SHADES (much worse) to SHADES (much better): steps at 2, 5 and 10 points; 0 where the figure has no good side. */
static int shade(const struct compare_row *r) {
    static const double steps[SHADES] = {0.02, 0.05, 0.10};
    int n = 0, side = strcmp(r->direction, "up") == 0 ? 1 : strcmp(r->direction, "down") == 0 ? -1 : 0;
    if (!isfinite(r->value)) return 0;
    while (n < SHADES && fabs(r->value) >= steps[n]) n++;
    return r->value < 0 ? -side * n : side * n;
}

static bool put_cell(struct page *page, const struct compare_row *r, struct arena *arena, struct error *err) {
    const char *cells[COMPARE_CELLS];
    if (!r) return html_put(page, "<td class=\"num soft\">-</td>"), true;
    if (!compare_cells(r, arena, cells, err)) return false;
    int n = shade(r);
    buffer_printf(page->out, "<td class=\"num %s%d\" title=\"", n < 0 ? "bad" : "good", n < 0 ? -n : n);
    html_text(page, cells[COMPARE_FIGURE]);
    html_put(page, ": ");
    html_text(page, cells[COMPARE_INTERVAL]);
    html_put(page, "\">");
    html_text(page, cells[COMPARE_DIFFERENCE]);
    if (r->verdict && strcmp(r->verdict, "worse") == 0) html_put(page, " <b>&#9660;</b>");
    if (r->verdict && strcmp(r->verdict, "better") == 0) html_put(page, " <b>&#9650;</b>");
    html_put(page, "</td>");
    return true;
}

bool compare_put_overview(struct page *page, const struct comparison *c, struct arena *arena, struct error *err) {
    const char *tasks[TASKS_MOST];
    size_t n = c->n_runs > 2 && !c->settings.pairs ? tasks_of(c, tasks) : 0;
    if (n == 0) return true;
    html_put(page, "<section id=\"overview\"><h2>At a glance</h2>\n<p>First figure of each task less that of ");
    html_text(page, c->runs[0].name);
    html_put(page, ". Shades begin at 2, 5 and 10 points; &#9660; worse and &#9650; better where p, corrected over the "
                   "tasks, says so.</p>\n<div class=\"wide\" role=\"region\" aria-label=\"overview\" tabindex=\"0\">"
                   "<table class=\"heat\"><thead><tr><th scope=\"col\">run</th>");
    for (size_t k = 0; k < n; k++) {
        html_put(page, "<th scope=\"col\" class=\"num\">");
        html_text(page, tasks[k]);
        html_put(page, "</th>");
    }
    html_put(page, "</tr></thead><tbody>\n");
    for (size_t other = 1; other < c->n_runs; other++) {
        html_put(page, "<tr><th scope=\"row\">");
        html_text(page, c->runs[other].name);
        html_put(page, "</th>");
        for (size_t k = 0; k < n; k++)
            if (!put_cell(page, row_of(c, other, tasks[k]), arena, err)) return false;
        html_put(page, "</tr>\n");
    }
    html_put(page, "</tbody></table></div></section>\n");
    return true;
}
