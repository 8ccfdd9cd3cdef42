/* Figures as Markdown tables (GitHub's dialect), for issues, notes and model cards. */
#include "report/escape.h"
#include "report/formats.h"
#include "report/report_bands.h"
#include "report/report_notes.h"
#include "report/report_number.h"
#include "report/report_tree.h"

#include <math.h>
#include <string.h>

struct writer {
    struct report_data data;
    struct buffer *out;
    const char *prefix; /* of notes: "" or the run's name */
};

static void put(struct writer *w, const char *text) {
    escape_markdown(w->out, text_of(text));
}

static bool put_note(void *context, const char *note, struct error *err) {
    struct writer *w = context;
    (void)err;
    buffer_put_c(w->out, "- ");
    if (w->prefix[0]) {
        put(w, w->prefix);
        buffer_put_c(w->out, ": ");
    }
    put(w, note);
    buffer_put_char(w->out, '\n');
    return true;
}

static void put_figure(struct writer *w, const struct figure *f) {
    char value[REPORT_NUMBER], interval[REPORT_NUMBER];
    if (!f) {
        buffer_put_c(w->out, " |");
        return;
    }
    number_of_figure(f, value);
    number_interval(f, interval);
    buffer_put_char(w->out, ' ');
    put(w, value);
    if (strcmp(interval, "-") != 0) {
        buffer_put_c(w->out, " (");
        put(w, interval);
        buffer_put_char(w->out, ')');
    }
    buffer_put_c(w->out, " |");
}

static void put_header(struct writer *w) {
    buffer_put_c(w->out, "| figure |");
    for (size_t r = 0; r < w->data.n_runs; r++) {
        buffer_put_char(w->out, ' ');
        put(w, w->data.n_runs > 1 ? w->data.runs[r].name : "value");
        buffer_printf(w->out, " (%g %% interval) |", w->data.runs[r].confidence * 100);
    }
    for (size_t b = 0; b < w->data.n_baselines; b++) {
        buffer_put_char(w->out, ' ');
        put(w, report_baseline_name(&w->data.baselines[b]));
        buffer_put_c(w->out, " |");
    }
    buffer_put_c(w->out, " n | method | understood |\n| :-- |");
    for (size_t i = 0; i < w->data.n_runs + w->data.n_baselines; i++) buffer_put_c(w->out, " --: |");
    buffer_put_c(w->out, " --: | :-- | --: |\n");
}

/* n and parse rate of each run, joined by "/" where they differ. */
static void put_counts(struct writer *w, const struct report_line *line) {
    const struct figure *last = NULL;
    char number[REPORT_NUMBER];
    for (size_t r = 0; r < w->data.n_runs; r++) {
        const struct figure *f = line->cells[r];
        if (!f || (last && last->n == f->n)) continue;
        buffer_printf(w->out, "%s%llu", last ? " / " : " ", (unsigned long long)f->n);
        last = f;
    }
    buffer_put_c(w->out, " | ");
    put(w, line->any->method);
    buffer_put_c(w->out, " |");
    last = NULL;
    for (size_t r = 0; r < w->data.n_runs; r++) {
        const struct figure *f = line->cells[r];
        if (!f || (last && (last->parsed == f->parsed || (isnan(last->parsed) && isnan(f->parsed))))) continue;
        number_share(f->parsed, number);
        buffer_printf(w->out, "%s%s", last ? " / " : " ", number);
        last = f;
    }
    buffer_put_c(w->out, " |\n");
}

static bool put_block(struct writer *w, size_t from, size_t to, struct error *err) {
    buffer_put_c(w->out, "\n## ");
    put(w, report_task_title(w->data.lines[from].task));
    buffer_put_c(w->out, "\n\n");
    put_header(w);
    for (size_t i = from; i < to; i++) {
        const struct report_line *line = &w->data.lines[i];
        const char *title = report_line_title(&w->data, line, err);
        if (!title) return false;
        buffer_put_c(w->out, "| ");
        put(w, title);
        buffer_printf(w->out, " %s |", number_arrow(line->any));
        for (size_t r = 0; r < w->data.n_runs; r++) put_figure(w, line->cells[r]);
        for (size_t b = 0; b < w->data.n_baselines; b++) put_figure(w, line->baselines[b]);
        put_counts(w, line);
    }
    buffer_put_char(w->out, '\n');
    for (size_t r = 0; r < w->data.n_runs; r++) {
        w->prefix = w->data.n_runs > 1 ? w->data.runs[r].name : "";
        if (!report_task_notes(&w->data, &w->data.runs[r], w->data.lines[from].task, put_note, w, err)) return false;
    }
    return true;
}

