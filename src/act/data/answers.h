/* Answers to prompts, in groups: what preference, reward and policy objectives learn from.
 *
 * Rows of .jsonl files, told apart by their fields:
 *   {"prompt", "chosen", "rejected"}
 *       a pair: levels 1 and 2 (reward_chosen, reward_rejected, weight may stand there)
 *   {"prompt", "completion", "label": bool}
 *       one answer: level 1 when it is wanted, else 2
 *   {"prompt" or "messages", "answers": [{"text", "reward", "level"}]}
 *       a group
 *   {"text", "prompt" or "messages", "label": a text or a whole number}
 *       a class: no answer, the whole is what is looked at up to its last token, which is the end of a plain text, the
 *       opening of the answer to a prompt, or where there is a "completion" the end of that. level: 1 + the place of
 *       the label among all in byte order
 *   {"anchor", "positive", "negative": a text or a list}
 *       plain texts that belong together and, where it is there, others that do not: a group in this order. level: a
 *       number of the text, equal for equal texts
 *
 * A prompt is a text or a list of messages, answers are texts, or lists of messages that go on with the prompt; lists
 * of chosen and rejected without a prompt share their first messages, which then are it. Where the model has a chat
 * template, a text is a user's turn and its answers are what the assistant says; with the template "none" it is taken
 * as it is and the answer follows it. The token that ends an answer belongs to it.
 *
 * Everything is read and checked when the set is made. Refused with FILE:LINE: empty prompts and answers, a chosen
 * answer that equals the rejected one, tokens beyond the context, special tokens inside of texts that a template wraps
 * (they were wrapped before), rows of the splits test and held-out. */
#ifndef ACT_ANSWERS_H
#define ACT_ANSWERS_H

#include "base/hash.h"
#include "lm/tokenizer/tokenizer.h"

struct graded_answer {
    const int32_t *ids; /* [n] prompt and answer */
    const bool *counted; /* [n] tokens of the answer; never the first of all */
    size_t n, n_counted;
    double reward; /* NaN: none */
    int level;     /* 1: best; 0: none */
    size_t first_counted; /* of its tokens among those of the whole set */
    size_t ordinal;       /* of the answer among all of the set */
};

struct answer_group {
    const char *file;
    size_t line;
    double weight;
    struct graded_answer *answers;
    size_t n;
};

/* What an objective can learn from. */
enum answers_form {
    ANSWERS_PAIRS = 1,
    ANSWERS_LABELLED = 2,
    ANSWERS_GROUPS = 4,
    ANSWERS_CLASSES = 8,
    ANSWERS_TEXTS = 16
};

struct answers;

struct answers_settings {
    const char *const *paths;
    size_t n;
    const struct tokenizer *tokenizer;
    const char *template_name; /* as chat_template_new; "none": none */
    size_t context;
    int forms; /* that are taken: a sum of answers_form */
    bool mismatched; /* each group gets a second answer of level 0: that of the group behind it under its own prompt,
                      * cut at the context. Groups have one answer then */
    const struct answers *labels; /* of classes: only those of this set; NULL: those that come */
    bool shuffle; /* each pass in an order of its own; otherwise as in the files */
    uint64_t seed;
};

struct answers *answers_new(const struct answers_settings *settings, struct error *err) MUST_CHECK;
void answers_free(struct answers *answers);
size_t answers_groups(const struct answers *answers);
uint64_t answers_count(const struct answers *answers);  /* of all groups */
uint64_t answers_tokens(const struct answers *answers); /* prompts and answers */
uint64_t answers_counted(const struct answers *answers); /* tokens of answers */
size_t answers_longest(const struct answers *answers);  /* tokens of the longest */
const char *answers_digest(const struct answers *answers); /* sha256 of tokens, marks, rewards, levels and borders */
size_t answers_labels(const struct answers *answers,
                      const struct text **labels); /* of classes, in byte order; 0: there are none */
/* Group i in the order of the files. */
const struct answer_group *answers_group(const struct answers *answers, size_t i);
/* Group number `at` of the endless repetition of the set. */
const struct answer_group *answers_next(struct answers *answers, uint64_t at);

#endif
