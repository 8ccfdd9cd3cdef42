/* ML-BOM, CycloneDX 1.6: a component machine-learning-model for each subject with a model card of what was measured,
 * and a component for each data set with its digest and licence. What nobody measured is listed as left to people, by
 * the names of the card's fields. n, method and direction of a figure, for which CycloneDX has no place, are
 * properties. */
#include "report/formats.h"
#include "report/report_notes.h"
#include "report/report_number.h"
#include "report/report_sources.h"

#include <math.h>
#include <string.h>

struct writer {
    struct report_data data;
    struct report_dataset *sets;
    size_t n_sets;
    json_t *components;
};

/* Parts of the card that a record cannot know. */
static const char *const left_to_people[] = {"modelParameters.approach",
                                             "modelParameters.architectureFamily",
                                             "considerations.users",
                                             "considerations.useCases",
                                             "considerations.performanceTradeoffs",
                                             "considerations.ethicalConsiderations",
                                             "considerations.environmentalConsiderations",
                                             "considerations.fairnessAssessments"};

static json_t *property(const char *name, const char *value) {
    return json_pack("{s:s s:o}", "name", name, "value", json_from_text(text_of(value)));
}

static json_t *hashes(const char *sha256) {
    return sha256[0] ? json_pack("[{s:s s:s}]", "alg", "SHA-256", "content", sha256) : NULL;
}

/* Ids of SPDX that validators know; any other licence goes by its name. */
static json_t *licences(const char *name) {
    static const char *const ids[] = {"Apache-2.0", "MIT", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "BSD-3-Clause"};
    const char *key = "name";
    if (!name[0]) return NULL;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (strcmp(name, ids[i]) == 0) key = "id";
    return json_pack("[{s:{s:o}}]", "license", key, json_from_text(text_of(name)));
}

static json_t *set_ref(const struct report_dataset *set) {
    return json_sprintf("data:%.64s:%.400s", set->digest, set->name);
}

static bool add_set(struct writer *w, const struct report_dataset *set, struct error *err) {
    json_t *one =
        json_pack("{s:s s:o s:o s:o* s:o* s:[{s:s s:o}]}", "type", "data", "bom-ref", set_ref(set), "name",
                  json_from_text(text_of(set->name)), "hashes", hashes(set->digest), "licenses", licences(set->licence),
                  "data", "type", "dataset", "name", json_from_text(text_of(set->name)));
    return json_array_append_new(w->components, one) == 0 || error_memory(err, "component");
}

/* ---- the model card */

static bool is_of_subject(const struct writer *w, size_t run, const char *digest) {
    return strcmp(w->data.runs[run].subject_digest, digest) == 0;
}

/* "mill, lang=fr", and the run where the subject had several. */
static json_t *slice_of(const struct writer *w, const struct report_run *run, const struct figure *f) {
    return json_sprintf("%s%s%s%s%s", report_task_title(f->task), f->group[0] ? ", " : "", f->group,
                        w->data.n_runs > 1 ? ", run " : "", w->data.n_runs > 1 ? run->name : "");
}

static json_t *metric_json(const struct writer *w, const struct report_run *run, const struct figure *f) {
    char value[32], lo[32], hi[32];
    report_exact(f->value, value);
    report_exact(f->lo, lo);
    report_exact(f->hi, hi);
    json_t *ends = lo[0] && hi[0] ? json_pack("{s:s s:s}", "lowerBound", lo, "upperBound", hi) : NULL;
    return json_pack("{s:s s:s s:o s:o*}", "type", f->name, "value", value, "slice", slice_of(w, run, f),
                     "confidenceInterval", ends);
}

static bool add_figure(struct writer *w, const struct report_run *run, const struct figure *f, json_t *metrics,
                       json_t *limits, json_t *properties, struct error *err) {
    const char *id = report_figure_id(&w->data, f, err);
    if (!id) return false;
    if (isnan(f->value))
        return json_array_append_new(limits,
                                     json_sprintf("%s of %s has no value: %s", f->name, report_task_title(f->task),
                                                  f->null_reason ? f->null_reason : "not told")) == 0 ||
               error_memory(err, "limit");
    const char *name = arena_printf(&w->data.arena, err, "basanite:figure:%s%s%s", w->data.n_runs > 1 ? run->name : "",
                                    w->data.n_runs > 1 ? "#" : "", id);
    const char *told =
        arena_printf(&w->data.arena, err, "n=%llu; method=%s; unit=%s; direction=%s; errors=%llu",
                     (unsigned long long)f->n, f->method, f->unit, f->direction, (unsigned long long)f->errors);
    return (name && told && json_array_append_new(metrics, metric_json(w, run, f)) == 0 &&
            json_array_append_new(properties, property(name, told)) == 0) ||
           error_memory(err, "metric");
}

struct notes {
    json_t *list;
    const char *run;
};

static bool add_note(void *context, const char *note, struct error *err) {
    const struct notes *notes = context;
    return json_array_append_new(notes->list, json_sprintf("run %s: %s", notes->run, note)) == 0 ||
           error_memory(err, "note");
}

