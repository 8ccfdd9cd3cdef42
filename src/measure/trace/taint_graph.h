/* What happened before what in a trace, over the texts of its spans: see taint.h. */
#ifndef MEASURE_TAINT_GRAPH_H
#define MEASURE_TAINT_GRAPH_H

#include "measure/trace/trace.h"

struct taint_graph {
    uint32_t *edge, *first; /* CSR: node i comes after edge[first[i] .. first[i + 1]) */
    uint32_t *order;        /* all nodes, each behind those it comes after */
    size_t n;
};
bool taint_graph_make(const struct trace *t, struct arena *arena, struct taint_graph *out,
                      struct error *err) MUST_CHECK;

#endif
