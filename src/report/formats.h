/* The writers behind the rows of the table in report.c; each has the type of report_format.write. */
#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include "report/report.h"

#define REPORT_WRITER(name)                                                                                            \
    bool name(struct record *record, const char *const *runs, size_t n, const struct report_options *options,          \
              struct buffer *out, struct error *err) MUST_CHECK
REPORT_WRITER(report_write_table);
REPORT_WRITER(report_write_html);
REPORT_WRITER(report_write_json);
REPORT_WRITER(report_write_csv);
REPORT_WRITER(report_write_md);
REPORT_WRITER(report_write_junit);
REPORT_WRITER(report_write_svg);
REPORT_WRITER(report_write_batch);
REPORT_WRITER(report_write_inspect);
REPORT_WRITER(report_write_sarif);
REPORT_WRITER(report_write_lm_eval);
REPORT_WRITER(report_write_mlbom);
REPORT_WRITER(report_write_card);
REPORT_WRITER(report_write_annex4);
REPORT_WRITER(report_write_soa);
REPORT_WRITER(report_write_oscal);
REPORT_WRITER(report_write_otel);
#undef REPORT_WRITER

#endif
