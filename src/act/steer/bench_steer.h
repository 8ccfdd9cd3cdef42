/* Speed of steering: a token of tq-direct with 8 candidates and one rollout of 12 tokens each, beside the loop that
 * reads the whole text again for every candidate, as published code does. Both say the same, which is checked. */
#ifndef ACT_BENCH_STEER_H
#define ACT_BENCH_STEER_H

#include "base/bench.h"
#include "lm/model/builtins.h"

/* Milliseconds a token: of the steered subject for one answer and for eight at once, and of the loop, whose floor is
 * the first, then the second (ratio: how many times as long). b->subject, else the built-in model "pocket". */
bool bench_steer(struct bench *b, struct lm_builtins builtins, struct error *err) MUST_CHECK;

#endif
