/* Curves of trainings from their logs, thinned to what a screen can show. */
#include "report/training_log.h"
#include "serve/page_files.h"
#include "serve/page_parts.h"

#include <math.h>

enum { POINTS_MOST = 2000 };

static const char *const endings[] = {".log.jsonl", NULL};

static struct page_files logs_of(const struct page_app *page) {
    return (struct page_files){page->settings->trainings, endings};
}

json_t *page_trainings(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = logs_of(page);
    struct error why;
    (void)ask;
    if (!files.place) return json_array();
    json_t *list = page_files_list(&files, &why);
    if (!list) api_refuse_for(err, NULL, &why);
    return list;
}

/* Of every `step` points the last; the very last one is always there. */
static json_t *column(const double *at, size_t n) {
    json_t *list = json_array();
    size_t step = (n + POINTS_MOST - 1) / POINTS_MOST;
    for (size_t i = 0; list && at && i < n; i++)
        if ((n - 1 - i) % step == 0) json_array_append_new(list, json_from_f64(at[i]));
    return list;
}

static json_t *curve_json(const struct training_curve *c, const char *name) {
    json_t *j = json_pack("{s:s s:I s:o s:o}", "name", name, "points", (json_int_t)c->n, "x", column(c->x, c->n), "y",
                          column(c->y, c->n));
    bool interval = false;
    for (size_t i = 0; c->lo && c->hi && i < c->n; i++) interval |= !isnan(c->lo[i]);
    if (j && interval) {
        json_object_set_new(j, "lo", column(c->lo, c->n));
        json_object_set_new(j, "hi", column(c->hi, c->n));
    }
    return j;
}

static json_t *log_json(const struct training_log *log) {
    const struct training_curve *first[] = {&log->loss, &log->valid, &log->speed};
    static const char *const names[] = {"loss", "validation", "tokens a second"};
    json_t *curves = json_array();
    for (size_t i = 0; i < 3; i++)
        if (first[i]->n) json_array_append_new(curves, curve_json(first[i], names[i]));
    for (size_t i = 0; i < log->n_probes; i++)
        json_array_append_new(curves, curve_json(&log->probes[i], log->probes[i].name));
    return json_pack("{s:s s:I s:o s:s s:s s:o}", "name", log->name, "steps", (json_int_t)log->steps, "seconds",
                     json_from_f64(log->seconds), "unit", log->unit, "products", log->products, "curves", curves);
}

json_t *page_training(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = logs_of(page);
    struct training_log log;
    struct text name;
    struct error why;
    if (!page_ask_needs(ask, "name", &name, err)) return NULL;
    if (!files.place) return api_refuse(err, 404, NULL, NULL, "no folder of trainings was given (--trainings)"), NULL;
    const char *path = page_files_path(&files, name, ask->arena, &why);
    if (!path) return api_refuse(err, 404, "name", NULL, "%s", why.message), NULL;
    if (!training_log_read(&log, path, &why)) return api_refuse_for(err, NULL, &why), NULL;
    json_t *out = log_json(&log);
    training_log_done(&log);
    return out;
}
