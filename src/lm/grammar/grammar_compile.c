/* The tree to the network of states: see grammar_internal.h. Each rule is an automaton that ends in state 0; it is made
 * from its end to its beginning, so that every part knows what follows it. A repeated part becomes a rule of its own,
 * so that {1000} costs a thousand calls and not a thousand copies. */
#include "base/hash.h"
#include "lm/grammar/grammar_internal.h"

#include <string.h>

enum { SMALL = 4 }; /* bytes of a literal that is copied rather than called */

struct compiler {
    struct grammar *g;
    const struct grammar_tree *tree;
    size_t origin; /* rule of the tree being compiled */
    struct error *err;
};

/* ---- Growing lists ---- */

bool grammar_put_state(struct grammar *g, struct grammar_state state, uint32_t *index, struct error *err) {
    if (g->n_states == GRAMMAR_STATES_MOST)
        return error_set(err, ERROR_DATA, "more than %d states; repeat less or shorten lists", GRAMMAR_STATES_MOST);
    if (g->n_states == g->states_capacity) {
        size_t capacity = g->states_capacity ? g->states_capacity * 2 : 256;
        struct grammar_state *grown = memory_grow(g->states, capacity, sizeof *grown);
        if (!grown) return error_memory(err, "grammar");
        g->states = grown;
        g->states_capacity = capacity;
    }
    *index = (uint32_t)g->n_states;
    g->states[g->n_states++] = state;
    return true;
}

static uint32_t *set_slot(const struct grammar *g, const struct grammar_set *set) {
    size_t mask = g->set_table_size - 1, i = hash_xxh3(set, sizeof *set) & mask;
    while (g->set_table[i] && memcmp(&g->sets[g->set_table[i] - 1], set, sizeof *set) != 0) i = (i + 1) & mask;
    return &g->set_table[i];
}

static bool grow_sets(struct grammar *g, struct error *err) {
    size_t capacity = g->sets_capacity ? g->sets_capacity * 2 : 32;
    struct grammar_set *grown = memory_grow(g->sets, capacity, sizeof *grown);
    if (grown) g->sets = grown;
    uint32_t *table = grown ? memory_zeroed(capacity * 4, sizeof *table) : NULL;
    if (!table) return error_memory(err, "grammar");
    memory_free(g->set_table);
    g->set_table = table;
    g->set_table_size = capacity * 4;
    g->sets_capacity = capacity;
    for (size_t i = 0; i < g->n_sets; i++) *set_slot(g, &g->sets[i]) = (uint32_t)i + 1;
    return true;
}

bool grammar_put_set(struct grammar *g, const struct grammar_set *set, uint32_t *index, struct error *err) {
    if (g->n_sets == g->sets_capacity && !grow_sets(g, err)) return false;
    uint32_t *slot = set_slot(g, set);
    if (!*slot) {
        g->sets[g->n_sets++] = *set;
        *slot = (uint32_t)g->n_sets;
    }
    return *index = *slot - 1, true;
}

static bool put_rule(struct compiler *c, uint32_t *index) {
    struct grammar *g = c->g;
    if (g->n_rules == g->rules_capacity) {
        size_t capacity = g->rules_capacity * 2;
        uint32_t *starts = memory_grow(g->starts, capacity, sizeof *starts);
        if (starts) g->starts = starts;
        uint32_t *origins = starts ? memory_grow(g->origins, capacity, sizeof *origins) : NULL;
        if (!origins) return error_memory(c->err, "grammar");
        g->origins = origins;
        g->rules_capacity = capacity;
    }
    *index = (uint32_t)g->n_rules++;
    g->origins[*index] = (uint32_t)c->origin;
    return true;
}

static bool put(struct compiler *c, enum grammar_state_kind kind, uint32_t a, uint32_t b, uint32_t *start) {
    return grammar_put_state(c->g, (struct grammar_state){.kind = (uint8_t)kind, .a = a, .b = b}, start, c->err);
}

/* ---- Nodes ---- */

static bool put_node(struct compiler *c, const struct grammar_node *node, uint32_t next, uint32_t *start);

