/* Tokens with their log-probabilities in both shapes of OpenAI's API, and where they stand in a text. Inside of serve.
 */
#ifndef SERVE_TOKENS_H
#define SERVE_TOKENS_H

#include "serve/serve_job.h"

/* A run of tokens, of a prompt or of an answer. */
struct token_run {
    const int32_t *ids;
    const float *logprobs; /* of each; NaN: not known */
    const struct lm_top *tops;
    size_t n, top;         /* top: of each place; 0: none */
    size_t first;          /* of the places that have no alternatives: a prompt's first token */
    const size_t *offsets; /* [n] characters before each, of the legacy shape */
};

struct token_writer {
    struct buffer *out;
    const struct tokenizer *tokenizer;
    struct buffer piece, other; /* of one token, used again */
};
void token_writer_init(struct token_writer *writer, struct buffer *out, const struct subject *subject);
void token_writer_done(struct token_writer *writer);

/* {"content": [{token, logprob, bytes, top_logprobs}]} */
void tokens_put_chat(struct token_writer *writer, const struct token_run *run);
/* {tokens, token_logprobs, top_logprobs, text_offset} of runs one behind the other. */
void tokens_put_legacy(struct token_writer *writer, const struct token_run *runs, size_t n_runs, bool tops);

/* Characters that begin in the text. */
size_t tokens_characters(struct text t);
/* Where tokens of an answer stand that begins behind `from` characters; returns the characters before what follows. */
size_t tokens_lay_answer(struct token_writer *writer, const int32_t *ids, size_t n, size_t from, bool special,
                         size_t *offsets);
/* The log-probabilities of a prompt that has been looked at, behind nothing: its first token has none. On the arena;
 * false: out of memory. characters: of its text. */
bool tokens_of_prompt(struct token_writer *writer, const struct serve_job *job, size_t p, struct arena *arena,
                      struct token_run *run, size_t *characters) MUST_CHECK;

#endif
