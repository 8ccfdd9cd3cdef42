/* JUnit XML for build servers: a suite a task, a case a figure (skipped with its reason when it has no value), and an
 * erroring case for each group of items that failed for the same reason. Bands of the suite are a suite of their own, a
 * case a band, whose failure says where the figure lies; so are the goals of a policy that were judged (a waived one is
 * skipped, one that is violated or undecided fails). What a --gate asked is the exit code of its command. */
#include "report/escape.h"
#include "report/formats.h"
#include "report/report_bands.h"
#include "report/report_notes.h"
#include "report/report_number.h"

#include <math.h>
#include <string.h>

static void put_attribute(struct buffer *out, const char *name, const char *value) {
    buffer_printf(out, " %s=\"", name);
    escape_attribute(out, text_of(value));
    buffer_put_char(out, '"');
}

static bool is_null(const struct figure *f) {
    return isnan(f->value) || f->null_reason;
}

static void put_figure(struct buffer *out, const struct report_run *run, const struct figure *f) {
    char value[REPORT_NUMBER], interval[REPORT_NUMBER];
    buffer_put_c(out, "    <testcase classname=\"");
    escape_attribute(out, text_of(run->suite));
    buffer_put_char(out, '.');
    escape_attribute(out, text_of(report_task_title(f->task)));
    buffer_put_c(out, "\" name=\"");
    escape_attribute(out, text_of(f->name));
    if (f->group[0]) {
        buffer_put_c(out, ", ");
        escape_attribute(out, text_of(f->group));
    }
    buffer_put_c(out, "\">\n");
    if (is_null(f)) {
        buffer_put_c(out, "      <skipped");
        put_attribute(out, "message", f->null_reason ? f->null_reason : "no value");
        buffer_put_c(out, "/>\n");
    } else {
        number_of_figure(f, value);
        number_interval(f, interval);
        buffer_put_c(out, "      <system-out>");
        escape_markup(out, text_of(value));
        buffer_put_c(out, " (");
        escape_markup(out, text_of(interval));
        buffer_printf(out, "), n=%llu, ", (unsigned long long)f->n);
        escape_markup(out, text_of(f->method));
        buffer_put_c(out, "; value=");
        buffer_put_f64(out, f->value);
        buffer_put_c(out, "</system-out>\n");
    }
    buffer_put_c(out, "    </testcase>\n");
}

static void put_failure(struct buffer *out, const struct report_run *run, const struct report_failure *f) {
    buffer_put_c(out, "    <testcase classname=\"");
    escape_attribute(out, text_of(run->suite));
    buffer_put_char(out, '.');
    escape_attribute(out, text_of(report_task_title(f->task)));
    buffer_put_c(out, "\" name=\"items that failed: ");
    escape_attribute(out, text_part(text_of(f->message), 0, strnlen(f->message, 120)));
    buffer_put_c(out, "\">\n      <error");
    put_attribute(out, "message", f->message);
    buffer_printf(out, ">%llu answer%s, first item ", (unsigned long long)f->n, f->n == 1 ? "" : "s");
    escape_markup(out, text_of(f->first_item));
    buffer_put_c(out, "</error>\n    </testcase>\n");
}

struct counts {
    size_t tests, errors, skipped;
};

static struct counts count_task(const struct report_run *run, const char *task) {
    struct counts c = {0};
    for (size_t i = 0; i < run->n_figures; i++)
        if (strcmp(run->figures[i].task, task) == 0) {
            c.tests++;
            c.skipped += is_null(&run->figures[i]);
        }
    const struct report_task *t = report_task_find(run, task);
    c.errors = t ? t->n_failures : 0;
    c.tests += c.errors;
    return c;
}

static void put_suite(struct buffer *out, const struct report_run *run, const char *task) {
    char when[REPORT_NUMBER];
    struct counts c = count_task(run, task);
    const struct report_task *t = report_task_find(run, task);
    buffer_put_c(out, "  <testsuite name=\"");
    escape_attribute(out, text_of(run->name));
    buffer_put_char(out, '.');
    escape_attribute(out, text_of(report_task_title(task)));
    buffer_printf(out, "\" tests=\"%zu\" failures=\"0\" errors=\"%zu\" skipped=\"%zu\"", c.tests, c.errors, c.skipped);
    number_time(run->started_ns, false, when);
    if (run->started_ns) put_attribute(out, "timestamp", when);
    buffer_put_c(out, ">\n");
    for (size_t i = 0; i < run->n_figures; i++)
        if (strcmp(run->figures[i].task, task) == 0) put_figure(out, run, &run->figures[i]);
    for (const struct report_failure *f = t ? t->failures : NULL; f; f = f->next) put_failure(out, run, f);
    buffer_put_c(out, "  </testsuite>\n");
}

