/* Notes in words: see report_notes.h. */
#include "report/report_notes.h"

#include "report/report_languages.h"
#include "report/report_number.h"
#include "report/report_values.h"

#include <math.h>
#include <string.h>

#define ULL(x) ((unsigned long long)(x))

const char *report_task_title(const char *task) {
    return task[0] ? task : "all tasks";
}

const char *report_line_title(struct report_data *data, const struct report_line *line, struct error *err) {
    return arena_printf(&data->arena, err, "%s%s%s", line->name, line->group[0] ? ", " : "", line->group);
}

static const char *plural(uint64_t n) {
    return n == 1 ? "" : "s";
}

struct notes {
    struct report_data *data;
    report_note_sink *sink;
    void *context;
    struct error *err;
};

/* Gives one note made by arena_printf; NULL was already reported as out of memory. */
static bool give(struct notes *notes, const char *note) {
    return note && notes->sink(notes->context, note, notes->err);
}

bool report_run_notes(struct report_data *data, const struct report_run *run, report_note_sink *sink, void *context,
                      struct error *err) {
    struct notes notes = {data, sink, context, err};
    struct arena *arena = &data->arena;
    uint64_t missing = 0;
    for (size_t i = 0; i < run->n_tasks; i++) missing += run->tasks[i].missing;
    if (strcmp(run->state, "done") != 0 &&
        !give(&notes, arena_printf(arena, err, "run %s is not complete (%s): the same command goes on from here",
                                   run->name, run->state[0] ? run->state : "state not known")))
        return false;
    if (missing > 0 && !give(&notes, arena_printf(arena, err, "%llu planned sample%s not answered yet", ULL(missing),
                                                  missing == 1 ? " was" : "s were")))
        return false;
    if (run->n_figures > 0) return true;
    return give(&notes, arena_printf(arena, err, "run %s has no figures", run->name));
}

static bool failure_notes(struct notes *notes, const struct report_task *t) {
    struct arena *arena = &notes->data->arena;
    for (const struct report_failure *f = t->failures; f; f = f->next)
        if (!give(notes, arena_printf(arena, notes->err, "failed: %llu answer%s (first item '%s'): %.300s", ULL(f->n),
                                      plural(f->n), f->first_item, f->message)))
            return false;
    if (t->missing > 0 && !give(notes, arena_printf(arena, notes->err, "not answered yet: %llu of %llu samples",
                                                    ULL(t->missing), ULL(t->samples))))
        return false;
    if (t->unscored > 0 && !give(notes, arena_printf(arena, notes->err, "answered but not scored: %llu of %llu samples",
                                                     ULL(t->unscored), ULL(t->samples))))
        return false;
    if (t->parsed_fail > 0 &&
        !give(notes, arena_printf(arena, notes->err, "not understood by the reader: %llu of %llu answers",
                                  ULL(t->parsed_fail), ULL(t->answered))))
        return false;
    if (t->cut == 0) return true;
    return give(notes, arena_printf(arena, notes->err, "cut off by the token limit: %llu of %llu answers", ULL(t->cut),
                                    ULL(t->answered)));
}

static const char *why_not(const struct figure *f) {
    if (f->null_reason) return f->null_reason;
    return isnan(f->value) ? "no reason was kept" : NULL;
}

/* Figures of groups with the same name and reason are one note. *first false: an earlier one speaks for this, too. */
static uint64_t same_reason(const struct report_run *run, size_t at, bool *first) {
    const struct figure *f = &run->figures[at];
    uint64_t n = 0;
    *first = true;
    for (size_t i = 0; i < run->n_figures && f->group[0]; i++) {
        const struct figure *g = &run->figures[i];
        if (!g->group[0] || strcmp(g->task, f->task) != 0 || strcmp(g->name, f->name) != 0) continue;
        if (!why_not(g) || strcmp(why_not(g), why_not(f)) != 0) continue;
        if (i < at) *first = false;
        n++;
    }
    return n;
}

/* "not measured: f1, kind=x: ...", "no interval: f1 of 23 groups: ..." */
static bool figure_note(struct notes *notes, const struct report_run *run, size_t at) {
    const struct figure *f = &run->figures[at];
    const char *what = isnan(f->value) ? "not measured" : "no interval";
    bool first;
    uint64_t n = same_reason(run, at, &first);
    if (!first) return true;
    if (n > 1)
        return give(notes, arena_printf(&notes->data->arena, notes->err, "%s: %s of %llu groups: %s", what, f->name,
                                        ULL(n), why_not(f)));
    return give(notes, arena_printf(&notes->data->arena, notes->err, "%s: %s%s%s: %s", what, f->name,
                                    f->group[0] ? ", " : "", f->group, why_not(f)));
}

bool report_task_notes(struct report_data *data, const struct report_run *run, const char *task,
                       report_note_sink *sink, void *context, struct error *err) {
    struct notes notes = {data, sink, context, err};
    for (size_t i = 0; i < run->n_figures; i++) {
        const struct figure *f = &run->figures[i];
        if (strcmp(f->task, task) == 0 && why_not(f) && !figure_note(&notes, run, i)) return false;
    }
    const struct report_task *t = report_task_find(run, task);
    return (!t || failure_notes(&notes, t)) && report_language_notes(data, run, task, sink, context, err) &&
           report_value_notes(data, run, task, sink, context, err);
}
