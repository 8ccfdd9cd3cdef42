/* One answer of an endpoint as it comes (openai_stream.h), for people who read along. */
#ifndef SUBJECT_OPENAI_TELL_H
#define SUBJECT_OPENAI_TELL_H

#include "subject/subject.h"

/* The answer has grown. false: enough of it. */
typedef bool openai_heard(void *context);

struct openai_told {
    enum answer_finish finish;
    size_t tokens_in, tokens_out; /* 0: not said */
    bool refused;                 /* the endpoint takes no such request and said nothing: ask for a whole answer */
};

bool openai_tells(const struct subject *subject); /* is it behind an endpoint? */
/* One sample of an ask without grammar or schema; *said, empty, gets it. An endpoint that answers whole all the same is
 * heard once, at the end. A connection that breaks off is tried again only while nothing was said. False with *said not
 * empty: it was broken off there; ERROR_INTERRUPTED when `heard` or the subject's flag did that. */
bool openai_tell(struct subject *subject, const struct ask *ask, struct buffer *said, openai_heard *heard,
                 void *context, struct openai_told *told, struct error *err) MUST_CHECK;

#endif
