/* Why a value stands where it stands: a rank is the even share that every node gets, and what each edge into it brings;
 * the parts sum to the rank. */
#ifndef SET_MORAL_EXPLAIN_H
#define SET_MORAL_EXPLAIN_H

#include "set/moral_rank.h"

struct moral_part {
    struct moral_edge edge;
    double brings; /* of a kept edge into the value: its share of the rank; else NaN */
};
struct moral_explained {
    size_t value, position;           /* from 1; 0: it is no node */
    double rank, even;                /* even: the share of the rank that every node gets */
    struct moral_part *into, *out_of; /* edges that were voted on; what brings most first, then kept ones, then by W */
    size_t n_into, n_out_of;
    size_t *chain; /* back along what brings most, from the value to one that nothing leads to, or round */
    size_t n_chain;
};
/* The rule that an edge which is not kept fails: "W < 2", "p < 0.33", "H > 1.69", "no votes". */
const char *moral_why_not(const struct moral_edge *edge);
bool moral_explain(const struct moral *m, uint32_t context, size_t value, struct arena *arena,
                   struct moral_explained *out, struct error *err) MUST_CHECK;

#endif
