/* Checking the instrument before it measures: scripted subjects whose figures follow from the items alone. */
#include "measure/run/run_internal.h"

#include <math.h>
#include <string.h>

#define EXACT 1e-9

static const char *const scripts[] = {"script:mute", "script:constant", "script:uniform", "script:oracle"};
#define SCRIPTS (sizeof scripts / sizeof *scripts)

static const struct figure *find_figure(const struct run_result *result, const char *task, const char *name) {
    for (size_t i = 0; i < result->n_figures; i++) {
        const struct figure *f = &result->figures[i];
        if (strcmp(f->task, task) == 0 && strcmp(f->name, name) == 0 && f->group[0] == 0) return f;
    }
    return NULL;
}

static struct baseline_row compare(const char *task, const struct baseline *expected, const struct run_result *result) {
    const struct figure *f = find_figure(result, task, expected->figure);
    struct baseline_row row = {.task = task, .subject = expected->subject, .figure = expected->figure,
                               .expected = expected->expected, .exact = expected->exact, .found = f ? f->value : NAN,
                               .lo = f ? f->lo : NAN, .hi = f ? f->hi : NAN};
    if (isnan(expected->expected))
        row.ok = isnan(row.found);
    else if (expected->exact)
        row.ok = fabs(row.found - row.expected) <= EXACT;
    else
        row.ok = row.lo <= row.expected && row.expected <= row.hi;
    return row;
}

static bool run_script(struct record *record, const struct suite *suite, const char *script,
                       const struct subject_settings *subject_settings, const struct run_settings *settings,
                       struct arena *arena, struct run_result *result, struct error *err) {
    struct run_settings quiet = *settings;
    quiet.name = NULL;
    quiet.may_fail = true;
    quiet.start = RECORD_CONTINUE;
    struct subject *subject = subject_open(text_of(script), subject_settings, err);
    if (!subject) return false;
    bool ok = run_suite(record, subject, suite, &quiet, arena, result, err);
    subject_close(subject);
    return ok || error_wrap(err, "baseline %s", script);
}

bool run_baselines(struct record *record, const struct suite *suite, const struct subject_settings *subject_settings,
                   const struct run_settings *settings, struct arena *arena, struct baseline_row **rows, size_t *n,
                   struct error *err) {
    struct baseline **expected = arena_new(arena, struct baseline *, suite->n_tasks, err);
    size_t *counts = arena_new(arena, size_t, suite->n_tasks, err), total = 0;
    if (!expected || !counts) return false;
    for (size_t t = 0; t < suite->n_tasks; t++) {
        if (!task_baselines(suite->tasks[t], arena, &expected[t], &counts[t], err)) return false;
        total += counts[t];
    }
    *n = 0;
    if (!(*rows = arena_new(arena, struct baseline_row, total, err))) return false;
    for (size_t s = 0; s < SCRIPTS; s++) {
        struct run_result result;
        if (!run_script(record, suite, scripts[s], subject_settings, settings, arena, &result, err)) return false;
        for (size_t t = 0; t < suite->n_tasks; t++)
            for (size_t b = 0; b < counts[t]; b++)
                if (strcmp(expected[t][b].subject, scripts[s]) == 0)
                    (*rows)[(*n)++] = compare(task_name(suite->tasks[t]), &expected[t][b], &result);
    }
    return true;
}
