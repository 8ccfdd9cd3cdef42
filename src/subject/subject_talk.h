/* A conversation with a subject, turn by turn, answers as they come. A model in this process keeps its state between
 * turns, so that of each prompt only what is new is computed; an endpoint is asked for its answer in pieces; other
 * subjects are asked as ever, and their answer comes whole. */
#ifndef SUBJECT_TALK_H
#define SUBJECT_TALK_H

#include "subject/subject.h"

struct talk; /* belongs to the subject: free it first */
struct talk *talk_new(struct subject *subject, struct error *err) MUST_CHECK;
void talk_free(struct talk *talk);

/* How long the ask's prompt is, in tokens, and what prompt and answer may have together. Both 0: not known here. */
bool talk_measure(struct talk *talk, const struct ask *ask, size_t *tokens, size_t *context,
                  struct error *err) MUST_CHECK;

/* A token as it is drawn; its piece may be a part of a character. */
struct talk_token {
    struct text piece;
    float logprob;
};
/* more: what the answer gained, whole characters only, maybe nothing. token: NULL where tokens are not known; for a
 * rest of the answer that came without one. false ends the answer here. */
typedef bool talk_more(void *context, struct text more, const struct talk_token *token);

struct talk_reply {
    struct text text; /* borrowed until the next turn */
    enum answer_finish finish;
    bool stopped; /* by the user: by more, or by the subject's interrupt flag */
    size_t tokens_in, tokens_out;
    uint64_t computed; /* rows that the model computed for this turn; 0: not known */
};
/* One answer to the ask (a conversation, or a prompt). ERROR_INTERRUPTED: before any of it came. */
bool talk_turn(struct talk *talk, const struct ask *ask, talk_more *more, void *context, struct talk_reply *reply,
               struct error *err) MUST_CHECK;

#endif
