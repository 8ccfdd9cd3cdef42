/* A comparison for programs and notes: Results JSON, CSV (RFC 4180), Markdown, JUnit XML. Numbers of JSON and CSV are
 * the shortest that read back as the same double; what is not known is null or empty. */
#include "report/compare_report.h"
#include "report/escape.h"

#include <math.h>
#include <string.h>

/* ---- JSON */

static json_t *row_json(const struct comparison *c, const struct compare_row *r) {
    json_t *flips = r->counted
                        ? json_pack("{s:I s:I s:I s:I}", "gained", (json_int_t)r->gained, "lost", (json_int_t)r->lost,
                                    "both", (json_int_t)r->both, "neither", (json_int_t)r->neither)
                        : json_null();
    return json_pack("{s:s s:s s:s s:s s:s s:s s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:I s:o s:s s:s s:s s:s? s:s?}",
                     "name", r->name, "a", c->runs[r->base].name, "b", c->runs[r->other].name, "task", r->task, "group",
                     r->group, "test", r->test, "value_a", json_from_f64(r->a), "value_b", json_from_f64(r->b), "diff",
                     json_from_f64(r->value), "lo", json_from_f64(r->lo), "hi", json_from_f64(r->hi), "p",
                     json_from_f64(r->p), "p_holm", json_from_f64(r->p_holm), "p_bh", json_from_f64(r->p_bh),
                     "p_corrected", json_from_f64(r->p_corrected), "detectable", json_from_f64(r->detectable), "n",
                     (json_int_t)r->n, "flips", flips, "method", r->method, "unit", r->unit, "direction", r->direction,
                     "verdict", r->verdict, "null_reason", r->null_reason);
}

static json_t *flip_json(const struct comparison *c, const struct compare_flip *f) {
    return json_pack("{s:s s:s s:s s:s s:I s:f s:f s:s s:s}", "a", c->runs[f->base].name, "b", c->runs[f->other].name,
                     "task", f->task, "item", f->item, "sample", (json_int_t)f->sample, "value_a", f->value[0],
                     "value_b", f->value[1], "label_a", f->label[0], "label_b", f->label[1]);
}

static json_t *run_json(const struct compare_run *run) {
    return json_pack("{s:s s:s s:s s:s s:s}", "run", run->name, "suite", run->suite, "subject", run->subject, "spec",
                     run->spec, "digest", run->digest);
}

static json_t *finding_json(const struct gate_finding *f) {
    return json_pack("{s:s s:s s:o s:o s:o s:I s:s s:s s:s?}", "condition", f->condition, "what", f->what, "value",
                     json_from_f64(f->value), "lo", json_from_f64(f->lo), "hi", json_from_f64(f->hi), "n",
                     (json_int_t)f->n, "method", f->method, "verdict", gate_verdict_names[f->verdict], "why", f->why);
}

/* Appends and takes `value`; false: out of memory, here or before. */
static bool append(json_t *list, json_t *value) {
    return list && json_array_append_new(list, value) == 0;
}

static json_t *gate_json(const struct comparison *c) {
    json_t *findings = json_array();
    for (size_t i = 0; i < c->gate.n; i++)
        if (!append(findings, finding_json(&c->gate.findings[i]))) return json_decref(findings), NULL;
    return json_pack("{s:s s:s s:o}", "expression", c->gate_source, "verdict", gate_verdict_names[c->gate.verdict],
                     "findings", findings);
}

static json_t *comparison_json(const struct comparison *c) {
    json_t *runs = json_array(), *tests = json_array(), *rows = json_array(), *flips = json_array(),
           *notes = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < c->n_runs; i++) ok = append(runs, run_json(&c->runs[i]));
    for (size_t i = 0; ok && i < c->n_tests; i++) ok = append(tests, json_string(c->tests[i]));
    for (size_t i = 0; ok && i < c->n_rows; i++) ok = append(rows, row_json(c, &c->rows[i]));
    for (size_t i = 0; ok && i < c->n_flips; i++) ok = append(flips, flip_json(c, &c->flips[i]));
    for (size_t i = 0; ok && i < c->n_notes; i++) ok = append(notes, json_from_text(text_of(c->notes[i])));
    json_t *gate = ok && c->gate.n ? gate_json(c) : json_null();
    json_t *all =
        json_pack("{s:s s:o s:o s:f s:I s:I s:s s:b s:o s:o s:o s:o}", "format", "comparison-1", "runs", runs, "tests",
                  tests, "confidence", c->settings.confidence, "bootstrap", (json_int_t)c->settings.bootstrap, "seed",
                  (json_int_t)c->settings.seed, "correct", c->settings.correct, "pairs", c->settings.pairs,
                  "comparisons", rows, "flips", flips, "notes", notes, "gate", gate);
    if (ok) return all;
    json_decref(all);
    return NULL;
}

