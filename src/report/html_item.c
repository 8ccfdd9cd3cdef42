/* One sample: its line, and what opens under it. Text of items whose labels say that it is harmful stands behind its
 * hash, unless show_harmful. */
#include "report/escape.h"
#include "report/html_page.h"
#include "report/report_notes.h"
#include "report/report_number.h"

#include <math.h>
#include <string.h>

static void put_badge(struct page *page, const char *text, bool off) {
    html_put(page, off ? " <span class=\"badge off\">" : " <span class=\"badge\">");
    html_text(page, text);
    html_put(page, "</span>");
}

bool html_hides(const struct page *page, const struct record_row *row) {
    return !page->show_harmful && html_is_harmful(row->gold);
}

static bool has_failed(const struct record_row *row) {
    return row->finish && strcmp(row->finish, "error") == 0;
}

void html_item_summary(struct page *page, const struct record_row *row, bool hide) {
    escape_markup(page->out, row->item_id);
    if (row->sample > 0)
        buffer_printf(page->out, " <span class=\"soft\">sample %llu</span>", (unsigned long long)row->sample);
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

void html_item_body(struct page *page, const struct record_row *row, bool hide) {
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
    buffer_printf(page->out, "<p class=\"what\">ask <code>%.12s</code>, item <code>%.12s</code>",
                  row->ask ? row->ask : "", row->item ? row->item : "");
    if (row->tokens_in > 0) buffer_printf(page->out, ", %lld tokens asked", (long long)row->tokens_in);
    if (row->tokens_out > 0) buffer_printf(page->out, ", %lld tokens answered", (long long)row->tokens_out);
    html_put(page, "</p>");
}

void html_item(struct page *page, const struct record_row *row, bool hide) {
    html_put(page, "<details><summary>");
    html_item_summary(page, row, hide);
    html_put(page, "</summary><div>\n");
    html_item_body(page, row, hide);
    html_put(page, "</div></details>\n");
}
