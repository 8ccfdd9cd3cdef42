/* An answer that comes in pieces: server-sent events, lines "data: {...}" of which each brings a piece, until
 * "data: [DONE]". Pure; nothing in a line is trusted. Other lines (comments, names of events, blank ones) say
 * nothing. */
#ifndef SUBJECT_OPENAI_STREAM_H
#define SUBJECT_OPENAI_STREAM_H

#include "subject/openai_reply.h"

struct openai_stream {
    struct buffer *text; /* borrowed; gets what the answer gains */
    bool begun;          /* an event has come; a reply without one is no stream */
    bool ended;          /* by a reason to finish, or [DONE] */
    enum answer_finish finish;
    size_t tokens_in, tokens_out; /* of `usage`, which most endpoints leave out; else 0 */
};

/* Whole lines; the last may lack its end. ERROR_DATA: an event that is none, or an error that the endpoint reports. */
bool openai_stream_take(struct openai_stream *stream, struct text lines, struct error *err) MUST_CHECK;

#endif
