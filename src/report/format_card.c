/* A model card: Markdown with a YAML header as model hubs read it (license, language, datasets, metrics, model-index
 * with a result for each task), and a body of what was measured, what was not, and blanks for what only people know.
 * Texts of the header are JSON strings, which YAML takes. */
#include "report/formats.h"
#include "report/report_document.h"
#include "report/report_notes.h"
#include "report/report_number.h"

#include <math.h>
#include <string.h>

#define QUERY_SECONDS 60

static void yaml_text(struct buffer *out, const char *text) {
    json_put_string(out, text_of(text));
}

/* ---- lists of the header */

static bool put_language(void *context, const json_t *row, bool header, struct error *err) {
    struct buffer *out = context;
    (void)err;
    if (header || !json_string_length(json_array_get(row, 0))) return true;
    buffer_put_c(out, out->len ? ", " : "");
    json_put_string(out, json_text(json_array_get(row, 0)));
    return true;
}

static bool put_languages(struct document *d, struct error *err) {
    struct buffer sql, list;
    buffer_init(&sql, 1 << 16);
    buffer_init(&list, 1 << 16);
    buffer_put_c(&sql, "select distinct i.lang from plans p join items i on i.digest = p.item where p.run in (");
    for (size_t r = 0; r < d->data.n_runs; r++)
        buffer_printf(&sql, "%s%lld", r ? "," : "", (long long)d->data.runs[r].id);
    buffer_put_c(&sql, ") order by i.lang");
    bool ok = buffer_check(&sql, "query", err) &&
              record_query(d->data.record, buffer_text(&sql), QUERY_SECONDS, put_language, &list, err);
    if (ok && list.len) buffer_printf(d->out, "language: [%.*s]\n", (int)list.len, list.at);
    buffer_done(&sql);
    buffer_done(&list);
    return ok;
}

static void put_datasets(struct document *d) {
    if (!d->n_sets) return;
    buffer_put_c(d->out, "datasets:\n");
    for (size_t i = 0; i < d->n_sets; i++) {
        buffer_put_c(d->out, "- ");
        yaml_text(d->out, d->sets[i].name);
        buffer_put_char(d->out, '\n');
    }
}

static bool named_before(const struct document *d, size_t line) {
    for (size_t i = 0; i < line; i++)
        if (strcmp(d->data.lines[i].name, d->data.lines[line].name) == 0) return true;
    return false;
}

static void put_metrics(struct document *d) {
    if (!d->data.n_lines) return;
    buffer_put_c(d->out, "metrics:\n");
    for (size_t i = 0; i < d->data.n_lines; i++) {
        if (named_before(d, i)) continue;
        buffer_put_c(d->out, "- ");
        yaml_text(d->out, d->data.lines[i].name);
        buffer_put_char(d->out, '\n');
    }
}

/* ---- model-index */

static bool put_metric(struct document *d, const struct report_run *run, const struct figure *f, struct error *err) {
    char interval[REPORT_NUMBER];
    number_interval(f, interval);
    const char *name =
        arena_printf(&d->data.arena, err, "%s%s%s (%g %% interval %s, n = %llu, %s)", f->name, f->group[0] ? ", " : "",
                     f->group, run->confidence * 100, interval, (unsigned long long)f->n, f->method);
    if (!name) return false;
    buffer_put_c(d->out, "    - type: ");
    yaml_text(d->out, f->name);
    buffer_put_c(d->out, "\n      value: ");
    buffer_put_f64(d->out, f->value);
    buffer_put_c(d->out, "\n      name: ");
    yaml_text(d->out, name);
    buffer_put_char(d->out, '\n');
    return true;
}

static bool has_figure(const struct report_run *run, const char *task) {
    for (size_t i = 0; i < run->n_figures; i++)
        if (strcmp(run->figures[i].task, task) == 0 && !isnan(run->figures[i].value)) return true;
    return false;
}

static bool put_task(struct document *d, const struct report_run *run, const char *task, struct error *err) {
    if (!has_figure(run, task)) return true;
    buffer_put_c(d->out, "  - task:\n      type: text-generation\n      name: ");
    yaml_text(d->out, report_task_title(task));
    buffer_put_c(d->out, "\n    dataset:\n      type: ");
    yaml_text(d->out, report_task_title(task));
    buffer_put_c(d->out, "\n      name: ");
    yaml_text(d->out, report_task_title(task));
    buffer_put_c(d->out, "\n    metrics:\n");
    for (size_t i = 0; i < run->n_figures; i++) {
        const struct figure *f = &run->figures[i];
        if (strcmp(f->task, task) == 0 && !isnan(f->value) && !put_metric(d, run, f, err)) return false;
    }
    return true;
}

static bool put_index(struct document *d, struct error *err) {
    buffer_put_c(d->out, "model-index:\n");
    for (size_t r = 0; r < d->data.n_runs; r++) {
        const struct report_run *run = &d->data.runs[r];
        buffer_put_c(d->out, "- name: ");
        yaml_text(d->out, run->subject);
        buffer_put_c(d->out, "\n  results:\n");
        for (size_t t = 0; t < run->n_tasks; t++)
            if (!put_task(d, run, run->tasks[t].name, err)) return false;
    }
    return true;
}

static bool put_header(struct document *d, struct error *err) {
    buffer_put_c(d->out, "---\n# license: to be filled in by the provider\n");
    if (!put_languages(d, err)) return false;
    put_datasets(d);
    put_metrics(d);
    buffer_put_c(d->out, "library_name: basanite\n");
    if (!put_index(d, err)) return false;
    buffer_put_c(d->out, "---\n");
    return true;
}

/* ---- body */

static bool put_body(struct document *d, struct error *err) {
    bool any = false;
    document_heading(d, 1, "Model card");
    if (!document_subjects(d, err)) return false;
    document_heading(d, 2, "What it is for");
    document_blank(d, "provider", "intended uses and users; uses that are out of scope");
    document_heading(d, 2, "How it came about");
    document_blank(d, "provider", "training data, training method, licence, contact");
    document_heading(d, 2, "What was measured");
    document_text(d, "Each figure with its interval, the number of items or groups of items that it rests on, and the "
                     "method of the interval.");
    if (!document_figures(d, true, err)) return false;
    document_heading(d, 2, "Goals");
    if (!document_verdicts(d, &any, err)) return false;
    if (!any) document_text(d, "None were judged.");
    document_heading(d, 2, "Against other runs");
    if (!document_comparisons(d, &any, err)) return false;
    if (!any) document_text(d, "Nothing was compared.");
    document_heading(d, 2, "Limits of the measurement");
    if (!document_limits(d, err)) return false;
    document_heading(d, 2, "Known limits and risks of the model");
    document_blank(d, "provider",
                   "limits, biases and risks that the figures above do not show, and what users should do about them");
    document_heading(d, 2, "Data that it was measured on");
    if (!document_datasets(d, err)) return false;
    document_heading(d, 2, "How to repeat it");
    document_repeat(d);
    return true;
}

bool report_write_card(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                       struct buffer *out, struct error *err) {
    struct document d;
    (void)options;
    bool ok = document_open(&d, record, runs, n, out, err) && put_header(&d, err) && put_body(&d, err) &&
              buffer_check(out, "report", err);
    document_close(&d);
    return ok;
}
