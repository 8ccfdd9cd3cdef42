/* Do people say yes because they are asked? A story argues for the value that is shown as the wiser one. Where a pair
 * was shown both ways, that can be told: who is not unsure says upgrade with q = beta + (1 - beta) t, where t is what
 * is meant and t(a,b) + t(b,a) = 1, so that beta = q(a,b) + q(b,a) - 1. */
#ifndef SET_MORAL_BIAS_H
#define SET_MORAL_BIAS_H

#include "set/moral_rank.h"

struct moral_bias {
    double beta, error; /* of the pairs, weighted by 1 / (1/n(a,b) + 1/n(b,a)), and its standard error; NaN: no pair */
    size_t pairs;       /* that were shown both ways */
    uint64_t votes;     /* on them, without the unsure ones */
};
struct moral_bias moral_bias_of(const struct moral *m);

#endif
