/* Keys, tokens and numbers that should stand in no file and leave no machine: patterns, as published by those who give
 * them out. Whoever tells of one shows its beginning only. */
#ifndef MEASURE_SECRET_H
#define MEASURE_SECRET_H

#include "base/text.h"

enum { SECRET_SHOWN = 6 }; /* bytes of one that may be shown */

struct secrets; /* the patterns, compiled; belongs to one thread */
struct secrets *secrets_new(struct error *err) MUST_CHECK;
void secrets_free(struct secrets *secrets);
/* The first one in a text: *at and its length, and what it is ("an API key"). NULL: none. */
const char *secrets_find(struct secrets *secrets, struct text t, size_t *at, size_t *len);

#endif
