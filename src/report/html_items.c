/* The items of the page: the first of each task in plan order, one element that opens for each sample, for those who
 * read without scripts; then all of them, packed (html_store.c). */
#include "report/html_page.h"

#include <string.h>

struct walk {
    struct page *page;
    size_t left;  /* samples that may still be shown */
    size_t shown;
    bool full;    /* stopped because of it */
    bool hid;     /* something was hidden */
};

/* Stops the stream without an error once enough is shown. */
static bool put_row(void *context, const struct record_row *row, struct error *err) {
    struct walk *walk = context;
    (void)err;
    if (walk->left == 0) {
        walk->full = true;
        return false;
    }
    bool hide = html_hides(walk->page, row);
    html_item(walk->page, row, hide);
    walk->hid |= hide;
    walk->left--;
    walk->shown++;
    return !walk->page->out->failed;
}

static bool put_task(struct page *page, const struct report_run *run, const struct report_task *task, size_t quota,
                     size_t *shown, struct error *err) {
    struct walk walk = {.page = page, .left = quota};
    html_put(page, "<h3>");
    html_text(page, task->name);
    if (page->data.n_runs > 1) {
        html_put(page, " <span class=\"soft\">");
        html_text(page, run->name);
        html_put(page, "</span>");
    }
    html_put(page, "</h3>\n");
    error_clear(err);
    bool ok = record_rows(page->data.record, run->id, text_of(task->name), task->scorer ? task->scorer : "",
                          RECORD_WITH_ASKS, put_row, &walk, err);
    if (!ok && !walk.full) return err->kind == ERROR_NONE ? buffer_check(page->out, "report", err) : false;
    *shown += walk.shown;
    if (walk.full)
        buffer_printf(page->out, "<p class=\"small soft\">The first %zu of %llu samples, in plan order.</p>\n",
                      walk.shown, (unsigned long long)task->samples);
    if (walk.hid)
        html_put(page, "<p class=\"small soft\">Harmful text is hidden; its hash tells whether two texts are the same. "
                       "<code>--show-harmful</code> shows it.</p>\n");
    return true;
}

/* Every task gets an equal part of what may be shown; what one leaves over goes to those after it. */
bool html_items(struct page *page, struct error *err) {
    const struct report_data *data = &page->data;
    size_t tasks = 0, left = page->items;
    for (size_t r = 0; r < data->n_runs; r++) tasks += data->runs[r].n_tasks;
    html_put(page, "<section id=\"items\"><h2>Items</h2>\n<div id=\"few\">\n");
    for (size_t r = 0; r < data->n_runs; r++)
        for (size_t i = 0; i < data->runs[r].n_tasks; i++) {
            size_t shown = 0, most = tasks > 1 ? left / tasks-- : left;
            if (!put_task(page, &data->runs[r], &data->runs[r].tasks[i], most, &shown, err)) return false;
            left -= shown;
        }
    html_put(
        page,
        "</div>\n<p class=\"small soft\">All of them as JSON lines: <code>basanite record export answers</code>.</p>"
        "</section>\n");
    return true;
}
