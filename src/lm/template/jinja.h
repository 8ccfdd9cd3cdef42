/* Jinja templates as models and tasks use them: a parser to a tree, and a renderer over JSON values with budgets.
 *
 * Supported: text, {{ }} expressions, {% if/elif/else/endif %}, {% for x[, y] in .. [if ..] %} with loop.*, else, break
 * and continue, {% set x = .. %}, {% set %}..{% endset %}, namespace(), {% macro %} and calls, {% generation %}
 * (ignored), comments, white-space control (-, +; trim_blocks and lstrip_blocks as chat templates expect), literals,
 * lists, dicts, slices, attribute and item access, arithmetic, ~, comparison, in, is (tests), and/or/not, inline if,
 * filters, string and dict methods that the templates of public models use, raise_exception, strftime_now, range, dict.
 * What is not supported is refused at parse time with line and column. */
#ifndef LM_JINJA_H
#define LM_JINJA_H

#include "base/json.h"

struct jinja;

struct jinja_options {
    bool trim_blocks, lstrip_blocks; /* both true for chat templates, both false for task templates */
    bool strict;                     /* an undefined variable that is printed is an error (tasks) */
};

/* Shown name appears in messages: NAME:LINE:COLUMN. */
struct jinja *jinja_parse(struct text source, const char *shown_name, struct jinja_options options,
                          struct error *err) MUST_CHECK;
void jinja_free(struct jinja *jinja);
/* variables: a JSON object. Appends to out (its maximum is a budget); at most 10 million steps. raise_exception in the
 * template becomes ERROR_DATA with its text. Safe for threads: the parsed template is constant. */
bool jinja_render(const struct jinja *jinja, const json_t *variables, struct buffer *out, struct error *err) MUST_CHECK;
/* The value of a template that is one {{ expression }} (a list for doc_to_choice, an index for doc_to_target), else the
 * rendered text as a string. Caller owns the value. */
json_t *jinja_value(const struct jinja *jinja, const json_t *variables, struct error *err) MUST_CHECK;

#endif
