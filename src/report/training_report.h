/* Reports of trainings, from their logs: curves of loss, validation and probes,
 * several trainings beside one another. */
#ifndef REPORT_TRAINING_REPORT_H
#define REPORT_TRAINING_REPORT_H

#include "report/report.h"
#include "report/training_log.h"

/* Is this the name of a training's log: a file that ends in .log.jsonl? */
bool training_report_claims(const char *word);
/* format: table, html, json or csv; others are refused by name. */
bool training_report_write(const char *const *paths, size_t n, const char *format, const struct report_options *options,
                           struct buffer *out, struct error *err) MUST_CHECK;

#endif