static bool put_bytes(struct compiler *c, struct text bytes, uint32_t next, uint32_t *start) {
    *start = next;
    for (size_t i = bytes.len; i-- > 0;) {
        uint8_t byte = (uint8_t)bytes.at[i];
        if (!grammar_put_state(c->g, (struct grammar_state){STATE_RANGE, byte, byte, *start, 0}, start, c->err))
            return false;
    }
    return true;
}

static bool put_choice(struct compiler *c, const struct grammar_node *node, uint32_t next, uint32_t *start) {
    if (!node->n) return put(c, STATE_NEVER, 0, 0, start);
    for (size_t i = node->n; i-- > 0;) {
        uint32_t part;
        if (!put_node(c, node->parts[i], next, &part)) return false;
        if (i + 1 < node->n && !put(c, STATE_SPLIT, part, *start, &part)) return false;
        *start = part;
    }
    return true;
}

/* What is repeated, as a small node or a call of a new rule. */
static bool make_small(struct compiler *c, const struct grammar_node *part, struct grammar_node *small) {
    bool ascii = part->kind == NODE_CLASS && part->n_ranges && part->ranges[part->n_ranges - 1].high < 0x80;
    *small = *part;
    if (ascii || part->kind == NODE_RULE || (part->kind == NODE_BYTES && part->bytes.len <= SMALL)) return true;
    *small = (struct grammar_node){.kind = NODE_RULE};
    uint32_t start;
    if (!put_rule(c, &small->rule) || !put_node(c, part, 0, &start)) return false;
    c->g->starts[small->rule] = start;
    return true;
}

static bool put_repeat(struct compiler *c, const struct grammar_node *node, uint32_t next, uint32_t *start) {
    struct grammar_node part = *node->parts[0];
    size_t optional = node->max == GRAMMAR_NO_LIMIT ? 1 : node->max - node->min;
    if (node->min + optional > 1 && !make_small(c, node->parts[0], &part)) return false;
    *start = next;
    if (node->max == GRAMMAR_NO_LIMIT) {
        uint32_t loop, body;
        if (!put(c, STATE_SPLIT, 0, next, &loop) || !put_node(c, &part, loop, &body)) return false;
        c->g->states[loop].a = body;
        *start = loop;
    } else {
        for (size_t i = 0; i < optional; i++)
            if (!put_node(c, &part, *start, start) || !put(c, STATE_SPLIT, *start, next, start)) return false;
    }
    for (size_t i = 0; i < node->min; i++)
        if (!put_node(c, &part, *start, start)) return false;
    return true;
}

/* Recursion is as deep as groups are nested, which readers limit. */
static bool put_node(struct compiler *c, const struct grammar_node *node, uint32_t next, uint32_t *start) {
    switch (node->kind) {
    case NODE_BYTES:
        return put_bytes(c, node->bytes, next, start);
    case NODE_CLASS:
        return grammar_put_class(c->g, node, next, start, c->err);
    case NODE_RULE:
        return put(c, STATE_CALL, node->rule, next, start);
    case NODE_CHOICE:
        return put_choice(c, node, next, start);
    case NODE_REPEAT:
        return put_repeat(c, node, next, start);
    case NODE_SEQUENCE:
        break;
    }
    *start = next;
    for (size_t i = node->n; i-- > 0;)
        if (!put_node(c, node->parts[i], *start, start)) return false;
    return true;
}

/* ---- Left recursion ---- */

struct left {
    const struct grammar *g;
    bool *empty;                 /* [n_states] the end of its rule can be reached without a byte */
    uint32_t *first, *link, *to; /* who leads where: lists of states before each state */
    uint32_t *queue;
    uint32_t *seen;            /* [n_states] the rule from which it was reached, plus 1 */
    uint8_t *colour;           /* [n_rules] */
    uint32_t *path, *frontier; /* of rules; of states, each with the rule on whose way it lies */
};

