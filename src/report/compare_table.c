/* A comparison for the terminal: a grid for each test and other run, then what must be told, flipped items and the
 * gate. */
#include "report/compare_report.h"
#include "report/escape.h"
#include "report/text_grid.h"

#include <string.h>

enum { FLIPS_SHOWN = 10, NOTES_SHOWN = 12 };

struct writer {
    const struct comparison *c;
    struct arena arena;
    struct buffer *out;
    bool color;
    size_t width;
    size_t notes;
};

static void put_bold(struct writer *w, const char *text) {
    if (w->color) buffer_put_c(w->out, "\x1b[1m");
    escape_terminal(w->out, text_of(text));
    if (w->color) buffer_put_c(w->out, "\x1b[0m");
}

static void put_note(struct writer *w, const char *note) {
    if (w->notes++ >= NOTES_SHOWN) return;
    buffer_put_c(w->out, w->color ? "  \x1b[33m! " : "  ! ");
    escape_terminal(w->out, text_of(note));
    buffer_put_c(w->out, w->color ? "\x1b[0m\n" : "\n");
}

static void put_runs(struct writer *w) {
    for (size_t i = 0; i < w->c->n_runs; i++) {
        const struct compare_run *run = &w->c->runs[i];
        buffer_put_c(w->out, w->c->settings.pairs ? "run   " : i ? "other " : "base  ");
        put_bold(w, run->name);
        buffer_put_c(w->out, "  ");
        escape_terminal(w->out, text_of(run->suite));
        buffer_put_c(w->out, " on ");
        put_bold(w, run->subject);
        buffer_put_char(w->out, '\n');
    }
}

/* Rows of groups are shown where a field was asked for. */
static bool is_shown(const struct writer *w, const struct compare_row *row) {
    return !row->group[0] || w->c->settings.group;
}

/* Columns that some row fills, but not both p values where they are equal. */
static size_t choose_columns(const struct writer *w, const struct compare_part *part, int columns[COMPARE_CELLS],
                             struct arena *arena, struct error *err) {
    static const int wanted[] = {COMPARE_TASK,       COMPARE_FIGURE,   COMPARE_A,         COMPARE_B,
                                 COMPARE_DIFFERENCE, COMPARE_INTERVAL, COMPARE_CORRECTED, COMPARE_DETECTABLE,
                                 COMPARE_N,          COMPARE_CHANGED,  COMPARE_VERDICT};
    bool filled[COMPARE_CELLS] = {false};
    const char *cells[COMPARE_CELLS];
    size_t n = 0;
    for (size_t i = 0; i < w->c->n_rows; i++) {
        if (!compare_is_in(part, &w->c->rows[i]) || !is_shown(w, &w->c->rows[i])) continue;
        if (!compare_cells(&w->c->rows[i], arena, cells, err)) return 0;
        for (size_t k = 0; k < COMPARE_CELLS; k++) filled[k] = filled[k] || cells[k][0];
    }
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
        if (filled[wanted[k]]) columns[n++] = wanted[k];
    return n;
}

static const char *head_of(struct writer *w, const struct compare_part *part, int column, struct error *err) {
    bool differs = strcmp(part->name, "paired") == 0 || strcmp(part->name, "noninferior") == 0;
    if (column == COMPARE_A) return w->c->runs[part->base].name;
    if (column == COMPARE_B) return w->c->runs[part->other].name;
    if (column == COMPARE_DIFFERENCE && !differs) return "value";
    if (column == COMPARE_INTERVAL)
        return arena_printf(&w->arena, err, "%g %% interval", 100 * w->c->settings.confidence);
    if (column != COMPARE_CORRECTED) return compare_heads[column];
    bool none = strcmp(w->c->settings.correct, "none") == 0;
    return none ? "p" : arena_printf(&w->arena, err, "p (%s)", w->c->settings.correct);
}

/* Like the interval beside it. */
static bool without_points(struct writer *w, const char *cells[COMPARE_CELLS], struct error *err) {
    struct text cell = text_of(cells[COMPARE_DIFFERENCE]), unit = TEXT(" points");
    if (!text_ends(cell, unit)) return true;
    cells[COMPARE_DIFFERENCE] = text_copy(&w->arena, text_part(cell, 0, cell.len - unit.len), err);
    return cells[COMPARE_DIFFERENCE] != NULL;
}

/* What a narrow terminal goes without, the highest first. */
static const unsigned char spared[COMPARE_CELLS] = {
    [COMPARE_DETECTABLE] = 5, [COMPARE_CHANGED] = 4, [COMPARE_N] = 3,         [COMPARE_A] = 2, [COMPARE_B] = 2,
    [COMPARE_CORRECTED] = 1};

