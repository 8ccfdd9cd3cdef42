/* Sums of gradients in a fixed tree: see gradient_sum.h. */
#include "tensor/gradient_sum.h"

#include "tensor/kernel.h"
#include "tensor/product.h"

#include <string.h>

#define SUM_PIECE 16384u
#define SUM_WINDOW ((size_t)4 << 20) /* values that are sent at once */
enum { NODES_MOST = 128 };

struct node {
    size_t level, index;
};

struct held {
    struct node node;
    float **arrays; /* [n], one for each parameter */
};

struct gradient_sum {
    struct parameter **parameters;
    size_t n;
    uint64_t values;
    struct pool *pool;
    struct team *team;
    size_t passes, next, end; /* of this step */
    struct held stack[NODES_MOST];
    size_t n_held;
    float **spare[NODES_MOST]; /* sets of arrays to be used again */
    size_t n_spare;
    float *out, *in; /* windows of a team */
    size_t out_size, in_size;
};

struct gradient_sum *gradient_sum_new(struct parameter *const *parameters, size_t n, struct pool *pool,
                                      struct team *team, struct error *err) {
    struct gradient_sum *s = memory_zeroed(1, sizeof *s);
    if (!s || !(s->parameters = memory_zeroed(n + 1, sizeof *s->parameters))) {
        memory_free(s);
        return error_memory(err, "sums of gradients"), NULL;
    }
    s->n = n;
    s->pool = pool;
    s->team = team;
    for (size_t i = 0; i < n; i++) {
        s->parameters[i] = parameters[i];
        s->values += tensor_size(&parameters[i]->value);
    }
    return s;
}

static void arrays_free(const struct gradient_sum *s, float **arrays) {
    for (size_t i = 0; arrays && i < s->n; i++) memory_free(arrays[i]);
    memory_free(arrays);
}

void gradient_sum_free(struct gradient_sum *s) {
    if (!s) return;
    for (size_t i = 0; i < s->n_held; i++) arrays_free(s, s->stack[i].arrays);
    for (size_t i = 0; i < s->n_spare; i++) arrays_free(s, s->spare[i]);
    memory_free(s->out);
    memory_free(s->in);
    memory_free(s->parameters);
    memory_free(s);
}

struct team_share gradient_sum_begin(struct gradient_sum *s, size_t passes) {
    struct team_share share = team_share(s->team, passes, team_rank(s->team));
    s->passes = passes;
    s->next = share.first;
    s->end = share.end;
    while (s->n_held) s->spare[s->n_spare++] = s->stack[--s->n_held].arrays; /* of a step that failed */
    return share;
}

/* ---- one process */

/* Adds the arrays to the gradients, in pieces that are dealt to the pool. */
struct addition {
    struct parameter *const *parameters;
    float *const *arrays;
    size_t n;
};

static void add_piece(void *context, size_t part, size_t worker) {
    (void)worker;
    const struct addition *a = context;
    for (size_t i = 0; i < a->n; i++) {
        size_t size = tensor_size(&a->parameters[i]->value), pieces = (size + SUM_PIECE - 1) / SUM_PIECE;
        if (part >= pieces) {
            part -= pieces;
            continue;
        }
        size_t from = part * SUM_PIECE, n = size - from < SUM_PIECE ? size - from : SUM_PIECE;
        float *g = a->parameters[i]->value.grad + from;
        kernels()->add(g, a->arrays[i] + from, g, n);
        return;
    }
}

static void add(const struct gradient_sum *s, float *const *arrays) {
    struct addition a = {s->parameters, arrays, s->n};
    size_t pieces = 0;
    for (size_t i = 0; i < s->n; i++) pieces += (tensor_size(&s->parameters[i]->value) + SUM_PIECE - 1) / SUM_PIECE;
    product_deal(s->pool, pieces, add_piece, &a);
}

static float **arrays_new(const struct gradient_sum *s, struct error *err) {
    float **arrays = memory_zeroed(s->n + 1, sizeof *arrays);
    bool ok = arrays != NULL;
    for (size_t i = 0; ok && i < s->n; i++)
        ok = (arrays[i] = memory_alloc(tensor_size(&s->parameters[i]->value) * sizeof(float))) != NULL;
    if (ok) return arrays;
    if (arrays) arrays_free(s, arrays);
    return error_memory(err, "sums of gradients"), NULL;
}

/* Is b the right-hand sister of a? */
static bool sisters(struct node a, struct node b) {
    return a.level == b.level && b.index % 2 == 1 && a.index + 1 == b.index;
}

static struct node parent(struct node node) {
    return (struct node){node.level + 1, node.index / 2};
}

/* The gradients, which are node `node`, on the stack; zeros in their place. */
static bool put(struct gradient_sum *s, struct node node, struct error *err) {
    float **arrays = s->n_spare ? s->spare[--s->n_spare] : arrays_new(s, err);
    if (!arrays) return false;
    for (size_t i = 0; i < s->n; i++) {
        float *taken = s->parameters[i]->value.grad;
        s->parameters[i]->value.grad = arrays[i];
        arrays[i] = taken;
        memset(s->parameters[i]->value.grad, 0, tensor_size(&s->parameters[i]->value) * sizeof(float));
    }
    s->stack[s->n_held++] = (struct held){node, arrays};
    return true;
}

static void add_top(struct gradient_sum *s) {
    struct held *top = &s->stack[--s->n_held];
    add(s, top->arrays);
    s->spare[s->n_spare++] = top->arrays;
}

bool gradient_sum_take(struct gradient_sum *s, struct error *err) {
    struct node node = {0, s->next++};
    /* The last one of a process that is alone stays where it is. */
    if (team_size(s->team) == 1 && s->next == s->end) return true;
    for (; s->n_held && sisters(s->stack[s->n_held - 1].node, node); node = parent(node)) add_top(s);
    return put(s, node, err);
}

