/* The tree that readers of grammars build: see grammar_internal.h. */
#include "base/hash.h"
#include "lm/grammar/grammar_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- Rules by name ---- */

bool grammar_tree_init(struct grammar_tree *tree, struct arena *arena, struct error *err) {
    *tree = (struct grammar_tree){.arena = arena, .capacity = 64, .table_size = 256};
    return (tree->rules = arena_new(arena, struct grammar_rule, tree->capacity, err)) &&
           (tree->table = arena_new(arena, uint32_t, tree->table_size, err));
}

static uint32_t *find_slot(const struct grammar_tree *tree, struct text name) {
    size_t mask = tree->table_size - 1, i = hash_xxh3(name.at, name.len) & mask;
    while (tree->table[i] && !text_equal(tree->rules[tree->table[i] - 1].name, name)) i = (i + 1) & mask;
    return &tree->table[i];
}

static bool grow(struct grammar_tree *tree, struct error *err) {
    struct grammar_rule *rules = arena_new(tree->arena, struct grammar_rule, tree->capacity * 2, err);
    uint32_t *table = rules ? arena_new(tree->arena, uint32_t, tree->table_size * 2, err) : NULL;
    if (!table) return false;
    memcpy(rules, tree->rules, tree->n * sizeof *rules);
    tree->rules = rules;
    tree->capacity *= 2;
    tree->table = table;
    tree->table_size *= 2;
    for (size_t i = 0; i < tree->n; i++) *find_slot(tree, rules[i].name) = (uint32_t)i + 1;
    return true;
}

bool grammar_tree_rule(struct grammar_tree *tree, struct text name, size_t at, uint32_t *index, struct error *err) {
    uint32_t *slot = find_slot(tree, name);
    if (*slot) return *index = *slot - 1, true;
    if (tree->n == GRAMMAR_RULES_MOST)
        return error_set(err, ERROR_DATA, "the grammar has more than %d rules", GRAMMAR_RULES_MOST);
    if (tree->n == tree->capacity) {
        if (!grow(tree, err)) return false;
        slot = find_slot(tree, name);
    }
    tree->rules[tree->n] = (struct grammar_rule){.name = name, .at = at};
    *index = (uint32_t)tree->n++;
    *slot = *index + 1;
    return true;
}

/* ---- Nodes ---- */

static struct grammar_node *new_node(struct grammar_tree *tree, struct grammar_node node, struct error *err) {
    struct grammar_node *out = arena_new(tree->arena, struct grammar_node, 1, err);
    if (out) *out = node;
    return out;
}

struct grammar_node *grammar_bytes(struct grammar_tree *tree, struct text bytes, struct error *err) {
    return new_node(tree, (struct grammar_node){.kind = NODE_BYTES, .bytes = bytes}, err);
}

struct grammar_node *grammar_call(struct grammar_tree *tree, uint32_t rule, struct error *err) {
    return new_node(tree, (struct grammar_node){.kind = NODE_RULE, .rule = rule}, err);
}

struct grammar_node *grammar_list(struct grammar_tree *tree, enum grammar_node_kind kind,
                                  struct grammar_node *const *parts, size_t n, struct error *err) {
    struct grammar_node **copy = arena_new(tree->arena, struct grammar_node *, n ? n : 1, err);
    if (!copy) return NULL;
    for (size_t i = 0; i < n; i++)
        if (!(copy[i] = parts[i])) return NULL;
    return n == 1 ? copy[0] : new_node(tree, (struct grammar_node){.kind = kind, .parts = copy, .n = n}, err);
}

struct grammar_node *grammar_repeat(struct grammar_tree *tree, struct grammar_node *part, uint32_t min, uint32_t max,
                                    struct error *err) {
    if (!part) return NULL;
    if (min > GRAMMAR_REPEATS_MOST || (max != GRAMMAR_NO_LIMIT && max > GRAMMAR_REPEATS_MOST))
        return error_set(err, ERROR_DATA, "more than %d repetitions", GRAMMAR_REPEATS_MOST), NULL;
    struct grammar_node **parts = arena_new(tree->arena, struct grammar_node *, 1, err);
    if (!parts) return NULL;
    *parts = part;
    return new_node(tree, (struct grammar_node){.kind = NODE_REPEAT, .parts = parts, .n = 1, .min = min, .max = max},
                    err);
}

/* ---- Classes ---- */

static int compare_ranges(const void *a, const void *b) {
    const struct grammar_range *x = a, *y = b;
    return (x->low > y->low) - (x->low < y->low);
}

/* Sorts; joins what touches. Returns how many are left. */
static size_t join_ranges(struct grammar_range *r, size_t n) {
    size_t m = 0;
    qsort(r, n, sizeof *r, compare_ranges);
    for (size_t i = 0; i < n; i++) {
        if (m && r[i].low <= r[m - 1].high + 1) {
            if (r[i].high > r[m - 1].high) r[m - 1].high = r[i].high;
        } else {
            r[m++] = r[i];
        }
    }
    return m;
}

/* What lies between the ranges, from U+0001 on. */
static size_t gaps(const struct grammar_range *r, size_t n, struct grammar_range *out) {
    uint32_t from = 1;
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (r[i].low > from) out[m++] = (struct grammar_range){from, r[i].low - 1};
        if (r[i].high + 1 > from) from = r[i].high + 1;
    }
    if (from <= 0x10FFFF) out[m++] = (struct grammar_range){from, 0x10FFFF};
    return m;
}

static size_t without_surrogates(const struct grammar_range *r, size_t n, struct grammar_range *out) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (r[i].low < 0xD800) out[m++] = (struct grammar_range){r[i].low, r[i].high < 0xD800 ? r[i].high : 0xD7FF};
        if (r[i].high > 0xDFFF) out[m++] = (struct grammar_range){r[i].low > 0xDFFF ? r[i].low : 0xE000, r[i].high};
    }
    return m;
}

struct grammar_node *grammar_class(struct grammar_tree *tree, const struct grammar_range *ranges, size_t n,
                                   bool negated, struct error *err) {
    if (n > GRAMMAR_RANGES_MOST)
        return error_set(err, ERROR_DATA, "a class of more than %d ranges", GRAMMAR_RANGES_MOST), NULL;
    struct grammar_range *sorted = arena_new(tree->arena, struct grammar_range, n + 1, err),
                         *wanted = sorted ? arena_new(tree->arena, struct grammar_range, n + 1, err) : NULL,
                         *out = wanted ? arena_new(tree->arena, struct grammar_range, n + 2, err) : NULL;
    if (!out) return NULL;
    if (n) memcpy(sorted, ranges, n * sizeof *sorted);
    n = join_ranges(sorted, n);
    if (negated) n = gaps(sorted, n, wanted);
    n = without_surrogates(negated ? wanted : sorted, n, out);
    return new_node(tree, (struct grammar_node){.kind = NODE_CLASS, .ranges = out, .n_ranges = n}, err);
}
