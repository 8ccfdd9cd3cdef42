/* Tables and files of training logs: see training_report.h; the page is in training_page.c. */
#include "report/training_report.h"

#include "report/escape.h"
#include "report/report_number.h"
#include "report/text_grid.h"
#include "report/training_page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SPARKS 60 /* columns of a small curve */
#define ROWS 16   /* rows of a table at most */

bool training_report_claims(const char *word) {
    return text_ends(text_of(word), TEXT(".log.jsonl"));
}

/* ---- terminal ---- */

/* The curve in eighths of a line: means of SPARKS equal pieces of it. */
static void put_spark(struct buffer *out, const struct training_curve *c) {
    static const char *const blocks[] = {"\xE2\x96\x81", "\xE2\x96\x82", "\xE2\x96\x83", "\xE2\x96\x84",
                                         "\xE2\x96\x85", "\xE2\x96\x86", "\xE2\x96\x87", "\xE2\x96\x88"};
    double values[SPARKS], least = INFINITY, most = -INFINITY;
    size_t n = c->n < SPARKS ? c->n : SPARKS;
    for (size_t i = 0; i < n; i++) {
        size_t from = i * c->n / n, to = (i + 1) * c->n / n;
        values[i] = 0;
        for (size_t j = from; j < to; j++) values[i] += c->y[j] / (double)(to - from);
        least = fmin(least, values[i]);
        most = fmax(most, values[i]);
    }
    for (size_t i = 0; i < n; i++) {
        double height = most > least ? (values[i] - least) / (most - least) : 0;
        buffer_put_c(out, blocks[(size_t)fmin(7, floor(8 * height))]);
    }
}

/* "name  first ... last", the curve between them. */
static void put_curve(struct buffer *out, const struct training_curve *c, const char *name) {
    char first[REPORT_NUMBER], last[REPORT_NUMBER];
    if (c->n == 0) return;
    number_plain(c->y[0], first);
    number_plain(c->y[c->n - 1], last);
    buffer_put_c(out, "  ");
    escape_terminal(out, text_of(name));
    size_t width = escape_terminal_width(text_of(name));
    for (size_t i = width; i < 32; i++) buffer_put_char(out, ' ');
    buffer_printf(out, " %10s ", first);
    put_spark(out, c);
    buffer_printf(out, " %s", last);
    if (isfinite(c->lo[c->n - 1]) && isfinite(c->hi[c->n - 1])) {
        char lo[REPORT_NUMBER], hi[REPORT_NUMBER];
        number_plain(c->lo[c->n - 1], lo);
        number_plain(c->hi[c->n - 1], hi);
        buffer_printf(out, " [%s, %s], n %llu", lo, hi, (unsigned long long)c->items[c->n - 1]);
    }
    buffer_put_char(out, '\n');
}

static double mean(const struct training_curve *c) {
    double sum = 0;
    for (size_t i = 0; i < c->n; i++) sum += c->y[i];
    return c->n ? sum / (double)c->n : NAN;
}

/* The loss at some steps, evenly spread, the last among them. */
static bool put_steps(struct training_log *log, const struct report_options *options, struct buffer *out,
                      struct error *err) {
    const struct training_curve *c = &log->loss;
    struct text_grid grid;
    if (c->n == 0) return true;
    if (!text_grid_init(&grid, &log->arena, 4, err) ||
        !text_grid_row(&grid, (const char *const[]){"step", "loss", "validation", "tokens/s"}, err))
        return false;
    for (size_t i = 0; i < 4; i++) grid.right[i] = true;
    size_t rows = c->n < ROWS ? c->n : ROWS, v = 0;
    for (size_t r = 0; r < rows; r++) {
        size_t i = (r + 1) * c->n / rows - 1;
        char loss[REPORT_NUMBER], valid[REPORT_NUMBER] = "";
        number_plain(c->y[i], loss);
        while (v + 1 < log->valid.n && log->valid.x[v + 1] <= c->x[i]) v++;
        if (log->valid.n && log->valid.x[v] <= c->x[i]) number_plain(log->valid.y[v], valid);
        const char *cells[4] = {arena_printf(&log->arena, err, "%.0f", c->x[i]),
                                arena_printf(&log->arena, err, "%s", loss),
                                arena_printf(&log->arena, err, "%s", valid),
                                i < log->speed.n ? arena_printf(&log->arena, err, "%.0f", log->speed.y[i]) : ""};
        if (!cells[0] || !cells[1] || !cells[2] || !cells[3] || !text_grid_row(&grid, cells, err)) return false;
    }
    text_grid_put(&grid, out, 2, options->color, options->width);
    return true;
}

