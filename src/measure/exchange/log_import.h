/* Logs of other programs into a record: a run whose subject is the model of the log, with its asks, answers, scores and
 * the figures computed anew from these scores, with intervals and a chain of evidence. The same files again are the
 * same run.
 *
 * A format is a row of the table in log_import.c and a reader that hands over one sample after the other; it is read
 * twice, first to learn which tasks there are, and no more than one sample is in memory. */
#ifndef MEASURE_EXCHANGE_LOG_IMPORT_H
#define MEASURE_EXCHANGE_LOG_IMPORT_H

#include "measure/run/run.h"
#include "measure/task/scorer.h"

/* One scored answer. All borrowed for the call. */
struct log_sample {
    struct text task, id;
    const char *metrics; /* metric_list of the task: "[score]"; the first sample of a task decides */
    uint64_t sample;     /* 0 for the first answer to the item */
    struct text source;  /* FILE:LINE or FILE:MEMBER */
    struct text group;
    const json_t *gold; /* as the record keeps it: {"texts", "index", "labels"}, and "item": what the log says of it */
    const json_t *messages; /* a list of messages, or {"prompt"} */
    const json_t *want;     /* {"kind": "generate"}, or {"kind": "score", "choices"} */
    struct text text;
    const char *finish; /* stop|length|error */
    const char *error;  /* of finish error */
    int64_t tokens_in, tokens_out;
    double ms;
    const json_t *logprobs; /* of choices; may be NULL */
    double value;           /* NaN: the log has no score */
    struct text label;
    enum parse_state parsed;
    const json_t *evidence; /* numbers that metrics read, and under the name of the format what is needed to write the
                               log again; an "of" says that this is a further score of a sample that came before */
};

struct log_sink {
    /* What a log says of itself: its model, and what is kept to write it again (may be NULL). Once a file. */
    bool (*head)(void *context, struct text model, const json_t *header, struct error *err);
    bool (*sample)(void *context, const struct log_sample *sample, struct error *err);
    void *context;
};

struct log_format {
    const char *name, *summary;
    bool (*claims)(const char *path, struct text beginning); /* by its first bytes and name */
    bool (*read)(const char *path, const struct log_sink *sink, struct error *err);
    /* What the headers say of a task against the figures that its samples gave; NULL: they say nothing. */
    bool (*check)(const json_t *headers, const char *task, const struct figure *figures, size_t n, struct error *err);
};
size_t log_formats(const struct log_format *const **out);

struct import_settings {
    const char *name;   /* of the run; NULL: numbered */
    const char *format; /* NULL: as the file says */
    const char *command, *build;
    uint64_t seed;
    struct figure_settings figures;
    const struct interrupt *stop;
};
struct import_result {
    struct record_run run; /* finished: these files were imported before */
    const char *format;
    uint64_t samples, failed; /* failed: answers that are errors in the log */
    struct figure *figures;
    size_t n_figures;
};
/* Files of one format and one model, as one run. */
bool log_import(struct record *record, const char *const *paths, size_t n, const struct import_settings *settings,
                struct arena *arena, struct import_result *result, struct error *err) MUST_CHECK;

/* What was kept of a log's header at import; owned, NULL with err NONE: the run was no import. */
json_t *log_header(struct record *record, int64_t run, struct error *err) MUST_CHECK;

/* The formats: log_inspect.c, log_lm_eval.c, log_garak.c. */
extern const struct log_format log_inspect, log_lm_eval, log_garak;

#endif
