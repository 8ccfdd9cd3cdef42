/* Markdown documents that people complete: see report_document.h. */
#include "report/report_document.h"

#include "report/escape.h"
#include "report/report_bands.h"
#include "report/report_notes.h"
#include "report/report_number.h"

#include <math.h>
#include <string.h>

bool document_open(struct document *d, struct record *record, const char *const *runs, size_t n, struct buffer *out,
                   struct error *err) {
    *d = (struct document){.out = out};
    return report_data_load(&d->data, record, runs, n, NULL, err) &&
           report_datasets(&d->data, &d->sets, &d->n_sets, err);
}

void document_close(struct document *d) {
    report_data_done(&d->data);
}

void document_heading(struct document *d, int level, const char *title) {
    buffer_put_char(d->out, '\n');
    for (int i = 0; i < level; i++) buffer_put_char(d->out, '#');
    buffer_printf(d->out, " %s\n\n", title);
}

void document_text(struct document *d, const char *paragraph) {
    buffer_printf(d->out, "%s\n\n", paragraph);
}

void document_blank(struct document *d, const char *person, const char *what) {
    d->blanks++;
    buffer_printf(d->out, "> **To be filled in** (%s): %s\n>\n> ______\n\n", person, what);
}

static void cell(struct document *d, const char *text) {
    buffer_put_char(d->out, ' ');
    escape_markdown(d->out, text_of(text));
    buffer_put_c(d->out, " |");
}

static void code_cell(struct document *d, const char *text) {
    buffer_put_c(d->out, text[0] ? " `" : " ");
    escape_markdown(d->out, text_of(text));
    buffer_put_c(d->out, text[0] ? "` |" : " |");
}

static void table(struct document *d, const char *const *heads, size_t n) {
    buffer_put_char(d->out, '|');
    for (size_t i = 0; i < n; i++) cell(d, heads[i]);
    buffer_put_c(d->out, "\n|");
    for (size_t i = 0; i < n; i++) buffer_put_c(d->out, " :-- |");
    buffer_put_char(d->out, '\n');
}

/* ---- subjects and data */

static const char *files_of(struct document *d, const json_t *files, struct error *err) {
    const char *all = "";
    for (size_t i = 0; all && i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);
        const char *path = json_c(file, "path"), *slash = strrchr(path, '/');
        all =
            arena_printf(&d->data.arena, err, "%s%s%s%s%.64s", all, i ? "; " : "", slash && slash[1] ? slash + 1 : path,
                         json_c(file, "sha256")[0] ? ", sha256 " : "", json_c(file, "sha256"));
    }
    return all;
}

bool document_subjects(struct document *d, struct error *err) {
    static const char *const heads[] = {"subject", "digest", "tokenizer", "chat template", "files"};
    table(d, heads, sizeof heads / sizeof *heads);
    for (size_t r = 0; r < d->data.n_runs; r++) {
        const struct report_run *run = &d->data.runs[r];
        const json_t *subject = json_object_get(run->json, "subject");
        if (!report_first_of_subject(&d->data, r)) continue;
        const char *files = files_of(d, json_object_get(subject, "files"), err);
        if (!files) return false;
        buffer_put_char(d->out, '|');
        cell(d, run->subject);
        code_cell(d, run->subject_digest);
        code_cell(d, json_c(subject, "tokenizer"));
        code_cell(d, json_c(subject, "template"));
        cell(d, files);
        buffer_put_char(d->out, '\n');
    }
    buffer_put_char(d->out, '\n');
    return true;
}

bool document_datasets(struct document *d, struct error *err) {
    static const char *const heads[] = {"data", "sha256", "licence", "first task"};
    (void)err;
    table(d, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < d->n_sets; i++) {
        buffer_put_char(d->out, '|');
        cell(d, d->sets[i].name);
        code_cell(d, d->sets[i].digest);
        cell(d, d->sets[i].licence[0] ? d->sets[i].licence : "not told");
        cell(d, d->sets[i].task);
        buffer_put_char(d->out, '\n');
    }
    buffer_put_char(d->out, '\n');
    return true;
}

/* ---- figures */

