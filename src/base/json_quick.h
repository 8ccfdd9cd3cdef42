/* The plain JSON that nearly every line of data is, read several times as fast as jansson reads it. What is not plain
 * is left to jansson: errors, duplicate keys, half surrogate pairs, \u0000, integers of 19 digits and more, numbers of
 * over 63 characters, keys of over 255 bytes, nesting beyond 64. So the messages are jansson's, and a value is the same
 * by either way. */
#ifndef BASE_JSON_QUICK_H
#define BASE_JSON_QUICK_H

#include "base/text.h"

#include <jansson.h>

/* The value of the whole text, owned by the caller. NULL: no memory, as *no_memory says, or not plain: then nothing is
 * known about the text. */
json_t *json_quick_read(struct text t, bool *no_memory) MUST_CHECK;

#endif
