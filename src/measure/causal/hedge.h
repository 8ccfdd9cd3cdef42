/* Why an effect cannot be told: from a hedge two models of the graph that agree in everything that can be observed and
 * differ in the effect (Shpitser & Pearl 2006, theorem 4). All variables are 0 or 1, hidden causes are fair coins, and
 * a variable is the parity of some of its parents and hidden causes, turned over with a known chance: so that every
 * observation can occur in both. The models are computed out, and given only where they are what they must be. */
#ifndef MEASURE_HEDGE_H
#define MEASURE_HEDGE_H

#include "measure/causal/identify.h"

enum { HEDGE_BITS_MOST = 20 };

struct hedge_rule { /* of one node */
    graph_set parents;
    uint64_t coins;
    double turned; /* 0.5: a coin of its own */
};
struct hedge_model {
    size_t n, coins;
    struct hedge_rule rule[GRAPH_NODES_MOST];
};
/* P of all nodes under do(x = values of x), [2^n], bit i the value of node i. x 0: as observed. order: topological. */
void hedge_law(const struct hedge_model *m, const size_t *order, graph_set x, uint64_t values, double *out);

struct hedge_pair {
    struct hedge_model model[2];
    double observed;  /* the largest difference of P(observed): rounding */
    uint64_t x, y;    /* values at which the effects differ most */
    double effect[2]; /* P(y | do(x)) there */
};
/* false without an error (kind ERROR_NONE): the graph is too large, or the construction does not carry over. */
bool hedge_models(const struct graph *g, graph_set x, graph_set y, const struct identify_result *result,
                  struct arena *arena, struct hedge_pair *out, struct error *err) MUST_CHECK;
/* "v = x xor u1, turned over with chance 0.25", one line a node. */
bool hedge_put(struct buffer *out, const struct graph *g, const struct hedge_model *m);

#endif