static bool put_run(struct writer *w, const struct report_run *run, struct error *err) {
    char when[REPORT_NUMBER];
    number_time(run->started_ns, false, when);
    buffer_put_c(w->out, "- run ");
    put(w, run->name);
    buffer_put_c(w->out, ": ");
    put(w, run->suite);
    buffer_put_c(w->out, " on ");
    put(w, run->subject);
    buffer_printf(w->out, ", %s, seed %lld, subject digest %.12s, evidence %.12s\n", when, (long long)run->seed,
                  run->subject_digest, run->head);
    w->prefix = "";
    return report_run_notes(&w->data, run, put_note, w, err);
}

static bool put_bands(struct writer *w, const struct report_run *run, struct error *err) {
    const char *cells[BAND_CELLS], *lead = run->n_bands ? report_bands_lead(run, &w->data.arena, err) : "";
    if (!lead || !run->n_bands) return lead != NULL;
    buffer_printf(w->out, "\n## %s", lead);
    if (w->data.n_runs > 1) {
        buffer_put_c(w->out, " by ");
        put(w, run->name);
    }
    buffer_put_c(w->out, "\n\n|");
    for (size_t c = 0; c < BAND_CELLS; c++) buffer_printf(w->out, " %s |", report_band_heads[c]);
    buffer_put_c(w->out, "\n| :-- | :-- | --: | --: | --: | :-- | :-- |\n");
    for (size_t i = 0; i < run->n_bands; i++) {
        if (!report_band_cells(&run->bands[i], &w->data.arena, cells, err)) return false;
        buffer_put_char(w->out, '|');
        for (size_t c = 0; c < BAND_CELLS; c++) {
            buffer_put_char(w->out, ' ');
            put(w, cells[c]);
            buffer_put_c(w->out, " |");
        }
        buffer_put_char(w->out, '\n');
    }
    return true;
}

static bool put_tree(struct writer *w, const struct report_run *run, struct error *err) {
    const char *cells[TREE_CELLS];
    struct report_tree tree;
    if (!report_tree(run, &w->data.arena, &tree, err)) return false;
    if (!tree.n) return true;
    buffer_put_c(w->out, "\n## ");
    put(w, tree.taxonomy);
    if (w->data.n_runs > 1) {
        buffer_put_c(w->out, " by ");
        put(w, run->name);
    }
    buffer_put_c(w->out, "\n\n|");
    for (size_t c = 0; c < TREE_CELLS; c++) buffer_printf(w->out, " %s |", report_tree_heads[c]);
    buffer_put_c(w->out, "\n| :-- | :-- | --: | --: | --: | :-- |\n");
    for (size_t i = 0; i < tree.n; i++) {
        if (!report_tree_cells(&tree.rows[i], &w->data.arena, cells, err)) return false;
        cells[TREE_NAME] = tree.rows[i].name;
        buffer_put_char(w->out, '|');
        for (size_t c = 0; c < TREE_CELLS; c++) {
            buffer_put_char(w->out, ' ');
            put(w, cells[c]);
            buffer_put_c(w->out, " |");
        }
        buffer_put_char(w->out, '\n');
    }
    return true;
}

static bool put_report(struct writer *w, struct error *err) {
    buffer_put_c(w->out, "# ");
    put(w, w->data.runs[0].suite);
    buffer_put_c(w->out, " on ");
    for (size_t r = 0; r < w->data.n_runs; r++) {
        if (r) buffer_put_c(w->out, ", ");
        put(w, w->data.runs[r].subject);
    }
    buffer_put_c(w->out, "\n\n");
    for (size_t r = 0; r < w->data.n_runs; r++)
        if (!put_run(w, &w->data.runs[r], err)) return false;
    for (size_t r = 0; r < w->data.n_runs; r++)
        if (!put_tree(w, &w->data.runs[r], err) || !put_bands(w, &w->data.runs[r], err)) return false;
    for (size_t i = 0; i < w->data.n_lines;) {
        size_t end = report_block_end(&w->data, i);
        if (!put_block(w, i, end, err)) return false;
        i = end;
    }
    return buffer_check(w->out, "report", err);
}

bool report_write_md(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                     struct buffer *out, struct error *err) {
    (void)options;
    struct writer w = {.out = out, .prefix = ""};
    bool ok = report_data_load(&w.data, record, runs, n, NULL, err) && put_report(&w, err);
    report_data_done(&w.data);
    return ok;
}
