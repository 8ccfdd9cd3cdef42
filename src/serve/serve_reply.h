/* Replies in OpenAI's shapes, whole and in pieces (server-sent events). Pure: from a job to bytes. */
#ifndef SERVE_REPLY_H
#define SERVE_REPLY_H

#include "serve/serve_job.h"

/* Of a job that is done. False: an answer failed, err says why. */
bool serve_put_reply(struct buffer *out, const struct subject *subject, const struct serve_job *job,
                     struct api_error *err) MUST_CHECK;

/* What is new since the last call, as events, for a job that streams; takes the job's lock itself. *ended: all that
 * there will be has been put, "[DONE]" too. False: an answer failed or the desk could not go on; the events before that
 * have been put. */
bool serve_put_events(struct buffer *out, const struct subject *subject, struct serve_job *job, bool *ended,
                      struct api_error *err) MUST_CHECK;
void serve_put_error_event(struct buffer *out, const struct api_error *err);

/* {"object":"list","data":[the model]}; created: seconds since 1970. one: the model alone. */
void serve_put_models(struct buffer *out, const struct subject *subject, uint64_t created, bool one);

/* Bytes of an answer under way that no later token can take back: whole characters, not the beginning of a stop. */
size_t serve_sure(struct text answer, const struct text *stops, size_t n_stops);

#endif
