/* Is P(y | do(x)) a function of P(observed) in a causal graph, and which? Shpitser & Pearl, "Identification of Joint
 * Interventional Distributions in Recursive Semi-Markovian Causal Models", AAAI 2006: the algorithm ID, which is
 * complete: where it fails there is a hedge, and with it two models of the graph that agree in all that can be observed
 * and differ in the effect (hedge.h). */
#ifndef MEASURE_IDENTIFY_H
#define MEASURE_IDENTIFY_H

#include "measure/causal/graph.h"

enum estimand_kind { ESTIMAND_CONDITIONAL, ESTIMAND_SUM, ESTIMAND_PRODUCT, ESTIMAND_RATIO };
/* CONDITIONAL: P(of | given). SUM: over all values of `of`, of part[0]. PRODUCT: of all parts, 1 where there is none.
 * RATIO: part[0] / part[1]. */
struct estimand {
    enum estimand_kind kind;
    graph_set of, given;
    size_t n;
    const struct estimand **part;
};

/* One call of the algorithm: which line was taken, and what it says. */
struct identify_step {
    int depth, line;
    const char *what;
};
enum { IDENTIFY_STEPS_MOST = 1000 };
struct identify_result {
    bool identifiable;
    const struct estimand *formula; /* free in it: y, x, and where the graph says they have no influence, others */
    struct identify_step *step;
    size_t n_steps;
    graph_set hedge, inside; /* not identifiable: C-forests F and F' inside it, both ending in the same roots */
};
/* x, y: not empty, without a common node. All on the arena. */
bool identify(const struct graph *g, graph_set x, graph_set y, struct arena *arena, struct identify_result *out,
              struct error *err) MUST_CHECK;

/* "sum_m P(m | x) sum_x' P(y | m, x') P(x')": bound names are those of the nodes, primed where they are free outside.
 */
bool estimand_put(struct buffer *out, const struct graph *g, const struct estimand *f);
/* Its value where all variables are 0 or 1. joint: [2^n] P of observed, bit i the value of node i; values: of free
 * ones. Where a condition has no mass: NaN. */
double estimand_value(const struct estimand *f, const double *joint, size_t n, uint64_t values);

#endif
