/* What the files of the `openai:` kind share: its state, and finding out what an endpoint can do. */
#ifndef SUBJECT_SUBJECT_OPENAI_H
#define SUBJECT_SUBJECT_OPENAI_H

#include "subject/openai_http.h"
#include "subject/openai_place.h"
#include "subject/openai_request.h"
#include "subject/subject_internal.h"

struct openai {
    struct arena arena;
    struct openai_place place;
    struct openai_manner manner;
    struct chat_template *template; /* owned; NULL: none was given */
    struct openai_http *http;
    const char *key_name; /* of the environment variable */
    bool key_kept_back;   /* there is a key, but it would go over the network in the clear */
    size_t concurrency;
    bool answered;        /* something, some time */
    size_t failed_in_row; /* requests that failed after all retries since the last answer */
};

/* Names the model if the spec does not, and sets subject->capabilities, ->lacks and o->manner. Three requests where all
 * is well (one of them only if no model is named), seven at most; each answers at most one token. */
bool openai_probe(struct subject *subject, struct openai *o, struct error *err) MUST_CHECK;
/* Adds to a message what to do about a status (0: no reply). Returns false. */
bool openai_advise(const struct openai *o, long status, struct error *err);

#endif
