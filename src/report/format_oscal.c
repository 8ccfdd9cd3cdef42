/* OSCAL assessment results (NIST, model version 1.1.3): a result for each run with the subject as a component, an
 * observation for each figure with links to its evidence, and a finding for each goal and each band that was judged. A
 * figure without a value is an observation that says why. Names are UUIDs of what they name, so that the same record
 * gives the same bytes. What controls were assessed is left to people: everything is told to be included. */
#include "report/formats.h"
#include "report/report_bands.h"
#include "report/report_notes.h"
#include "report/report_number.h"
#include "report/report_sources.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define NAMESPACE "https://basanite.invalid/ns/oscal"

struct writer {
    struct report_data data;
    const struct report_run *run;
};

static json_t *uuid_of(const char *kind, const char *run, const char *name) {
    char uuid[REPORT_UUID];
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "oscal %s\n%s\n%s", kind, run, name);
    report_uuid(b.at ? b.at : "", uuid);
    buffer_done(&b);
    return json_string(uuid);
}

/* To a resource at the end of the document. */
static json_t *link_to(const char *kind, const char *run) {
    json_t *uuid = uuid_of(kind, run, ""), *link = json_sprintf("#%s", json_string_value(uuid));
    json_decref(uuid);
    return link;
}

static json_t *prop(const char *name, const char *value) {
    return json_pack("{s:s s:s s:o}", "name", name, "ns", NAMESPACE, "value",
                     json_from_text(text_trim(text_of(value))));
}

/* A value that is not empty and has no blanks at its ends, as props must have. */
static bool add_prop(json_t *props, const char *name, const char *value) {
    return !text_trim(text_of(value)).len || json_array_append_new(props, prop(name, value)) == 0;
}

static json_t *time_of(uint64_t ns) {
    char text[REPORT_NUMBER];
    if (!ns) return json_string("1970-01-01T00:00:00Z");
    number_time(ns, false, text);
    return json_string(text);
}

/* A token of OSCAL: a letter or _ first, then letters, digits, ".", "-" and "_". */
static const char *token_of(const char *name, struct arena *arena, struct error *err) {
    char *token = arena_printf(arena, err, "_%s", name);
    for (char *c = token; c && *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c)) *c = '_';
    return token && isalpha((unsigned char)token[1]) ? token + 1 : token;
}

/* ---- observations */

static json_t *figure_props(const struct figure *f) {
    char value[32], lo[32], hi[32], n[32], k[32] = "", errors[32];
    json_t *props = json_array();
    report_exact(f->value, value);
    report_exact(f->lo, lo);
    report_exact(f->hi, hi);
    snprintf(n, sizeof n, "%llu", (unsigned long long)f->n);
    snprintf(errors, sizeof errors, "%llu", (unsigned long long)f->errors);
    if (f->k >= 0) snprintf(k, sizeof k, "%lld", (long long)f->k);
    const char *const rows[][2] = {{"task", f->task},
                                   {"metric", f->name},
                                   {"group", f->group},
                                   {"value", value},
                                   {"lower", lo},
                                   {"upper", hi},
                                   {"n", n},
                                   {"k", k},
                                   {"method", f->method},
                                   {"unit", f->unit},
                                   {"direction", f->direction},
                                   {"errors", errors},
                                   {"scorer", f->scorer},
                                   {"no-value-because", f->null_reason ? f->null_reason : ""}};
    for (size_t i = 0; props && i < sizeof rows / sizeof *rows; i++)
        if (!add_prop(props, rows[i][0], rows[i][1] ? rows[i][1] : "")) return json_decref(props), NULL;
    return props;
}

static json_t *figure_words(const struct report_run *run, const struct figure *f) {
    char value[REPORT_NUMBER], interval[REPORT_NUMBER];
    if (isnan(f->value))
        return json_sprintf("%s of %s%s%s has no value: %s", f->name, report_task_title(f->task),
                            f->group[0] ? ", " : "", f->group, f->null_reason ? f->null_reason : "not told");
    number_of_figure(f, value);
    number_interval(f, interval);
    return json_sprintf("%s of %s%s%s: %s (%g %% interval %s), n = %llu, %s", f->name, report_task_title(f->task),
                        f->group[0] ? ", " : "", f->group, value, run->confidence * 100, interval,
                        (unsigned long long)f->n, f->method);
}

