/* Which step of which agent made a run fail.
 *
 * By replay: the first step whose correction alone makes the outcome right. Exact, and needs something that can be run
 * again (the pocket world's traces can). Of a log, that nobody can run again, by a rule: the step before the first one
 * that failed (an error, a tool that did not go well, a program that ended with another code than 0), else step 1. It
 * was written while looking at the shared logs of Who&When; what it scores there is no promise.
 *
 * Beside every accuracy stand those of pointing always at step 0, always at step 1, and at any step alike. */
#ifndef MEASURE_ATTRIBUTE_H
#define MEASURE_ATTRIBUTE_H

#include "measure/trace/trace.h"

/* SIZE_MAX: a trace without spans. */
size_t attribute_log(const struct trace *t);

/* A run that can be done again with one step corrected (SIZE_MAX: none); *right: its outcome. */
struct attribute_replay {
    size_t steps;
    bool (*run)(void *context, size_t corrected, bool *right, struct error *err);
    void *context;
};
/* *step SIZE_MAX: the run was right, or no single step makes it so. */
bool attribute_replay(const struct attribute_replay *replay, size_t *step, struct error *err) MUST_CHECK;

enum attribute_by { ATTRIBUTE_RULE, ATTRIBUTE_STEP0, ATTRIBUTE_STEP1, ATTRIBUTE_UNIFORM, ATTRIBUTE_WAYS };
extern const char *const attribute_names[ATTRIBUTE_WAYS];
/* Of labelled logs; counts of hits, of uniform their expectation. */
struct attribute_tally {
    uint64_t logs, steps, speaks; /* speaks: the labelled agent says the labelled step */
    double agent[ATTRIBUTE_WAYS], step[ATTRIBUTE_WAYS], near[ATTRIBUTE_WAYS]; /* near: within one step */
};
void attribute_add(struct attribute_tally *tally, const struct trace *t);

#endif
