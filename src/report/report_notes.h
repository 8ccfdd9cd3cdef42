/* What a reader must be told beside the figures, in words: work that is not finished, answers that failed or could not
 * be read, figures that have no value and why. The same sentences stand in every format for people. */
#ifndef REPORT_REPORT_NOTES_H
#define REPORT_REPORT_NOTES_H

#include "report/report_data.h"

typedef bool report_note_sink(void *context, const char *note, struct error *err);
/* About the run as a whole: its state, work left, no intervals. */
bool report_run_notes(struct report_data *data, const struct report_run *run, report_note_sink *sink, void *context,
                      struct error *err) MUST_CHECK;
/* About one task of it. task: a name that report_line.task may have, also "". */
bool report_task_notes(struct report_data *data, const struct report_run *run, const char *task,
                       report_note_sink *sink, void *context, struct error *err) MUST_CHECK;
/* "mill_facts", or "all tasks" for "". */
const char *report_task_title(const char *task);
/* "acc", or "acc, lang=fr"; on the data's arena, NULL when out of memory. */
const char *report_line_title(struct report_data *data, const struct report_line *line, struct error *err) MUST_CHECK;

#endif
