/* What the files of the runner share. */
#ifndef MEASURE_RUN_INTERNAL_H
#define MEASURE_RUN_INTERNAL_H

#include "measure/run/run.h"
#include "measure/task/scorer.h"

/* Confidences of the steps of a chain, item by item, and their percentiles among all items (run_ranks.c). */
struct run_ranks {
    size_t steps;
    bool collecting, known;
    double **values; /* [steps][capacity], then percentiles */
    uint64_t n, capacity;
};
bool run_ranks_put(struct run_ranks *ranks, size_t step, uint64_t position, double confidence,
                   struct error *err) MUST_CHECK;
double run_ranks_get(const struct run_ranks *ranks, size_t step, uint64_t position); /* NaN until they are counted */
bool run_ranks_count(struct run_ranks *ranks, struct error *err) MUST_CHECK;
void run_ranks_done(struct run_ranks *ranks);

/* run_judge.c: answers that are left open; verdict: out, owned by the caller. */
struct run_open {
    const struct item *item;
    struct text response;
    json_t *verdict;
};
bool run_judge(struct record *record, const struct task *task, const struct run_settings *settings,
               struct run_open *open, size_t n, struct arena *arena, struct error *err) MUST_CHECK;

/* The digest of an answered (or failed) sample in the evidence chain, from what the record keeps: times, cost and row
 * numbers are left out. */
bool evidence_digest(const struct record_row *row, const char *subject, const char *scorer, char hex[HASH_HEX],
                     struct error *err) MUST_CHECK;
/* "TASK#ITEM#SAMPLE" */
bool evidence_ref(struct buffer *out, struct text task, struct text item, uint64_t sample);
/* "TASK#NAME#GROUP" */
bool figure_ref(struct buffer *out, const struct figure *figure);
bool figure_json_ref(struct buffer *out, const json_t *figure); /* of one of record_figures_json */
bool figure_digest(const struct figure *figure, char hex[HASH_HEX], struct error *err) MUST_CHECK;

/* evidence_run.c: entries that are no answers and no figures. "run", the first one: settings, suite, seed and subject,
 * without paths; "plan:TASK": what was to be asked (record/evidence_rows.h), when all of it was; "end": the state of a
 * run that was done once. Runs of older versions have none of them. */
bool evidence_begin(struct record *record, const char *run_name, struct error *err) MUST_CHECK;
bool evidence_plan(struct record *record, int64_t run, struct text task, struct error *err) MUST_CHECK;
/* Puts the state into the record and, of a run that is done or was before, into its chain. */
bool evidence_end(struct record *record, int64_t run, const char *state, struct error *err) MUST_CHECK;
bool evidence_run_digest(const json_t *run, char hex[HASH_HEX], struct error *err) MUST_CHECK;
bool evidence_end_digest(const char *state, char hex[HASH_HEX], struct error *err) MUST_CHECK;
/* Of a figure that the run had and has no more. */
bool evidence_gone_digest(char hex[HASH_HEX], struct error *err) MUST_CHECK;
bool evidence_plan_ref(struct buffer *out, struct text task);

/* A task as a run had it, from the run's settings alone; where: the record, for messages. Figures as it had them. */
struct task *run_stored_task(const json_t *config, const json_t *task_config, const char *where,
                             struct error *err) MUST_CHECK;
struct figure_settings run_stored_figures(const json_t *config);

/* All figures of one task from the record. */
bool run_task_figures(struct record *record, int64_t run, const struct task *task,
                      const struct figure_settings *settings, struct arena *arena, struct figure **out, size_t *n,
                      struct error *err) MUST_CHECK;
/* Puts them into the record in place of the task's earlier ones, and into the chain. */
bool run_put_figures(struct record *record, int64_t run, const struct task *task, const struct figure *figures,
                     size_t n, struct error *err) MUST_CHECK;

#endif