static json_t *observation(struct writer *w, const struct figure *f, struct error *err) {
    const struct report_run *run = w->run;
    const char *id = report_figure_id(&w->data, f, err);
    if (!id) return NULL;
    uint64_t when = run->ended_ns ? run->ended_ns : run->started_ns;
    return json_pack(
        "{s:o s:o s:o s:o s:[s] s:[{s:o s:s}] s:[{s:o s:o s:[o o]}] s:o}", "uuid",
        uuid_of("observation", run->name, id), "title", json_sprintf("%s of %s", f->name, report_task_title(f->task)),
        "description", figure_words(run, f), "props", figure_props(f), "methods", "TEST", "subjects", "subject-uuid",
        uuid_of("subject", run->name, run->subject_digest), "type", "component", "relevant-evidence", "href",
        link_to("chain", run->name), "description",
        json_sprintf("entry figure '%s' of the evidence chain of run '%s', which ends in %s", id, run->name, run->head),
        "props", prop("run", run->name), prop("chain", run->head), "collected", time_of(when));
}

/* ---- findings */

static json_t *finding(struct writer *w, const char *id, const char *title, const char *words, bool holds,
                       const char *verdict, const char *related, struct error *err) {
    const char *target = token_of(id, &w->data.arena, err);
    if (!target) return NULL;
    json_t *links =
        related ? json_pack("[{s:o}]", "observation-uuid", uuid_of("observation", w->run->name, related)) : NULL;
    return json_pack("{s:o s:o s:o s:[o] s:{s:s s:s s:{s:s}} s:o*}", "uuid", uuid_of("finding", w->run->name, id),
                     "title", json_from_text(text_of(title)), "description", json_from_text(text_of(words)), "props",
                     prop("verdict", verdict), "target", "type", "objective-id", "target-id", target, "status", "state",
                     holds ? "satisfied" : "not-satisfied", "related-observations", links);
}

static const struct figure *figure_of(const struct report_run *run, const struct report_claim *c) {
    for (size_t i = 0; i < run->n_figures; i++)
        if (report_claim_is_of(c, &run->figures[i])) return &run->figures[i];
    return NULL;
}

static bool add_claim(struct writer *w, const struct report_claim *c, json_t *findings, struct error *err) {
    const struct figure *f = figure_of(w->run, c);
    const char *related = f ? report_figure_id(&w->data, f, err) : NULL;
    const char *question = report_claim_question(c, &w->data.arena, err);
    if ((f && !related) || !question) return false;
    const char *words =
        arena_printf(&w->data.arena, err, "%s: %s%s%s", c->verdict, question, c->why[0] ? "; " : "", c->why);
    json_t *one =
        words ? finding(w, c->id, c->text[0] ? c->text : c->id, words, report_claim_holds(c), c->verdict, related, err)
              : NULL;
    return one && json_array_append_new(findings, one) == 0;
}

static bool add_band(struct writer *w, const struct band *band, json_t *findings, struct error *err) {
    const char *cells[BAND_CELLS];
    if (!report_band_cells(band, &w->data.arena, cells, err)) return false;
    const char *words = arena_printf(&w->data.arena, err, "%s: %s (%s), n = %s, should be %s", cells[BAND_WHAT],
                                     cells[BAND_VALUE], cells[BAND_INTERVAL], cells[BAND_N], cells[BAND_ENDS]);
    const char *id = words ? arena_printf(&w->data.arena, err, "band-%s", band->name) : NULL;
    json_t *one = id ? finding(w, id, band->name, words, band->met, band->met ? "met" : "violated", NULL, err) : NULL;
    return one && json_array_append_new(findings, one) == 0;
}

/* ---- results */

