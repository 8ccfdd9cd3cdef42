/* Figures as CSV (RFC 4180), one line a figure and run. Numbers are the record's own, in the shortest form that reads
 * back as the same double; null is an empty field. */
#include "report/escape.h"
#include "report/formats.h"
#include "report/report_data.h"

#include <math.h>

static void put_text(struct buffer *out, const char *s) {
    escape_csv(out, text_of(s));
    buffer_put_char(out, ',');
}

static void put_number(struct buffer *out, double value) {
    if (isfinite(value)) buffer_put_f64(out, value);
    buffer_put_char(out, ',');
}

static void put_figure(struct buffer *out, const struct report_run *run, const struct figure *f) {
    put_text(out, run->name);
    put_text(out, run->subject);
    put_text(out, f->task);
    put_text(out, f->group);
    put_text(out, f->name);
    put_number(out, f->value);
    put_number(out, f->lo);
    put_number(out, f->hi);
    buffer_printf(out, "%llu,", (unsigned long long)f->n);
    if (f->k >= 0) buffer_printf(out, "%lld", (long long)f->k);
    buffer_put_char(out, ',');
    put_text(out, f->method);
    put_text(out, f->unit);
    put_text(out, f->direction);
    put_number(out, f->parsed);
    buffer_printf(out, "%llu,", (unsigned long long)f->errors);
    put_text(out, f->scorer);
    escape_csv(out, text_of(f->null_reason));
    buffer_put_c(out, "\r\n");
}

bool report_write_csv(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                      struct buffer *out, struct error *err) {
    (void)options;
    struct report_data data;
    bool ok = report_data_load(&data, record, runs, n, NULL, err);
    buffer_put_c(out, "run,subject,task,group,name,value,lo,hi,n,k,method,unit,direction,parsed,errors,scorer,"
                      "null_reason\r\n");
    for (size_t r = 0; ok && r < data.n_runs; r++)
        for (size_t i = 0; i < data.runs[r].n_figures; i++)
            put_figure(out, &data.runs[r], &data.runs[r].figures[i]);
    ok = ok && buffer_check(out, "report", err);
    report_data_done(&data);
    return ok;
}
