/* Models with a head (lm/model/model_head.h) as judges of texts: rewards, values, classes. A text becomes the tokens
 * that it has when such a head is trained (lm/template/marked.h): a prompt with its answer to the end, through the
 * model's chat template where it has one; an answer that was cut is judged as if it had ended there. What a text gets
 * depends on it alone. */
#ifndef SUBJECT_HEAD_MODEL_H
#define SUBJECT_HEAD_MODEL_H

#include "base/json.h"
#include "lm/model/builtins.h"
#include "lm/model/model_head.h"

struct head_model;
/* path: as lm_model_load, one of builtins or a file. template_name: as chat_template_new; "none": texts as they are.
 * threads: 0: all. ERROR_DATA: no head. */
struct head_model *head_model_open(const char *path, struct lm_builtins builtins, const char *template_name,
                                   size_t threads, struct error *err) MUST_CHECK;
void head_model_close(struct head_model *judge);
const struct lm_model *head_model_model(const struct head_model *judge); /* borrowed */

struct head_ask {
    struct json_place place; /* for messages */
    const json_t *messages;  /* the prompt as a conversation; NULL: as a text */
    struct text prompt, answer;
    bool alone; /* there is no answer: the prompt up to the opening of one */
};
/* Fills messages or prompt from a row: "prompt" (a text or a list of messages) or "messages". */
bool head_ask_of_row(const json_t *row, struct json_place place, struct head_ask *ask, struct error *err) MUST_CHECK;
/* out: [n, outputs]. ERROR_DATA names the place of a text that does not fit. */
bool head_model_judge(struct head_model *judge, const struct head_ask *asks, size_t n, double *out,
                      struct error *err) MUST_CHECK;

#endif
