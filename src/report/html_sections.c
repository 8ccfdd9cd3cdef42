/* The page's sections in words and plain tables: summary, what was tested, comparisons, detectors, failures,
 * how to repeat. */
#include "report/escape.h"
#include "report/html_page.h"
#include "report/report_notes.h"
#include "report/report_number.h"

#include <math.h>
#include <string.h>

#define ULL(x) ((unsigned long long)(x))

static bool put_note(void *context, const char *note, struct error *err) {
    struct page *page = context;
    (void)err;
    html_put(page, "<p class=\"note\">");
    html_text(page, note);
    html_put(page, "</p>\n");
    return true;
}

static void put_card(struct page *page, uint64_t n, const char *what) {
    buffer_printf(page->out, "<li><b>%llu</b><span>%s</span></li>", ULL(n), what);
}

static void put_cards(struct page *page) {
    uint64_t items = 0, answered = 0, failed = 0, missing = 0, read = 0, understood = 0;
    const struct report_data *data = &page->data;
    char number[REPORT_NUMBER];
    for (size_t r = 0; r < data->n_runs; r++)
        for (size_t i = 0; i < data->runs[r].n_tasks; i++) {
            const struct report_task *t = &data->runs[r].tasks[i];
            items += t->items, answered += t->answered, failed += t->failed, missing += t->missing;
            read += t->parsed_ok + t->parsed_fallback + t->parsed_fail;
            understood += t->parsed_ok + t->parsed_fallback;
        }
    html_put(page, "<ul class=\"cards\">");
    put_card(page, items, "items planned");
    put_card(page, answered, "answers");
    put_card(page, failed, "failed");
    if (missing) put_card(page, missing, "not answered yet");
    if (read) {
        number_share((double)understood / (double)read, number);
        buffer_printf(page->out, "<li><b>%s</b><span>of %llu answers understood</span></li>", number, ULL(read));
    }
    html_put(page, "</ul>\n");
}

bool html_summary(struct page *page, struct error *err) {
    struct report_data *data = &page->data;
    char when[REPORT_NUMBER], took[REPORT_NUMBER];
    html_put(page, "<section id=\"summary\"><h2>Summary</h2>\n");
    for (size_t r = 0; r < data->n_runs; r++) {
        const struct report_run *run = &data->runs[r];
        bool done = strcmp(run->state, "done") == 0;
        number_time(run->started_ns, false, when);
        html_put(page, "<p>Run <strong>");
        html_text(page, run->name);
        html_put(page, "</strong> measured <strong>");
        html_text(page, run->suite);
        html_put(page, "</strong> on <strong>");
        html_text(page, run->subject);
        buffer_printf(page->out, "</strong>, started %s", when);
        if (done && run->ended_ns > run->started_ns) {
            number_duration(run->ended_ns - run->started_ns, took);
            buffer_printf(page->out, ", complete after %s", took);
        }
        html_put(page, ".</p>\n");
        if (!report_run_notes(data, run, put_note, page, err)) return false;
    }
    put_cards(page);
    if (!html_glance(page, err)) return false;
    html_put(page, data->runs[0].n_bands
                       ? "<p class=\"small soft\">The figures are measured; the bands are the suite's.</p>"
                       : "<p class=\"small soft\">The figures are measured; what is good enough is for "
                         "the reader to say.</p>");
    html_put(page, "</section>\n");
    return true;
}

static void row_head(struct page *page, const char *title) {
    html_put(page, "<tr><th scope=\"row\">");
    html_text(page, title);
    html_put(page, "</th>");
}

static void subject_row(struct page *page, const char *title, const char *key) {
    row_head(page, title);
    for (size_t r = 0; r < page->data.n_runs; r++)
        html_code_cell(page, json_c(json_object_get(page->data.runs[r].json, "subject"), key));
    html_put(page, "</tr>\n");
}

