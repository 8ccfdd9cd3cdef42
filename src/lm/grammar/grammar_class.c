/* Classes of code points as automata over UTF-8. A range is cut where the length of its encoding changes and until each
 * piece is a product of byte ranges (Thompson's construction, as in RE2). The products, ascending and apart, become a
 * tree by their bytes; equal subtrees are one state, and bytes with the same subtree behind them one set. */
#include "lm/grammar/grammar_internal.h"

struct product {
    uint8_t low[4], high[4], n;
};

struct class_build {
    struct grammar *g;
    uint32_t next;
    size_t from; /* states of this class begin here */
    struct product *products;
    size_t n, capacity;
    struct error *err;
};

/* ---- Ranges to products ---- */

static size_t encoded_length(uint32_t c) {
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* The first code point at which [low, high] must be cut, or 0: then it is a product of byte ranges. */
static uint32_t find_cut(uint32_t low, uint32_t high) {
    static const uint32_t lasts[] = {0x7F, 0x7FF, 0xFFFF};
    for (size_t i = 0; i < 3; i++)
        if (low <= lasts[i] && high > lasts[i]) return lasts[i] + 1;
    for (size_t i = 1; i < encoded_length(low); i++) {
        uint32_t rest = ((uint32_t)1 << (6 * i)) - 1;
        if ((low & ~rest) == (high & ~rest)) continue;
        if (low & rest) return (low | rest) + 1;
        if ((high & rest) != rest) return high & ~rest;
    }
    return 0;
}

static bool put_product(struct class_build *b, uint32_t low, uint32_t high) {
    if (b->n == b->capacity) {
        size_t capacity = b->capacity ? b->capacity * 2 : 32;
        struct product *grown = memory_grow(b->products, capacity, sizeof *grown);
        if (!grown) return error_memory(b->err, "a class");
        b->products = grown;
        b->capacity = capacity;
    }
    struct product *p = &b->products[b->n++];
    p->n = (uint8_t)text_utf8_put(low, (char *)p->low);
    text_utf8_put(high, (char *)p->high);
    return true;
}

static bool put_range(struct class_build *b, uint32_t low, uint32_t high) {
    for (uint32_t cut; (cut = find_cut(low, high)); low = cut)
        if (find_cut(low, cut - 1) ? !put_range(b, low, cut - 1) : !put_product(b, low, cut - 1)) return false;
    return put_product(b, low, high);
}

/* ---- Products to states ---- */

static bool put_once(struct class_build *b, struct grammar_state wanted, uint32_t *state) {
    for (size_t i = b->from; i < b->g->n_states; i++) {
        const struct grammar_state *s = &b->g->states[i];
        if (s->kind == wanted.kind && s->low == wanted.low && s->high == wanted.high && s->a == wanted.a &&
            s->b == wanted.b)
            return *state = (uint32_t)i, true;
    }
    return grammar_put_state(b->g, wanted, state, b->err);
}

static bool put_bytes(struct class_build *b, const struct grammar_set *set, uint32_t behind, uint32_t *state) {
    unsigned low = 0, high = 255, in = 0;
    while (!grammar_set_has(set, low)) low++;
    while (!grammar_set_has(set, high)) high--;
    for (unsigned i = low; i <= high; i++) in += grammar_set_has(set, i);
    if (in == high - low + 1)
        return put_once(b, (struct grammar_state){STATE_RANGE, (uint8_t)low, (uint8_t)high, behind, 0}, state);
    uint32_t index;
    return grammar_put_set(b->g, set, &index, b->err) &&
           put_once(b, (struct grammar_state){.kind = STATE_SET, .a = behind, .b = index}, state);
}

/* Bytes by the state behind them. */
struct branches {
    struct grammar_set sets[256];
    uint32_t behind[256];
    size_t n;
};

static void add_branch(struct branches *all, unsigned low, unsigned high, uint32_t behind) {
    size_t i = 0;
    while (i < all->n && all->behind[i] != behind) i++;
    if (i == all->n) {
        all->behind[all->n++] = behind; /* at most 256, since each has a byte of its own */
        all->sets[i] = (struct grammar_set){{0}};
    }
    for (unsigned byte = low; byte <= high; byte++) all->sets[i].bits[byte / 64] |= (uint64_t)1 << (byte % 64);
}

/* Products n that agree before byte `depth`. */
static bool put_products(struct class_build *b, const struct product *p, size_t n, size_t depth, uint32_t *start) {
    struct branches all = {.n = 0};
    for (size_t i = 0, to; i < n; i = to) {
        uint32_t behind = b->next;
        for (to = i + 1; to < n && p[to].low[depth] == p[i].low[depth]; to++) {
        }
        if (depth < 3 && depth + 1 < p[i].n && !put_products(b, p + i, to - i, depth + 1, &behind)) return false;
        add_branch(&all, p[i].low[depth], p[i].high[depth], behind);
    }
    for (size_t i = 0; i < all.n; i++) {
        uint32_t state;
        if (!put_bytes(b, &all.sets[i], all.behind[i], &state)) return false;
        if (i && !put_once(b, (struct grammar_state){.kind = STATE_SPLIT, .a = state, .b = *start}, &state))
            return false;
        *start = state;
    }
    return true;
}

bool grammar_put_class(struct grammar *g, const struct grammar_node *node, uint32_t next, uint32_t *start,
                       struct error *err) {
    if (!node->n_ranges) return grammar_put_state(g, (struct grammar_state){.kind = STATE_NEVER}, start, err);
    struct class_build b = {.g = g, .next = next, .from = g->n_states, .err = err};
    bool ok = true;
    for (size_t i = 0; ok && i < node->n_ranges; i++) ok = put_range(&b, node->ranges[i].low, node->ranges[i].high);
    ok = ok && put_products(&b, b.products, b.n, 0, start);
    memory_free(b.products);
    return ok;
}
