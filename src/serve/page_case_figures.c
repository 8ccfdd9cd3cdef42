/* Figures for the leaves of a case: see page_case_figures.h. */
#include "serve/page_case_figures.h"

#include "base/buffer.h"
#include "measure/figure/gate.h"

#include <math.h>
#include <string.h>

enum { RUNS_MOST = 20 };
#define CONFIDENCE 0.95

static double real_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *text_on(const json_t *object, const char *key, struct arena *arena, struct error *err) {
    return text_copy(arena, json_text(json_object_get(object, key)), err);
}

static bool read_figure(struct figure *f, const json_t *j, struct arena *arena, struct error *err) {
    const json_t *k = json_object_get(j, "k");
    *f = (struct figure){.name = text_on(j, "name", arena, err),
                         .task = text_on(j, "task", arena, err),
                         .group = text_on(j, "group", arena, err),
                         .method = text_on(j, "method", arena, err),
                         .unit = text_on(j, "unit", arena, err),
                         .direction = text_on(j, "direction", arena, err),
                         .value = real_of(j, "value"),
                         .lo = real_of(j, "lo"),
                         .hi = real_of(j, "hi"),
                         .parsed = real_of(j, "parsed"),
                         .n = (uint64_t)json_integer_value(json_object_get(j, "n")),
                         .k = k ? json_integer_value(k) : -1};
    return f->name && f->task && f->group && f->method && f->unit && f->direction;
}

static bool read_run(struct page_run_figures *out, struct record *record, const json_t *run, struct arena *arena,
                     struct error *err) {
    json_t *list = record_figures_json(record, json_integer_value(json_object_get(run, "id")), err);
    if (!list) return false;
    *out = (struct page_run_figures){.run = text_on(run, "name", arena, err),
                                     .figures = arena_new(arena, struct figure, json_array_size(list) + 1, err)};
    bool ok = out->run && out->figures;
    for (; ok && out->n < json_array_size(list); out->n++)
        ok = read_figure(&out->figures[out->n], json_array_get(list, out->n), arena, err);
    json_decref(list);
    return ok;
}

bool page_case_figures_load(struct page_case_figures *out, struct record *record, struct arena *arena,
                            struct error *err) {
    *out = (struct page_case_figures){0};
    if (!record) return true;
    json_t *runs = record_runs_json(record, err);
    out->runs = runs ? arena_new(arena, struct page_run_figures, RUNS_MOST, err) : NULL;
    bool ok = out->runs != NULL;
    for (size_t i = 0; ok && i < json_array_size(runs) && out->n < RUNS_MOST; i++) {
        const json_t *run = json_array_get(runs, i);
        if (text_equal_c(json_text(json_object_get(run, "state")), "done"))
            ok = read_run(&out->runs[out->n++], record, run, arena, err);
    }
    json_decref(runs);
    return ok;
}

static const char *tell(const struct gate_result *result, const char *run, struct arena *arena) {
    struct buffer b;
    struct error ignored;
    buffer_init(&b, 4096);
    for (size_t i = 0; i < result->n; i++) {
        if (i) buffer_put_c(&b, "; ");
        gate_put_finding(&b, &result->findings[i]);
    }
    buffer_printf(&b, " (run %s)", run);
    const char *copy = b.failed ? NULL : text_copy(arena, buffer_text(&b), &ignored);
    buffer_done(&b);
    return copy;
}

enum case_figure page_case_figure(void *context, const struct case_need *need, struct arena *arena, const char **why) {
    const struct page_case_figures *all = context;
    struct error err;
    char number[32];
    text_from_f64(need->target, number);
    const char *source = arena_printf(arena, &err, "%s %s %s", need->figure, need->op, number);
    struct gate *gate = source ? gate_parse(text_of(source), arena, &err) : NULL;
    if (!gate || gate_uses_difference(gate)) {
        *why = gate ? "differences of runs are not looked up here" : arena_printf(arena, &err, "%s", err.message);
        return CASE_FIGURE_OPEN;
    }
    for (size_t i = 0; i < all->n; i++) {
        struct gate_figures figures = {.figures = all->runs[i].figures, .n = all->runs[i].n, .confidence = CONFIDENCE};
        struct gate_result result;
        if (!gate_judge(gate, &figures, arena, &result, &err)) continue; /* the run has no such figure */
        *why = tell(&result, all->runs[i].run, arena);
        return result.verdict == GATE_MET        ? CASE_FIGURE_MET
               : result.verdict == GATE_VIOLATED ? CASE_FIGURE_MISSED
                                                 : CASE_FIGURE_OPEN;
    }
    *why = "no finished run of the record has the figure";
    return CASE_FIGURE_OPEN;
}
