/* A suite as the probe of a training: measured at every checkpoint, with all answers kept in a record of its own. */
#ifndef REPORT_PROBE_SUITE_H
#define REPORT_PROBE_SUITE_H

#include "measure/run/run.h"
#include "subject/probe.h"

/* Everything is borrowed while the probe lives. */
struct probe_suite_settings {
    const struct suite *suite;
    const char *record;               /* its file, made when the first measurement comes */
    struct run_settings run;          /* name and start are the probe's own */
    struct subject_settings subject;
};
/* Figures are those of all items of each task, without groups. */
struct probe probe_suite(struct probe_suite_settings *settings);

#endif
