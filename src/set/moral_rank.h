/* From votes to edges, and from edges to ranks.
 *
 * For an ordered pair (a, b): W votes that b is wiser, N that it is not, U unsure, L votes the other way that a is
 * wiser, I all votes on either order (each person was shown it). As the published program counts:
 *
 *   likelihood  p = (W - L) / (W + N + U + L)
 *   entropy     H = - sum f log2 f over the five counts W, N, L, U, I, divided by their sum (I among them by accident;
 *               the rule below makes sense only so)
 *   kept        W >= 2, p >= 0.33, H <= 1.69
 *
 * Ranks (PageRank: Page, Brin, Motwani & Winograd, 1999) over the nodes of kept edges, n of them, damping d = 0.85,
 * arcs weighted by p: r(v) = (1 - d)/n + d sum over u->v of r(u) p(u,v) / sum over w of p(u,w). As published there are
 * 100 steps from 1/n, and what stands at nodes without an arc out is lost, so that ranks do not sum to 1 (`compat`).
 * `rank` is the fixed point in which that mass is spread evenly over all nodes. It is the fixed point without it,
 * divided by its sum: both solve (1 - d M) r = c 1 for some c. */
#ifndef SET_MORAL_RANK_H
#define SET_MORAL_RANK_H

#include "set/moral.h"

#define MORAL_DAMPING 0.85
#define MORAL_P_LEAST 0.33
#define MORAL_H_MOST 1.69
enum { MORAL_W_LEAST = 2, MORAL_STEPS = 100 };
enum { MORAL_ALL = UINT32_MAX }; /* for a context: all of them */

struct moral_edge {
    uint32_t from, to, pair;
    uint8_t back; /* it runs from b to a of the pair */
    uint32_t w, n, u, l, i;
    double p, entropy; /* NaN where nobody voted on it */
    bool kept;
};
/* Of the votes of a pair, one way. */
struct moral_edge moral_edge_of(const struct moral_pair *pair, uint8_t back);

/* An arc of the graph that is ranked. */
struct moral_arc {
    uint32_t from, to;
    double p;
};

/* Scratch for ranking graphs over the same values again and again. */
struct moral_ranker {
    size_t n_values, most_arcs;
    double *compat, *rank; /* [n_values]; 0 of values that are no nodes. The results */
    uint32_t *nodes;       /* the n_nodes values that are nodes, ascending */
    size_t n_nodes;
    double compat_sum;
    uint32_t *place;                  /* of a value among the nodes, + 1 */
    uint32_t *begin, *source;         /* arcs into each node: [n_nodes + 1], [arcs] */
    double *share, *out, *now, *next; /* share of the source's mass; sums; masses by node */
};
bool moral_ranker_init(struct moral_ranker *r, size_t n_values, size_t most_arcs, struct arena *arena,
                       struct error *err) MUST_CHECK;
/* arcs by (from, to), each pair of values once, p > 0. */
void moral_rank_arcs(struct moral_ranker *r, const struct moral_arc *arc, size_t n);
/* The value with the highest rank; the first of equals; SIZE_MAX: there is no node. */
size_t moral_top(const struct moral_ranker *r);

/* Counts by pair: votes[pair] as in the graph, of votes in `context` (MORAL_ALL: all), each counted weight[voter] times
 * (NULL: once). Graphs of counts have no voters: weight is NULL, and a context takes whole pairs. */
typedef uint32_t moral_votes_of[2][MORAL_SAYS];
void moral_count(const struct moral *m, uint32_t context, const uint32_t *weight, moral_votes_of *votes);
/* The kept edges of such counts, by (from, to); arc has room for n_pairs: of two ways at most one is kept. */
size_t moral_arcs(const struct moral *m, const moral_votes_of *votes, struct moral_arc *arc);

#endif
