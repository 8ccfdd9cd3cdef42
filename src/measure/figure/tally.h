/* From rows of the record to figures: a tally for each task. Baselines: what the figures of subjects that know nothing,
 * or everything, must be. */
#ifndef MEASURE_TALLY_H
#define MEASURE_TALLY_H

#include "measure/task/metric.h"
#include "measure/task/task.h"
#include "record/record.h"

/* Collects rows (streamed, compact: at most 100 bytes an item) and computes all figures of the task: overall, per
 * group, with n, interval, method, parse rate, errors. */
struct tally;
struct figure_settings {
    double confidence;   /* 0.95 */
    uint64_t bootstrap;  /* resamples, 1000; 0: intervals that need them are null */
    uint64_t seed;
    const char *group;   /* --group FIELD beyond the task's own groups; NULL: none */
    struct pool *pool;   /* makes resamples of many items; NULL: one thread does. Never changes a result */
    bool always_valid;   /* intervals that hold at every look (stat_always_valid), none where none is known */
};
struct tally *tally_new(const struct task *task, const struct figure_settings *settings, struct error *err) MUST_CHECK;
void tally_free(struct tally *tally);
bool tally_add(struct tally *tally, const struct record_row *row, struct error *err) MUST_CHECK;
/* Figures in a fixed order, on the arena. */
bool tally_figures(struct tally *tally, struct arena *arena, struct figure **out, size_t *n,
                   struct error *err) MUST_CHECK;

/* Expected figures of the baselines mute, constant, uniform, oracle, computed exactly from the items alone, without
 * asking (closed forms): names and values, to be compared with what the script subjects measure. */
struct baseline {
    const char *subject; /* "script:mute" */
    const char *figure;  /* "acc" */
    double expected;     /* NaN: not defined for this task */
    bool exact;          /* else: an expectation; the measured interval must cover it */
};
bool task_baselines(const struct task *task, struct arena *arena, struct baseline **out, size_t *n,
                    struct error *err) MUST_CHECK;

#endif
