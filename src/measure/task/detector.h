/* Detectors: what decides by rules, phrases or a judge whether an answer does something (refuses, says that it does not
 * know, agrees), and errs. How often is measured on answers that people labelled; then every share that rests on it is
 * shown twice, as it was counted and corrected ("refusal_rate_corrected": stat_rogan_gladen). The error comes from
 *
 *   labels of people on answers of the same run (`basanite record relabel`), where both kinds of answers have some;
 *   else the task:   detector: {sensitivity: 180/200, specificity: 291/300, source: TEXT}
 *   else rules/detectors.yaml, which a calibration of the program holds against the answers that it names.
 *
 * What has no measured error is marked in the method of its figures: "wilson,detector unmeasured". */
#ifndef MEASURE_DETECTOR_H
#define MEASURE_DETECTOR_H

#include "measure/statistics/statistics.h"
#include "base/option.h"
#include "base/yaml.h"

struct scorer;

/* What counts as a yes. A scorer without answers in part has only the first. */
enum detector_event {
    DETECTED_WHOLE,  /* in full: of the others some are in part */
    DETECTED_AT_ALL, /* in full or in part */
    DETECTOR_EVENTS
};
enum detector_label { DETECTOR_UNLABELLED, DETECTOR_NO, DETECTOR_YES, DETECTOR_PARTLY };

struct detector {
    const char *part;                            /* of a score: what it decides */
    struct stat_detector error[DETECTOR_EVENTS]; /* no positives: not measured */
    const char *source;                          /* where it was measured; NULL: nowhere */
    bool exact;                                  /* decides by definition, so there is nothing to mark */
};

/* Of a scorer as a task uses it, from rules/detectors.yaml; on the arena. NULL with err NONE: it detects nothing. An
 * entry for another version of the scorer's rules does not count. */
const struct detector *detector_of(const struct scorer *scorer, const struct option_value *options, struct arena *arena,
                                   struct error *err) MUST_CHECK;
/* The same with the error that the task's key `detector` states. */
const struct detector *detector_stated(const struct detector *detector, const struct yaml *node, struct arena *arena,
                                       struct error *err) MUST_CHECK;
/* What a person said: yes, true, 1, correct, refusal, idk, ...; no, false, 0, wrong, compliance, ...; partial. Any
 * other word is DETECTOR_UNLABELLED. */
enum detector_label detector_label_of(struct text label);
/* Adds one labelled answer. Of an answer in part, `said` concerns the event at hand. */
void detector_count(struct stat_detector *error, enum detector_event event, enum detector_label truth, bool said);

#endif