bool compare_write_json(const struct comparison *c, struct record *record, const struct report_options *options,
                        struct buffer *out, struct error *err) {
    (void)record, (void)options;
    json_t *all = comparison_json(c);
    if (!all) return error_memory(err, "comparison");
    json_put(out, all, 2);
    buffer_put_char(out, '\n');
    json_decref(all);
    return buffer_check(out, "comparison", err);
}

/* ---- CSV */

static void put_text(struct buffer *out, const char *text) {
    escape_csv(out, text_of(text ? text : ""));
    buffer_put_char(out, ',');
}

static void put_number(struct buffer *out, double value) {
    if (isfinite(value)) buffer_put_f64(out, value);
    buffer_put_char(out, ',');
}

static void put_csv_row(const struct comparison *c, const struct compare_row *r, struct buffer *out) {
    const char *first[] = {r->test, r->task, r->name, r->group, c->runs[r->base].name, c->runs[r->other].name};
    const double numbers[] = {r->a, r->b,      r->value, r->lo,          r->hi,
                              r->p, r->p_holm, r->p_bh,  r->p_corrected, r->detectable};
    const uint64_t counts[] = {r->gained, r->lost, r->both, r->neither};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) put_text(out, first[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) put_number(out, numbers[i]);
    buffer_printf(out, "%llu,", (unsigned long long)r->n);
    for (size_t i = 0; i < 4; i++) {
        if (r->counted) buffer_printf(out, "%llu", (unsigned long long)counts[i]);
        buffer_put_char(out, ',');
    }
    const char *last[] = {r->method, r->unit, r->direction, r->verdict};
    for (size_t i = 0; i < 4; i++) put_text(out, last[i]);
    escape_csv(out, text_of(r->null_reason));
    buffer_put_c(out, "\r\n");
}

bool compare_write_csv(const struct comparison *c, struct record *record, const struct report_options *options,
                       struct buffer *out, struct error *err) {
    (void)record, (void)options;
    buffer_put_c(
        out, "test,task,name,group,a,b,value_a,value_b,diff,lo,hi,p,p_holm,p_bh,p_corrected,detectable,n,gained,lost,"
             "both,neither,method,unit,direction,verdict,null_reason\r\n");
    for (size_t i = 0; i < c->n_rows; i++) put_csv_row(c, &c->rows[i], out);
    return buffer_check(out, "comparison", err);
}

/* ---- Markdown */

static void put_md(struct buffer *out, const char *text) {
    escape_markdown(out, text_of(text));
}

static bool put_md_part(const struct comparison *c, const struct compare_part *part, struct arena *arena,
                        struct buffer *out, struct error *err) {
    const char *cells[COMPARE_CELLS], *title = compare_part_title(c, part, arena, err);
    if (!title) return false;
    buffer_put_c(out, "\n## ");
    put_md(out, title);
    buffer_put_c(out, "\n\n|");
    for (size_t k = 0; k < COMPARE_CELLS; k++) buffer_printf(out, " %s |", compare_heads[k]);
    buffer_put_c(out, "\n| :-- | :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: | :-- |\n");
    for (size_t i = 0; i < c->n_rows; i++) {
        if (!compare_is_in(part, &c->rows[i])) continue;
        if (!compare_cells(&c->rows[i], arena, cells, err)) return false;
        buffer_put_char(out, '|');
        for (size_t k = 0; k < COMPARE_CELLS; k++) {
            buffer_put_char(out, ' ');
            put_md(out, cells[k]);
            buffer_put_c(out, " |");
        }
        buffer_put_char(out, '\n');
    }
    return true;
}

static void put_md_lists(const struct comparison *c, struct buffer *out) {
    if (c->n_notes) buffer_put_char(out, '\n');
    for (size_t i = 0; i < c->n_notes; i++) {
        buffer_put_c(out, "- ");
        put_md(out, c->notes[i]);
        buffer_put_char(out, '\n');
    }
    if (c->gate.n == 0) return;
    buffer_printf(out, "\n## Gate %s\n\n", gate_verdict_names[c->gate.verdict]);
    for (size_t i = 0; i < c->gate.n; i++) {
        struct buffer line;
        buffer_init(&line, 1 << 16);
        gate_put_finding(&line, &c->gate.findings[i]);
        buffer_put_c(out, "- `");
        buffer_put_utf8(out, text_of(c->gate.findings[i].condition));
        buffer_put_c(out, "`: ");
        put_md(out, line.at ? line.at : "");
        buffer_put_char(out, '\n');
        buffer_done(&line);
    }
}

