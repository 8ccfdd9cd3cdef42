/* Figures for the terminal: a block a task, notes below it, and how to see more. One run has a column for each part of
 * a figure; several runs have a column each, or a row each where that is asked for. */
#include "report/escape.h"
#include "report/formats.h"
#include "report/report_bands.h"
#include "report/report_notes.h"
#include "report/report_number.h"
#include "report/report_tree.h"
#include "report/text_grid.h"

#include <math.h>
#include <string.h>

struct writer {
    struct report_data data;
    struct buffer *out;
    bool color, rows;
    size_t width;
    const char *prefix; /* of notes: "" or the run's name */
};

static const char *keep(struct writer *w, const char *text, struct error *err) {
    return arena_copy(&w->data.arena, text, strlen(text), err);
}

static void put_bold(struct writer *w, const char *text) {
    if (w->color) buffer_put_c(w->out, "\x1b[1m");
    escape_terminal(w->out, text_of(text));
    if (w->color) buffer_put_c(w->out, "\x1b[0m");
}

static bool put_note(void *context, const char *note, struct error *err) {
    struct writer *w = context;
    (void)err;
    buffer_put_c(w->out, w->color ? "  \x1b[33m! " : "  ! ");
    if (w->prefix[0]) {
        escape_terminal(w->out, text_of(w->prefix));
        buffer_put_c(w->out, ": ");
    }
    escape_terminal(w->out, text_of(note));
    buffer_put_c(w->out, w->color ? "\x1b[0m\n" : "\n");
    return true;
}

static bool put_run(struct writer *w, const struct report_run *run, struct error *err) {
    char when[REPORT_NUMBER];
    number_time(run->started_ns, false, when);
    buffer_put_c(w->out, "run ");
    put_bold(w, run->name);
    buffer_put_c(w->out, "  ");
    escape_terminal(w->out, text_of(run->suite));
    buffer_put_c(w->out, " on ");
    put_bold(w, run->subject);
    buffer_printf(w->out, "  %s  seed %lld  ", when, (long long)run->seed);
    escape_terminal(w->out, text_of(run->state));
    buffer_put_char(w->out, '\n');
    w->prefix = "";
    return report_run_notes(&w->data, run, put_note, w, err);
}

static const char *line_label(struct writer *w, const struct report_line *line, struct error *err) {
    const char *arrow = number_arrow(line->any);
    return arena_printf(&w->data.arena, err, "%s%s%s%s%s", line->name, line->group[0] ? ", " : "", line->group,
                        arrow[0] ? " " : "", arrow);
}

static bool grid_one_run(struct writer *w, struct text_grid *grid, size_t from, size_t to, struct error *err) {
    char interval[32], number[REPORT_NUMBER];
    snprintf(interval, sizeof interval, "%g %% interval", w->data.runs[0].confidence * 100);
    const char *header[] = {"figure", "value", keep(w, interval, err), "n", "method", "read"};
    if (!header[2] || !text_grid_init(grid, &w->data.arena, 6, err) || !text_grid_row(grid, header, err)) return false;
    grid->right[1] = grid->right[2] = grid->right[3] = grid->right[5] = true;
    for (size_t i = from; i < to; i++) {
        const struct figure *f = w->data.lines[i].any;
        const char *cells[6] = {line_label(w, &w->data.lines[i], err)};
        number_of_figure(f, number);
        cells[1] = keep(w, number, err);
        number_interval(f, number);
        cells[2] = keep(w, number, err);
        snprintf(number, sizeof number, "%llu", (unsigned long long)f->n);
        cells[3] = keep(w, number, err);
        number_method(f, number);
        cells[4] = keep(w, number, err);
        number_share(f->parsed, number);
        cells[5] = keep(w, number, err);
        if (!cells[0] || !cells[1] || !cells[2] || !cells[3] || !cells[4] || !cells[5] ||
            !text_grid_row(grid, cells, err))
            return false;
    }
    return true;
}

static const char *run_cell(struct writer *w, const struct figure *f, struct error *err) {
    char value[REPORT_NUMBER], interval[REPORT_NUMBER];
    if (!f) return "";
    number_of_figure(f, value);
    number_interval(f, interval);
    if (strcmp(interval, "-") == 0)
        return arena_printf(&w->data.arena, err, "%s  n=%llu", value, (unsigned long long)f->n);
    return arena_printf(&w->data.arena, err, "%s (%s)  n=%llu", value, interval, (unsigned long long)f->n);
}

