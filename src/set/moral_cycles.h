/* Kept edges need not run one way: a cycle a -> b -> c -> a says of each that it is wiser than itself, and ranks inside
 * it rest on one another. Strongly connected components by Tarjan's algorithm (SIAM Journal on Computing 1, 1972), and
 * of each the shortest cycle through its first value. */
#ifndef SET_MORAL_CYCLES_H
#define SET_MORAL_CYCLES_H

#include "set/moral_rank.h"

struct moral_component {
    uint32_t *value; /* ascending */
    size_t n;        /* two at least */
    uint32_t *cycle; /* in its order; the last one leads back to the first */
    size_t length;
};
struct moral_cycles {
    struct moral_component *component; /* by their first value */
    size_t n;
};
/* arcs by (from, to) between values below n_values. */
bool moral_find_cycles(const struct moral_arc *arc, size_t n_arcs, size_t n_values, struct arena *arena,
                       struct moral_cycles *out, struct error *err) MUST_CHECK;

#endif
