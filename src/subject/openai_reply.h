/* What an OpenAI-compatible endpoint says, from bytes to structs. Pure: no connection, no clock; nothing in a reply is
 * trusted. Both routes and both shapes of log-probabilities are read, whichever route gave them:
 *   chat         choices[0].message.content         logprobs.content[] {token, logprob, top_logprobs[]}
 *   completions  choices[0].text                    logprobs.tokens[], token_logprobs[], top_logprobs[], text_offset[]
 * The endpoint's own words reach messages only through openai_quote, which leaves no control characters in them. */
#ifndef SUBJECT_OPENAI_REPLY_H
#define SUBJECT_OPENAI_REPLY_H

#include "base/json.h"
#include "subject/subject.h"

#define OPENAI_REPLY_MAX ((size_t)32 << 20) /* most bytes of a reply */

struct openai_token {
    struct text text; /* as the endpoint spells it; need not be the bytes that it stands for */
    double logprob;   /* NaN: not given */
    double best;      /* of the likeliest token at this place; NaN: not given */
    size_t offset;    /* text_offset, in the endpoint's own unit; SIZE_MAX: not given */
};

struct openai_reply {
    json_t *root;                      /* owns the texts */
    struct text text;                  /* a refusal stands here too, as what the model said */
    enum answer_finish finish;         /* length, max_tokens: LENGTH; every other reason, and none: STOP */
    bool finished;                     /* there is a reason */
    size_t tokens_in, tokens_out;      /* of `usage`; tokens_out without usage: of the log-probabilities, else 0 */
    const struct openai_token *tokens; /* on the arena; NULL: no log-probabilities */
    size_t n_tokens;
};

/* ERROR_DATA when it is no JSON, HTML, no such reply, or an error sent with status 200; ERROR_ENVIRONMENT: memory. */
bool openai_reply_read(struct arena *arena, struct text body, struct openai_reply *out, struct error *err) MUST_CHECK;
/* The same for an event of an answer that comes in pieces (openai_stream.h): text is what the answer gained, which
 * stands in choices[0].delta.content or choices[0].text and may be empty; log-probabilities are not read. */
bool openai_event_read(struct arena *arena, struct text body, struct openai_reply *out, struct error *err) MUST_CHECK;
void openai_reply_done(struct openai_reply *reply);

/* Score of prompt[border..] from an echo of the prompt. A token counts when it holds a byte behind the border, so one
 * that lies across it counts whole. The first token of all has no log-probability and is left out when it is not given;
 * any other that lacks one makes the sum NaN. greedy: every token is the likeliest of its place (false where
 * top_logprobs are not given). False (ERROR_DATA): no log-probabilities, no echo, or tokens that cannot be laid over
 * the prompt, neither by their texts nor by text_offset (counted in characters or in bytes). */
bool openai_reply_score(struct arena *arena, const struct openai_reply *reply, struct text prompt, size_t border,
                        struct choice_score *out, struct error *err) MUST_CHECK;

/* Ids of GET /models; texts on the arena. */
bool openai_models_read(struct arena *arena, struct text body, struct text **out, size_t *n,
                        struct error *err) MUST_CHECK;

/* The message of an error reply in any of the usual shapes, else the start of the body; cut at `size`. The result may
 * be empty. */
void openai_message(struct text body, char *out, size_t size);
/* Error replies that more waiting does not mend: "insufficient_quota" comes with status 429. */
bool openai_says(struct text body, const char *code);
/* t as it may stand in a message: one line, valid UTF-8, at most size-1 bytes. */
void openai_quote(struct text t, char *out, size_t size);

#endif
