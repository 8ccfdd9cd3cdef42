/* Reports: what people and programs read of a record. Every format is a row of one table and reads the record only, so
 * a report can be made again at any time and is the same bytes. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/file.h"
#include "record/record.h"

struct report_options {
    bool show_harmful;  /* otherwise prompts and answers of items labelled harmful, and answers labelled compliance to
                           them, are hidden behind their hash */
    size_t items;       /* most items shown with prompt, answer, verdict, evidence; 0: 200 */
    bool color;         /* terminal table only */
    bool rows;          /* terminal table of several runs: a row each, and a column a figure */
    size_t width;       /* terminal columns, 0: as wide as it needs */
    const char *file;   /* name of the file that is written, where a format looks at it (.eval: a zip); NULL: none */
};

struct report_format {
    const char *name, *extension, *summary;
    /* runs: n >= 1 names; NULL entry: the newest. */
    bool (*write)(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                  struct buffer *out, struct error *err);
    bool one_run; /* refuses more than one */
};
/* Sorted by who reads them: table html json csv md junit svg, then those of other programs. */
size_t report_formats(const struct report_format *const **out);
const struct report_format *report_format_find(const char *name, struct error *err) MUST_CHECK;

#endif