/* Tasks of the plan first, then those that only figures name (a suite's mean). */
static void put_run(struct buffer *out, const struct report_run *run) {
    for (size_t i = 0; i < run->n_tasks; i++) put_suite(out, run, run->tasks[i].name);
    for (size_t i = 0; i < run->n_figures; i++) {
        bool seen = report_task_find(run, run->figures[i].task) != NULL;
        for (size_t before = 0; before < i && !seen; before++)
            seen = strcmp(run->figures[before].task, run->figures[i].task) == 0;
        if (!seen) put_suite(out, run, run->figures[i].task);
    }
}

static bool put_band(struct buffer *out, const struct report_run *run, const struct band *band, struct arena *arena,
                     struct error *err) {
    const char *cells[BAND_CELLS];
    if (!report_band_cells(band, arena, cells, err)) return false;
    const char *what = arena_printf(arena, err, "%s: %s (%s), n=%s, should be %s", cells[BAND_WHAT], cells[BAND_VALUE],
                                    cells[BAND_INTERVAL], cells[BAND_N], cells[BAND_ENDS]);
    if (!what) return false;
    buffer_put_c(out, "    <testcase classname=\"");
    escape_attribute(out, text_of(run->suite));
    buffer_put_c(out, ".bands\"");
    put_attribute(out, "name", band->name);
    buffer_put_c(out, ">\n      ");
    if (band->met) {
        buffer_put_c(out, "<system-out>");
        escape_markup(out, text_of(what));
        buffer_put_c(out, "</system-out>\n");
    } else {
        buffer_put_c(out, "<failure");
        put_attribute(out, "message", what);
        buffer_put_c(out, "/>\n");
    }
    buffer_put_c(out, "    </testcase>\n");
    return true;
}

static bool put_bands(struct buffer *out, const struct report_run *run, struct arena *arena, struct error *err) {
    if (!run->n_bands) return true;
    buffer_put_c(out, "  <testsuite name=\"");
    escape_attribute(out, text_of(run->name));
    buffer_printf(out, ".bands\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n", run->n_bands,
                  bands_missed(run->bands, run->n_bands));
    for (size_t i = 0; i < run->n_bands; i++)
        if (!put_band(out, run, &run->bands[i], arena, err)) return false;
    buffer_put_c(out, "  </testsuite>\n");
    return true;
}

/* ---- goals */

static bool put_claim(struct buffer *out, const struct report_run *run, const struct report_claim *c,
                      struct arena *arena, struct error *err) {
    const char *question = report_claim_question(c, arena, err);
    const char *what = question ? arena_printf(arena, err, "%s: %s%s%s", c->verdict, question, c->why[0] ? "; " : "",
                                               c->why)
                                : NULL;
    if (!what) return false;
    bool waived = report_claim_waived(c);
    buffer_put_c(out, "    <testcase classname=\"");
    escape_attribute(out, text_of(run->suite));
    buffer_put_c(out, ".goals\"");
    put_attribute(out, "name", c->id);
    buffer_put_c(out, ">\n      ");
    if (report_claim_holds(c) && !waived) {
        buffer_put_c(out, "<system-out>");
        escape_markup(out, text_of(what));
        buffer_put_c(out, "</system-out>\n");
    } else {
        buffer_put_c(out, waived ? "<skipped" : "<failure");
        put_attribute(out, "message", what);
        buffer_put_c(out, "/>\n");
    }
    buffer_put_c(out, "    </testcase>\n");
    return true;
}

static bool put_claims(struct buffer *out, const struct report_run *run, struct arena *arena, struct error *err) {
    size_t failed = 0, waived = 0;
    if (!run->claims.n) return true;
    for (size_t i = 0; i < run->claims.n; i++) {
        failed += !report_claim_holds(&run->claims.claims[i]);
        waived += report_claim_waived(&run->claims.claims[i]);
    }
    buffer_put_c(out, "  <testsuite name=\"");
    escape_attribute(out, text_of(run->name));
    buffer_printf(out, ".goals\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n", run->claims.n, failed,
                  waived);
    for (size_t i = 0; i < run->claims.n; i++)
        if (!put_claim(out, run, &run->claims.claims[i], arena, err)) return false;
    buffer_put_c(out, "  </testsuite>\n");
    return true;
}

bool report_write_junit(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                        struct buffer *out, struct error *err) {
    (void)options;
    struct report_data data;
    bool ok = report_data_load(&data, record, runs, n, NULL, err);
    buffer_put_c(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"basanite\">\n");
    for (size_t r = 0; ok && r < data.n_runs; r++) {
        put_run(out, &data.runs[r]);
        ok = put_bands(out, &data.runs[r], &data.arena, err) && put_claims(out, &data.runs[r], &data.arena, err);
    }
    buffer_put_c(out, "</testsuites>\n");
    ok = ok && buffer_check(out, "report", err);
    report_data_done(&data);
    return ok;
}
