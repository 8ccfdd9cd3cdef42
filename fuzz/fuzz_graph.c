/* A causal graph, as text or DOT. What is read has no cycle and edges that both ends know; its questions have answers,
 * and an adjustment set that is found is one. What is not read is told with the file's name. */
#include "measure/causal/identify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_edges(const struct graph *g) {
    size_t order[GRAPH_NODES_MOST], place[GRAPH_NODES_MOST];
    graph_order(g, order);
    for (size_t i = 0; i < g->n; i++) place[order[i]] = i;
    for (size_t a = 0; a < g->n; a++) {
        if ((g->children[a] | g->parents[a] | g->siblings[a]) & ~graph_all(g)) abort();
        for (size_t b = 0; b < g->n; b++) {
            bool to = g->children[a] & graph_one(b), from = g->parents[b] & graph_one(a);
            if (to != from || (to && place[a] >= place[b])) abort();
            if (!(g->siblings[a] & graph_one(b)) != !(g->siblings[b] & graph_one(a))) abort();
        }
    }
}

/* Graphs of many nodes have too many sets to try for each input. */
static void ask(const struct graph *g, struct arena *arena) {
    struct error err = {0};
    struct identify_result r;
    struct graph_sets sets;
    struct buffer b;
    bool any;
    graph_set x = graph_one(0), y = graph_one(g->n - 1);
    if (g->n < 2 || g->n > 12) return;
    graph_adjustments(g, x, y, &sets, &any);
    for (size_t i = 0; i < sets.n; i++)
        if (!graph_adjusts(g, x, y, sets.set[i], NULL)) abort();
    if (!identify(g, x, y, arena, &r, &err)) {
        if (!err.message[0]) abort();
        return;
    }
    if (any && !r.identifiable) abort(); /* what adjusting tells can be told */
    buffer_init(&b, 1 << 20);
    if (r.identifiable) estimand_put(&b, g, r.formula);
    buffer_done(&b);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct arena arena;
    struct graph g;
    arena_init(&arena, 0);
    if (graph_read_text((struct text){(const char *)at, n}, "g", &arena, &g, &err)) {
        check_edges(&g);
        ask(&g, &arena);
    } else if (err.kind != ERROR_DATA || strncmp(err.message, "g:", 2) != 0) {
        abort();
    }
    arena_done(&arena);
    return 0;
}
