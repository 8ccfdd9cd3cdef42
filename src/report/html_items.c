/* The items of the page: what was asked, answered and found, in plan order, one element that opens for each sample. Text of
 * items whose labels say that it is harmful stands behind its hash, unless show_harmful. */
#include "report/escape.h"
#include "report/html_page.h"
#include "report/report_notes.h"
#include "report/report_number.h"

#include <math.h>
#include <string.h>

struct walk {
    struct page *page;
    size_t left;  /* samples that may still be shown */
    size_t shown;
    bool full;    /* stopped because of it */
    bool hid;     /* something was hidden */
};

static void put_badge(struct page *page, const char *text, bool off) {
    html_put(page, off ? " <span class=\"badge off\">" : " <span class=\"badge\">");
    html_text(page, text);
    html_put(page, "</span>");
}

static bool has_failed(const struct record_row *row) {
    return row->finish && strcmp(row->finish, "error") == 0;
}

static void put_summary(struct page *page, const struct record_row *row, bool hide) {
    html_put(page, "<summary>");
    escape_markup(page->out, row->item_id);
    if (row->sample > 0) buffer_printf(page->out, " <span class=\"soft\">sample %llu</span>", (unsigned long long)row->sample);
    if (row->answer == 0)
        put_badge(page, "not answered yet", true);
    else if (has_failed(row))
        put_badge(page, "failed", true);
    else if (!row->scored)
        put_badge(page, "not scored", true);
    else if (row->label.len > 0) {
        html_put(page, " <span class=\"badge\">");
        escape_markup(page->out, row->label);
        html_put(page, "</span>");
    }
    if (row->scored && !isnan(row->value)) {
        char number[REPORT_NUMBER];
        number_plain(row->value, number);
        html_put(page, " <span class=\"soft\">");
        html_text(page, number);
        html_put(page, "</span>");
    }
    if (row->parsed && strcmp(row->parsed, "fail") == 0) put_badge(page, "not understood", true);
    if (row->parsed && strcmp(row->parsed, "fallback") == 0) put_badge(page, "read by a fallback", false);
    if (row->finish && strcmp(row->finish, "length") == 0) put_badge(page, "cut off", true);
    if (hide) put_badge(page, "harmful, hidden", true);
    if (row->group.len > 0) {
        html_put(page, " <span class=\"soft\">");
        escape_markup(page->out, row->group);
        html_put(page, "</span>");
    }
    html_put(page, "</summary>");
}

static void put_json(struct page *page, const char *title, const json_t *value, bool hide) {
    if (!value || json_is_null(value)) return;
    if (!hide) {
        html_json_block(page, title, value);
        return;
    }
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    if (json_put_canonical(&b, value))
        html_hidden(page, title, buffer_text(&b));
    else
        page->out->failed = true;
    buffer_done(&b);
}

static void put_sample(struct page *page, const struct record_row *row, bool hide) {
    html_put(page, "<details>");
    put_summary(page, row, hide);
    html_put(page, "<div>\n");
    html_messages(page, row->messages, hide);
    if (row->answer != 0 && !has_failed(row)) {
        if (json_array_size(json_object_get(row->want, "choices")) > 0)
            html_choices(page, row, hide);
        else if (hide)
            html_hidden(page, "answer", row->text);
        else
            html_block(page, "answer", row->text);
    }
    if (has_failed(row) && hide) /* an endpoint may quote the prompt in its error */
        html_hidden(page, "error", text_of(row->error));
    else if (has_failed(row))
        html_block(page, "error", text_of(row->error));
    put_json(page, "expected", row->gold, hide);
    put_json(page, "evidence", row->evidence, hide);
    buffer_printf(page->out, "<p class=\"what\">ask <code>%.12s</code>, item <code>%.12s</code>", row->ask ? row->ask : "",
                  row->item ? row->item : "");
    if (row->tokens_in > 0) buffer_printf(page->out, ", %lld tokens asked", (long long)row->tokens_in);
    if (row->tokens_out > 0) buffer_printf(page->out, ", %lld tokens answered", (long long)row->tokens_out);
    html_put(page, "</p></div></details>\n");
}

/* Stops the stream without an error once enough is shown. */
static bool put_row(void *context, const struct record_row *row, struct error *err) {
    struct walk *walk = context;
    (void)err;
    if (walk->left == 0) {
        walk->full = true;
        return false;
    }
    bool hide = !walk->page->show_harmful && html_is_harmful(row->gold);
    put_sample(walk->page, row, hide);
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
        buffer_printf(page->out, "<p class=\"small soft\">The first %zu of %llu samples, in plan order.</p>\n", walk.shown,
                      (unsigned long long)task->samples);
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
    html_put(page, "<section id=\"items\"><h2>Items</h2>\n");
    for (size_t r = 0; r < data->n_runs; r++)
        for (size_t i = 0; i < data->runs[r].n_tasks; i++) {
            size_t shown = 0, most = tasks > 1 ? left / tasks-- : left;
            if (!put_task(page, &data->runs[r], &data->runs[r].tasks[i], most, &shown, err)) return false;
            left -= shown;
        }
    html_put(page, "<p class=\"small soft\">All of them as JSON lines: <code>basanite record export answers</code>.</p>"
                   "</section>\n");
    return true;
}