static void put_file(struct page *page, const json_t *file) {
    const json_t *bytes = json_object_get(file, "bytes");
    html_put(page, "<li><code>");
    html_text(page, json_is_string(file) ? json_string_value(file) : json_c(file, "path"));
    html_put(page, "</code>");
    if (json_is_integer(bytes))
        buffer_printf(page->out, " <span class=\"soft\">%lld bytes</span>", (long long)json_integer_value(bytes));
    html_put(page, "</li>");
}

static void files_row(struct page *page) {
    row_head(page, "files");
    for (size_t r = 0; r < page->data.n_runs; r++) {
        const json_t *files = json_object_get(json_object_get(page->data.runs[r].json, "subject"), "files");
        html_put(page, "<td>");
        if (json_array_size(files) > 0) {
            html_put(page, "<ul class=\"plain\">");
            for (size_t i = 0; i < json_array_size(files); i++) put_file(page, json_array_get(files, i));
            html_put(page, "</ul>");
        } else if (json_object_size(files) > 0)
            html_json_block(page, "name and digest", files);
        else
            html_put(page, "<span class=\"soft\">none</span>");
        html_put(page, "</td>");
    }
    html_put(page, "</tr>\n");
}

/* A task's configuration as one digest, so that two runs can be seen to have asked the same. */
static void config_row(struct page *page) {
    row_head(page, "settings digest");
    for (size_t r = 0; r < page->data.n_runs; r++) {
        struct buffer b;
        char hex[HASH_HEX];
        buffer_init(&b, (size_t)64 << 20);
        const json_t *config = json_object_get(page->data.runs[r].json, "config");
        if (config && !json_is_null(config) && json_put_canonical(&b, config)) {
            sha256_hex(b.at, b.len, hex);
            html_code_cell(page, hex);
        } else {
            page->out->failed |= b.failed;
            html_code_cell(page, "");
        }
        buffer_done(&b);
    }
    html_put(page, "</tr>\n");
}

static const char *licence_of(const struct page *page, const char *task) {
    for (size_t i = 0; i < json_array_size(page->data.licences); i++) {
        const json_t *row = json_array_get(page->data.licences, i);
        const char *licence = json_string_value(json_array_get(row, 1));
        if (licence && text_equal_c(json_text(json_array_get(row, 0)), task)) return licence;
    }
    return "";
}

/* The data of a task: names and the beginning of each digest; the whole ones stand in the record. */
static void put_data(struct page *page, const json_t *data) {
    html_put(page, "<td><ul class=\"plain\">");
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *file = json_array_get(data, i);
        html_put(page, "<li><code>");
        html_text(page, json_c(file, "path"));
        buffer_printf(page->out, "</code> <span class=\"soft\">sha256 %.16s</span></li>", json_c(file, "sha256"));
    }
    html_put(page, "</ul></td>");
}

/* What was asked: of the first run, with whose data. */
static void put_tasks(struct page *page) {
    const struct report_run *run = &page->data.runs[0];
    const json_t *tasks = json_object_get(json_object_get(run->json, "config"), "tasks");
    if (json_array_size(tasks) == 0) return;
    html_put(page, "<h3>Tasks</h3>\n<div class=\"wide\"><table class=\"top\"><thead><tr><th scope=\"col\">task</th>"
                   "<th scope=\"col\" class=\"num\">items</th><th scope=\"col\">scorer</th><th "
                   "scope=\"col\">licence</th><th scope=\"col\">data</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const json_t *task = json_array_get(tasks, i);
        const struct report_task *counted = report_task_find(run, json_c(task, "task"));
        row_head(page, json_c(task, "task"));
        buffer_printf(page->out, "<td class=\"num\">%llu</td>", counted ? ULL(counted->items) : 0);
        html_cell(page, counted && counted->scorer ? counted->scorer : "");
        html_cell(page, licence_of(page, json_c(task, "task")));
        put_data(page, json_object_get(task, "data"));
        html_put(page, "</tr>\n");
    }
    html_put(page, "</tbody></table></div>\n");
}

