/* Measures how often a detector errs, on answers that people labelled. */
#ifndef MEASURE_CALIBRATE_DETECTOR_H
#define MEASURE_CALIBRATE_DETECTOR_H

#include "lm/calibrate/calibrate.h"
#include "measure/task/detector.h"

struct detector_measure {
    struct stat_detector error[DETECTOR_EVENTS];
    uint64_t table[2][2]; /* in full: [person][detector] */
    uint64_t unread;      /* labelled answers of which the detector says nothing: left out and counted */
    uint64_t partly;      /* labelled as in part */
};
/* scorer: a spec whose scorer detects something (ERROR_USAGE names those that do). paths: recorded answers
 * (answer_file.h; their text may stand under `completion`) with a label of a person under `person`, `human` or
 * `final_label`. A label that is no word of detector_label_of, a row without one: ERROR_DATA with FILE:LINE. */
bool detector_measure(const char *scorer, const char *const *paths, size_t n_paths, const char *path,
                      struct detector_measure *out, struct error *err) MUST_CHECK;

/* Rows of sensitivity, specificity (Clopper-Pearson), agreement with people (Cohen's kappa), and of the answers left
 * out. The first carries the line for a task. Missed: the lower ends of both together do not tell more than chance. */
bool calibrate_detector(const char *scorer, const char *gold, const char *path, double confidence,
                        calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
