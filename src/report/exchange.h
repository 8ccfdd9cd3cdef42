/* What the writers of other programs' formats share: the answers of a run, one after the other, in plain words. */
#ifndef REPORT_EXCHANGE_H
#define REPORT_EXCHANGE_H

#include "report/report.h"
#include "report/report_data.h"

/* An answer with what was asked. Borrowed for the call. */
struct exchange_row {
    const struct record_row *row;
    const json_t *messages; /* a list of {"role", "content"}; never NULL */
    struct text prompt;     /* what was said last before the answer, or the raw prompt */
    const json_t *choices;  /* texts as they were scored; NULL: the answer was written */
    size_t picked;          /* the choice with the highest log-probability; SIZE_MAX: none */
    struct text answer;     /* text, or the choice that was picked */
    bool hide;              /* harmful, and not to be shown: prompt, messages and answer are hashes already */
};
typedef bool exchange_sink(void *context, const struct exchange_row *row, struct error *err);
/* All samples of a task; rows that have no answer are left out. */
bool exchange_rows(const struct report_data *data, const struct report_run *run, const char *task,
                   const struct report_options *options, exchange_sink *sink, void *context,
                   struct error *err) MUST_CHECK;

/* The one run that these formats take. */
bool exchange_load(struct report_data *data, struct record *record, const char *const *runs, size_t n,
                   const char *format, struct error *err) MUST_CHECK;
/* A time as ISO 8601 with seconds, UTC. */
json_t *exchange_time(uint64_t ns);
/* Standard error of a figure: of a share from its counts, else from its interval; NaN: not known. */
double exchange_stderr(const struct figure *figure, double confidence);
/* What stands for the right answer: a text, a list of texts, or NULL; owned. */
json_t *exchange_target(const struct record_row *row, const json_t *choices);

#endif
