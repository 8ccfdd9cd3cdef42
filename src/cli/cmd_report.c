/* basanite report: pages, tables and exchange files from a record. */
#include "cli/commands.h"

#include "report/report.h"

#include <stdlib.h>
#include <unistd.h>

static const char *const flags[] = {"record", "format", "json", "out", "redact", "show-harmful", "limit", "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_report = {
    .name = "report",
    .synopsis = "[RUN...] [--format table|html|json|csv|md|junit]",
    .summary = "pages, tables and exchange files from a record (default: the newest run)",
    .example = "basanite report --format html --out report.html",
    .flags = flags,
    .run = run,
};

static bool run(struct arguments *args, struct error *err) {
    const struct report_format *f = report_format_find(args_on(args, "json") ? "json" : args_text(args, "format", "table"), err);
    struct record *record = f ? common_record(args, RECORD_READ, err) : NULL;
    if (!record) return false;
    const char *newest = NULL;
    size_t n = args->n_words ? args->n_words : 1;
    const char *const *runs = args->n_words ? args->words : &newest;
    struct report_options options = {
        .show_harmful = args_on(args, "show-harmful") && !args_on(args, "redact"),
        .items = args_count(args, "limit", 0),
        .color = args->out == stdout && isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
    };
    struct buffer b;
    buffer_init(&b, (size_t)2 << 30);
    bool ok = f->write(record, runs, n, &options, &b, err) && print_buffer(args->out, &b, err);
    buffer_done(&b);
    record_close(record);
    return ok;
}
