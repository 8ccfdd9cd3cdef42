/* Notes about languages: see report_languages.h. */
#include "report/report_languages.h"

#include "measure/run/run_languages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANGUAGES_MOST = 64 };

struct ranked {
    const char *lang;
    const struct figure *figure; /* NULL: none was measured */
};

/* The first figure of the task that is of the group of this language. */
static const struct figure *figure_of(const struct report_run *run, const char *task, const char *lang) {
    size_t n = strlen(lang);
    for (size_t i = 0; i < run->n_figures; i++) {
        const struct figure *f = &run->figures[i];
        size_t len = strlen(f->group);
        if (strcmp(f->task, task) == 0 && len > n && f->group[len - n - 1] == '=' &&
            strcmp(f->group + len - n, lang) == 0)
            return f;
    }
    return NULL;
}

static int by_value(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    double left = x->figure && !isnan(x->figure->value) ? x->figure->value : -INFINITY;
    double right = y->figure && !isnan(y->figure->value) ? y->figure->value : -INFINITY;
    return left != right ? (left < right ? 1 : -1) : strcmp(x->lang, y->lang);
}

/* "L1 in 83 of 200 items (fr/a.csv:3: gold 'UN')" */
static void put_found(struct buffer *b, const json_t *found) {
    const char *rule;
    json_t *what;
    size_t n = 0;
    json_object_foreach((json_t *)found, rule, what) buffer_printf(
        b, "%s%s in %lld of %lld items (%s)", n++ ? ", " : "", rule,
        (long long)json_integer_value(json_object_get(what, "items")),
        (long long)json_integer_value(json_object_get(what, "of")), json_string_value(json_object_get(what, "first")));
}

struct telling {
    report_note_sink *sink;
    void *context;
    struct buffer note;
    struct error *err;
};

static bool give(struct telling *t) {
    bool ok = buffer_check(&t->note, "note", t->err) && t->sink(t->context, t->note.at, t->err);
    buffer_clear(&t->note);
    return ok;
}

/* Those that pass, best first; each of the others with what it fails. */
static bool rank(struct telling *t, const struct report_run *run, const char *task, const json_t *cells) {
    struct ranked passed[LANGUAGES_MOST];
    size_t n = 0, all = json_array_size(cells);
    for (size_t i = 0; i < all; i++) {
        const json_t *cell = json_array_get(cells, i), *found = json_object_get(cell, "found");
        const char *lang = json_string_value(json_object_get(cell, "lang"));
        if (json_object_size(found) == 0 && n < LANGUAGES_MOST) {
            passed[n++] = (struct ranked){lang, figure_of(run, task, lang)};
            continue;
        }
        buffer_printf(&t->note, "no place in a ranking: %s fails ", lang);
        put_found(&t->note, found);
        if (!give(t)) return false;
    }
    qsort(passed, n, sizeof *passed, by_value);
    buffer_printf(&t->note, "languages that pass all checks: %zu of %zu", n, all);
    for (size_t i = 0; i < n; i++) {
        const struct figure *f = passed[i].figure;
        buffer_printf(&t->note, "%s%s", i ? ", " : ": ", passed[i].lang);
        if (f && !isnan(f->value)) buffer_printf(&t->note, " %.3f [%.3f, %.3f]", f->value, f->lo, f->hi);
    }
    return give(t);
}

/* A number of a part for people: what rounds to nothing has no sign of its own. */
static double shown(const json_t *part, size_t at) {
    double x = json_number_value(json_array_get(part, at));
    return fabs(x) < 0.0005 ? 0 : x;
}

static void put_part(struct buffer *b, const char *name, const json_t *gap) {
    const json_t *x = json_object_get(gap, name);
    buffer_printf(b, "%s %+.3f", name, shown(x, 0));
    if (json_is_number(json_array_get(x, 1))) buffer_printf(b, " [%+.3f, %+.3f]", shown(x, 1), shown(x, 2));
}

static bool tell_gap(struct telling *t, const json_t *gap) {
    const json_t *same = json_object_get(gap, "same"), *kappa = json_object_get(gap, "kappa");
    long long n = (long long)json_integer_value(json_object_get(gap, "n"));
    buffer_printf(&t->note, "%s against %s on %lld common items: ", json_string_value(json_object_get(gap, "lang")),
                  json_string_value(json_object_get(gap, "reference")), n);
    if (n == 0) return buffer_put_c(&t->note, "there are none"), give(t);
    put_part(&t->note, "gap", gap);
    static const char *const parts[] = {"harness", "parse", "ability"};
    for (size_t i = 0; i < 3; i++) buffer_put_c(&t->note, i ? " + " : " = "), put_part(&t->note, parts[i], gap);
    const json_t *p = json_object_get(gap, "p_holm");
    if (json_is_number(p)) buffer_printf(&t->note, "; p %.3g (McNemar, Holm)", json_number_value(p));
    if (json_is_number(same)) buffer_printf(&t->note, "; the same answer in %.3f", json_number_value(same));
    if (json_is_number(kappa)) buffer_printf(&t->note, ", kappa %.3f", json_number_value(kappa));
    return give(t);
}

bool report_language_notes(struct report_data *data, const struct report_run *run, const char *task,
                           report_note_sink *sink, void *context, struct error *err) {
    struct telling t = {.sink = sink, .context = context, .err = err};
    json_t *all = task[0] ? run_languages_json(data->record, run->id, task, err) : NULL;
    if (!all) return err->kind == ERROR_NONE;
    buffer_init(&t.note, 1 << 20);
    const json_t *cells = json_object_get(all, "cells"), *gaps = json_object_get(all, "gaps");
    bool ok = json_array_size(cells) == 0 || rank(&t, run, task, cells);
    for (size_t i = 0; ok && i < json_array_size(gaps); i++) ok = tell_gap(&t, json_array_get(gaps, i));
    buffer_done(&t.note);
    json_decref(all);
    return ok;
}

bool report_languages_json(const struct report_data *data, const struct report_run *run, json_t **out,
                           struct error *err) {
    *out = NULL;
    for (size_t i = 0; i < run->n_tasks; i++) {
        json_t *one = run_languages_json(data->record, run->id, run->tasks[i].name, err);
        if (!one && err->kind != ERROR_NONE) return json_decref(*out), *out = NULL, false;
        if (!one) continue;
        if (!*out) *out = json_array();
        if (json_array_append_new(*out, one) != 0)
            return json_decref(*out), *out = NULL, error_memory(err, "languages");
    }
    return true;
}