static void figure_cell(struct document *d, const struct figure *f) {
    char value[REPORT_NUMBER], interval[REPORT_NUMBER];
    if (!f) {
        buffer_put_c(d->out, " |");
        return;
    }
    number_of_figure(f, value);
    number_interval(f, interval);
    buffer_put_char(d->out, ' ');
    escape_markdown(d->out, text_of(value));
    if (strcmp(interval, "-") != 0) buffer_printf(d->out, " (%s)", interval);
    buffer_printf(d->out, ", n = %llu |", (unsigned long long)f->n);
}

static bool figure_line(struct document *d, const struct report_line *line, struct error *err) {
    const char *title = report_line_title(&d->data, line, err);
    if (!title) return false;
    buffer_put_char(d->out, '|');
    cell(d, report_task_title(line->task));
    buffer_put_char(d->out, ' ');
    escape_markdown(d->out, text_of(title));
    buffer_printf(d->out, " %s |", number_arrow(line->any));
    for (size_t r = 0; r < d->data.n_runs; r++) figure_cell(d, line->cells[r]);
    cell(d, line->any->method);
    buffer_put_char(d->out, '\n');
    return true;
}

static bool figure_heads(struct document *d, struct error *err) {
    const char **heads = arena_new(&d->data.arena, const char *, d->data.n_runs + 3, err);
    if (!heads) return false;
    heads[0] = "task";
    heads[1] = "figure";
    for (size_t r = 0; r < d->data.n_runs; r++) {
        const struct report_run *run = &d->data.runs[r];
        heads[2 + r] = arena_printf(&d->data.arena, err, "%s (%g %% interval)", run->name, run->confidence * 100);
        if (!heads[2 + r]) return false;
    }
    heads[2 + d->data.n_runs] = "method";
    table(d, heads, d->data.n_runs + 3);
    return true;
}

bool document_figures(struct document *d, bool groups, struct error *err) {
    if (!figure_heads(d, err)) return false;
    for (size_t i = 0; i < d->data.n_lines; i++)
        if ((groups || !d->data.lines[i].group[0]) && !figure_line(d, &d->data.lines[i], err)) return false;
    buffer_put_char(d->out, '\n');
    return true;
}

static bool is_about(const struct report_line *line, const char *const *words) {
    for (; *words; words++)
        if (strstr(line->name, *words) || strstr(line->task, *words)) return true;
    return false;
}

bool document_figures_about(struct document *d, const char *const *words, bool *any, struct error *err) {
    *any = false;
    for (size_t i = 0; i < d->data.n_lines; i++) {
        const struct report_line *line = &d->data.lines[i];
        if (line->group[0] || !is_about(line, words)) continue;
        if ((!*any && !figure_heads(d, err)) || !figure_line(d, line, err)) return false;
        *any = true;
    }
    if (*any) buffer_put_char(d->out, '\n');
    return true;
}

/* ---- verdicts */

static void verdict_heads(struct document *d, bool *any) {
    static const char *const heads[] = {"run", "goal", "asks", "verdict", "why"};
    if (!*any) table(d, heads, sizeof heads / sizeof *heads);
    *any = true;
}

static void verdict_line(struct document *d, const char *run, const char *id, const char *asks, const char *verdict,
                         const char *why) {
    buffer_put_char(d->out, '|');
    cell(d, run);
    cell(d, id);
    cell(d, asks);
    cell(d, verdict);
    cell(d, why);
    buffer_put_char(d->out, '\n');
}

static bool run_verdicts(struct document *d, const struct report_run *run, bool *any, struct error *err) {
    for (size_t i = 0; i < run->claims.n; i++) {
        const struct report_claim *c = &run->claims.claims[i];
        const char *asks = report_claim_question(c, &d->data.arena, err);
        if (!asks) return false;
        verdict_heads(d, any);
        verdict_line(d, run->name, c->id, asks, c->verdict, c->why);
    }
    for (size_t i = 0; i < run->n_bands; i++) {
        const char *cells[BAND_CELLS];
        if (!report_band_cells(&run->bands[i], &d->data.arena, cells, err)) return false;
        const char *asks = arena_printf(&d->data.arena, err, "%s in %s", cells[BAND_WHAT], cells[BAND_ENDS]);
        const char *why = asks ? arena_printf(&d->data.arena, err, "%s (%s), n = %s", cells[BAND_VALUE],
                                              cells[BAND_INTERVAL], cells[BAND_N])
                               : NULL;
        if (!why) return false;
        verdict_heads(d, any);
        verdict_line(d, run->name, cells[BAND_NAME], asks, cells[BAND_VERDICT], why);
    }
    return true;
}

