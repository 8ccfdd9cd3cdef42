/* The part of `basanite convert` that is about tokenizers: any file of one into a
 * vocabulary-only GGUF or a tokenizer.json. */
#ifndef CLI_CONVERT_TOKENIZER_H
#define CLI_CONVERT_TOKENIZER_H

#include "cli/options.h"

/* Whether in is a tokenizer without a model, or out a tokenizer.json. */
bool convert_is_tokenizer(const char *in, const char *out);
bool convert_tokenizer(const struct arguments *args, const char *in, const char *out, struct error *err) MUST_CHECK;

#endif
