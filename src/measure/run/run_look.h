/* Tasks of which nothing is asked: the runner looks into the subject (score/aqi_look.h), all items together are
 * measured, and each item's answer is what it came to, as JSON. So the record holds what figures need, and `record
 * verify` computes them again from it; that the numbers are what the model holds, only the model can show. An answer
 * belongs to the item among these very items: which ones they are, and how they are measured, is part of what is asked.
 */
#ifndef MEASURE_RUN_LOOK_H
#define MEASURE_RUN_LOOK_H

#include "measure/task/task.h"

struct run_look;
/* Reads the items and their labels; nothing is looked at yet. */
struct run_look *run_look_open(const struct task *task, struct error *err) MUST_CHECK;
void run_look_close(struct run_look *look);
/* Puts into a canonical ask which items are measured together, and makes the ask's digest anew. */
bool run_look_mark(const struct run_look *look, json_t *canonical, struct ask *ask, struct error *err) MUST_CHECK;
/* The answer of the item at this place of the task; the first call looks at all items. On the arena. */
bool run_look_answer(struct run_look *look, struct subject *subject, uint64_t place, struct arena *arena,
                     struct text *out, struct error *err) MUST_CHECK;

#endif
