/* What a request asks, as tokens: texts as in subject_lm.h, conversations through the model's template. Safe for
 * threads: the subject is only read. */
#ifndef SERVE_PROMPT_H
#define SERVE_PROMPT_H

#include "serve/api_request.h"
#include "subject/subject_lm.h"

struct serve_prompt {
    const int32_t *ids;
    size_t n;
    struct text text; /* as it was sent; of token ids: what they spell */
};
/* The i-th prompt of the request (of a chat there is one), on the arena. least: tokens that must still fit into the
 * context behind it. */
bool serve_prompt_make(const struct subject *subject, const struct api_request *request, size_t i, size_t least,
                       struct arena *arena, struct serve_prompt *out, struct api_error *err) MUST_CHECK;

#endif
