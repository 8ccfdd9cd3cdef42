/* What must be said beside a profile of values: that it has no structure, that a value is not reliable, that whatever
 * is said is agreed with. The bounds are those of docs/values.md. */
#ifndef REPORT_REPORT_VALUES_H
#define REPORT_REPORT_VALUES_H

#include "report/report_notes.h"

#define VALUES_LEAST_FIT 0.3
#define VALUES_LEAST_ALPHA 0.6
#define VALUES_MOST_AGREEING 1.0 /* points, where the interval excludes 0 */
bool report_value_notes(struct report_data *data, const struct report_run *run, const char *task,
                        report_note_sink *sink, void *context, struct error *err) MUST_CHECK;

#endif
