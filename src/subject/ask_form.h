/* The form that an answer must have: a grammar (GBNF) or a JSON Schema, as asks carry it. Names are those of the field:
 * `grammar` is llama.cpp's, `response_format` OpenAI's: {"type": "text"}, {"type": "json_object"} (with llama.cpp's
 * "schema" if one is given), or {"type": "json_schema", "json_schema": {"schema": {...}}}. */
#ifndef SUBJECT_ASK_FORM_H
#define SUBJECT_ASK_FORM_H

#include "lm/grammar/grammar.h"
#include "subject/subject.h"

/* Reads what a file says, either may be NULL, and checks that it can be followed. source: on the arena; a schema in
 * canonical JSON. ERROR_DATA with the place. */
bool ask_form_read(const json_t *grammar, const json_t *response_format, struct json_place place, struct arena *arena,
                   enum ask_form *form, struct text *source, struct error *err) MUST_CHECK;
/* name: for messages. */
struct grammar *ask_form_compile(enum ask_form form, struct text source, const char *name,
                                 struct error *err) MUST_CHECK;
/* Appends `,"grammar":...` or `,"response_format":...`; nothing for ASK_FREE. */
void ask_form_put(struct buffer *out, const struct ask *ask);
/* Whether an answer of somebody else has the form: of a grammar it is a text (a beginning, if it was cut off), of a
 * schema JSON (which may be written in other ways than ours). ERROR_DATA: it has not, so `who` did not keep to it. */
bool ask_form_check(const struct ask *ask, struct text answer, enum answer_finish finish, const char *who,
                    struct error *err) MUST_CHECK;

#endif