static bool left_init(struct left *l, const struct grammar *g, struct arena *arena, struct error *err) {
    size_t n = g->n_states;
    *l = (struct left){.g = g};
    return (l->empty = arena_new(arena, bool, n, err)) &&
           (l->first = arena_new(arena, uint32_t, n + g->n_rules, err)) &&
           (l->link = arena_new(arena, uint32_t, 3 * n, err)) && (l->to = arena_new(arena, uint32_t, 3 * n, err)) &&
           (l->queue = arena_new(arena, uint32_t, n, err)) && (l->seen = arena_new(arena, uint32_t, n, err)) &&
           (l->colour = arena_new(arena, uint8_t, g->n_rules, err)) &&
           (l->path = arena_new(arena, uint32_t, 2 * g->n_rules, err)) &&
           (l->frontier = arena_new(arena, uint32_t, n, err));
}

static void add_link(struct left *l, uint32_t from, uint32_t to, uint32_t *n) {
    l->to[*n] = from;
    l->link[*n] = l->first[to];
    l->first[to] = ++*n;
}

static bool ends_empty(const struct left *l, uint32_t s) {
    const struct grammar_state *state = &l->g->states[s];
    if (state->kind == STATE_SPLIT) return l->empty[state->a] || l->empty[state->b];
    return state->kind == STATE_CALL && l->empty[l->g->starts[state->a]] && l->empty[state->b];
}

/* Which states can reach the end without a byte: from the end backwards, each link once. */
static void find_empty(struct left *l) {
    const struct grammar *g = l->g;
    uint32_t links = 0;
    size_t n = 0;
    for (uint32_t s = 0; s < g->n_states; s++) {
        const struct grammar_state *state = &g->states[s];
        if (state->kind == STATE_SPLIT) add_link(l, s, state->a, &links);
        if (state->kind == STATE_CALL) add_link(l, s, g->starts[state->a], &links);
        if (state->kind == STATE_SPLIT || state->kind == STATE_CALL) add_link(l, s, state->b, &links);
    }
    l->empty[0] = true;
    l->queue[n++] = 0;
    for (size_t i = 0; i < n; i++)
        for (uint32_t k = l->first[l->queue[i]]; k; k = l->link[k - 1]) {
            uint32_t s = l->to[k - 1];
            if (l->empty[s] || !ends_empty(l, s)) continue;
            l->empty[s] = true;
            l->queue[n++] = s;
        }
}

static void visit(struct left *l, uint32_t state, uint32_t mark, size_t *n) {
    if (l->seen[state] == mark) return;
    l->seen[state] = mark;
    l->frontier[(*n)++] = state;
}

/* Rules that `rule` may call before its first byte, through links of rules: `calls` gets them; returns their number. */
static size_t first_calls(struct left *l, uint32_t rule, uint32_t *calls) {
    const struct grammar *g = l->g;
    size_t n = 0, m = 0;
    visit(l, g->starts[rule], rule + 1, &n);
    for (size_t i = 0; i < n; i++) {
        const struct grammar_state *s = &g->states[l->frontier[i]];
        if (s->kind == STATE_SPLIT) visit(l, s->a, rule + 1, &n);
        if (s->kind == STATE_CALL) calls[m++] = s->a;
        if (s->kind == STATE_SPLIT || (s->kind == STATE_CALL && l->empty[g->starts[s->a]]))
            visit(l, s->b, rule + 1, &n);
    }
    return m;
}

enum { WHITE, GREY, BLACK };

/* Depth first over rules; a call of a rule that is under way is left recursion. calls: one list behind another, of all
 * rules under way; path: rules under way and where the rest of their list ends. */
static bool search(struct left *l, uint32_t from, uint32_t *calls, uint32_t *culprit) {
    size_t depth = 0, n = 0;
    l->path[0] = from;
    l->colour[from] = GREY;
    l->path[1] = 0;
    n += first_calls(l, from, calls);
    for (depth = 1; depth;) {
        uint32_t begins = l->path[2 * depth - 1];
        if (n == begins) {
            l->colour[l->path[2 * depth - 2]] = BLACK;
            depth--;
            continue;
        }
        uint32_t rule = calls[--n];
        if (l->colour[rule] == GREY) return *culprit = rule, false;
        if (l->colour[rule] == BLACK) continue;
        l->colour[rule] = GREY;
        l->path[2 * depth] = rule;
        l->path[2 * depth + 1] = (uint32_t)n;
        n += first_calls(l, rule, calls + n);
        depth++;
    }
    return true;
}

