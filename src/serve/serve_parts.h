/* What whole replies and events share. Inside of serve. */
#ifndef SERVE_PARTS_H
#define SERVE_PARTS_H

#include "serve/serve_job.h"

/* {"id":...,"object":OBJECT, ... up to and without a comma. */
void reply_put_head(struct buffer *out, const struct subject *subject, const struct serve_job *job, const char *object);
/* "usage":{...} of a job whose answers have ended. */
void reply_put_usage(struct buffer *out, const struct serve_job *job);
/* With its quotes. */
const char *reply_finish_name(enum lm_finish finish);
/* Returns false. */
bool reply_choice_failed(const struct serve_job *job, const struct error *why, struct api_error *err);

#endif
