/* What a long command has done so far, kept in OUT.part while OUT is not there yet: a line that says what it is of,
 * then one row an input. A line without its end was being written when somebody pulled the plug, and is cut off. */
#ifndef MEASURE_GUIDE_JOURNAL_H
#define MEASURE_GUIDE_JOURNAL_H

#include "base/json.h"

struct guide_journal;
/* about: what must be the same to go on. ERROR_DATA: OUT.part is about something else, or no such file. */
struct guide_journal *guide_journal_open(const char *out, const json_t *about, struct error *err) MUST_CHECK;
void guide_journal_close(struct guide_journal *journal); /* leaves OUT.part where it is */

/* Is the next input done? Inputs come in the order in which they were put. ERROR_DATA: another one was. */
bool guide_journal_known(struct guide_journal *journal, const char *id, struct text input, bool *known,
                         struct error *err) MUST_CHECK;
bool guide_journal_put(struct guide_journal *journal, json_t *row, struct text input, struct error *err) MUST_CHECK;
/* On the disk from here on. */
bool guide_journal_sync(struct guide_journal *journal, struct error *err) MUST_CHECK;
/* Shows each row that was put, in their order. ERROR_DATA: some are of before, and about no input. */
bool guide_journal_read(struct guide_journal *journal, void (*seen)(void *context, const json_t *row), void *context,
                        struct error *err) MUST_CHECK;
/* Writes OUT, the rows without an error, and takes OUT.part away. */
bool guide_journal_finish(struct guide_journal *journal, struct error *err) MUST_CHECK;
/* Takes OUT.part away. */
bool guide_journal_drop(struct guide_journal *journal, struct error *err) MUST_CHECK;

#endif