static json_t *result(struct writer *w, struct error *err) {
    const struct report_run *run = w->run;
    json_t *observations = json_array(), *findings = json_array();
    bool ok = observations && findings;
    for (size_t i = 0; ok && i < run->n_figures; i++) {
        json_t *one = observation(w, &run->figures[i], err);
        ok = one && json_array_append_new(observations, one) == 0;
    }
    for (size_t i = 0; ok && i < run->claims.n; i++) ok = add_claim(w, &run->claims.claims[i], findings, err);
    for (size_t i = 0; ok && i < run->n_bands; i++) ok = add_band(w, &run->bands[i], findings, err);
    if (!ok || !json_array_size(findings)) json_decref(findings), findings = NULL; /* lists may not be empty */
    if (!ok || !json_array_size(observations)) json_decref(observations), observations = NULL;
    json_t *component =
        json_pack("{s:o s:s s:o s:o s:[o o] s:{s:s}}", "uuid", uuid_of("subject", run->name, run->subject_digest),
                  "type", "software", "title", json_from_text(text_of(run->subject)), "description",
                  json_sprintf("The subject that was asked, sha256 %s", run->subject_digest), "props",
                  prop("digest", run->subject_digest), prop("run", run->name), "status", "state", "operational");
    json_t *one = json_pack("{s:o s:o s:o s:o s:o* s:{s:[o]} s:{s:[{s:{}}]} s:o* s:o*}", "uuid",
                            uuid_of("result", run->name, ""), "title", json_sprintf("Run %s", run->name), "description",
                            json_sprintf("Suite %s on %s, seed %lld; state %s; command: %s", run->suite, run->subject,
                                         (long long)run->seed, run->state, run->command),
                            "start", time_of(run->started_ns), "end", run->ended_ns ? time_of(run->ended_ns) : NULL,
                            "local-definitions", "components", component, "reviewed-controls", "control-selections",
                            "include-all", "observations", observations, "findings", findings);
    if (ok && one) return one;
    json_decref(one);
    if (err->kind == ERROR_NONE) error_memory(err, "result");
    return NULL;
}

/* What links lead to. */
static json_t *back_matter(const struct writer *w) {
    json_t *list = json_pack("[{s:o s:s s:s}]", "uuid", uuid_of("plan", "", ""), "title", "No assessment plan",
                             "description", "The commands of the results say what was done.");
    for (size_t r = 0; list && r < w->data.n_runs; r++) {
        const struct report_run *run = &w->data.runs[r];
        json_array_append_new(
            list, json_pack("{s:o s:o s:o s:[o o]}", "uuid", uuid_of("chain", run->name, ""), "title",
                            json_sprintf("Evidence chain of run %s", run->name), "description",
                            json_sprintf("%llu entries in the record; `basanite record verify %s` walks them and "
                                         "computes each figure again",
                                         (unsigned long long)run->evidence, run->name),
                            "props", prop("run", run->name), prop("chain", run->head)));
    }
    return list;
}

static json_t *document(struct writer *w, struct error *err) {
    json_t *results = json_array();
    struct buffer heads;
    uint64_t newest = 0;
    bool ok = results != NULL;
    buffer_init(&heads, 1 << 20);
    for (size_t r = 0; ok && r < w->data.n_runs; r++) {
        w->run = &w->data.runs[r];
        json_t *one = result(w, err);
        ok = one && json_array_append_new(results, one) == 0;
        buffer_printf(&heads, "%s %s\n", w->run->name, w->run->head);
        uint64_t when = w->run->ended_ns ? w->run->ended_ns : w->run->started_ns;
        newest = when > newest ? when : newest;
    }
    ok = ok && buffer_check(&heads, "name of the document", err);
    json_t *all =
        ok ? json_pack("{s:{s:o s:{s:s s:o s:s s:s s:s} s:{s:o s:s} s:O s:{s:o}}}", "assessment-results", "uuid",
                       uuid_of("document", heads.at ? heads.at : "", ""), "metadata", "title", "What basanite measured",
                       "last-modified", time_of(newest), "version", BASANITE_VERSION, "oscal-version", "1.1.3",
                       "remarks",
                       "Measured figures and verdicts on them. Which controls they bear on, and whether these "
                       "are satisfied, is for people to say.",
                       "import-ap", "href", link_to("plan", ""), "remarks",
                       "There is no assessment plan; the commands of the results say what was done.", "results",
                       results, "back-matter", "resources", back_matter(w))
           : NULL;
    buffer_done(&heads);
    json_decref(results);
    return all;
}

bool report_write_oscal(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                        struct buffer *out, struct error *err) {
    struct writer w = {0};
    (void)options;
    bool ok = report_data_load(&w.data, record, runs, n, NULL, err);
    json_t *all = ok ? document(&w, err) : NULL;
    if (all) {
        json_put(out, all, 2);
        buffer_put_char(out, '\n');
    }
    if (ok && !all && err->kind == ERROR_NONE) error_memory(err, "report");
    ok = all && buffer_check(out, "report", err);
    json_decref(all);
    report_data_done(&w.data);
    return ok;
}
