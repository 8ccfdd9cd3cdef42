/* JSON Schema as a grammar: a subset of draft 2020-12, what people send as `response_format` to OpenAI and llama.cpp.
 *
 * Every text of the grammar is JSON that the schema accepts; not every such JSON is a text of it. White space is a
 * blank or a line break with up to 20 blanks; properties come in the order of the schema; where `properties` stands
 * without `additionalProperties` there are no others, where `prefixItems` stands without `minItems` they all come and,
 * without `items`, nothing follows; a schema without a type has the types that its keywords are about; numbers have up
 * to 16 digits before the point, 16 behind it and exponents of two digits.
 *
 * Honoured: type (one or a list), properties, required, additionalProperties, items, prefixItems, minItems, maxItems,
 * enum, const, anyOf, oneOf (of alternatives that can be seen to exclude one another), allOf (merged), $ref within the
 * document (recursive too), minLength, maxLength, pattern (of regular operators), format date, time, date-time, uuid;
 * minimum, maximum and their exclusive forms of integers, and whole ones of numbers. Annotations (title, description,
 * default, examples, ...) change nothing. Every other keyword, and every combination that cannot be honoured, is
 * refused. */
#ifndef LM_GRAMMAR_SCHEMA_H
#define LM_GRAMMAR_SCHEMA_H

#include "base/json.h"
#include "lm/grammar/grammar.h"

/* ERROR_DATA: "NAME: #/JSON/POINTER: what". */
struct grammar *grammar_from_schema(const json_t *schema, const char *shown_name, struct error *err) MUST_CHECK;
struct grammar *grammar_from_schema_text(struct text t, const char *shown_name, struct error *err) MUST_CHECK;

#endif