bool document_verdicts(struct document *d, bool *any, struct error *err) {
    *any = false;
    for (size_t r = 0; r < d->data.n_runs; r++)
        if (!run_verdicts(d, &d->data.runs[r], any, err)) return false;
    if (*any) buffer_put_char(d->out, '\n');
    return true;
}

bool document_comparisons(struct document *d, bool *any, struct error *err) {
    static const char *const heads[] = {"figure", "task", "from", "to", "difference", "interval", "p, corrected"};
    (void)err;
    *any = json_array_size(d->data.comparisons) > 0;
    if (*any) table(d, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < json_array_size(d->data.comparisons); i++) {
        const json_t *row = json_array_get(d->data.comparisons, i);
        char number[4][REPORT_NUMBER];
        for (size_t k = 0; k < 3; k++) {
            const json_t *v = json_array_get(row, 4 + k);
            number_plain(json_is_number(v) ? json_number_value(v) : NAN, number[k]);
        }
        const json_t *p = json_array_get(row, 8);
        number_p_value(json_is_number(p) ? json_number_value(p) : NAN, number[3]);
        buffer_put_char(d->out, '|');
        for (size_t k = 0; k < 4; k++)
            cell(d, json_text(json_array_get(row, k)).len ? json_string_value(json_array_get(row, k)) : "");
        cell(d, number[0]);
        buffer_printf(d->out, " %s to %s | %s |\n", number[1], number[2], number[3]);
    }
    if (*any) buffer_put_char(d->out, '\n');
    return true;
}

/* ---- limits and how to repeat */

struct limits {
    struct document *document;
    const char *run;
    size_t n;
};

static bool put_limit(void *context, const char *note, struct error *err) {
    struct limits *l = context;
    (void)err;
    buffer_printf(l->document->out, "- run ");
    escape_markdown(l->document->out, text_of(l->run));
    buffer_put_c(l->document->out, ": ");
    escape_markdown(l->document->out, text_of(note));
    buffer_put_char(l->document->out, '\n');
    l->n++;
    return true;
}

bool document_limits(struct document *d, struct error *err) {
    struct limits l = {.document = d};
    for (size_t r = 0; r < d->data.n_runs; r++) {
        const struct report_run *run = &d->data.runs[r];
        l.run = run->name;
        if (!report_run_notes(&d->data, run, put_limit, &l, err)) return false;
        for (size_t t = 0; t < run->n_tasks; t++)
            if (!report_task_notes(&d->data, run, run->tasks[t].name, put_limit, &l, err)) return false;
    }
    if (!l.n) buffer_put_c(d->out, "- everything that was asked was answered, read and counted\n");
    buffer_put_char(d->out, '\n');
    return true;
}

void document_repeat(struct document *d) {
    static const char *const heads[] = {"run", "when", "state", "seed", "build", "entries of the evidence chain, head"};
    table(d, heads, sizeof heads / sizeof *heads);
    for (size_t r = 0; r < d->data.n_runs; r++) {
        const struct report_run *run = &d->data.runs[r];
        char when[REPORT_NUMBER];
        number_time(run->started_ns, false, when);
        buffer_put_char(d->out, '|');
        cell(d, run->name);
        cell(d, when);
        cell(d, run->state);
        buffer_printf(d->out, " %lld |", (long long)run->seed);
        cell(d, run->build);
        buffer_printf(d->out, " %llu, `%s` |\n", (unsigned long long)run->evidence, run->head);
    }
    buffer_put_char(d->out, '\n');
    for (size_t r = 0; r < d->data.n_runs; r++) {
        buffer_put_c(d->out, "    ");
        for (const char *c = d->data.runs[r].command; *c; c++) buffer_put_char(d->out, *c == '\n' ? ' ' : *c);
        buffer_put_c(d->out, "\n");
    }
    buffer_put_char(d->out, '\n');
}
