/* Suites as probes: see probe_suite.h. */
#include "report/probe_suite.h"

#include "base/hash.h"
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
        (*figures)[(*n)++] =
            (struct probe_figure){.name = name, .value = f->value, .lo = f->lo, .hi = f->hi, .n = f->n};
    }
    return true;
}

/* Steps of another training, and other suites or settings, have other names in the same record. */
static bool name_run(const struct probe_suite_settings *s, const char *digest, uint64_t step, char *name, size_t size,
                     struct error *err) {
    struct buffer b;
    char hex[HASH_HEX];
    buffer_init(&b, (size_t)64 << 20);
    json_t *config = run_config(s->suite, &s->run, err);
    bool ok = config && (buffer_printf(&b, "%s ", digest), json_put_canonical(&b, config),
                         buffer_check(&b, "settings of the probe", err));
    if (ok) sha256_hex(b.at, b.len, hex);
    if (ok) snprintf(name, size, "step%llu-%.8s", (unsigned long long)step, hex);
    json_decref(config);
    buffer_done(&b);
    return ok;
}

static bool measure(void *context, struct lm_model *model, const char *digest, uint64_t step, struct arena *arena,
                    struct probe_figure **figures, size_t *n, struct error *err) {
    const struct probe_suite_settings *s = context;
    struct run_settings run = s->run;
    struct run_result result;
    char name[64];
    if (!name_run(s, digest, step, name, sizeof name, err)) return false;
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
