/* Forms of answers (grammars, JSON Schemas) that requests ask for, compiled once and shared by all that name the same.
 * Safe for threads. */
#ifndef SERVE_FORM_H
#define SERVE_FORM_H

#include "lm/engine/logits_processor.h"
#include "lm/tokenizer/tokenizer.h"
#include "subject/subject.h"

struct serve_forms;
struct serve_forms *serve_forms_new(const struct tokenizer *tokenizer, struct error *err) MUST_CHECK;
void serve_forms_free(struct serve_forms *forms); /* no form may be in use */

struct serve_form;
/* NULL: ERROR_DATA (the grammar is none, or cannot be followed) or out of memory. */
struct serve_form *serve_form_take(struct serve_forms *forms, enum ask_form form, struct text source,
                                   struct error *err) MUST_CHECK;
void serve_form_give_back(struct serve_form *form); /* NULL is nothing */
struct logits_processor serve_form_processor(const struct serve_form *form);

#endif