static bool grid_runs(struct writer *w, struct text_grid *grid, size_t from, size_t to, struct error *err) {
    size_t n = w->data.n_runs;
    const char *cells[TEXT_GRID_COLUMNS] = {"figure"};
    if (!text_grid_init(grid, &w->data.arena, n + 1, err)) return false;
    for (size_t r = 0; r < n; r++) {
        cells[r + 1] = w->data.runs[r].name;
        grid->right[r + 1] = true;
    }
    if (!text_grid_row(grid, cells, err)) return false;
    for (size_t i = from; i < to; i++) {
        if (!(cells[0] = line_label(w, &w->data.lines[i], err))) return false;
        for (size_t r = 0; r < n; r++)
            if (!(cells[r + 1] = run_cell(w, w->data.lines[i].cells[r], err))) return false;
        if (!text_grid_row(grid, cells, err)) return false;
    }
    return true;
}

/* Runs as rows: figures over all items alone, as many as a grid has columns. */
static bool grid_rows(struct writer *w, struct text_grid *grid, size_t from, size_t to, struct error *err) {
    size_t figures = report_block_groups(&w->data, from, to) - from;
    const char *cells[TEXT_GRID_COLUMNS] = {"run", "subject"};
    if (figures > TEXT_GRID_COLUMNS - 2) figures = TEXT_GRID_COLUMNS - 2;
    if (!text_grid_init(grid, &w->data.arena, figures + 2, err)) return false;
    for (size_t i = 0; i < figures; i++) {
        if (!(cells[i + 2] = line_label(w, &w->data.lines[from + i], err))) return false;
        grid->right[i + 2] = true;
        grid->spare[i + 2] = (unsigned char)(i < 255 ? i : 255); /* the first figure stays */
    }
    if (!text_grid_row(grid, cells, err)) return false;
    for (size_t r = 0; r < w->data.n_runs; r++) {
        cells[0] = w->data.runs[r].name;
        cells[1] = w->data.runs[r].subject;
        for (size_t i = 0; i < figures; i++)
            if (!(cells[i + 2] = run_cell(w, w->data.lines[from + i].cells[r], err))) return false;
        if (!text_grid_row(grid, cells, err)) return false;
    }
    return true;
}

static bool put_grid(struct writer *w, struct text_grid *grid, size_t from, size_t to, struct error *err) {
    if (w->data.n_runs == 1) return grid_one_run(w, grid, from, to, err);
    return w->rows ? grid_rows(w, grid, from, to, err) : grid_runs(w, grid, from, to, err);
}

/* "baselines of acc: mute 0.0 %, constant 25.0 %", for figures over all items. */
static void put_baselines(struct writer *w, size_t from, size_t to) {
    char number[REPORT_NUMBER];
    for (size_t i = from; i < to; i++) {
        const struct report_line *line = &w->data.lines[i];
        bool any = false;
        for (size_t b = 0; b < w->data.n_baselines && strcmp(line->name, "errors") != 0; b++) {
            const struct figure *f = line->baselines[b];
            if (!f || isnan(f->value)) continue;
            buffer_put_c(w->out, any ? ", " : "  baselines of ");
            if (!any) escape_terminal(w->out, text_of(line->name)), buffer_put_c(w->out, ": ");
            any = true;
            number_of_figure(f, number);
            escape_terminal(w->out, text_of(report_baseline_name(&w->data.baselines[b])));
            buffer_put_char(w->out, ' ');
            escape_terminal(w->out, text_of(number));
        }
        if (any) buffer_put_char(w->out, '\n');
    }
}

static bool put_task_notes(struct writer *w, const char *task, struct error *err) {
    for (size_t r = 0; r < w->data.n_runs; r++) {
        w->prefix = w->data.n_runs > 1 ? w->data.runs[r].name : "";
        if (!report_task_notes(&w->data, &w->data.runs[r], task, put_note, w, err)) return false;
    }
    return true;
}

/* ---- figures of groups: a row a group, a column a figure */

#define GROUPS_SHOWN 40
#define GROUP_FIGURES 6 /* columns */

/* Whether the group is a value of the field: "topic=fraud" of "topic". */
static bool group_of_field(const char *group, struct text field) {
    return text_starts(text_of(group), field) && group[field.len] == '=';
}

struct groups {
    const char *group[GROUPS_SHOWN], *figure[GROUP_FIGURES];
    size_t n_groups, n_figures, left_out; /* groups that are not shown */
};

static bool add_name(const char **names, size_t *n, size_t most, const char *name) {
    for (size_t i = 0; i < *n; i++)
        if (strcmp(names[i], name) == 0) return true;
    if (*n == most) return false;
    names[(*n)++] = name;
    return true;
}