struct first_prompt {
    struct page *page;
    bool done;
};

/* The prompt as the subject reads it, where the run kept it. */
static bool put_first_tokens(struct page *page, const char *ask, bool hide, struct error *err) {
    char key[32 + 2 * HASH_HEX];
    snprintf(key, sizeof key, "tokens/%.64s/%.64s", page->data.runs[0].subject_digest, ask ? ask : "");
    json_t *tokens = record_fact_json(page->data.record, key, err);
    if (tokens) html_tokens(page, tokens, hide);
    json_decref(tokens);
    return err->kind == ERROR_NONE;
}

static bool put_first(void *context, const struct record_row *row, struct error *err) {
    struct first_prompt *first = context;
    bool hide = !first->page->show_harmful && html_is_harmful(row->gold);
    html_messages(first->page, row->messages, hide);
    first->done = put_first_tokens(first->page, row->ask, hide, err);
    if (row->tokens_in > 0)
        buffer_printf(first->page->out, "<p class=\"what\">%lld tokens read for this item</p>\n",
                      (long long)row->tokens_in);
    return false; /* one is enough */
}

static bool put_first_prompts(struct page *page, struct error *err) {
    const struct report_run *run = &page->data.runs[0];
    for (size_t i = 0; i < run->n_tasks; i++) {
        struct first_prompt first = {page, false};
        html_put(page, i == 0 ? "<details open><summary>first prompt of " : "<details><summary>first prompt of ");
        html_text(page, run->tasks[i].name);
        html_put(page, "</summary><div>\n");
        error_clear(err);
        if (!record_rows(page->data.record, run->id, text_of(run->tasks[i].name), "", RECORD_WITH_ASKS, put_first,
                         &first, err) &&
            !first.done)
            return false;
        html_put(page, "</div></details>\n");
    }
    return true;
}

bool html_tested(struct page *page, struct error *err) {
    html_put(page,
             "<section id=\"tested\"><h2>What was tested</h2>\n<div class=\"wide\"><table class=\"top\"><thead><tr>"
             "<th scope=\"col\">part</th>");
    html_run_headers(page);
    html_put(page, "</tr></thead><tbody>\n");
    subject_row(page, "subject", "name");
    subject_row(page, "named as", "spec");
    subject_row(page, "kind", "kind");
    subject_row(page, "digest", "digest");
    subject_row(page, "tokenizer", "tokenizer");
    subject_row(page, "chat template", "template");
    subject_row(page, "can", "capabilities");
    files_row(page);
    config_row(page);
    html_put(page, "</tbody></table></div>\n");
    put_tasks(page);
    html_put(page, "<h3>First prompts</h3>\n");
    if (!put_first_prompts(page, err)) return false;
    html_put(page, "</section>\n");
    return true;
}

static void json_cell(struct page *page, const json_t *value) {
    char number[REPORT_NUMBER];
    if (json_is_string(value)) {
        html_put(page, "<td>");
        escape_markup(page->out, json_text(value));
    } else {
        html_put(page, "<td class=\"num\">");
        number_plain(json_is_number(value) ? json_number_value(value) : NAN, number);
        html_text(page, number);
    }
    html_put(page, "</td>");
}

