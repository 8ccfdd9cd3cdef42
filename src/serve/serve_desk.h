/* The desk: one thread that drives the engine. Jobs are handed in by the threads of connections; between passes it
 * takes new ones into the flow, looks at texts (echoes, embeddings) with the subject's own engine, and drops those
 * whose client is gone. What a job gets depends on its request alone (flow.h). */
#ifndef SERVE_DESK_H
#define SERVE_DESK_H

#include "serve/serve_job.h"

struct serve_desk;

struct serve_desk_limits {
    size_t jobs;  /* in the house at once */
    size_t bytes; /* that they may come to take together */
};
struct serve_desk *serve_desk_new(struct subject *subject, struct serve_desk_limits limits,
                                  struct error *err) MUST_CHECK;
void serve_desk_free(struct serve_desk *desk); /* no connection may hold a job */

/* ---- from any thread ---- */

/* The desk holds the job too from now on. False: 429 (too much in the house) or 503 (it is closing). */
bool serve_desk_hand_in(struct serve_desk *desk, struct serve_job *job, struct api_error *err) MUST_CHECK;
/* Nobody wants the job any more. The caller still has to let go of it. */
void serve_desk_drop(struct serve_desk *desk, struct serve_job *job);
struct serve_state {
    size_t queued, under_way; /* jobs */
    uint64_t answered, dropped, refused;
};
void serve_desk_state(struct serve_desk *desk, struct serve_state *state);
/* From now on nothing is taken in. */
void serve_desk_close(struct serve_desk *desk);

/* ---- from the thread that drives ---- */

/* One step: a pass, a few looks, or up to `seconds` of waiting for work. False: out of memory or a fault of the engine,
 * of which all jobs under way were told; it may go on. */
bool serve_desk_step(struct serve_desk *desk, double seconds, struct error *err) MUST_CHECK;
bool serve_desk_idle(struct serve_desk *desk);
/* All that is under way or waits ends with this error. */
void serve_desk_fail_all(struct serve_desk *desk, const struct api_error *why);

#endif
