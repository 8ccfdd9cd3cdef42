/* How much agents enable each other, where runs can be done again: by leaving messages out (the uptake of CSS,
 * audit.h), and exactly, over all teams, for few agents. */
#ifndef MEASURE_SYNERGY_H
#define MEASURE_SYNERGY_H

#include "base/error.h"

#include <stdint.h>

enum { SYNERGY_AGENTS_MOST = 16 };

/* A run that can be done again, draw by draw, without message `removed` (SIZE_MAX: with all). */
struct synergy_replay {
    size_t messages;
    uint64_t replays; /* 8 and more */
    bool (*run)(void *context, size_t removed, uint64_t draw, bool *success, struct error *err);
    void *context;
};
/* By message: delta = P(success) - P(success without it) over the same draws; uptake = delta / the largest one, cut to
 * [0, 1] (0 where none is above 0); harm = -delta where that is above 0. */
struct synergy_message {
    double delta, uptake, harm;
};
bool synergy_of_messages(const struct synergy_replay *replay, struct synergy_message *out,
                         struct error *err) MUST_CHECK;

/* Shapley (1953): phi of each of n agents, from the value of every team; value[bits], bit i: agent i is in it. */
void synergy_shapley(const double *value, size_t n, double *phi);
/* v(all) - sum of v(one alone). */
double synergy_of_team(const double *value, size_t n);

#endif
