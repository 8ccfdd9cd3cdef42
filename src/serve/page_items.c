/* Samples, a page of them at a time, and one of them whole. Texts of items whose labels say that they are harmful leave
 * the server only when the request says show=1. */
#include "record/browse.h"
#include "report/html_page.h"
#include "serve/page_parts.h"

#include <math.h>
#include <string.h>

enum { ROWS_USUAL = 50, ROWS_MOST = 500, LABELS_MOST = 40, SHOWN_BYTES = 240, WHOLE_BYTES = 1 << 20 };
#define LOOK_SECONDS 0.4
#define COUNT_SECONDS 5.0

static struct text beginning(struct text t, size_t most) {
    if (t.len <= most) return t;
    while (most > 0 && ((unsigned char)t.at[most] & 0xC0) == 0x80) most--;
    return text_part(t, 0, most);
}

static json_t *shown_text(struct text t, size_t most, bool hide) {
    return hide ? json_null() : json_from_text(beginning(t, most));
}

static json_t *number_or_null(double value) {
    return json_from_f64(value);
}

static bool show_all(const struct page_ask *ask) {
    return text_equal_c(page_ask_text(ask, "show"), "1");
}

/* ---- pages */

struct list {
    json_t *rows;
    bool show;
};

static bool add_row(void *context, const struct record_row *row, struct error *err) {
    struct list *list = context;
    bool harmful = html_is_harmful(row->gold), hide = harmful && !list->show;
    bool failed = row->finish && strcmp(row->finish, "error") == 0;
    json_t *j = json_pack("{s:o s:I s:I s:o s:b s:b s:o s:b s:s? s:o s:o s:s? s:b}", "id", json_from_text(row->item_id),
                          "position", (json_int_t)row->position, "sample", (json_int_t)row->sample, "group",
                          json_from_text(row->group), "answered", row->answer != 0, "failed", failed, "text",
                          shown_text(failed ? text_of(row->error) : row->text, SHOWN_BYTES, hide), "harmful", harmful,
                          "finish", row->finish, "value", number_or_null(row->value), "label",
                          json_from_text(row->label), "parsed", row->parsed, "scored", row->scored);
    return (j && json_array_append_new(list->rows, j) == 0) || error_memory(err, "rows");
}

static bool read_filter(const struct page_ask *ask, struct browse_filter *f, struct api_error *err) {
    struct text state = page_ask_text(ask, "state");
    uint64_t most;
    *f = (struct browse_filter){
        .label = page_ask_text(ask, "label"), .find = page_ask_text(ask, "find"), .seconds = LOOK_SECONDS};
    if (!page_ask_needs(ask, "task", &f->task, err) ||
        !page_ask_count(ask, "from", 0, (uint64_t)INT64_MAX, &f->from, err) ||
        !page_ask_count(ask, "most", ROWS_USUAL, ROWS_MOST, &most, err))
        return false;
    f->most = most ? (size_t)most : 1;
    for (int i = 0; i < BROWSE_STATES; i++)
        if (!state.len || text_equal_c(state, browse_state_names[i])) return f->state = (enum browse_state)i, true;
    return api_refuse(err, 400, "state", NULL, "there is no state '%.*s'", TEXT_ARG(beginning(state, 100)));
}

static json_t *browse(struct record *record, struct browse_filter *f, const struct page_ask *ask,
                      struct api_error *err) {
    struct list list = {.rows = json_array(), .show = show_all(ask)};
    struct browse_end end;
    struct error why;
    error_clear(&why);
    if (list.rows && record_browse(record, f, add_row, &list, &end, &why))
        return json_pack("{s:o s:I s:I s:b}", "rows", list.rows, "next", (json_int_t)end.next, "looked",
                         (json_int_t)end.looked, "all", end.all);
    json_decref(list.rows);
    return api_refuse_for(err, NULL, &why), NULL;
}

json_t *page_items(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct browse_filter f;
    struct text name;
    struct error why;
    if (!page_ask_needs(ask, "run", &name, err) || !read_filter(ask, &f, err)) return NULL;
    struct record *record = page_take_record(page, &why);
    if (!record) return api_refuse_for(err, NULL, &why), NULL;
    json_t *run = page_named_run(record, name, ask->arena, err), *out = NULL;
    if (run) {
        f.run = json_integer_value(json_object_get(run, "id"));
        f.scorer = page_task_scorer(run, f.task);
        out = browse(record, &f, ask, err);
    }
    json_decref(run);
    page_give_record(page, record);
    return out;
}

