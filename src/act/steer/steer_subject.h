/* A steered subject: another subject whose answers are chosen by a steer. It wraps models in this process (their
 * log-probabilities are needed at every token) and, for best-of-n, any subject. An answer depends on its ask alone: not
 * on the others, the batch or the threads. With alpha = infinity asks go to the subject itself, so that every byte is
 * its own. Scores of given texts are not what a steer changes, so it has none. */
#ifndef ACT_STEER_SUBJECT_H
#define ACT_STEER_SUBJECT_H

#include "act/steer/steer.h"
#include "subject/reward.h"
#include "subject/subject.h"

/* What steering took. */
struct steer_spent {
    uint64_t tokens;       /* said */
    uint64_t rollouts, rollout_tokens, reward_calls;
    uint64_t sure, planned; /* tokens that needed no values: by skip, by replan=disagree */
    uint64_t alarms;        /* steps at which weights were left out, see tq-indirect */
    double seconds;
};

struct steer_parts {
    struct subject *base;     /* taken, also on failure */
    struct subject *baseline; /* taken; NULL: none */
    struct subject *head;     /* of cd-head: a model with a head of one output; taken; NULL: none */
    const struct reward *reward, *baseline_reward; /* borrowed; NULL: none */
    void (*release)(void *owned); /* called when the subject closes, also on failure; NULL: nothing to do */
    void *owned;
    bool trace; /* answers carry one */
};
/* spec: one steer without grids. ERROR_USAGE: it needs what is not there, or something is there that it does not
 * need; a subject without log-probabilities; a baseline with another tokenizer where tokens are compared. */
struct subject *steer_subject_new(struct text spec, const struct steer_parts *parts, struct error *err) MUST_CHECK;
/* Of all answers so far. */
struct steer_spent steer_subject_spent(const struct subject *subject);
/* Something to tell the user: texts are tokenised anew for the baseline; empty: nothing. */
const char *steer_subject_note(const struct subject *subject);

#endif
