/* See findings.h. */
#include "report/findings.h"

#include "report/sarif.h"

#include <string.h>

enum { SARIF_RESULTS_MOST = 5000 }; /* hosts take a limited number; the rest is counted */

bool findings_form_of(const char *name, enum findings_form *form, struct error *err) {
    *form = FINDINGS_LINES;
    if (!name) return true;
    if (strcmp(name, "json") == 0) return *form = FINDINGS_JSON, true;
    if (strcmp(name, "sarif") == 0) return *form = FINDINGS_SARIF, true;
    return error_set(err, ERROR_USAGE, "no format '%s' for findings: expected json or sarif", name);
}

bool findings_init(struct findings *f, enum findings_form form, FILE *out, const struct finding_rule *const *rules,
                   size_t n_rules, struct error *err) {
    *f = (struct findings){.form = form, .out = out, .rules = rules, .n_rules = n_rules};
    return form == FINDINGS_LINES || (f->list = json_array()) || error_memory(err, "findings");
}

static bool put_line(const struct findings *f, const struct finding *x, const char *place, struct error *err) {
    FILE *out = f->out;
    fprintf(out, "%-8s %-18s %s: %s%s%s%s%s\n", x->waived ? "waived" : finding_severity_names[x->severity], x->rule,
            place, x->item ? x->item : "", x->item ? ": " : "", x->what, x->waived ? "; " : "",
            x->waived ? x->waived : "");
    for (size_t i = 0; i < x->n_witness; i++) {
        const struct finding_step *s = &x->witness[i];
        fprintf(out, "%28s%s:%zu: %s\n", "", s->file ? s->file : x->file, s->line, s->what);
    }
    return !ferror(out) || error_set(err, ERROR_ENVIRONMENT, "cannot write findings");
}

static json_t *line_json(size_t line) {
    return line ? json_integer((json_int_t)line) : json_null();
}

static json_t *text_or_null(const char *text) {
    return text ? json_from_text(text_of(text)) : json_null();
}

static json_t *witness_json(const struct finding *x) {
    json_t *list = json_array();
    for (size_t i = 0; i < x->n_witness; i++) {
        const struct finding_step *s = &x->witness[i];
        json_array_append_new(list, json_pack("{s:o s:o s:o}", "file", text_or_null(s->file ? s->file : x->file),
                                              "line", line_json(s->line), "what", text_or_null(s->what)));
    }
    return list;
}

static json_t *finding_json(const struct finding *x) {
    json_t *row = json_pack("{s:s s:s s:o s:o s:o}", "severity", finding_severity_names[x->severity], "rule", x->rule,
                            "file", text_or_null(x->file), "line", line_json(x->line), "what", text_or_null(x->what));
    if (row && x->end_line) json_object_set_new(row, "end_line", line_json(x->end_line));
    if (row && x->item) json_object_set_new(row, "item", text_or_null(x->item));
    if (row && x->n_witness) json_object_set_new(row, "witness", witness_json(x));
    if (row && x->waived) json_object_set_new(row, "waived", text_or_null(x->waived));
    return row;
}

/* ---- SARIF */

static json_t *location(const char *file, size_t line, size_t end_line, const char *item) {
    json_t *place = json_pack("{s:{s:o}}", "artifactLocation", "uri", sarif_uri(text_of(file)));
    if (place && line) {
        json_t *region = json_pack("{s:o}", "startLine", line_json(line));
        if (region && end_line > line) json_object_set_new(region, "endLine", line_json(end_line));
        json_object_set_new(place, "region", region);
    }
    json_t *all = json_pack("{s:o}", "physicalLocation", place);
    if (all && item)
        json_object_set_new(all, "logicalLocations", json_pack("[{s:o}]", "fullyQualifiedName", text_or_null(item)));
    return all;
}

static json_t *code_flow(const struct finding *x) {
    json_t *steps = json_array();
    for (size_t i = 0; i < x->n_witness; i++) {
        const struct finding_step *s = &x->witness[i];
        json_t *place = location(s->file ? s->file : x->file, s->line, 0, NULL);
        if (place) json_object_set_new(place, "message", json_pack("{s:o}", "text", text_or_null(s->what)));
        json_array_append_new(steps, json_pack("{s:o}", "location", place));
    }
    return json_pack("[{s:[{s:o}]}]", "threadFlows", "locations", steps);
}

static json_t *fingerprint(const struct finding *x) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    buffer_printf(&b, "%s\n%s\n%s\n%s", x->rule, x->file, x->item ? x->item : "", x->what);
    json_t *print = sarif_fingerprint(buffer_text(&b));
    buffer_done(&b);
    return print;
}

