/* From a row of training data to tokens, of which some are counted: those of answers. */
#ifndef LM_MARKED_H
#define LM_MARKED_H

#include "base/json.h"
#include "lm/tokenizer/tokenizer.h"

/* Tokens of one document: BOS and EOS are put around it where the tokenizer has them and the text does not. */
struct marked {
    struct token_list ids;
    bool *counted; /* [ids.n] does the token belong to an answer; unset when the maker counts nothing */
    size_t capacity, n_counted;
};
void marked_done(struct marked *s);

/* Makes them with one tokenizer and chat template, one at a time. */
struct marker;
/* template_name: as chat_template_new, which is called when the first conversation comes. answers:
 * mark tokens of answers. */
struct marker *marker_new(const struct tokenizer *tokenizer, const char *template_name, bool answers,
                                          struct error *err) MUST_CHECK;
void marker_free(struct marker *marker);
/* A plain document, which counts whole. */
bool marked_of_text(struct marker *marker, struct text text, struct marked *out, struct error *err) MUST_CHECK;
/* A plain prompt and what follows it, which alone counts. */
bool marked_of_answer(struct marker *marker, struct text prompt, struct text answer, struct marked *out,
                        struct error *err) MUST_CHECK;
/* A conversation, checked by messages_check; what the assistant says from message `first` on counts, with the token
 * that ends it. */
bool marked_of_messages(struct marker *marker, const json_t *messages, size_t first, struct marked *out,
                          struct error *err) MUST_CHECK;
/* Appends the tokens of a conversation up to the opening of the assistant's turn; of a plain text. */
bool marked_prompt(struct marker *marker, const json_t *messages, struct token_list *out, struct error *err) MUST_CHECK;
bool marked_raw_prompt(struct marker *marker, struct text text, struct token_list *out, struct error *err) MUST_CHECK;
/* Field `path` of a row: refused when it is empty or, unless it is taken `raw`, holds the name of a special token (of 3
 * bytes and more) that the chat template writes, or of BOS or EOS: then it was wrapped before,
 * and the model would see two layers of turns. */
bool marker_check(struct marker *marker, struct text text, bool raw, const char *path, struct json_place place,
                  struct error *err) MUST_CHECK;

/* [{"role", "content"}, ...], not empty; errors name `path` of the row. */
bool messages_check(const json_t *messages, struct json_place place, const char *path, struct error *err) MUST_CHECK;
/* What was learned cannot be tested: refuses a row that says that it is of the split test or held-out. */
bool split_check(const json_t *row, struct json_place place, struct error *err) MUST_CHECK;

#endif
