/* OpenAI's fields that shift logits, as one logits processor: logit_bias (token id -> number that is added),
 * presence_penalty and frequency_penalty. Of a token that the answer so far has c times
 *
 *     logit + bias - c frequency_penalty - [c > 0] presence_penalty
 *
 * as OpenAI's reference says it; tokens of the prompt do not count. */
#ifndef SERVE_BIAS_H
#define SERVE_BIAS_H

#include "lm/engine/logits_processor.h"
#include "serve/api_request.h"

/* Whether the request has any of them. */
bool serve_bias_asked(const struct api_request *request);
/* settings: the request, borrowed. */
struct logits_processor serve_bias_processor(const struct api_request *request);

#endif
