/* One answer in the making: its tokens and its text, and when it ends. Inside of the room. */
#ifndef LM_GENERATE_SEQUENCE_H
#define LM_GENERATE_SEQUENCE_H

#include "lm/engine/engine_internal.h"

struct sequence {
    const struct lm_generate_ask *ask;
    size_t index;                      /* of the ask */
    struct lm_generate_result *result; /* where the answer goes; NULL: only to those who are told */
    enum { SEQUENCE_ADDED, SEQUENCE_IN_WAVE, SEQUENCE_WAITS, SEQUENCE_ACTIVE } at; /* see generation.h */
    bool dropped;                    /* nobody wants it, but it stands in a wave */
    struct sequence *before, *after; /* of all asks */
    struct sequence *next;           /* of those that wait */
    struct kv_page *page;            /* of the last position in the store */
    size_t stored;                   /* positions there */
    bool started;                    /* has a page of its own */
    struct hook_plan plan;
    int32_t *ids;
    float *logprobs;
    struct lm_top *top; /* [capacity, ask's top] */
    size_t n, capacity;
    struct buffer text;
    size_t longest_stop;
    struct logits_chain chain; /* of the ask's processors */
    bool ended;
    enum lm_finish finish;
    int32_t end_token; /* that ended it; -1: none did */
    float end_logprob;
    struct error error;
};

void sequence_init(struct sequence *s, const struct lm_generate_ask *ask, size_t index);
void sequence_done(struct sequence *s);
/* Makes room for one more token. */
bool sequence_reserve(struct sequence *s, struct error *err) MUST_CHECK;
/* Where the likeliest tokens of the next place stand; there must be room. */
struct lm_top *sequence_top(const struct sequence *s);
/* The most tokens that prompt and answer can have together. */
size_t sequence_limit(const struct lm_generate_ask *ask, size_t context);
/* Takes the next token: appends it, or ends the answer (end token, stop text, limit). */
bool sequence_put(struct sequence *s, const struct lm_model *model, int32_t token, float logprob,
                  struct error *err) MUST_CHECK;
/* Copies the answer into *result, on the arena. */
bool sequence_result(struct sequence *s, struct lm_generate_result *result, struct arena *arena,
                     struct error *err) MUST_CHECK;

#endif
