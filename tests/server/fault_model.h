/* The "model" of the test server: every answer is a function of what is asked, so that runs can be compared byte by
 * byte.
 *
 * Tokens: a blank (at most one) with the letters and digits behind it, else one character.
 * Log-probability of token t behind the text p: -(1 + h mod 4000) / 1000 with h = xxh3(p + "|" + t); the likeliest
 * token of the place has it too when h is even, else 0.0005 more. The first token of a text has none. Generated: words
 * of a list of 16, drawn by the stream (seed, "word", i) of the prompt's hash; 3 to 10 words, at most max_tokens. At
 * temperature 0 the seed of the request is not used. A conversation counts as the text ROLE: CONTENT LF ... */
#ifndef TESTS_FAULT_MODEL_H
#define TESTS_FAULT_MODEL_H

#include "base/json.h"

struct fault_model {
    const char *name;
    bool echoes;       /* false: the prompt is not echoed, as servers do that cannot score */
    bool byte_offsets; /* text_offset counts bytes, else characters */
    bool refuses_zero; /* max_tokens 0 is status 400 */
    bool start_token;  /* an echo begins with a token "<s>" */
};

/* Writes the reply to POST /chat/completions (chat) or /completions and returns its status. */
unsigned fault_model_answer(const struct fault_model *model, bool chat, const json_t *request, struct buffer *out);
void fault_model_list(const struct fault_model *model, struct buffer *out);
/* The same reply as events, "data: {...}" each with a blank line behind it: a token each, the reason to finish, the usage,
 * [DONE]. */
void fault_model_stream(bool chat, struct text reply, struct buffer *out);
/* {"error":{"message","type","code"}} */
void fault_model_error(struct buffer *out, const char *message, const char *type);

#endif
