/* Where an endpoint is: openai:URL#MODEL taken apart and checked. Pure, no connection is made.
 * URL: http or https, a host, an optional port and path (nearly always ending in /v1); a path that names one route
 * (/chat/completions, /completions, /models) is cut back to its base. Refused: other schemes, user names and passwords
 * (they would end up in the record), queries. */
#ifndef SUBJECT_OPENAI_PLACE_H
#define SUBJECT_OPENAI_PLACE_H

#include "base/text.h"

struct openai_place {
    struct text base;  /* URL without a slash at its end */
    struct text host;  /* without brackets and port */
    struct text model; /* empty: not named */
    bool secure;       /* https */
    bool loopback;     /* localhost, 127.x.x.x or [::1] */
};

bool openai_place_claims(struct text spec);
/* The views point into arena memory, base.at and model.at are zero-terminated. */
bool openai_place_read(struct arena *arena, struct text spec, struct openai_place *out, struct error *err) MUST_CHECK;

#endif