static void find_groups(const struct writer *w, size_t from, size_t to, struct text field, struct groups *g) {
    const char *last = "";
    for (size_t i = from; i < to; i++) {
        const struct report_line *line = &w->data.lines[i];
        if (!group_of_field(line->group, field)) continue;
        add_name(g->figure, &g->n_figures, GROUP_FIGURES, line->name);
        if (strcmp(line->name, g->figure[0]) != 0 && g->left_out) continue; /* counted by the first figure */
        if (!add_name(g->group, &g->n_groups, GROUPS_SHOWN, line->group) && strcmp(last, line->group) != 0)
            g->left_out++;
        last = line->group;
    }
}

static const struct report_line *line_of(const struct writer *w, size_t from, size_t to, const char *group,
                                         const char *figure) {
    for (size_t i = from; i < to; i++)
        if (strcmp(w->data.lines[i].group, group) == 0 && strcmp(w->data.lines[i].name, figure) == 0)
            return &w->data.lines[i];
    return NULL;
}

static bool put_field(struct writer *w, size_t from, size_t to, struct text field, struct error *err) {
    struct groups g = {0};
    struct text_grid grid;
    const char *cells[GROUP_FIGURES + 1];
    find_groups(w, from, to, field, &g);
    if (!(cells[0] = arena_printf(&w->data.arena, err, "by %.*s", TEXT_ARG(field))) ||
        !text_grid_init(&grid, &w->data.arena, g.n_figures + 1, err))
        return false;
    for (size_t f = 0; f < g.n_figures; f++) {
        cells[f + 1] = g.figure[f];
        grid.right[f + 1] = true;
    }
    if (!text_grid_row(&grid, cells, err)) return false;
    for (size_t i = 0; i < g.n_groups; i++) {
        cells[0] = g.group[i] + field.len + 1;
        for (size_t f = 0; f < g.n_figures; f++) {
            const struct report_line *line = line_of(w, from, to, g.group[i], g.figure[f]);
            if (!(cells[f + 1] = run_cell(w, line ? line->any : NULL, err))) return false;
        }
        if (!text_grid_row(&grid, cells, err)) return false;
    }
    buffer_put_char(w->out, '\n');
    text_grid_put(&grid, w->out, 2, w->color, w->width);
    if (g.left_out) buffer_printf(w->out, "  and %zu more groups: --format html\n", g.left_out);
    return true;
}

static bool put_groups(struct writer *w, size_t from, size_t to, struct error *err) {
    for (size_t i = from; i < to; i++) {
        struct text rest = text_of(w->data.lines[i].group), field;
        bool before = false;
        text_next(&rest, '=', &field);
        for (size_t j = from; j < i; j++) before |= group_of_field(w->data.lines[j].group, field);
        if (!before && !put_field(w, from, to, field, err)) return false;
    }
    return true;
}

static bool put_block(struct writer *w, size_t from, size_t to, struct error *err) {
    struct text_grid grid;
    size_t groups = w->data.n_runs == 1 ? report_block_groups(&w->data, from, to) : to;
    const char *task = w->data.lines[from].task;
    const struct report_task *t = report_task_find(&w->data.runs[0], task);
    buffer_put_char(w->out, '\n');
    put_bold(w, report_task_title(task));
    if (t) buffer_printf(w->out, "  %llu item%s", (unsigned long long)t->items, t->items == 1 ? "" : "s");
    buffer_put_char(w->out, '\n');
    if (!put_grid(w, &grid, from, groups, err)) return false;
    text_grid_put(&grid, w->out, 2, w->color, w->width);
    put_baselines(w, from, groups);
    return put_groups(w, groups, to, err) && put_task_notes(w, task, err);
}

/* ---- bands: without what is compared, for which a terminal is too narrow */

static bool put_bands_of(struct writer *w, const struct report_run *run, struct error *err) {
    static const int shown[] = {BAND_NAME, BAND_VALUE, BAND_INTERVAL, BAND_N, BAND_ENDS, BAND_VERDICT};
    enum { SHOWN = sizeof shown / sizeof *shown };
    struct text_grid grid;
    const char *cells[BAND_CELLS], *row[SHOWN];
    const char *lead = report_bands_lead(run, &w->data.arena, err);
    for (size_t c = 0; c < SHOWN; c++) row[c] = report_band_heads[shown[c]];
    if (!lead || !text_grid_init(&grid, &w->data.arena, SHOWN, err) || !text_grid_row(&grid, row, err)) return false;
    grid.right[1] = grid.right[2] = grid.right[3] = true;
    for (size_t i = 0; i < run->n_bands; i++) {
        if (!report_band_cells(&run->bands[i], &w->data.arena, cells, err)) return false;
        for (size_t c = 0; c < SHOWN; c++) row[c] = cells[shown[c]];
        if (!text_grid_row(&grid, row, err)) return false;
    }
    buffer_put_char(w->out, '\n');
    put_bold(w, lead);
    if (w->data.n_runs > 1) {
        buffer_put_c(w->out, " by ");
        escape_terminal(w->out, text_of(run->name));
    }
    buffer_put_char(w->out, '\n');
    text_grid_put(&grid, w->out, 2, w->color, w->width);
    return true;
}

