/* A request in the house, between two threads: that of its connection, which made it and writes the reply, and the desk
 * (serve_desk.h), which has it answered. What both touch stands under the job's lock. The job lives until both have let
 * go of it. */
#ifndef SERVE_JOB_H
#define SERVE_JOB_H

#include "lm/engine/flow.h"
#include "lm/engine/observe.h"
#include "serve/serve_extra.h"
#include "serve/serve_form.h"
#include "serve/serve_prompt.h"

#include <pthread.h>

/* One answer: prompt p and sample s are choice p * n + s. */
struct serve_choice {
    struct serve_job *job;
    struct lm_generate_ask ask;
    size_t id; /* in the flow; 0: not there */
    /* under the lock: */
    struct buffer text; /* as far as it has come; may end inside a character or a stop text until `ended` */
    int32_t *ids;       /* of the tokens, those of a stop text too */
    float *logprobs;
    struct lm_top *tops; /* [n, request's top] */
    size_t n, capacity;
    bool ended;
    enum lm_finish finish;
    struct error error;
    /* of the connection alone: what has been sent */
    size_t sent_bytes, sent_tokens, sent_characters; /* characters: of the tokens */
    bool begun, closed;
};

/* What is read off a given text: the tokens of an echoed prompt, or its mean state. */
struct serve_look {
    float *next;         /* [n]: of the token behind each position */
    struct lm_top *tops; /* [n, request's top] */
    float *state;        /* [width] */
    struct error error;
};

struct serve_job {
    struct arena arena; /* of the connection until the job is handed in, then nobody's */
    struct api_request request;
    char id[40];                  /* "cmpl-..." */
    uint64_t created;             /* seconds since 1970 */
    size_t bytes;                 /* of its body */
    struct serve_prompt *prompts; /* [request.n_prompts] */
    struct serve_choice *choices; /* [n_choices] */
    size_t n_choices;
    struct serve_extra_list extras;
    struct serve_form *form; /* NULL: free */
    struct logits_processor *processors;
    size_t n_processors;
    bool looks; /* the prompts are looked at */
    /* under the lock: */
    struct serve_look *look; /* [request.n_prompts]; the first n_looked are known */
    size_t n_looked;
    pthread_mutex_t lock;
    int event;    /* an eventfd that the connection waits on; the desk writes to it */
    bool dropped; /* the client is gone */
    bool done;    /* nothing more will come */
    bool failed;  /* the desk could not go on: `error` */
    struct api_error error;
    double told; /* when the connection was last woken */
    int holders;
    struct serve_job *next; /* of the desk: in the queue, or under way */
};

/* From a body to a job that can be handed in: parsed, tokenised, its form compiled. Takes as long as that does, in the
 * thread of the connection. NULL: refused. */
struct serve_job *serve_job_new(const struct subject *subject, struct serve_forms *forms, enum api_route route,
                                struct text body, struct api_error *err) MUST_CHECK;
void serve_job_let_go(struct serve_job *job);

/* ---- by the desk ---- */

/* A token as it comes, for streams. Under the lock. */
bool serve_choice_grow(struct serve_choice *choice, int32_t token, float logprob, const struct lm_top *top,
                       struct text answer);
/* The whole answer. */
void serve_choice_end(struct serve_choice *choice, const struct lm_generate_result *result);
/* Wakes the connection. */
void serve_job_tell(struct serve_job *job);

#endif