json_t *page_labels(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct text name, task;
    struct error why;
    if (!page_ask_needs(ask, "run", &name, err) || !page_ask_needs(ask, "task", &task, err)) return NULL;
    struct record *record = page_take_record(page, &why);
    if (!record) return api_refuse_for(err, NULL, &why), NULL;
    json_t *run = page_named_run(record, name, ask->arena, err), *out = NULL;
    if (run) {
        int64_t id = json_integer_value(json_object_get(run, "id"));
        out = record_label_counts(record, id, task, LABELS_MOST, COUNT_SECONDS, &why);
        if (!out && why.kind == ERROR_NONE) out = json_array(); /* too many to count while somebody waits */
        if (!out) api_refuse_for(err, NULL, &why);
    }
    json_decref(run);
    page_give_record(page, record);
    return out;
}

/* ---- one */

struct one {
    uint64_t sample;
    bool show;
    json_t *out;
    const char *subject; /* its digest */
    struct record *record;
};

/* The prompt as the subject read it, where the record has it. */
static json_t *prompt_tokens(struct one *one, const struct record_row *row) {
    struct buffer key;
    struct error ignored;
    buffer_init(&key, 1 << 12);
    buffer_printf(&key, "tokens/%s/%s", one->subject, row->ask);
    error_clear(&ignored);
    json_t *tokens = key.failed ? NULL : record_fact_json(one->record, key.at, &ignored);
    buffer_done(&key);
    return tokens ? tokens : json_null();
}

static json_t *whole_row(struct one *one, const struct record_row *row) {
    bool harmful = html_is_harmful(row->gold), hide = harmful && !one->show;
    bool failed = row->finish && strcmp(row->finish, "error") == 0;
    char hex[HASH_HEX];
    sha256_hex(row->text.at, row->text.len, hex);
    return json_pack(
        "{s:o s:o s:I s:I s:o s:o s:b s:b s:b s:s s:o s:s? s:o s:o s:s? s:b s:o* s:o* s:o* s:o* s:o* s:I s:I s:o s:o "
        "s:s? s:s? s:o* s:o}",
        "id", json_from_text(row->item_id), "task", json_from_text(row->task), "position", (json_int_t)row->position,
        "sample", (json_int_t)row->sample, "group", json_from_text(row->group), "text",
        shown_text(row->text, WHOLE_BYTES, hide), "harmful", harmful, "answered", row->answer != 0, "failed", failed,
        "digest", hex, "error", shown_text(text_of(row->error), WHOLE_BYTES, hide), "finish", row->finish, "value",
        number_or_null(row->value), "label", json_from_text(row->label), "parsed", row->parsed, "scored", row->scored,
        "messages", hide ? NULL : json_incref((json_t *)row->messages), "want",
        hide ? NULL : json_incref((json_t *)row->want), "gold", hide ? NULL : json_incref((json_t *)row->gold),
        "evidence", hide ? NULL : json_incref((json_t *)row->evidence), "logprobs",
        json_incref((json_t *)row->logprobs), "tokens_in", (json_int_t)row->tokens_in, "tokens_out",
        (json_int_t)row->tokens_out, "ms", number_or_null(row->ms), "person", json_from_text(row->person), "ask",
        row->ask, "item", row->item, "tokens", hide ? NULL : prompt_tokens(one, row), "source",
        json_from_text(row->source));
}

static bool take_row(void *context, const struct record_row *row, struct error *err) {
    struct one *one = context;
    if (row->sample != one->sample || one->out) return true;
    return (one->out = whole_row(one, row)) != NULL || error_memory(err, "item");
}

static json_t *read_one(struct record *record, const json_t *run, struct text task, uint64_t position, struct one *one,
                        struct api_error *err) {
    struct error why;
    const char *scorer = page_task_scorer(run, task);
    one->record = record;
    one->subject = json_string_value(json_object_get(json_object_get(run, "subject"), "digest"));
    if (!record_rows_at(record, json_integer_value(json_object_get(run, "id")), task, position, scorer ? scorer : "",
                        RECORD_WITH_ASKS, take_row, one, &why)) {
        json_decref(one->out);
        return api_refuse_for(err, NULL, &why), NULL;
    }
    if (!one->out) api_refuse(err, 404, "position", "unknown_item", "the run has no such sample");
    return one->out;
}

json_t *page_item(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct one one = {.show = show_all(ask)};
    struct text name, task;
    struct error why;
    uint64_t position;
    if (!page_ask_needs(ask, "run", &name, err) || !page_ask_needs(ask, "task", &task, err) ||
        !page_ask_count(ask, "position", 0, (uint64_t)INT64_MAX, &position, err) ||
        !page_ask_count(ask, "sample", 0, UINT32_MAX, &one.sample, err))
        return NULL;
    struct record *record = page_take_record(page, &why);
    if (!record) return api_refuse_for(err, NULL, &why), NULL;
    json_t *run = page_named_run(record, name, ask->arena, err);
    json_t *out = run ? read_one(record, run, task, position, &one, err) : NULL;
    json_decref(run);
    page_give_record(page, record);
    return out;
}