bool compare_write_md(const struct comparison *c, struct record *record, const struct report_options *options,
                      struct buffer *out, struct error *err) {
    struct compare_part part;
    struct arena arena;
    bool ok = true;
    (void)record, (void)options;
    arena_init(&arena, 0);
    buffer_put_c(out, "# ");
    put_md(out, c->runs[0].suite);
    buffer_put_c(out, ": what changed\n\n");
    for (size_t i = 0; i < c->n_runs; i++) {
        buffer_put_c(out, c->settings.pairs ? "- run " : i ? "- other: run " : "- base: run ");
        put_md(out, c->runs[i].name);
        buffer_put_c(out, " on ");
        put_md(out, c->runs[i].subject);
        buffer_printf(out, ", subject digest %.12s\n", c->runs[i].digest);
    }
    for (bool more = compare_next_part(c, &part, true); ok && more; more = compare_next_part(c, &part, false))
        ok = put_md_part(c, &part, &arena, out, err);
    put_md_lists(c, out);
    arena_done(&arena);
    return ok && buffer_check(out, "comparison", err);
}

/* ---- JUnit */

static void put_attribute(struct buffer *out, const char *name, const char *value) {
    buffer_printf(out, " %s=\"", name);
    escape_attribute(out, text_of(value));
    buffer_put_char(out, '"');
}

static bool put_case(const struct compare_row *r, struct arena *arena, struct buffer *out, struct error *err) {
    const char *cells[COMPARE_CELLS];
    if (!compare_cells(r, arena, cells, err)) return false;
    buffer_put_c(out, "    <testcase");
    put_attribute(out, "classname", r->task);
    buffer_put_c(out, " name=\"");
    escape_attribute(out, text_of(cells[COMPARE_FIGURE]));
    buffer_put_c(out, "\">\n      ");
    if (isnan(r->value)) {
        buffer_put_c(out, "<skipped");
        put_attribute(out, "message", r->null_reason ? r->null_reason : "no value");
        buffer_put_c(out, "/>\n");
    } else {
        buffer_put_c(out, "<system-out>");
        for (int k = COMPARE_A; k < COMPARE_CELLS; k++) {
            if (!cells[k][0]) continue;
            buffer_printf(out, "%s ", compare_heads[k]);
            escape_markup(out, text_of(cells[k]));
            buffer_put_c(out, "; ");
        }
        escape_markup(out, text_of(r->method));
        buffer_put_c(out, "</system-out>\n");
    }
    buffer_put_c(out, "    </testcase>\n");
    return true;
}

static bool put_suite(const struct comparison *c, const struct compare_part *part, struct arena *arena,
                      struct buffer *out, struct error *err) {
    size_t tests = 0, skipped = 0;
    const char *title = compare_part_title(c, part, arena, err);
    if (!title) return false;
    for (size_t i = 0; i < c->n_rows; i++) {
        if (!compare_is_in(part, &c->rows[i])) continue;
        tests++;
        skipped += isnan(c->rows[i].value);
    }
    buffer_put_c(out, "  <testsuite");
    put_attribute(out, "name", title);
    buffer_printf(out, " tests=\"%zu\" failures=\"0\" errors=\"0\" skipped=\"%zu\">\n", tests, skipped);
    for (size_t i = 0; i < c->n_rows; i++)
        if (compare_is_in(part, &c->rows[i]) && !put_case(&c->rows[i], arena, out, err)) return false;
    buffer_put_c(out, "  </testsuite>\n");
    return true;
}

static void put_gate_suite(const struct comparison *c, struct buffer *out) {
    bool met = c->gate.verdict == GATE_MET;
    if (c->gate.n == 0) return;
    buffer_printf(
        out, "  <testsuite name=\"gate\" tests=\"1\" failures=\"%d\" errors=\"0\" skipped=\"0\">\n    <testcase", !met);
    put_attribute(out, "classname", "gate");
    put_attribute(out, "name", c->gate_source);
    buffer_printf(out, ">\n      <%s", met ? "system-out" : "failure");
    if (!met) put_attribute(out, "message", gate_verdict_names[c->gate.verdict]);
    buffer_put_char(out, '>');
    for (size_t i = 0; i < c->gate.n; i++) {
        struct buffer line;
        buffer_init(&line, 1 << 16);
        gate_put_finding(&line, &c->gate.findings[i]);
        escape_markup(out, buffer_text(&line));
        buffer_put_char(out, '\n');
        buffer_done(&line);
    }
    buffer_printf(out, "</%s>\n    </testcase>\n  </testsuite>\n", met ? "system-out" : "failure");
}

bool compare_write_junit(const struct comparison *c, struct record *record, const struct report_options *options,
                         struct buffer *out, struct error *err) {
    struct compare_part part;
    struct arena arena;
    bool ok = true;
    (void)record, (void)options;
    arena_init(&arena, 0);
    buffer_put_c(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"basanite\">\n");
    for (bool more = compare_next_part(c, &part, true); ok && more; more = compare_next_part(c, &part, false))
        ok = put_suite(c, &part, &arena, out, err);
    put_gate_suite(c, out);
    buffer_put_c(out, "</testsuites>\n");
    arena_done(&arena);
    return ok && buffer_check(out, "comparison", err);
}
