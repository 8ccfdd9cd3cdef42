/* Adjustment sets, front doors, instruments: see graph.h. */
#include "measure/causal/graph.h"

enum { TRIED_MOST = 1000000, DOOR_SIZE_MOST = 4, GIVEN_SIZE_MOST = 2 };

/* Nodes on causal ways from x to y that meet x only at their start, without x. */
static graph_set causal_nodes(const struct graph *g, graph_set x, graph_set y) {
    struct graph cut = graph_without_in(g, x), blocked = graph_without_out(g, x);
    return (graph_descendants(&cut, x) & ~x) & graph_ancestors(&blocked, y);
}

graph_set graph_forbidden(const struct graph *g, graph_set x, graph_set y) {
    return graph_descendants(g, causal_nodes(g, x, y)) & ~x;
}

/* Without the first edges of causal ways, so that only the others are left to block. */
static struct graph without_causal(const struct graph *g, graph_set x, graph_set y) {
    struct graph out = *g;
    graph_set causal = causal_nodes(g, x, y);
    for (size_t i = 0; i < g->n; i++) {
        if (x & graph_one(i)) out.children[i] &= ~causal;
        if (causal & graph_one(i)) out.parents[i] &= ~x;
    }
    return out;
}

bool graph_adjusts(const struct graph *g, graph_set x, graph_set y, graph_set z, struct graph_path *path) {
    struct graph other = without_causal(g, x, y);
    if (path) path->n = 0;
    if (z & (graph_forbidden(g, x, y) | x | y)) return false;
    return graph_separated(&other, x, y, z, path);
}

/* Sets of `size` nodes out of candidates, in the order of their numbers. visit may stop the search. */
struct subsets {
    size_t candidate[GRAPH_NODES_MOST], n, tried;
    bool (*good)(void *context, graph_set s);
    void *context;
    struct graph_sets *out;
};

static bool holds_found(const struct graph_sets *found, graph_set s) {
    for (size_t i = 0; i < found->n; i++)
        if ((found->set[i] & ~s) == 0) return true;
    return false;
}

static bool try_sets(struct subsets *s, size_t from, size_t size, graph_set chosen) {
    if (s->out->n == GRAPH_SETS_MOST || s->tried == TRIED_MOST) return s->out->more = true, false;
    if (holds_found(s->out, chosen)) return true;
    if (size == 0) {
        s->tried++;
        if (s->good(s->context, chosen)) s->out->set[s->out->n++] = chosen;
        return true;
    }
    for (size_t i = from; i + size <= s->n; i++)
        if (!try_sets(s, i + 1, size - 1, chosen | graph_one(s->candidate[i]))) return false;
    return true;
}

static void minimal_sets(struct subsets *s, graph_set candidates, size_t size_most) {
    *s->out = (struct graph_sets){.n = 0};
    for (s->n = 0; candidates; candidates &= candidates - 1) s->candidate[s->n++] = graph_first(candidates);
    for (size_t size = 0; size <= size_most && size <= s->n; size++)
        if (!try_sets(s, 0, size, 0)) return;
    s->out->more = s->n > size_most;
}

struct question {
    const struct graph *g;
    struct graph other;
    graph_set x, y;
};

static bool blocks(void *context, graph_set z) {
    const struct question *q = context;
    return graph_separated(&q->other, q->x, q->y, z, NULL);
}

/* A minimal separator lies among the ancestors of what it separates (van der Zander, Liskiewicz & Textor, Artificial
 * Intelligence 270, 2019), and where any set does, so do all ancestors that are not forbidden. */
void graph_adjustments(const struct graph *g, graph_set x, graph_set y, struct graph_sets *out, bool *any) {
    struct question q = {g, without_causal(g, x, y), x, y};
    struct subsets s = {.good = blocks, .context = &q, .out = out};
    graph_set may = graph_ancestors(g, x | y) & ~(graph_forbidden(g, x, y) | x | y);
    *out = (struct graph_sets){.n = 0};
    *any = graph_separated(&q.other, x, y, may, NULL);
    if (*any) minimal_sets(&s, may, GRAPH_SET_SIZE_MOST);
}

/* ---- front doors ---- */

static bool is_front_door(void *context, graph_set m) {
    const struct question *q = context;
    struct graph stopped = graph_without_out(q->g, m), from_x = graph_without_out(q->g, q->x);
    return m && !(graph_descendants(&stopped, q->x) & q->y) && graph_separated(&from_x, q->x, m, 0, NULL) &&
           graph_separated(&stopped, m, q->y, q->x, NULL);
}

void graph_front_doors(const struct graph *g, size_t x, size_t y, struct graph_sets *out) {
    struct question q = {.g = g, .x = graph_one(x), .y = graph_one(y)};
    struct subsets s = {.good = is_front_door, .context = &q, .out = out};
    graph_set between = graph_descendants(g, q.x) & graph_ancestors(g, q.y) & ~(q.x | q.y);
    minimal_sets(&s, between, DOOR_SIZE_MOST);
}

/* ---- instruments ---- */

struct instrument {
    const struct graph *g;
    struct graph other; /* without what goes out of x */
    graph_set w, x, y;
};

static bool is_instrument(void *context, graph_set given) {
    const struct instrument *i = context;
    return !graph_separated(i->g, i->w, i->x, given, NULL) && graph_separated(&i->other, i->w, i->y, given, NULL);
}

size_t graph_instruments(const struct graph *g, size_t x, size_t y, struct graph_instrument out[GRAPH_NODES_MOST]) {
    graph_set later = graph_descendants(g, graph_one(x));
    size_t n = 0;
    if (!(later & graph_one(y))) return 0; /* no effect to find */
    for (graph_set rest = graph_all(g) & ~(later | graph_one(y)); rest; rest &= rest - 1) {
        struct graph_sets found;
        struct instrument i = {g, graph_without_out(g, graph_one(x)), rest & -rest, graph_one(x), graph_one(y)};
        struct subsets s = {.good = is_instrument, .context = &i, .out = &found};
        minimal_sets(&s, graph_all(g) & ~(later | i.w | i.y), GIVEN_SIZE_MOST);
        if (found.n) out[n++] = (struct graph_instrument){graph_first(rest), found.set[0]};
    }
    return n;
}
