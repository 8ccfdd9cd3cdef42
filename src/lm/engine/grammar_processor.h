/* A grammar as a logits processor: tokens that it does not allow get -INFINITY; where nothing but its end is left the
 * answer ends. Settings: a struct grammar_mask, shared by all answers that follow the grammar. */
#ifndef LM_GRAMMAR_PROCESSOR_H
#define LM_GRAMMAR_PROCESSOR_H

#include "lm/engine/logits_processor.h"

extern const struct logits_processor_kind grammar_processor;

#endif