static size_t rule_index(const struct findings *f, const char *rule) {
    size_t i = 0;
    while (i < f->n_rules && strcmp(f->rules[i]->name, rule) != 0) i++;
    return i;
}

static json_t *result_json(const struct findings *f, const struct finding *x) {
    size_t index = rule_index(f, x->rule);
    json_t *row = json_pack("{s:s s:s s:{s:o} s:[o] s:o}", "ruleId", x->rule, "level",
                            finding_severity_names[x->severity], "message", "text", text_or_null(x->what), "locations",
                            location(x->file, x->line, x->end_line, x->item), "partialFingerprints", fingerprint(x));
    if (row && index < f->n_rules) json_object_set_new(row, "ruleIndex", json_integer((json_int_t)index));
    if (row && x->n_witness) json_object_set_new(row, "codeFlows", code_flow(x));
    if (row && x->waived)
        json_object_set_new(row, "suppressions",
                            json_pack("[{s:s s:o}]", "kind", "external", "justification", text_or_null(x->waived)));
    return row;
}

static json_t *rules_json(const struct findings *f) {
    json_t *list = json_array();
    for (size_t i = 0; i < f->n_rules; i++) {
        const struct finding_rule *r = f->rules[i];
        json_t *row = json_pack("{s:s s:{s:s} s:{s:s}}", "id", r->name, "shortDescription", "text", r->summary,
                                "defaultConfiguration", "level", finding_severity_names[r->severity]);
        if (row && r->help) json_object_set_new(row, "properties", json_pack("{s:[s]}", "tags", r->help));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *sarif_json(struct findings *f) {
    size_t all = json_array_size(f->list), kept = all < SARIF_RESULTS_MOST ? all : SARIF_RESULTS_MOST;
    while (json_array_size(f->list) > kept) json_array_remove(f->list, json_array_size(f->list) - 1);
    json_t *run = json_pack("{s:{s:{s:s s:s s:o}} s:O s:s s:{s:I}}", "tool", "driver", "name", "basanite", "version",
                            BASANITE_VERSION, "rules", rules_json(f), "results", f->list, "columnKind",
                            "unicodeCodePoints", "properties", "omitted", (json_int_t)(all - kept));
    return sarif_document(json_pack("[o]", run));
}

/* ---- */

static void remember_first(struct findings *f, const struct finding *x, const char *place) {
    if (x->severity == FINDING_ERROR && !f->first[0])
        snprintf(f->first, sizeof f->first, "%s: %s: %.100s", place, x->rule, x->what);
}

bool findings_put(void *context, const struct finding *x, struct error *err) {
    struct findings *f = context;
    char place[200];
    snprintf(place, sizeof place, x->line ? "%.180s:%zu" : "%.180s", x->file, x->line);
    if (x->waived)
        f->waived++;
    else {
        f->n[x->severity]++;
        remember_first(f, x, place);
    }
    if (f->form == FINDINGS_LINES) return put_line(f, x, place, err);
    json_t *row = f->form == FINDINGS_JSON ? finding_json(x) : result_json(f, x);
    return (row && json_array_append_new(f->list, row) == 0) || error_memory(err, "findings");
}

static json_t *value_json(struct findings *f, json_t *more) {
    json_t *all = json_pack("{s:O s:I s:I s:I s:I}", "findings", f->list, "errors", (json_int_t)f->n[FINDING_ERROR],
                            "warnings", (json_int_t)f->n[FINDING_WARNING], "notes", (json_int_t)f->n[FINDING_NOTE],
                            "waived", (json_int_t)f->waived);
    if (all && more) json_object_update(all, more);
    return all;
}

bool findings_end(struct findings *f, json_t *more, struct error *err) {
    struct buffer b;
    if (f->form == FINDINGS_LINES) return json_decref(more), true;
    json_t *all = f->form == FINDINGS_JSON ? value_json(f, more) : sarif_json(f);
    json_decref(more);
    if (!all) return error_memory(err, "findings");
    buffer_init(&b, (size_t)1 << 30);
    json_put(&b, all, 2);
    buffer_put_char(&b, '\n');
    bool ok = buffer_check(&b, "findings", err) &&
              (fwrite(b.at, 1, b.len, f->out) == b.len || error_set(err, ERROR_ENVIRONMENT, "cannot write findings"));
    buffer_done(&b);
    json_decref(all);
    return ok;
}

void findings_done(struct findings *f) {
    json_decref(f->list);
    f->list = NULL;
}
