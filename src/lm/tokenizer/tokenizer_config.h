/* Files that belong to a tokenizer in other programs' folders. tokenizer_config.json is the file beside a tokenizer
 * that says what the tokenizer's own format has no words for: which tokens begin and end a text, whether they are put,
 * and the chat template. */
#ifndef LM_TOKENIZER_CONFIG_H
#define LM_TOKENIZER_CONFIG_H

#include "lm/tokenizer/tokenizer.h"

/* As transformers reads it beside a tokenizer.json. context: the longest sequence of the model. */
bool tokenizer_to_config(const struct tokenizer *tokenizer, size_t context, struct buffer *out,
                         struct error *err) MUST_CHECK;
/* As llama2.c reads it (tokenizer.bin). ERROR_USAGE: it is not of SentencePiece's kind
 * with the ids that llama2.c expects. */
bool tokenizer_to_llama2c(const struct tokenizer *tokenizer, struct buffer *out, struct error *err) MUST_CHECK;

/* The file of a folder that tokenizer_open reads: tokenizer.json, tokenizer.model, spiece.model, vocab.json,
 * tokenizer.bin, the first *.tiktoken. False: there is none. */
bool tokenizer_find_file(const char *folder, char *out, size_t size);

#endif