static bool put_part(struct writer *w, const struct compare_part *part, struct error *err) {
    struct text_grid grid;
    int columns[COMPARE_CELLS];
    const char *cells[COMPARE_CELLS], *row[COMPARE_CELLS], *last = "";
    size_t hidden = 0, n = choose_columns(w, part, columns, &w->arena, err);
    if (n == 0 || !text_grid_init(&grid, &w->arena, n, err)) return false;
    for (size_t k = 0; k < n; k++) {
        if (!(row[k] = head_of(w, part, columns[k], err))) return false;
        grid.right[k] = columns[k] != COMPARE_TASK && columns[k] != COMPARE_FIGURE && columns[k] != COMPARE_VERDICT;
        grid.spare[k] = spared[columns[k]];
    }
    if (!text_grid_row(&grid, row, err)) return false;
    for (size_t i = 0; i < w->c->n_rows; i++) {
        const struct compare_row *r = &w->c->rows[i];
        if (!compare_is_in(part, r)) continue;
        hidden += !is_shown(w, r);
        if (!is_shown(w, r)) continue;
        if (!compare_cells(r, &w->arena, cells, err) || !without_points(w, cells, err)) return false;
        for (size_t k = 0; k < n; k++)
            row[k] = columns[k] == COMPARE_TASK && strcmp(last, r->task) == 0 ? "" : cells[columns[k]];
        last = r->task;
        if (!text_grid_row(&grid, row, err)) return false;
    }
    const char *title = compare_part_title(w->c, part, &w->arena, err);
    if (!title) return false;
    buffer_put_char(w->out, '\n');
    put_bold(w, title);
    buffer_put_char(w->out, '\n');
    text_grid_put(&grid, w->out, 2, w->color, w->width);
    if (hidden) buffer_printf(w->out, "  and %zu rows of groups: --group FIELD or --format html\n", hidden);
    return true;
}

static bool put_notes_of(struct writer *w, const struct compare_part *part, struct error *err) {
    w->notes = 0;
    for (size_t i = 0; i < w->c->n_rows; i++) {
        const struct compare_row *r = &w->c->rows[i];
        if (!compare_is_in(part, r) || !is_shown(w, r)) continue;
        const char *note = compare_row_note(w->c, r, &w->arena, err);
        if (!note) return false;
        if (note[0]) put_note(w, note);
    }
    if (w->notes > NOTES_SHOWN)
        buffer_printf(w->out, "  ! and %zu more notes: --format html\n", w->notes - NOTES_SHOWN);
    return true;
}

static void put_flip(struct writer *w, const struct compare_flip *f) {
    buffer_put_c(w->out, f->value[1] < f->value[0] ? "  lost    " : "  gained  ");
    if (w->c->settings.pairs) buffer_printf(w->out, "%s to ", w->c->runs[f->base].name);
    if (w->c->n_runs > 2) buffer_printf(w->out, "%s  ", w->c->runs[f->other].name);
    escape_terminal(w->out, text_of(f->task));
    buffer_put_c(w->out, "  ");
    escape_terminal(w->out, text_of(f->item));
    if (f->sample) buffer_printf(w->out, " sample %llu", (unsigned long long)f->sample);
    buffer_put_c(w->out, "  ");
    escape_terminal(w->out, text_of(f->label[0]));
    buffer_put_c(w->out, " -> ");
    escape_terminal(w->out, text_of(f->label[1]));
    buffer_put_char(w->out, '\n');
}

static void put_flips(struct writer *w) {
    size_t shown = 0;
    if (w->c->n_flips == 0) return;
    buffer_put_char(w->out, '\n');
    put_bold(w, "flipped items");
    buffer_put_char(w->out, '\n');
    for (int right = 0; right < 2; right++) /* what was lost first, of all tasks */
        for (size_t i = 0; i < w->c->n_flips && shown < FLIPS_SHOWN; i++)
            if ((w->c->flips[i].value[1] >= w->c->flips[i].value[0]) == right) put_flip(w, &w->c->flips[i]), shown++;
    if (w->c->n_flips > FLIPS_SHOWN)
        buffer_printf(w->out, "  and %zu more; both answers side by side: --format html\n",
                      w->c->n_flips - FLIPS_SHOWN);
    else
        buffer_put_c(w->out, "  both answers side by side: --format html\n");
}

static void put_gate(struct writer *w) {
    const struct gate_result *gate = &w->c->gate;
    if (gate->n == 0) return;
    buffer_put_c(w->out, "\ngate ");
    put_bold(w, gate_verdict_names[gate->verdict]);
    buffer_put_char(w->out, '\n');
    for (size_t i = 0; i < gate->n; i++) {
        buffer_put_c(w->out, "  ");
        escape_terminal(w->out, text_of(gate->findings[i].condition));
        buffer_put_c(w->out, ": ");
        gate_put_finding(w->out, &gate->findings[i]);
        buffer_put_char(w->out, '\n');
    }
}

static bool put_all(struct writer *w, struct error *err) {
    struct compare_part part;
    put_runs(w);
    for (size_t i = 0; i < w->c->n_notes; i++) put_note(w, w->c->notes[i]);
    for (bool more = compare_next_part(w->c, &part, true); more; more = compare_next_part(w->c, &part, false))
        if (!put_part(w, &part, err) || !put_notes_of(w, &part, err)) return false;
    put_flips(w);
    put_gate(w);
    return buffer_check(w->out, "comparison", err);
}

bool compare_write_table(const struct comparison *comparison, struct record *record,
                         const struct report_options *options, struct buffer *out, struct error *err) {
    struct writer w = {
        .c = comparison, .out = out, .color = options->color, .width = options->width};
    (void)record;
    arena_init(&w.arena, 0);
    bool ok = put_all(&w, err);
    arena_done(&w.arena);
    return ok;
}
