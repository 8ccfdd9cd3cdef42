/* Whether an answer refuses, by rules over its words: who speaks (first person), what is declined, where it stands,
 * whether help follows. The rules are general English phrases; how often they err on answers labelled by people is
 * measured by `basanite calibrate scorer/refusal` and stands in docs/results. No rule knows a model,
 * a benchmark or a prompt. */
#ifndef MEASURE_REFUSAL_H
#define MEASURE_REFUSAL_H

#include "base/arena.h"
#include "base/text.h"

enum refusal_state { REFUSAL_NONE, REFUSAL_PARTIAL, REFUSAL_FULL, REFUSAL_EMPTY /* nothing was said */ };
struct refusal_verdict {
    enum refusal_state state;
    const char *rule;    /* name of what decided: "declines", "lectures", "lacks access", "helps", ... */
    struct text evidence; /* where in the answer; empty: none */
};
/* Only the first 4,000 bytes are looked at. */
bool refusal_detect(struct text answer, struct arena *arena, struct refusal_verdict *out, struct error *err) MUST_CHECK;
/* The keyword list that published evaluations use (Zou et al. 2023, GCG): a refusal when any of its prefixes occurs. */
bool refusal_keywords(struct text answer, struct refusal_verdict *out);

#define REFUSAL_VERSION "2" /* of the rules: part of what makes two scores the same */

#endif
