/* The table of report formats: see report.h. A format is a file of its own and a row here. */
#include "report/report.h"

#include "report/formats.h"

#include <string.h>

static const struct report_format table = {"table", "txt", "figures for the terminal", report_write_table};
static const struct report_format html = {"html", "html", "one self-contained page for people", report_write_html};
static const struct report_format json = {"json", "json", "results for programs", report_write_json};
static const struct report_format csv = {"csv", "csv", "figures as one table", report_write_csv};
static const struct report_format md = {"md", "md", "figures as Markdown, for issues and notes", report_write_md};
static const struct report_format junit = {"junit", "xml", "JUnit XML for build servers", report_write_junit};
static const struct report_format svg = {"svg", "svg", "curves, reliability and refusals as one drawing",
                                         report_write_svg};

static const struct report_format inspect = {"inspect", "json", "a log of Inspect, JSON or (a file .eval) a zip",
                                             report_write_inspect, true};

static const struct report_format lm_eval = {
    "lm-eval", "json", "results of lm-evaluation-harness, or (a file .jsonl) its samples", report_write_lm_eval, true};

static const struct report_format sarif = {"sarif", "sarif",
                                           "SARIF 2.1.0 for code hosts: items that failed, bands that are missed",
                                           report_write_sarif, false};

static const struct report_format batch = {
    "openai-batch", "jsonl", "requests of a batch endpoint for what a run has no answer to", report_write_batch, true};

static const struct report_format mlbom = {
    "mlbom", "json", "CycloneDX 1.6: the model, its data, its figures as a model card", report_write_mlbom};
static const struct report_format card = {
    "card", "md", "a model card: header for model hubs, figures, blanks for people", report_write_card};
static const struct report_format annex4 = {
    "annex4", "md", "technical documentation by the headings of Annex IV of the EU AI Act, with blanks for people",
    report_write_annex4};
static const struct report_format soa = {
    "soa", "md", "statement of applicability by the control numbers of ISO/IEC 42001, with blanks for people",
    report_write_soa};
static const struct report_format oscal = {
    "oscal", "json", "OSCAL assessment results: an observation a figure, a finding a goal", report_write_oscal};
static const struct report_format otel = {
    "otel", "json", "OTLP/JSON events gen_ai.evaluation.result of figures and answers", report_write_otel};

static const struct report_format *const formats[] = {&table, &html,  &json,    &csv,     &md,     &junit,
                                                      &svg,   &sarif, &mlbom,   &card,    &annex4, &soa,
                                                      &oscal, &otel,  &inspect, &lm_eval, &batch};
#define FORMATS (sizeof formats / sizeof *formats)

size_t report_formats(const struct report_format *const **out) {
    *out = formats;
    return FORMATS;
}

const struct report_format *report_format_find(const char *name, struct error *err) {
    const char *names[FORMATS];
    struct buffer all;
    for (size_t i = 0; i < FORMATS; i++) {
        names[i] = formats[i]->name;
        if (strcmp(name, names[i]) == 0) return formats[i];
    }
    buffer_init(&all, 4096);
    for (size_t i = 0; i < FORMATS; i++) buffer_printf(&all, "%s%s", i ? ", " : "", names[i]);
    const char *near = text_nearest(text_of(name), names, FORMATS);
    error_set(err, ERROR_USAGE, "no report format '%s'; there are %s%s%s%s", name, all.at ? all.at : "",
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    buffer_done(&all);
    return NULL;
}
