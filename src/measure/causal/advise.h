/* Which ways of training fit a data problem that is stated as a graph (Liu, Chaudhary & Wang, arXiv 2307.16851: methods
 * of four fields are three equations). Rows of one table, each with the dependence that it answers; the reason names
 * the open way through the graph. The names of roles stand in graph.h; `outcome` is what is learnt. */
#ifndef MEASURE_ADVISE_H
#define MEASURE_ADVISE_H

#include "measure/causal/graph.h"

enum { ADVICE_MOST = 32 };
struct advice {
    struct advice_row {
        const char *train;   /* names of objectives and ways, with commas */
        const char *against; /* the kind of shift */
        const char *because; /* the dependence that is violated, by its way */
    } row[ADVICE_MOST];
    size_t n;
};
/* ERROR_DATA: no outcome; nothing that could shift. */
bool advise(const struct graph *g, struct arena *arena, struct advice *out, struct error *err) MUST_CHECK;

#endif