static double json_at(const json_t *row, size_t i) {
    const json_t *v = json_array_get(row, i);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

bool html_comparisons(struct page *page, struct error *err) {
    char number[REPORT_NUMBER];
    (void)err;
    if (json_array_size(page->data.comparisons) == 0) return true;
    html_put(page, "<section id=\"comparisons\"><h2>Comparisons</h2>\n<div class=\"wide\"><table><thead><tr>"
                   "<th scope=\"col\">figure</th><th scope=\"col\">task</th><th "
                   "scope=\"col\">a</th><th scope=\"col\">b</th><th scope=\"col\" class=\"num\">b - a</th><th "
                   "scope=\"col\" class=\"num\">from</th><th scope=\"col\" "
                   "class=\"num\">to</th><th scope=\"col\" class=\"num\">p</th><th scope=\"col\" class=\"num\">p, "
                   "corrected</th><th scope=\"col\">method</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(page->data.comparisons); i++) {
        const json_t *row = json_array_get(page->data.comparisons, i);
        html_put(page, "<tr>");
        for (size_t c = 0; c < 7; c++) json_cell(page, json_array_get(row, c));
        for (size_t c = 7; c < 9; c++) {
            number_p_value(json_at(row, c), number);
            html_put(page, "<td class=\"num\">");
            html_text(page, number);
            html_put(page, "</td>");
        }
        json_cell(page, json_array_get(row, 9));
        html_put(page, "</tr>\n");
    }
    html_put(page, "</tbody></table></div></section>\n");
    return true;
}

static void put_reader_rows(struct page *page, const struct report_run *run) {
    for (size_t i = 0; i < run->n_tasks; i++) {
        const struct report_task *t = &run->tasks[i];
        html_put(page, "<tr>");
        html_cell(page, run->name);
        html_cell(page, t->name);
        html_cell(page, t->scorer ? t->scorer : "not named");
        buffer_printf(page->out, "<td class=\"num\">%llu</td><td class=\"num\">%llu</td><td class=\"num\">%llu</td>"
                      "<td class=\"num\">%llu</td></tr>\n", ULL(t->answered), ULL(t->parsed_ok),
                      ULL(t->parsed_fallback),
                      ULL(t->parsed_fail));
    }
}

static void put_verdicts(struct page *page) {
    html_put(page, "<div class=\"wide\"><table><caption>Answers that a person has labelled as well</caption><thead><tr>"
                   "<th scope=\"col\">scorer</th><th scope=\"col\">scorer says</th><th scope=\"col\">person says</th>"
                   "<th scope=\"col\" class=\"num\">answers</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(page->data.verdicts); i++) {
        const json_t *row = json_array_get(page->data.verdicts, i);
        html_put(page, "<tr>");
        for (size_t c = 0; c < 4; c++) json_cell(page, json_array_get(row, c));
        html_put(page, "</tr>\n");
    }
    html_put(page, "</tbody></table></div>\n");
}

static bool uses_scorer(const struct page *page, const char *scorer) {
    for (size_t r = 0; r < page->data.n_runs; r++)
        for (size_t i = 0; i < page->data.runs[r].n_tasks; i++) {
            const char *used = page->data.runs[r].tasks[i].scorer;
            if (used && strcmp(used, scorer) == 0) return true;
        }
    return false;
}

bool html_detectors(struct page *page, struct error *err) {
    (void)err;
    html_put(page, "<section id=\"detectors\"><h2>How far the scorers can be trusted</h2>\n"
                   "<p>Verdicts come from readers and scorers, which make mistakes of their own; "
                   "the intervals above cover the choice of items, not these mistakes.</p>\n<div "
                   "class=\"wide\"><table><thead><tr><th scope=\"col\">run</th><th "
                   "scope=\"col\">task</th><th scope=\"col\">scorer</th><th scope=\"col\" "
                   "class=\"num\">answers</th><th scope=\"col\" class=\"num\">understood</th><th scope=\"col\" "
                   "class=\"num\">by a fallback</th><th scope=\"col\" class=\"num\">not "
                   "understood</th></tr></thead><tbody>\n");
    for (size_t r = 0; r < page->data.n_runs; r++) put_reader_rows(page, &page->data.runs[r]);
    html_put(page, "</tbody></table></div>\n");
    if (uses_scorer(page, "refusal"))
        html_put(
            page,
            "<p>How often the refusal detector errs on answers that people have labelled: <code>basanite calibrate "
            "scorer/refusal --gold FILE</code> prints its sensitivity and specificity with intervals. Figures named "
            "<em>corrected</em> take that error into account; it was measured on other models' answers unless people "
            "labelled answers of this run (<code>basanite record relabel</code>).</p>\n");
    if (json_array_size(page->data.verdicts) > 0)
        put_verdicts(page);
    else
        html_put(page,
                 "<p class=\"note\">no person has labelled any of these answers, so the error of these scorers on this "
                 "subject is not known</p>\n");
    html_put(page, "</section>\n");
    return true;
}

struct failures {
    struct page *page;
    const char *run, *task;
    size_t n;
};

static bool put_failure(void *context, const char *note, struct error *err) {
    struct failures *f = context;
    (void)err;
    if (f->n++ == 0)
        html_put(f->page, "<div class=\"wide\"><table><thead><tr><th scope=\"col\">run</th><th scope=\"col\">task</th>"
                          "<th scope=\"col\">what</th></tr></thead><tbody>\n");
    html_put(f->page, "<tr>");
    html_cell(f->page, f->run);
    html_cell(f->page, report_task_title(f->task));
    html_cell(f->page, note);
    html_put(f->page, "</tr>\n");
    return true;
}

/* Tasks of the plan, then those that only figures name. */
static bool put_failures_of(struct page *page, const struct report_run *run, struct failures *f, struct error *err) {
    f->run = run->name;
    f->task = "";
    if (!report_run_notes(&page->data, run, put_failure, f, err)) return false;
    for (size_t i = 0; i < run->n_tasks; i++) {
        f->task = run->tasks[i].name;
        if (!report_task_notes(&page->data, run, f->task, put_failure, f, err)) return false;
    }
    for (size_t i = 0; i < page->data.n_lines; i = report_block_end(&page->data, i)) {
        f->task = page->data.lines[i].task;
        if (report_task_find(run, f->task)) continue;
        if (!report_task_notes(&page->data, run, f->task, put_failure, f, err)) return false;
    }
    return true;
}

bool html_failures(struct page *page, struct error *err) {
    struct failures f = {.page = page};
    html_put(page, "<section id=\"failures\"><h2>Failures and what was not measured</h2>\n");
    for (size_t r = 0; r < page->data.n_runs; r++)
        if (!put_failures_of(page, &page->data.runs[r], &f, err)) return false;
    html_put(page, f.n ? "</tbody></table></div></section>\n"
                       : "<p>Every planned sample was answered, read and scored, and every figure has a value.</p>"
                         "</section>\n");
    return true;
}

bool html_repeat(struct page *page, struct error *err) {
    (void)err;
    html_put(page, "<section id=\"repeat\"><h2>How to repeat it</h2>\n");
    for (size_t r = 0; r < page->data.n_runs; r++) {
        const struct report_run *run = &page->data.runs[r];
        html_put(page, "<h3>");
        html_text(page, run->name);
        html_put(page, "</h3>\n");
        html_block(page, "command", text_of(run->command));
        html_put(page, "<div class=\"wide\"><table><tbody>");
        row_head(page, "seed");
        buffer_printf(page->out, "<td><code>%lld</code></td></tr>\n", (long long)run->seed);
        row_head(page, "build");
        html_code_cell(page, run->build);
        html_put(page, "</tr>\n");
        row_head(page, "subject digest");
        html_code_cell(page, run->subject_digest);
        html_put(page, "</tr>\n");
        row_head(page, "evidence chain");
        buffer_printf(page->out, "<td>%llu entries, newest <code>%s</code></td></tr></tbody></table></div>\n",
                      ULL(run->evidence), run->head);
        html_put(page, "<p class=\"small soft\"><code>basanite record verify ");
        html_text(page, run->name);
        html_put(page, "</code> walks the chain and recomputes every figure from the answers.</p>\n");
    }
    html_put(page, "</section>\n");
    return true;
}
