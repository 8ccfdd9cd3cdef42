/* The bodies of requests to an OpenAI-compatible endpoint. Pure. One request per sample, with seed + sample, and one
 * per choice that is scored: the simplest form, which every server knows. */
#ifndef SUBJECT_OPENAI_REQUEST_H
#define SUBJECT_OPENAI_REQUEST_H

#include "lm/template/chat.h"
#include "subject/subject.h"

/* What was found out about an endpoint when it was opened. */
struct openai_manner {
    struct text model;
    bool chat_logprobs, raw_logprobs;     /* the route answers log-probabilities of what it generates */
    bool raw_as_chat;                     /* no /completions: a raw prompt is sent as one user message */
    bool renders;                         /* conversations become raw prompts here */
    const struct chat_template *template; /* by which they do; NULL: texts joined by line breaks, as scores need it */
    bool completion_tokens;               /* the limit is called max_completion_tokens (chat route) */
    bool streams;                         /* the answer is asked for in pieces, without log-probabilities */
    size_t echo_tokens;                   /* max_tokens of an echo: 0, or 1 where 0 is refused */
};

/* Whether this ask goes to /chat/completions; else to /completions. */
bool openai_is_chat(const struct openai_manner *manner, const struct ask *ask);
/* The raw prompt of an ask. ERROR_DATA: the template refuses the conversation. */
bool openai_put_prompt(struct buffer *out, const struct openai_manner *manner, const struct ask *ask,
                       struct error *err) MUST_CHECK;
/* Stops beyond the four that the API allows are left to openai_cut. max_tokens 0 is left out,
 * top_k (which only some servers know) is sent when it is not 0, a grammar or schema when the ask has one. The seed is
 * cut to 31 bits, which all servers take. */
bool openai_put_generate(struct buffer *out, const struct openai_manner *manner, const struct ask *ask, size_t sample,
                         struct error *err) MUST_CHECK;
/* An echo of prompt with log-probabilities of its tokens. */
bool openai_put_echo(struct buffer *out, const struct openai_manner *manner, struct text prompt,
                     struct error *err) MUST_CHECK;
/* t up to the first stop that it holds. */
struct text openai_cut(struct text t, const struct ask *ask);

#endif
