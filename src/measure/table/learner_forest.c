/* A random forest (Breiman, Machine Learning 45, 2001): trees of Gini splits on a few columns drawn at each node, over
 * resampled rows; its share is the mean of those of the leaves. A number splits at one of 32 places of its rank, a
 * level against all others. */
#include "measure/table/learner.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

enum { TREES = 50, DEPTH = 10, LEAF = 5, PLACES = 32, NODES = 1 << (DEPTH + 1), KINDS_MOST = 65536 };

struct node {
    uint32_t column;      /* a value, or n_values + a level's column */
    uint32_t at;          /* goes left: a place up to it, or this level */
    uint32_t left, right; /* 0: a leaf */
    double share;
};
struct forest {
    const struct synth_code *code;
    struct node *nodes; /* [TREES][NODES] */
};
struct growing {
    const struct synth_points *x;
    const double *y;
    struct node *nodes;
    size_t n_nodes, tries;
    uint32_t *row, *other; /* rows of the tree, and room to part them */
    size_t *count, *ones;  /* [KINDS_MOST] */
    struct rng rng;
};

static uint32_t kind_of(const struct synth_points *x, size_t row, size_t column) {
    const struct synth_code *code = x->code;
    if (column >= code->n_values) return x->which[row * code->n_codes + column - code->n_values];
    uint32_t place = (uint32_t)(x->value[row * code->n_values + column] * PLACES);
    return place < PLACES ? place : PLACES - 1;
}

static bool goes_left(const struct node *node, uint32_t kind, size_t n_values) {
    return node->column < n_values ? kind <= node->at : kind == node->at;
}

/* n Gini of a part, up to a factor: ones and zeros as they are. */
static double impurity(double n, double ones) {
    return n > 0 ? ones * (n - ones) / n : 0;
}

/* The best split of rows from..to on one column: lower is better; where none parts them, *best stays. */
static void try_column(struct growing *g, size_t from, size_t to, size_t column, struct node *node, double *best) {
    const struct synth_code *code = g->x->code;
    bool ranked = column < code->n_values;
    size_t kinds = ranked ? PLACES : code->n_levels[column - code->n_values], below = 0, ones_below = 0, ones = 0;
    memset(g->count, 0, kinds * sizeof *g->count);
    memset(g->ones, 0, kinds * sizeof *g->ones);
    for (size_t i = from; i < to; i++) {
        uint32_t kind = kind_of(g->x, g->row[i], column);
        g->count[kind]++;
        g->ones[kind] += g->y[g->row[i]] > 0;
        ones += g->y[g->row[i]] > 0;
    }
    for (size_t kind = 0; kind < kinds; kind++) {
        below = ranked ? below + g->count[kind] : g->count[kind];
        ones_below = ranked ? ones_below + g->ones[kind] : g->ones[kind];
        size_t rest = to - from - below;
        if (below < LEAF || rest < LEAF) continue;
        double both = impurity((double)below, (double)ones_below) + impurity((double)rest, (double)(ones - ones_below));
        if (both < *best) *best = both, node->column = (uint32_t)column, node->at = (uint32_t)kind;
    }
}

/* Left rows first, both in their order. */
static size_t part_rows(struct growing *g, size_t from, size_t to, const struct node *node) {
    size_t left = from, rest = 0;
    for (size_t i = from; i < to; i++) {
        uint32_t row = g->row[i];
        if (goes_left(node, kind_of(g->x, row, node->column), g->x->code->n_values))
            g->row[left++] = row;
        else
            g->other[rest++] = row;
    }
    memcpy(g->row + left, g->other, rest * sizeof *g->row);
    return left;
}

static uint32_t grow(struct growing *g, size_t from, size_t to, int depth) {
    uint32_t at = (uint32_t)g->n_nodes++;
    struct node *node = &g->nodes[at];
    double ones = 0, whole, best;
    for (size_t i = from; i < to; i++) ones += g->y[g->row[i]];
    *node = (struct node){.share = ones / (double)(to - from)};
    whole = best = impurity((double)(to - from), ones) * (1 - 1e-12);
    size_t columns = g->x->code->n_values + g->x->code->n_codes;
    for (size_t t = 0; depth < DEPTH && whole > 0 && t < g->tries; t++)
        try_column(g, from, to, (size_t)rng_below(&g->rng, columns), node, &best);
    if (!(best < whole)) return at;
    size_t middle = part_rows(g, from, to, node);
    uint32_t left = grow(g, from, middle, depth + 1), right = grow(g, middle, to, depth + 1);
    node->left = left, node->right = right;
    return at;
}

static bool growing_room(struct growing *g, size_t n, struct arena *arena, struct error *err) {
    g->row = arena_new(arena, uint32_t, n, err);
    g->other = arena_new(arena, uint32_t, n, err);
    g->count = arena_new(arena, size_t, KINDS_MOST, err);
    g->ones = arena_new(arena, size_t, KINDS_MOST, err);
    return g->row && g->other && g->count && g->ones;
}

static bool train(const struct synth_points *x, const double *y, uint64_t seed, struct arena *arena, void **model,
                  struct error *err) {
    struct forest *m = arena_new(arena, struct forest, 1, err);
    struct growing g = {.x = x, .y = y};
    if (!m || !(m->nodes = arena_new(arena, struct node, (size_t)TREES * NODES, err)) ||
        !growing_room(&g, x->n, arena, err))
        return false;
    g.tries = (size_t)ceil(sqrt((double)(x->code->n_values + x->code->n_codes)));
    for (size_t t = 0; t < TREES; t++) {
        g.rng = rng_stream(seed, "learner/forest", t);
        g.nodes = m->nodes + t * NODES;
        g.n_nodes = 0;
        for (size_t i = 0; i < x->n; i++) g.row[i] = (uint32_t)rng_below(&g.rng, x->n);
        grow(&g, 0, x->n, 0);
    }
    m->code = x->code;
    *model = m;
    return true;
}

static bool ask(const void *model, const struct synth_points *x, double *share, struct arena *arena,
                struct error *err) {
    const struct forest *m = model;
    (void)arena, (void)err;
    for (size_t i = 0; i < x->n; i++) {
        double sum = 0;
        for (size_t t = 0; t < TREES; t++) {
            const struct node *tree = m->nodes + t * NODES, *at = tree;
            while (at->right)
                at = tree + (goes_left(at, kind_of(x, i, at->column), m->code->n_values) ? at->left : at->right);
            sum += at->share;
        }
        share[i] = sum / TREES;
    }
    return true;
}

const struct learner learner_forest = {
    .name = "forest", .summary = "random forest of 50 trees", .train = train, .ask = ask};
