/* Chat templates: from a conversation to the exact text a model was trained on. */
#ifndef LM_CHAT_H
#define LM_CHAT_H

#include "lm/template/jinja.h"
#include "lm/tokenizer/tokenizer.h"

struct chat_template;

/* name: NULL the tokenizer's own; "chatml"; else a file with Jinja source. NULL with err when there is none. tokenizer
 * may be NULL when there is a name: bos_token and eos_token are empty then. */
struct chat_template *chat_template_new(const struct tokenizer *tokenizer, const char *name,
                                        struct error *err) MUST_CHECK;
void chat_template_free(struct chat_template *template);
struct text chat_template_source(const struct chat_template *template);
/* messages: JSON array of {"role","content"}. answer: ends with the opening of the assistant's turn. Special tokens
 * stand in the text by their names, BOS included where the template writes it. */
bool chat_render(const struct chat_template *template, const json_t *messages, bool answer, struct buffer *out,
                 struct error *err) MUST_CHECK;
/* Slips of the tokenizer's own template, one line each, appended: it is not understood or refuses a plain question,
 * loses what the user says, has no opening for the answer, writes BOS twice, writes marks like <|name|> that are no
 * tokens or no special ones and so reach the model in pieces (as a template of another family does), or ends answers
 * where generation does not stop. No template is a slip where there are tokens of one. False: memory ran out. */
bool chat_warnings(const struct tokenizer *tokenizer, struct buffer *out, struct error *err) MUST_CHECK;

#endif