static bool write_table(struct training_log *logs, size_t n, const struct report_options *options, struct buffer *out,
                        struct error *err) {
    for (size_t l = 0; l < n; l++) {
        struct training_log *log = &logs[l];
        if (l) buffer_put_char(out, '\n');
        escape_terminal(out, text_of(log->name));
        buffer_printf(out, ": %llu steps", (unsigned long long)log->steps);
        if (log->speed.n) buffer_printf(out, ", %.0f tokens/s", mean(&log->speed));
        if (log->products[0]) buffer_printf(out, ", %s", log->products);
        buffer_put_char(out, '\n');
        put_curve(out, &log->loss, "loss");
        put_curve(out, &log->valid, "validation");
        for (size_t i = 0; i < log->n_probes; i++) put_curve(out, &log->probes[i], log->probes[i].name);
        if (!put_steps(log, options, out, err)) return false;
    }
    return true;
}

/* ---- exchange ---- */

static void put_csv(struct buffer *out, const struct training_log *log, const struct training_curve *c,
                    const char *name) {
    for (size_t i = 0; i < c->n; i++) {
        escape_csv(out, text_of(log->name));
        buffer_put_char(out, ',');
        escape_csv(out, text_of(name));
        buffer_printf(out, ",%.0f,", c->x[i]);
        const double values[3] = {c->y[i], c->lo[i], c->hi[i]};
        for (size_t k = 0; k < 3; k++) {
            if (isfinite(values[k])) buffer_put_f64(out, values[k]);
            buffer_put_char(out, ',');
        }
        if (c->items[i]) buffer_printf(out, "%llu", (unsigned long long)c->items[i]);
        buffer_put_c(out, "\r\n");
    }
}

static void write_csv(const struct training_log *logs, size_t n, struct buffer *out) {
    buffer_put_c(out, "training,curve,step,value,lo,hi,n\r\n");
    for (size_t l = 0; l < n; l++) {
        put_csv(out, &logs[l], &logs[l].loss, "loss");
        put_csv(out, &logs[l], &logs[l].valid, "valid_loss");
        put_csv(out, &logs[l], &logs[l].speed, "tokens_per_second");
        for (size_t i = 0; i < logs[l].n_probes; i++)
            put_csv(out, &logs[l], &logs[l].probes[i], logs[l].probes[i].name);
    }
}

/* [[step, value, lo, hi, n], ...] */
static json_t *points(const struct training_curve *c) {
    json_t *all = json_array();
    for (size_t i = 0; all && i < c->n; i++) {
        json_t *one = isfinite(c->lo[i])
                          ? json_pack("[I,o,o,o,I]", (json_int_t)c->x[i], json_from_f64(c->y[i]),
                                      json_from_f64(c->lo[i]), json_from_f64(c->hi[i]), (json_int_t)c->items[i])
                          : json_pack("[I,o]", (json_int_t)c->x[i], json_from_f64(c->y[i]));
        if (!one || json_array_append_new(all, one) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

static bool write_json(const struct training_log *logs, size_t n, struct buffer *out, struct error *err) {
    json_t *all = json_array();
    bool ok = all != NULL;
    for (size_t l = 0; ok && l < n; l++) {
        json_t *curves = json_object();
        ok = curves && json_object_set_new(curves, "loss", points(&logs[l].loss)) == 0 &&
             json_object_set_new(curves, "valid_loss", points(&logs[l].valid)) == 0 &&
             json_object_set_new(curves, "tokens_per_second", points(&logs[l].speed)) == 0;
        for (size_t i = 0; ok && i < logs[l].n_probes; i++)
            ok = json_object_set_new(curves, logs[l].probes[i].name, points(&logs[l].probes[i])) == 0;
        json_t *one = ok ? json_pack("{s:s s:I s:s s:O}", "training", logs[l].name, "steps", (json_int_t)logs[l].steps,
                                     "products", logs[l].products, "curves", curves)
                         : NULL;
        json_decref(curves);
        ok = one && json_array_append_new(all, one) == 0;
    }
    ok = (ok && json_put(out, all, 2)) || error_memory(err, "report");
    if (ok) buffer_put_char(out, '\n');
    json_decref(all);
    return ok;
}

static bool write(struct training_log *logs, size_t n, const char *format, const struct report_options *options,
                  struct buffer *out, struct error *err) {
    if (strcmp(format, "table") == 0) return write_table(logs, n, options, out, err);
    if (strcmp(format, "html") == 0) return training_page_write(logs, n, out, err);
    if (strcmp(format, "json") == 0) return write_json(logs, n, out, err);
    if (strcmp(format, "csv") == 0) return write_csv(logs, n, out), true;
    return error_set(err, ERROR_USAGE, "a training is reported as table, html, json or csv, not as '%s'", format);
}

bool training_report_write(const char *const *paths, size_t n, const char *format, const struct report_options *options,
                           struct buffer *out, struct error *err) {
    struct training_log *logs = memory_zeroed(n, sizeof *logs);
    bool ok = logs || error_memory(err, "training logs");
    size_t read = 0;
    while (ok && read < n)
        if ((ok = training_log_read(&logs[read], paths[read], err))) read++;
    ok = ok && write(logs, n, format, options, out, err) && buffer_check(out, "report", err);
    for (size_t i = 0; i < read; i++) training_log_done(&logs[i]);
    memory_free(logs);
    return ok;
}
