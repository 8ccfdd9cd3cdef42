/* A subject whose answers come later: batch:MODEL. It answers nothing; a run keeps what it would ask, `record export
 * --format openai-batch` writes these asks as a file for a batch endpoint, `record import` takes the responses, and the
 * same run goes on with them. */
#ifndef SUBJECT_BATCH_H
#define SUBJECT_BATCH_H

#include "subject/subject.h"

bool subject_answers_later(const struct subject *subject);

#endif
