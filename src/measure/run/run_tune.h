/* Thresholds of methods are chosen on rows that are not scored: `--method internal-conf,tau=valid` runs the method on
 * the rows of split `valid`, finds the threshold that is best there, exactly, and goes on with it on other rows. */
#ifndef MEASURE_RUN_TUNE_H
#define MEASURE_RUN_TUNE_H

#include "measure/run/run.h"

/* A method spec of which one option is a word instead of a number. */
struct tune {
    const char *method; /* "internal-conf" */
    const char *option; /* "tau" */
    const char *split;  /* "valid" */
    const char *given;  /* the whole spec */
};
/* split NULL: every option is a number, and nothing is to be chosen. ERROR_USAGE: the split is `scored`, the rows that
 * will be scored (NULL: "test"), or it is test or held-out, which are never for choosing. */
bool tune_read(const char *method, const char *scored, struct arena *arena, struct tune *out,
               struct error *err) MUST_CHECK;
/* The spec with a number in place of the word. */
const char *tune_spec(const struct tune *tune, double value, struct arena *arena, struct error *err) MUST_CHECK;

struct tuned {
    double value; /* own answer from here on; -1: always, above any confidence: never */
    double score; /* situated_acc with it, on the rows it was chosen on */
    uint64_t n;
};
/* Of a finished run of the method on the split: the threshold of the signal that maximises situated_acc
 * (situated_scan). ERROR_DATA: no task whose method has a signal, no signal, or not both right and wrong documents. */
bool tune_choose(struct record *record, int64_t run, const struct suite *suite, struct tuned *out,
                 struct error *err) MUST_CHECK;

#endif
