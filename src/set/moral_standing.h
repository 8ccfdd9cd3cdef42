/* Who stands where, with intervals: the voters are drawn anew with replacement (bootstrap over people, Efron &
 * Tibshirani 1993), their votes counted and ranked again. What a value gets in a draw in which it is no node is 0. */
#ifndef SET_MORAL_STANDING_H
#define SET_MORAL_STANDING_H

#include "base/pool.h"
#include "set/moral_rank.h"

struct moral_standing_settings {
    uint64_t resamples, seed; /* resamples 0: no intervals */
    double confidence;
    struct pool *pool; /* never changes a result */
};

struct moral_standing {
    size_t value;
    double rank, compat;
    double lo, hi; /* of rank; NaN without resamples, or where nobody voted in person (counts) */
    double first;  /* share of the resamples in which it is first */
};

enum { MORAL_WEAK = 30 }; /* fewer votes than this: a context is weak */

struct moral_place_of {
    uint32_t context; /* MORAL_ALL: overall */
    uint64_t votes;
    size_t voters; /* 0 of counts */
    size_t n_edges, n_nodes;
    double compat_sum;
    struct moral_standing *standing; /* nodes of kept edges, highest rank first; equal ones by id */
};

/* In one context, or over all. ERROR_USAGE: more resamples than there is memory for. */
bool moral_stand(const struct moral *m, uint32_t context, const struct moral_standing_settings *settings,
                 struct arena *arena, struct moral_place_of *out, struct error *err) MUST_CHECK;

#endif
