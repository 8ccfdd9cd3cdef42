/* Prompts that a model answers while it learns, from .jsonl files: rows with "prompt" (a text, or a list of messages)
 * or "messages", as in answers.h; everything else of a row is for the reward. Items of the pocket world are such rows.
 * Refused with FILE:LINE: empty prompts, those that leave no room for an answer,
 * rows of the splits test and held-out. */
#ifndef ACT_PROMPTS_H
#define ACT_PROMPTS_H

#include "base/hash.h"
#include "base/json.h"
#include "lm/tokenizer/tokenizer.h"

struct prompt {
    const char *file;
    size_t line;
    const json_t *row;
    const int32_t *ids; /* [n] ends with the opening of the answer */
    size_t n;
    double weight;
};

struct prompts_settings {
    const char *const *paths;
    size_t n;
    const struct tokenizer *tokenizer;
    const char *template_name; /* as answers_settings */
    size_t context, answer;    /* tokens; those that must be left for an answer */
    bool shuffle;
    uint64_t seed;
};

struct prompts;
struct prompts *prompts_new(const struct prompts_settings *settings, struct error *err) MUST_CHECK;
void prompts_free(struct prompts *prompts);
size_t prompts_count(const struct prompts *prompts);
uint64_t prompts_tokens(const struct prompts *prompts);
const char *prompts_digest(const struct prompts *prompts); /* sha256 of tokens and rows */
/* Prompt number `at` of the endless repetition of the set. */
const struct prompt *prompts_next(struct prompts *prompts, uint64_t at);

#endif
