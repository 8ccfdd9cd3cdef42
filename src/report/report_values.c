/* Warnings about profiles of values: see report_values.h. */
#include "report/report_values.h"

#include <math.h>
#include <string.h>

/* NULL without err: there is nothing to say. */
static const char *warning(const struct figure *f, struct arena *arena, struct error *err) {
    const char *of = strchr(f->group, '=');
    const char *what = of ? of + 1 : "all values together";
    err->kind = ERROR_NONE;
    if (isnan(f->value)) return NULL;
    if (strcmp(f->name, "circumplex") == 0 && f->value < VALUES_LEAST_FIT)
        return arena_printf(arena, err,
                            "no coherent structure of values: R squared of the circle is %.2f, below %.1f; "
                            "draw no conclusions from single values",
                            f->value, VALUES_LEAST_FIT);
    if (strcmp(f->name, "alpha") == 0 && f->value < VALUES_LEAST_ALPHA)
        return arena_printf(arena, err, "not reliable: alpha of %s is %.2f, below %.1f", what, f->value,
                            VALUES_LEAST_ALPHA);
    if (strcmp(f->name, "agreeing") == 0 && !of && fabs(f->value) >= VALUES_MOST_AGREEING &&
        !(f->lo <= 0 && f->hi >= 0))
        return arena_printf(arena, err,
                            "%s whatever is said: an item and its reverse are rated %.1f points %s the middle "
                            "together",
                            f->value > 0 ? "agrees with" : "denies", fabs(f->value), f->value > 0 ? "above" : "below");
    return NULL;
}

bool report_value_notes(struct report_data *data, const struct report_run *run, const char *task,
                        report_note_sink *sink, void *context, struct error *err) {
    for (size_t i = 0; i < run->n_figures; i++) {
        const struct figure *f = &run->figures[i];
        if (strcmp(f->task, task) != 0) continue;
        const char *note = warning(f, &data->arena, err);
        if (err->kind != ERROR_NONE || (note && !sink(context, note, err))) return false;
    }
    return true;
}
