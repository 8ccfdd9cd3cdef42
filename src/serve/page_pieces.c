/* The tokens of an answer, for its log-probabilities: the record keeps numbers alone, so the program is asked to cut
 * the answer anew with the subject's tokenizer (`basanite tokenize`, a child with limits). Subjects in the network are
 * not asked. */
#include "base/process.h"
#include "report/html_page.h"
#include "serve/page_parts.h"

#include <string.h>

enum { OUTPUT_MOST = 8 << 20, TEXT_MOST = 256 << 10 };
#define SECONDS_MOST 20

struct wanted {
    uint64_t sample;
    bool show, hidden;
    struct arena *arena;
    const char *text;
    size_t len;
};

static bool take_text(void *context, const struct record_row *row, struct error *err) {
    struct wanted *w = context;
    if (row->sample != w->sample || row->text.len > TEXT_MOST) return true;
    w->hidden = html_is_harmful(row->gold) && !w->show;
    w->text = text_copy(w->arena, row->text, err);
    w->len = row->text.len;
    return w->text != NULL;
}

/* {"tokens": null}: there is no tokenizer at hand. */
static json_t *cut(const char *self, const char *spec, const struct wanted *w, struct api_error *err) {
    const char *const argv[] = {self, "tokenize", "-", "--subject", spec, "--json", NULL};
    struct process_limits limits = {.seconds = SECONDS_MOST, .output = OUTPUT_MOST};
    struct process_result result;
    struct buffer out, said;
    struct error why;
    json_t *value = NULL;
    buffer_init(&out, OUTPUT_MOST);
    buffer_init(&said, OUTPUT_MOST);
    if (!process_run(argv, (struct text){w->text, w->len}, limits, &out, &said, &result, &why))
        api_refuse_for(err, NULL, &why);
    else if (result.exit_code != 0 || !(value = json_read(buffer_text(&out), "tokens", 1, &why)))
        value = json_pack("{s:n}", "tokens");
    buffer_done(&out);
    buffer_done(&said);
    return value;
}

static json_t *pieces_of(struct record *record, const json_t *run, struct text task, uint64_t position,
                         struct wanted *w, struct api_error *err) {
    struct error why;
    const char *spec = json_string_value(json_object_get(json_object_get(run, "subject"), "spec"));
    const char *scorer = page_task_scorer(run, task), *self = page_self(w->arena, err);
    if (!self) return NULL;
    if (!record_rows_at(record, json_integer_value(json_object_get(run, "id")), task, position, scorer ? scorer : "", 0,
                        take_text, w, &why))
        return api_refuse_for(err, NULL, &why), NULL;
    if (!w->text) return api_refuse(err, 404, "position", "unknown_item", "the run has no such sample"), NULL;
    if (w->hidden) return api_refuse(err, 403, NULL, "harmful", "hidden: the data calls it harmful"), NULL;
    if (!spec || !page_value_is_local(text_of(spec))) return json_pack("{s:n}", "tokens");
    return cut(self, spec, w, err);
}

json_t *page_pieces(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct wanted w = {.arena = ask->arena, .show = text_equal_c(page_ask_text(ask, "show"), "1")};
    struct text name, task;
    struct error why;
    uint64_t position;
    if (!page_ask_needs(ask, "run", &name, err) || !page_ask_needs(ask, "task", &task, err) ||
        !page_ask_count(ask, "position", 0, (uint64_t)INT64_MAX, &position, err) ||
        !page_ask_count(ask, "sample", 0, UINT32_MAX, &w.sample, err))
        return NULL;
    struct record *record = page_take_record(page, &why);
    if (!record) return api_refuse_for(err, NULL, &why), NULL;
    json_t *run = page_named_run(record, name, ask->arena, err);
    json_t *out = run ? pieces_of(record, run, task, position, &w, err) : NULL;
    json_decref(run);
    page_give_record(page, record);
    return out;
}