static bool put_bands(struct writer *w, struct error *err) {
    for (size_t r = 0; r < w->data.n_runs; r++)
        if (w->data.runs[r].n_bands && !put_bands_of(w, &w->data.runs[r], err)) return false;
    return true;
}

/* ---- by category and leaf of a taxonomy: what a leaf is called stands in other formats */

static bool put_tree_of(struct writer *w, const struct report_run *run, const struct report_tree *tree,
                        struct error *err) {
    static const int shown[] = {TREE_NAME, TREE_SCORE, TREE_INTERVAL, TREE_N, TREE_FIGURE};
    enum { SHOWN = sizeof shown / sizeof *shown };
    struct text_grid grid;
    const char *cells[TREE_CELLS], *row[SHOWN];
    for (size_t c = 0; c < SHOWN; c++) row[c] = report_tree_heads[shown[c]];
    if (!text_grid_init(&grid, &w->data.arena, SHOWN, err) || !text_grid_row(&grid, row, err)) return false;
    grid.right[1] = grid.right[2] = grid.right[3] = true;
    for (size_t i = 0; i < tree->n; i++) {
        if (!report_tree_cells(&tree->rows[i], &w->data.arena, cells, err)) return false;
        for (size_t c = 0; c < SHOWN; c++) row[c] = cells[shown[c]];
        if (!text_grid_row(&grid, row, err)) return false;
    }
    buffer_put_char(w->out, '\n');
    put_bold(w, tree->taxonomy);
    if (w->data.n_runs > 1) {
        buffer_put_c(w->out, " by ");
        escape_terminal(w->out, text_of(run->name));
    }
    buffer_put_char(w->out, '\n');
    text_grid_put(&grid, w->out, 2, w->color, w->width);
    return true;
}

static bool put_trees(struct writer *w, struct error *err) {
    for (size_t r = 0; r < w->data.n_runs; r++) {
        struct report_tree tree;
        if (!report_tree(&w->data.runs[r], &w->data.arena, &tree, err)) return false;
        if (tree.n && !put_tree_of(w, &w->data.runs[r], &tree, err)) return false;
    }
    return true;
}

/* Tasks that were planned but have no figure are named too. */
static bool put_bare_tasks(struct writer *w, struct error *err) {
    for (size_t r = 0; r < w->data.n_runs; r++)
        for (size_t i = 0; i < w->data.runs[r].n_tasks; i++) {
            const struct report_run *run = &w->data.runs[r];
            const char *task = run->tasks[i].name;
            bool has_figure = false;
            for (size_t l = 0; l < w->data.n_lines; l++) has_figure |= strcmp(w->data.lines[l].task, task) == 0;
            if (has_figure) continue;
            buffer_put_char(w->out, '\n');
            put_bold(w, task);
            buffer_put_c(w->out, "  no figures\n");
            w->prefix = w->data.n_runs > 1 ? run->name : "";
            if (!report_task_notes(&w->data, run, task, put_note, w, err)) return false;
        }
    return true;
}

static bool put_report(struct writer *w, struct error *err) {
    for (size_t r = 0; r < w->data.n_runs; r++)
        if (!put_run(w, &w->data.runs[r], err)) return false;
    for (size_t i = 0; i < w->data.n_lines;) {
        size_t end = report_block_end(&w->data, i);
        if (!put_block(w, i, end, err)) return false;
        i = end;
    }
    if (!put_bare_tasks(w, err) || !put_trees(w, err) || !put_bands(w, err)) return false;
    buffer_put_c(w->out, "\nmore: basanite report");
    for (size_t r = 0; r < w->data.n_runs; r++) {
        buffer_put_char(w->out, ' ');
        escape_terminal(w->out, text_of(w->data.runs[r].name));
    }
    buffer_put_c(w->out, " --format html --out report.html\n");
    return buffer_check(w->out, "report", err);
}

bool report_write_table(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                        struct buffer *out, struct error *err) {
    struct writer w = {
        .out = out, .color = options->color, .rows = options->rows, .width = options->width, .prefix = ""};
    bool ok = report_data_load(&w.data, record, runs, n, NULL, err) && put_report(&w, err);
    report_data_done(&w.data);
    return ok;
}
