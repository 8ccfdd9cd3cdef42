/* Metrics turn the scores of a task into figures with intervals. Each registers unit, direction, interval method and its
 * known-answer test. They see only what the record keeps, so a figure can always be recomputed. */
#ifndef MEASURE_METRIC_H
#define MEASURE_METRIC_H

#include "measure/scorer.h"
#include "record/record.h"

struct metric {
    const char *name, *summary, *unit, *direction, *interval;
    const char *known_answer; /* name of its test */
};
size_t metrics(const struct metric *const **out);

/* Collects rows (streamed, compact: at most 100 bytes an item) and computes all figures of the task: overall, per group,
 * with n, interval, method, parse rate, errors. */
struct tally;
struct figure_settings {
    double confidence;   /* 0.95 */
    uint64_t bootstrap;  /* resamples, 1000 */
    uint64_t seed;
    const char *group;   /* --group FIELD beyond the task's own groups; NULL: none */
};
struct tally *tally_new(const struct task *task, const struct figure_settings *settings, struct error *err) MUST_CHECK;
void tally_free(struct tally *tally);
bool tally_add(struct tally *tally, const struct record_row *row, struct error *err) MUST_CHECK;
/* Figures in a fixed order, on the arena. */
bool tally_figures(struct tally *tally, struct arena *arena, struct figure **out, size_t *n, struct error *err) MUST_CHECK;

/* Expected figures of the baselines mute, constant, uniform, oracle, computed exactly from the items alone, without asking
 * (closed forms): names and values, to be compared with what the script subjects measure. */
struct baseline {
    const char *subject; /* "script:mute" */
    const char *figure;  /* "acc" */
    double expected;     /* NaN: not defined for this task */
    bool exact;          /* else: an expectation; the measured interval must cover it */
};
bool task_baselines(const struct task *task, struct arena *arena, struct baseline **out, size_t *n,
                    struct error *err) MUST_CHECK;

/* Smallest difference that n items can show with this confidence and 80% power, for a share near p (planning, printed
 * before a run): two-sided one-sample and paired forms. */
double smallest_effect_share(uint64_t n, double p, double confidence, double power);

#endif