static bool add_run(struct writer *w, const struct report_run *run, json_t *metrics, json_t *limits, json_t *properties,
                    struct error *err) {
    struct notes notes = {limits, run->name};
    const char *told = arena_printf(
        &w->data.arena, err, "run %s; suite %s; seed %lld; state %s; confidence of intervals %g; evidence head %s",
        run->name, run->suite, (long long)run->seed, run->state, run->confidence, run->head);
    bool ok = told && json_array_append_new(properties, property("basanite:run", told)) == 0 &&
              json_array_append_new(properties, property("basanite:command", run->command)) == 0 &&
              report_run_notes(&w->data, run, add_note, &notes, err);
    for (size_t i = 0; ok && i < run->n_figures; i++)
        ok = add_figure(w, run, &run->figures[i], metrics, limits, properties, err);
    for (size_t i = 0; ok && i < run->claims.n; i++) {
        const struct report_claim *c = &run->claims.claims[i];
        const char *question = report_claim_question(c, &w->data.arena, err);
        const char *said = question ? arena_printf(&w->data.arena, err, "%s: %s", c->verdict, question) : NULL;
        const char *name = said ? arena_printf(&w->data.arena, err, "basanite:goal:%s", c->id) : NULL;
        ok = name && json_array_append_new(properties, property(name, said)) == 0;
    }
    return ok;
}

static json_t *set_refs(const struct writer *w) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < w->n_sets; i++)
        json_array_append_new(list, json_pack("{s:o}", "ref", set_ref(&w->sets[i])));
    return list;
}

static json_t *card_json(struct writer *w, const char *digest, struct error *err) {
    json_t *metrics = json_array(), *limits = json_array(), *properties = json_array();
    bool ok = metrics && limits && properties;
    for (size_t r = 0; ok && r < w->data.n_runs; r++)
        if (is_of_subject(w, r, digest)) ok = add_run(w, &w->data.runs[r], metrics, limits, properties, err);
    for (size_t i = 0; ok && i < sizeof left_to_people / sizeof *left_to_people; i++)
        ok = json_array_append_new(properties, property("basanite:left-to-people", left_to_people[i])) == 0;
    json_t *card = json_pack("{s:{s:s s:o s:[{s:s}] s:[{s:s}]} s:{s:o} s:{s:o} s:o}", "modelParameters", "task",
                             "text generation", "datasets", set_refs(w), "inputs", "format", "text", "outputs",
                             "format", "text", "quantitativeAnalysis", "performanceMetrics", metrics, "considerations",
                             "technicalLimitations", limits, "properties", properties);
    if (ok && card) return card;
    json_decref(card);
    if (err->kind == ERROR_NONE) error_memory(err, "model card");
    return NULL;
}

/* ---- the document */

/* Files of a model that lie side by side are components of it. */
static json_t *file_components(const json_t *files) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);
        const char *path = json_c(file, "path"), *slash = strrchr(path, '/'), *digest = json_c(file, "sha256");
        json_array_append_new(list, json_pack("{s:s s:o s:o*}", "type", "file", "name",
                                              json_from_text(text_of(slash && slash[1] ? slash + 1 : path)), "hashes",
                                              hashes(digest)));
    }
    return list;
}

static bool add_model(struct writer *w, const struct report_run *run, struct error *err) {
    const json_t *subject = json_object_get(run->json, "subject"), *files = json_object_get(subject, "files");
    json_t *card = card_json(w, run->subject_digest, err);
    if (!card) return false;
    json_t *parts = json_array_size(files) ? file_components(files) : NULL;
    json_t *one = json_pack(
        "{s:s s:o s:o s:o s:[o o o] s:o s:o*}", "type", "machine-learning-model", "bom-ref",
        json_sprintf("model:%s", run->subject_digest), "name", json_from_text(text_of(run->subject)), "version",
        json_sprintf("%.12s", run->subject_digest), "properties", property("basanite:subject", run->subject_digest),
        property("basanite:tokenizer", json_c(subject, "tokenizer")),
        property("basanite:template", json_c(subject, "template")), "modelCard", card, "components", parts);
    return json_array_append_new(w->components, one) == 0 || error_memory(err, "component");
}

static json_t *document(struct writer *w, struct error *err) {
    char uuid[REPORT_UUID], when[REPORT_NUMBER];
    struct buffer name;
    uint64_t newest = 0;
    buffer_init(&name, 1 << 20);
    for (size_t r = 0; r < w->data.n_runs; r++) {
        buffer_printf(&name, "mlbom %s %s\n", w->data.runs[r].name, w->data.runs[r].head);
        if (w->data.runs[r].started_ns > newest) newest = w->data.runs[r].started_ns;
    }
    bool ok = buffer_check(&name, "name of the document", err);
    report_uuid(ok ? name.at : "", uuid);
    buffer_done(&name);
    number_time(newest, false, when);
    json_t *meta = json_pack("{s:s* s:{s:[{s:s s:s s:s}]}}", "timestamp", newest ? when : NULL, "tools", "components",
                             "type", "application", "name", "basanite", "version", BASANITE_VERSION);
    return ok ? json_pack("{s:s s:s s:s s:o s:i s:o s:O}", "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json",
                          "bomFormat", "CycloneDX", "specVersion", "1.6", "serialNumber",
                          json_sprintf("urn:uuid:%s", uuid), "version", 1, "metadata", meta, "components",
                          w->components)
              : NULL;
}

bool report_write_mlbom(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                        struct buffer *out, struct error *err) {
    struct writer w = {.components = json_array()};
    (void)options;
    bool ok = report_data_load(&w.data, record, runs, n, NULL, err) && (w.components || error_memory(err, "report")) &&
              report_datasets(&w.data, &w.sets, &w.n_sets, err);
    for (size_t r = 0; ok && r < w.data.n_runs; r++)
        if (report_first_of_subject(&w.data, r)) ok = add_model(&w, &w.data.runs[r], err);
    for (size_t i = 0; ok && i < w.n_sets; i++) ok = add_set(&w, &w.sets[i], err);
    json_t *all = ok ? document(&w, err) : NULL;
    if (all) {
        json_put(out, all, 2);
        buffer_put_char(out, '\n');
    }
    ok = ok && (all || error_memory(err, "report")) && buffer_check(out, "report", err);
    json_decref(all);
    json_decref(w.components);
    report_data_done(&w.data);
    return ok;
}
