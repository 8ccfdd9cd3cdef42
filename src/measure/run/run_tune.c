/* Choosing thresholds on other rows: see run_tune.h. */
#include "measure/run/run_tune.h"

#include "measure/figure/metric_internal.h"
#include "measure/rules/situated.h"

#include <math.h>
#include <string.h>

/* ---- specs ---- */

static bool is_for_scoring(const char *split, const char *scored) {
    return strcmp(split, scored ? scored : "test") == 0 || strcmp(split, "test") == 0 ||
           strcmp(split, "held-out") == 0 || strcmp(split, "heldout") == 0;
}

bool tune_read(const char *method, const char *scored, struct arena *arena, struct tune *out, struct error *err) {
    struct text rest = text_of(method ? method : ""), part, name;
    *out = (struct tune){.given = method};
    if (!method || !text_next(&rest, ',', &name) || !(out->method = text_copy(arena, name, err))) return !method;
    while (text_next(&rest, ',', &part)) {
        size_t equals = text_find(part, TEXT("="), 0);
        struct text value = text_part(part, equals == SIZE_MAX ? part.len : equals + 1, part.len);
        double number;
        if (!value.len || text_to_f64(value, &number)) continue;
        if (out->split)
            return error_set(err, ERROR_USAGE, "--method: '%s' and '%.*s': one option can be chosen on other rows",
                             out->option, TEXT_ARG(part));
        if (!(out->option = text_copy(arena, text_part(part, 0, equals), err)) ||
            !(out->split = text_copy(arena, value, err)))
            return false;
    }
    if (!out->split || !is_for_scoring(out->split, scored)) return true;
    return error_set(err, ERROR_USAGE,
                     "--method: %s=%s: a threshold is never chosen on rows that are scored; name a split that is not, "
                     "such as %s=valid, or give a number",
                     out->option, out->split, out->option);
}

const char *tune_spec(const struct tune *tune, double value, struct arena *arena, struct error *err) {
    struct buffer b;
    struct text rest = text_of(tune->given), part;
    char number[32];
    buffer_init(&b, 1 << 16);
    size_t n = text_from_f64(value, number);
    for (bool first = true; text_next(&rest, ',', &part); first = false) {
        size_t equals = text_find(part, TEXT("="), 0);
        bool chosen = equals != SIZE_MAX && text_equal_c(text_part(part, 0, equals), tune->option);
        if (!first) buffer_put_char(&b, ',');
        buffer_put_text(&b, chosen ? text_part(part, 0, equals + 1) : part);
        if (chosen) buffer_put_text(&b, (struct text){number, n});
    }
    const char *out = buffer_check(&b, "method", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return out;
}

/* ---- the threshold ---- */

struct rows {
    struct situated_row *row;
    size_t n, capacity;
};

static bool take(void *context, const struct record_row *row, struct error *err) {
    struct rows *all = context;
    double own = metric_part(row, "own_ok"), doc = metric_part(row, "doc_ok"), right = metric_part(row, "source_right");
    if (!row->scored || isnan(own) || isnan(doc) || isnan(right)) return true;
    if (all->n == all->capacity) {
        size_t more = all->capacity ? 2 * all->capacity : 1024;
        struct situated_row *grown = memory_grow(all->row, more, sizeof *grown);
        if (!grown) return error_memory(err, "rows");
        all->row = grown;
        all->capacity = more;
    }
    all->row[all->n++] = (struct situated_row){
        .confidence = metric_part(row, "signal"), .own_ok = own >= 0.5, .doc_ok = doc >= 0.5, .doc_true = right >= 0.5};
    return true;
}

/* Numbers that a spec can hold: every confidence is at least -1, and none is 2. */
static double written(double tau) {
    return isinf(tau) ? (tau < 0 ? -1 : 2) : tau;
}

bool tune_choose(struct record *record, int64_t run, const struct suite *suite, struct tuned *out, struct error *err) {
    struct rows all = {0};
    const struct task *tuned = NULL;
    size_t known = 0;
    for (size_t i = 0; i < suite->n_tasks; i++) {
        if (!task_method_signals(suite->tasks[i])) continue;
        if (tuned)
            return error_set(err, ERROR_USAGE,
                             "--method: tasks '%s' and '%s' would have one threshold; run them one by one",
                             task_name(tuned), task_name(suite->tasks[i]));
        tuned = suite->tasks[i];
    }
    if (!tuned)
        return error_set(err, ERROR_USAGE,
                         "--method: the method has no signal that a threshold could be compared with; give a number");
    bool ok = record_rows(record, run, text_of(task_name(tuned)), task_scorer(tuned)->name, 0, take, &all, err);
    for (size_t i = 0; i < all.n; i++) known += !isnan(all.row[i].confidence);
    struct situated_threshold best = ok ? situated_scan(all.row, all.n) : (struct situated_threshold){0, 0};
    *out = (struct tuned){written(best.tau), best.score, all.n};
    memory_free(all.row);
    if (ok && known == 0)
        ok = error_set(err, ERROR_DATA, "task '%s': no row has a signal, so no threshold can be chosen",
                       task_name(tuned));
    if (ok && isnan(best.score))
        ok = error_set(err, ERROR_DATA, "task '%s': a threshold needs rows with a right and rows with a wrong document",
                       task_name(tuned));
    return ok;
}
