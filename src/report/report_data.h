/* What every format starts from: the runs asked for, read from a record once, with their figures lined up so that equal
 * figures of several runs stand beside one another. Order is the record's own, so equal records give equal reports. */
#ifndef REPORT_REPORT_DATA_H
#define REPORT_REPORT_DATA_H

#include "measure/task/bands.h"
#include "report/report_claims.h"

/* Failed answers of one task with the same message. */
struct report_failure {
    const char *task, *message;
    uint64_t n;
    const char *first_item;
    struct report_failure *next;
};

/* Counts over the samples of one task in one run. */
struct report_task {
    const char *name;
    const char *scorer; /* NULL: no figure names one */
    uint64_t items, samples, answered, failed, missing, unscored; /* missing: planned, not answered yet */
    uint64_t parsed_ok, parsed_fallback, parsed_fail, cut; /* cut: ended by the token limit */
    struct report_failure
        *failures; /* in order of first appearance, at most REPORT_FAILURES; the rest is counted last */
    size_t n_failures;
};
#define REPORT_FAILURES 50

struct report_run {
    json_t *json;          /* record_run_json */
    json_t *figures_json;  /* record_figures_json; `figures` borrows from it */
    int64_t id;
    const char *name, *suite, *state, *subject, *subject_spec, *subject_digest, *command, *build;
    int64_t seed;
    uint64_t started_ns, ended_ns; /* 0: not ended */
    double confidence;     /* of the intervals: from the run's settings, else 0.95 */
    struct figure *figures;
    size_t n_figures;
    struct band *bands; /* of the suite, judged on these figures */
    size_t n_bands;
    struct report_task *tasks;
    size_t n_tasks;
    struct report_claims claims; /* goals of a policy, judged by this run; n is 0 where there are none */
    uint64_t evidence;
    char head[HASH_HEX];
};

/* One figure across the runs. */
struct report_line {
    const char *task, *name, *group;
    const struct figure **cells; /* n_runs, NULL: this run has no such figure */
    const struct figure **baselines; /* n_baselines, the same figure of each baseline run, or NULL */
    const struct figure *any;    /* the first cell that is there */
};

struct report_data {
    struct arena arena;
    struct record *record;
    struct report_run *runs;
    size_t n_runs;
    struct report_run *baselines; /* newest finished run of mute, echo, constant, uniform, oracle with the suite and
                                     settings of the first run */
    size_t n_baselines;
    struct report_line *lines; /* by task, in order of first appearance; within a task those of groups come last */
    size_t n_lines;
    json_t *comparisons; /* rows [name, task, a, b, diff, lo, hi, p, p_corrected, method] with a or b among the runs */
    json_t *licences;    /* rows [task, licence of its data] */
    json_t *verdicts;    /* rows [scorer, label said, label by a person, answers]: what people said of the detectors */
};

/* Sees each row while the samples are counted, run by run in the order of their tasks and plans: with asks, once. */
struct report_watch {
    bool (*see)(void *context, size_t run, const struct record_row *row, struct error *err);
    void *context;
};
/* watch: may be NULL. */
bool report_data_load(struct report_data *data, struct record *record, const char *const *runs, size_t n,
                      const struct report_watch *watch, struct error *err) MUST_CHECK;
void report_data_done(struct report_data *data);
const struct report_task *report_task_find(const struct report_run *run, const char *task); /* NULL: none */
/* The first line of each task starts a block: end of the block that starts at `from`. */
size_t report_block_end(const struct report_data *data, size_t from);
/* Of the lines [from, to) of a task: the first that is of a group; to: none. */
size_t report_block_groups(const struct report_data *data, size_t from, size_t to);
const char *report_baseline_name(const struct report_run *baseline); /* "uniform" */
const char *json_c(const json_t *object, const char *key); /* "" when it is missing or no string */

#endif