static bool check_left(const struct grammar *g, const struct grammar_tree *tree, size_t *culprit, struct error *err) {
    struct arena arena;
    struct left l;
    arena_init(&arena, (size_t)1 << 30);
    uint32_t *calls = arena_new(&arena, uint32_t, g->n_states, err), found;
    bool ok = calls && left_init(&l, g, &arena, err);
    if (ok) find_empty(&l);
    for (uint32_t r = 0; ok && r < g->n_rules; r++) {
        if (l.colour[r] != WHITE || search(&l, r, calls, &found)) continue;
        *culprit = g->origins[found];
        ok = error_set(err, ERROR_DATA,
                       "rule '%.*s' may begin with itself (left recursion); put what it reads first in front",
                       TEXT_ARG(tree->rules[*culprit].name));
    }
    arena_done(&arena);
    return ok;
}

/* ---- Classes of bytes ---- */

static void split_classes(struct grammar *g, const struct grammar_set *set) {
    uint16_t inside[256]; /* of a class with members in and out of the set: the class of those in it, plus 1 */
    uint16_t out_of[256] = {0};
    memset(inside, 0, sizeof inside);
    for (unsigned i = 0; i < 256; i++)
        if (!grammar_set_has(set, i)) out_of[g->class_of[i]] = 1;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t old = g->class_of[i];
        if (!grammar_set_has(set, i) || !out_of[old]) continue;
        if (!inside[old]) inside[old] = (uint16_t)(1 + g->n_classes++);
        g->class_of[i] = (uint8_t)(inside[old] - 1);
    }
}

static bool make_classes(struct grammar *g, struct error *err) {
    bool *known = memory_zeroed(1 << 16, sizeof *known);
    if (!known) return error_memory(err, "classes of bytes");
    g->n_classes = 1;
    for (size_t i = 0; i < g->n_sets; i++) split_classes(g, &g->sets[i]);
    for (size_t i = 0; i < g->n_states; i++) {
        const struct grammar_state *s = &g->states[i];
        size_t key = (size_t)s->low << 8 | s->high;
        if (s->kind != STATE_RANGE || known[key]) continue;
        struct grammar_set set = {{0}};
        for (unsigned byte = s->low; byte <= s->high; byte++) set.bits[byte / 64] |= (uint64_t)1 << (byte % 64);
        split_classes(g, &set);
        known[key] = true;
    }
    for (unsigned i = 256; i-- > 0;) g->byte_of[g->class_of[i]] = (uint8_t)i;
    memory_free(known);
    return true;
}

/* ---- All ---- */

static bool compile(struct compiler *c, size_t *culprit) {
    struct grammar *g = c->g;
    uint32_t start;
    g->rules_capacity = c->tree->n + 16;
    g->starts = memory_zeroed(g->rules_capacity, sizeof *g->starts);
    g->origins = memory_zeroed(g->rules_capacity, sizeof *g->origins);
    if (!g->starts || !g->origins) return error_memory(c->err, "grammar");
    for (c->origin = 0; c->origin < c->tree->n; c->origin++)
        if (!put_rule(c, &start)) return false;
    if (!put(c, STATE_RETURN, 0, 0, &start)) return false;
    for (c->origin = 0; c->origin < c->tree->n; c->origin++) {
        *culprit = c->origin;
        if (!put_node(c, c->tree->rules[c->origin].body, 0, &start)) return false;
        g->starts[c->origin] = start;
    }
    *culprit = SIZE_MAX;
    return check_left(g, c->tree, culprit, c->err) && make_classes(g, c->err);
}

struct grammar *grammar_compile(const struct grammar_tree *tree, uint32_t root, size_t *culprit, struct error *err) {
    *culprit = SIZE_MAX;
    struct grammar *g = memory_zeroed(1, sizeof *g);
    if (!g) return error_memory(err, "grammar"), NULL;
    g->root = root;
    struct compiler c = {.g = g, .tree = tree, .err = err};
    if (compile(&c, culprit)) return g;
    grammar_free(g);
    return NULL;
}
