/* What a reader must be told before languages are ranked, in words: which fail which check and so have no place, the
 * ranking of the others with intervals, and of each language the gap to the reference split into harness, parse and
 * ability. */
#ifndef REPORT_REPORT_LANGUAGES_H
#define REPORT_REPORT_LANGUAGES_H

#include "report/report_notes.h"

bool report_language_notes(struct report_data *data, const struct report_run *run, const char *task,
                           report_note_sink *sink, void *context, struct error *err) MUST_CHECK;
/* A list, one entry a task that was checked; owned by the caller. *out NULL: no task was. */
bool report_languages_json(const struct report_data *data, const struct report_run *run, json_t **out,
                           struct error *err) MUST_CHECK;

#endif
