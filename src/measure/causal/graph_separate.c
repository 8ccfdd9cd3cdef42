/* Separation by following what is open: see graph.h. A place is a node and how it was come to: along an edge that
 * points at it, or along one that does not. */
#include "measure/causal/graph.h"

#include <string.h>

enum { BY_TAIL, BY_HEAD, WAYS };
enum { PLACES = GRAPH_NODES_MOST * WAYS };

struct search {
    const struct graph *g;
    graph_set given, opened;     /* opened: with a descendant that is given, so that colliders are open */
    unsigned short from[PLACES]; /* the place before; PLACES: a start */
    char edge[PLACES];
    bool seen[PLACES];
    size_t queue[PLACES], head, tail;
};

static void visit(struct search *s, size_t node, int way, size_t from, char edge) {
    size_t place = node * WAYS + (size_t)way;
    if (s->seen[place]) return;
    s->seen[place] = true;
    s->from[place] = (unsigned short)from;
    s->edge[place] = edge;
    s->queue[s->tail++] = place;
}

/* All nodes of a set, along one kind of edge. */
static void visit_all(struct search *s, graph_set nodes, int way, size_t from, char edge) {
    for (; nodes; nodes &= nodes - 1) visit(s, graph_first(nodes), way, from, edge);
}

static void leave(struct search *s, size_t node, bool out, bool in, size_t place) {
    if (out) visit_all(s, s->g->children[node], BY_HEAD, place, '>');
    if (in) visit_all(s, s->g->parents[node], BY_TAIL, place, '<');
    if (in) visit_all(s, s->g->siblings[node], BY_HEAD, place, 'b');
}

/* Writes the way that led to a place, from its start. */
static void trace(const struct search *s, size_t place, size_t start, struct graph_path *path) {
    size_t back[PLACES], n = 0;
    for (size_t at = place; at != PLACES; at = s->from[at]) back[n++] = at;
    path->n = 0;
    path->node[path->n++] = start;
    for (size_t i = n; i-- > 0;) {
        path->edge[path->n - 1] = s->edge[back[i]];
        path->node[path->n++] = back[i] / WAYS;
    }
}

static bool reaches(struct search *s, size_t start, graph_set b, struct graph_path *path) {
    memset(s->seen, 0, sizeof s->seen);
    s->head = s->tail = 0;
    leave(s, start, true, true, PLACES);
    while (s->head < s->tail) {
        size_t place = s->queue[s->head++], node = place / WAYS;
        bool by_head = place % WAYS == BY_HEAD, given = s->given & graph_one(node);
        if (b & graph_one(node)) {
            if (path) trace(s, place, start, path);
            return true;
        }
        bool collider = by_head && (s->opened & graph_one(node));
        leave(s, node, !given, by_head ? collider : !given, place);
    }
    return false;
}

bool graph_separated(const struct graph *g, graph_set a, graph_set b, graph_set z, struct graph_path *path) {
    struct search s = {.g = g, .given = z, .opened = graph_ancestors(g, z)};
    if (a & b) {
        if (path) path->n = 1, path->node[0] = graph_first(a & b);
        return false;
    }
    for (graph_set rest = a; rest; rest &= rest - 1)
        if (reaches(&s, graph_first(rest), b, path)) return false;
    return true;
}

bool graph_put_path(struct buffer *out, const struct graph *g, const struct graph_path *path) {
    for (size_t i = 0; i < path->n; i++) {
        if (i) buffer_put_c(out, path->edge[i - 1] == '>' ? " -> " : path->edge[i - 1] == '<' ? " <- " : " <-> ");
        buffer_put_c(out, g->name[path->node[i]]);
    }
    return !out->failed;
}
