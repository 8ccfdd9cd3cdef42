/* basanite report: pages, tables and exchange files from a record. */
#include "cli/commands.h"

#include "report/leaderboard.h"
#include "report/report.h"
#include "report/training_report.h"

#include <stdlib.h>
#include <unistd.h>

static const char *const flags[] = {"record", "format", "json", "out", "redact", "show-harmful", "limit", "map",
                                    "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_report = {
    .name = "report",
    .synopsis = "[RUN...|TRAINING.log.jsonl...|LEADERBOARD.json [RUN...]] [--format "
                "table|html|json|csv|md|junit|svg|sarif|inspect|lm-eval|openai-batch]",
    .summary = "pages, tables and exchange files from a record (default: the newest run), from logs of trainings, or "
               "of a leaderboard with runs beside it",
    .example = "basanite report --format html --out report.html",
    .flags = flags,
    .run = run,
};

static bool write_runs(const struct arguments *args, const char *format, const struct report_options *options,
                       struct buffer *b, struct error *err) {
    const struct report_format *f = report_format_find(format, err);
    struct record *record = f ? common_record(args, RECORD_READ, err) : NULL;
    if (!record) return false;
    const char *newest = NULL;
    size_t n = args->n_words ? args->n_words : 1;
    bool ok = f->write(record, args->n_words ? args->words : &newest, n, options, b, err);
    record_close(record);
    return ok;
}

/* words: how many of them are leaderboards; the others are runs. */
static bool write_board(const struct arguments *args, size_t words, const char *format,
                        const struct report_options *options, struct buffer *b, struct error *err) {
    struct record *record = words < args->n_words ? common_record(args, RECORD_READ, err) : NULL;
    if (words < args->n_words && !record) return false;
    bool ok =
        leaderboard_write(args->words, args->n_words, record, args_text(args, "map", NULL), format, options, b, err);
    record_close(record);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    const char *format = args_on(args, "json") ? "json" : args_text(args, "format", "table");
    struct report_options options = {
        .show_harmful = args_on(args, "show-harmful") && !args_on(args, "redact"),
        .items = args_count(args, "limit", 0),
        .file = args_text(args, "out", NULL),
    };
    print_terminal(args, &options);
    size_t trainings = 0;
    for (size_t i = 0; i < args->n_words; i++) trainings += training_report_claims(args->words[i]);
    if (trainings && trainings < args->n_words)
        return error_set(err, ERROR_USAGE, "runs and logs of trainings are reported apart");
    size_t boards = 0;
    for (size_t i = 0; i < args->n_words; i++) boards += leaderboard_claims(args->words[i]);
    if (args_text(args, "map", NULL) && !boards)
        return error_set(err, ERROR_USAGE, "--map says what the columns of a leaderboard are; give one");
    struct buffer b;
    buffer_init(&b, (size_t)2 << 30);
    bool ok = (boards      ? write_board(args, boards, format, &options, &b, err)
               : trainings ? training_report_write(args->words, args->n_words, format, &options, &b, err)
                           : write_runs(args, format, &options, &b, err)) &&
              print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}