/* ---- a team */

/* The nodes of all processes, from the left. */
struct nodes {
    struct node *of;
    size_t first[TEAM_MOST + 1]; /* of each process */
};

/* The largest whole nodes inside of first..end-1. */
static size_t nodes_of(struct team_share share, struct node *out) {
    size_t n = 0;
    for (size_t at = share.first; at < share.end; n++) {
        size_t level = 0;
        while (at % ((size_t)2 << level) == 0 && at + ((size_t)2 << level) <= share.end) level++;
        if (out) out[n] = (struct node){level, at >> level};
        at += (size_t)1 << level;
    }
    return n;
}

static bool nodes_init(const struct gradient_sum *s, struct nodes *nodes, struct error *err) {
    size_t n = 0;
    for (size_t r = 0; r < s->team->size; r++) {
        nodes->first[r] = n;
        n += nodes_of(team_share(s->team, s->passes, r), NULL);
    }
    nodes->first[s->team->size] = n;
    if (!(nodes->of = memory_zeroed(n + 1, sizeof *nodes->of))) return error_memory(err, "sums of gradients");
    for (size_t r = 0; r < s->team->size; r++)
        (void)nodes_of(team_share(s->team, s->passes, r), nodes->of + nodes->first[r]);
    return true;
}

/* Values from..to-1 of all parameters, one after the other: out of the arrays, or into the gradients. */
static void copy(const struct gradient_sum *s, float *const *arrays, uint64_t from, uint64_t to, float *values) {
    uint64_t at = 0;
    for (size_t i = 0; i < s->n && at < to; i++) {
        uint64_t size = tensor_size(&s->parameters[i]->value), a = from > at ? from - at : 0,
                 b = to - at < size ? to - at : size;
        if (a < b) {
            float *mine = arrays ? arrays[i] : s->parameters[i]->value.grad, *there = values + (at + a - from);
            memcpy(arrays ? there : mine + a, arrays ? mine + a : there, (size_t)(b - a) * sizeof *there);
        }
        at += size;
    }
}

static bool room(float **at, size_t *size, size_t need, struct error *err) {
    if (*at && *size >= need) return true;
    memory_free(*at);
    *size = 0;
    if (!(*at = memory_aligned(64, (need + 1) * sizeof **at))) return error_memory(err, "sums of gradients");
    *size = need;
    return true;
}

/* values: [count, width], the nodes from the left; the sum of the whole tree goes to `out`. */
static void finish(const struct node *of, size_t count, float *values, size_t width, float *out) {
    struct held stack[NODES_MOST];
    float *at[NODES_MOST];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct node node = of[i];
        float *mine = values + i * width;
        for (; n && sisters(stack[n - 1].node, node); node = parent(node), n--)
            kernels()->add(mine, at[n - 1], mine, width);
        stack[n].node = node;
        at[n++] = mine;
    }
    for (; n > 1; n--) kernels()->add(at[n - 2], at[n - 2], at[n - 1], width);
    if (n)
        memcpy(out, at[0], width * sizeof *out);
    else
        memset(out, 0, width * sizeof *out);
}

/* Values from..to-1: slices of the nodes go to the process that finishes them, and their sums to all. */
static bool window(struct gradient_sum *s, const struct nodes *nodes, uint64_t from, uint64_t to, struct error *err) {
    size_t out_bytes[TEAM_MOST], in_bytes[TEAM_MOST], width = (size_t)(to - from), rank = s->team->rank;
    size_t count = nodes->first[s->team->size];
    struct team_share own = team_share(s->team, width, rank);
    size_t slice = own.end - own.first, put = 0;
    if (!room(&s->out, &s->out_size, width * (s->n_held + 1), err) ||
        !room(&s->in, &s->in_size, width + slice * count, err))
        return false;
    for (size_t r = 0; r < s->team->size; r++) {
        struct team_share part = team_share(s->team, width, r);
        for (size_t i = 0; i < s->n_held; i++, put += part.end - part.first)
            copy(s, s->stack[i].arrays, from + part.first, from + part.end, s->out + put);
        out_bytes[r] = s->n_held * (part.end - part.first) * sizeof(float);
        in_bytes[r] = (nodes->first[r + 1] - nodes->first[r]) * slice * sizeof(float);
    }
    float *received = s->in + width;
    if (!team_exchange(s->team, s->out, out_bytes, received, in_bytes, err)) return false;
    finish(nodes->of, count, received, slice, s->in + own.first);
    if (!team_gather_parts(s->team, s->in, width, sizeof(float), err)) return false;
    copy(s, NULL, from, to, s->in);
    return true;
}

static bool add_team(struct gradient_sum *s, struct error *err) {
    struct nodes nodes = {0};
    bool ok = nodes_init(s, &nodes, err);
    for (uint64_t from = 0; ok && from < s->values; from += SUM_WINDOW)
        ok = window(s, &nodes, from, s->values - from < SUM_WINDOW ? s->values : from + SUM_WINDOW, err);
    memory_free(nodes.of);
    while (s->n_held) s->spare[s->n_spare++] = s->stack[--s->n_held].arrays;
    return ok;
}

bool gradient_sum_end(struct gradient_sum *s, struct error *err) {
    if (team_size(s->team) > 1) return add_team(s, err);
    while (s->n_held) add_top(s);
    return true;
}

uint64_t gradient_sum_bytes(uint64_t values, size_t passes) {
    uint64_t levels = 0;
    while (((uint64_t)1 << levels) < passes) levels++;
    return levels * values * sizeof(float);
}
