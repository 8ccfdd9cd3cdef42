/* Suites as probes: see probe_suite.h. */
#include "report/probe_suite.h"

#include "subject/subject_model.h"

#include <math.h>
#include <stdio.h>

/* How many answers failed is no property of the model. */
static bool is_shown(const struct figure *f) {
    return f->group[0] == 0 && isfinite(f->value) && !text_equal_c(text_of(f->name), "errors");
}

static bool pick(const struct run_result *result, struct arena *arena, struct probe_figure **figures, size_t *n,
                 struct error *err) {
    *n = 0;
    *figures = arena_new(arena, struct probe_figure, result->n_figures + 1, err);
    if (!*figures) return false;
    for (size_t i = 0; i < result->n_figures; i++) {
        const struct figure *f = &result->figures[i];
        if (!is_shown(f)) continue;
        const char *name = arena_printf(arena, err, "%s/%s", f->task, f->name);
        if (!name) return false;
        (*figures)[(*n)++] = (struct probe_figure){.name = name, .value = f->value, .lo = f->lo, .hi = f->hi, .n = f->n};
    }
    return true;
}

static bool measure(void *context, struct lm_model *model, const char *digest, uint64_t step, struct arena *arena,
                    struct probe_figure **figures, size_t *n, struct error *err) {
    const struct probe_suite_settings *s = context;
    struct run_settings run = s->run;
    struct run_result result;
    char name[64];
    /* Steps of another training in the same record have other names. */
    snprintf(name, sizeof name, "step%llu-%.8s", (unsigned long long)step, digest);
    run.name = name;
    run.start = RECORD_CONTINUE;
    struct record *record = record_open(s->record, RECORD_WRITE, err);
    struct subject *subject = record ? subject_of_model(model, model->name, digest, &s->subject, err) : NULL;
    bool ok = subject && run_suite(record, subject, s->suite, &run, arena, &result, err) &&
              pick(&result, arena, figures, n, err);
    subject_close(subject);
    record_close(record);
    return ok;
}

struct probe probe_suite(struct probe_suite_settings *settings) {
    return (struct probe){.context = settings, .measure = measure};
}
