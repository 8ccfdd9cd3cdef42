/* Causal graphs: directed edges, and bidirected ones that stand for hidden common causes (acyclic directed mixed
 * graphs; Richardson, Scandinavian Journal of Statistics 30, 2003). At most 64 nodes, so that a set of nodes is one
 * word.
 *
 * The file is text or DOT, and both are one grammar:
 *   1. [strict] digraph|dag NAME { ... } around the statements, or nothing around them
 *   2. edges        a -> b -> c    a <- b    a <-> b (a hidden common cause)    a -> {b c}
 *   3. lists        hidden u, w    treatment t    outcome y    node a, b, and the roles of graph_roles
 *   4. attributes   a [hidden]  a [treatment]  a -> b [dir=both]; unknown ones say nothing
 *   5. names        letters, digits, _ and . (not first a digit or a dot), all above ASCII, or "any text"
 *   6. # and // to the end of the line, and between slash-star and star-slash, say nothing; ; ends a statement, new
 *      lines need not
 * Hidden nodes are projected out when the file was read (Verma 1993): what remains says the same of the others. */
#ifndef MEASURE_GRAPH_H
#define MEASURE_GRAPH_H

#include "base/buffer.h"

enum { GRAPH_NODES_MOST = 64, GRAPH_BYTES_MOST = 1 << 20 };
typedef uint64_t graph_set;

/* What a node is in a question; of the second half `advise` speaks (advise.h). */
enum graph_role {
    GRAPH_TREATMENT,
    GRAPH_OUTCOME,
    GRAPH_NUISANCE,  /* goes with the label in training, and need not later */
    GRAPH_DOMAIN,    /* says where a row comes from */
    GRAPH_PROTECTED, /* must not decide */
    GRAPH_SELECTED,  /* rows are there because of it */
    GRAPH_LABELLED,  /* nuisances whose value is known in every row */
    GRAPH_EDITABLE,  /* nuisances that can be changed in a text without changing anything else */
    GRAPH_PARITY,    /* protected: the target is equal rates */
    GRAPH_ROLES
};
extern const char *const graph_roles[GRAPH_ROLES]; /* as they stand in files */

struct graph {
    const char *file;
    size_t n;
    const char *name[GRAPH_NODES_MOST];
    graph_set parents[GRAPH_NODES_MOST], children[GRAPH_NODES_MOST], siblings[GRAPH_NODES_MOST];
    graph_set role[GRAPH_ROLES];
    const char *hidden[GRAPH_NODES_MOST]; /* names of nodes that were projected out */
    size_t n_hidden;
};

/* ERROR_DATA: FILE:LINE:COLUMN, what was expected; a cycle by its nodes; too many nodes. On the arena. */
bool graph_read(const char *path, struct arena *arena, struct graph *out, struct error *err) MUST_CHECK;
bool graph_read_text(struct text t, const char *shown, struct arena *arena, struct graph *out,
                     struct error *err) MUST_CHECK;
/* SIZE_MAX and ERROR_USAGE with the nearest name; a hidden node is said to be hidden. */
size_t graph_node(const struct graph *g, struct text name, struct error *err);

/* ---- sets ---- */

static inline graph_set graph_one(size_t node) {
    return (graph_set)1 << node;
}
static inline graph_set graph_all(const struct graph *g) {
    return g->n == GRAPH_NODES_MOST ? ~(graph_set)0 : graph_one(g->n) - 1;
}
/* The lowest node of a set that is not empty. */
static inline size_t graph_first(graph_set s) {
    return (size_t)__builtin_ctzll(s);
}
static inline size_t graph_count(graph_set s) {
    return (size_t)__builtin_popcountll(s);
}
bool graph_put_set(struct buffer *out, const struct graph *g, graph_set s); /* "a, b" */

graph_set graph_ancestors(const struct graph *g, graph_set s);   /* with s */
graph_set graph_descendants(const struct graph *g, graph_set s); /* with s */
/* The same nodes with fewer edges: none into s (bidirected ones too), none out of s; only those among s. */
struct graph graph_without_in(const struct graph *g, graph_set s);
struct graph graph_without_out(const struct graph *g, graph_set s);
struct graph graph_among(const struct graph *g, graph_set s);
/* The part of `within` that is joined to `node` by bidirected edges inside it. */
graph_set graph_district(const struct graph *g, graph_set within, size_t node);
/* Nodes with every parent before its children, ties by number. */
void graph_order(const struct graph *g, size_t order[GRAPH_NODES_MOST]);

/* ---- separation ---- */

/* A way between two nodes that is open: node[0] .. node[n - 1], edge[i] between i and i + 1: '>' '<' or 'b'. */
struct graph_path {
    size_t n, node[2 * GRAPH_NODES_MOST];
    char edge[2 * GRAPH_NODES_MOST];
};
/* Are all nodes of a m-separated from all of b by z (Bayes ball: Shachter, UAI 1998)? Linear in edges. path: NULL, or
 * an open way where they are not. */
bool graph_separated(const struct graph *g, graph_set a, graph_set b, graph_set z, struct graph_path *path);
bool graph_put_path(struct buffer *out, const struct graph *g, const struct graph_path *path); /* "a <- b -> c" */

/* ---- what may be adjusted for, and other ways ---- */

enum { GRAPH_SETS_MOST = 64, GRAPH_SET_SIZE_MOST = 6 };
struct graph_sets {
    graph_set set[GRAPH_SETS_MOST];
    size_t n;
    bool more; /* the search ended at a limit */
};
/* Nodes that no adjustment may hold: descendants of those on causal ways from x to y (x themselves not counted). */
graph_set graph_forbidden(const struct graph *g, graph_set x, graph_set y);
/* Is adjusting for z right for the effect of x on y, in every law of this graph? The adjustment criterion (Shpitser,
 * VanderWeele & Robins, UAI 2010), which is complete. path: an open way that is not causal, where z leaves one. */
bool graph_adjusts(const struct graph *g, graph_set x, graph_set y, graph_set z, struct graph_path *path);
/* All minimal sets of up to GRAPH_SET_SIZE_MOST nodes, smaller first. *any: is there one of any size? */
void graph_adjustments(const struct graph *g, graph_set x, graph_set y, struct graph_sets *out, bool *any);
/* Minimal sets that satisfy the front-door criterion (Pearl 1995) for single x and y. */
void graph_front_doors(const struct graph *g, size_t x, size_t y, struct graph_sets *out);
/* Instruments of x on y, each with a smallest set given which it is one (Brito & Pearl, UAI 2002). */
struct graph_instrument {
    size_t node;
    graph_set given;
};
size_t graph_instruments(const struct graph *g, size_t x, size_t y, struct graph_instrument out[GRAPH_NODES_MOST]);

#endif
