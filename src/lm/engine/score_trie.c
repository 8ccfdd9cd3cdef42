/* The tree of token sequences that scoring and generation walk: see engine_internal.h. Sorting puts sequences with a
 * common prefix side by side, so the tree in depth-first order is each sequence's tokens behind what it shares with the
 * one before it. */
#include "lm/engine/engine_internal.h"

#include <stdlib.h>

static int32_t token_at(const struct trie_sequence *s, size_t i) {
    return i < s->n_head ? s->head[i] : s->tail[i - s->n_head];
}

static size_t length(const struct trie_sequence *s) {
    return s->n_head + s->n_tail;
}

size_t trie_shared(const struct trie_sequence *a, const struct trie_sequence *b) {
    size_t n = length(a) < length(b) ? length(a) : length(b), same = hook_plan_shared(&a->plan, &b->plan);
    size_t i = 0;
    if (same < n) n = same;
    if (a->head == b->head) i = a->n_head < b->n_head ? a->n_head : b->n_head; /* one text that many asks point to */
    if (i > n) i = n;
    while (i < n && token_at(a, i) == token_at(b, i)) i++;
    return i;
}

static int compare(const void *first, const void *second) {
    const struct trie_sequence *a = first, *b = second;
    size_t i = trie_shared(a, b);
    if (i < length(a) && i < length(b)) {
        if (token_at(a, i) != token_at(b, i)) return token_at(a, i) < token_at(b, i) ? -1 : 1;
        bool in_a = i >= a->plan.first, in_b = i >= b->plan.first; /* hooks part them: those without come first */
        return in_a && in_b ? hook_plan_compare(&a->plan, &b->plan) : in_a ? 1 : -1;
    }
    if (length(a) != length(b)) return length(a) < length(b) ? -1 : 1;
    return a->ask < b->ask ? -1 : a->ask > b->ask;
}

bool trie_build(struct trie *trie, struct trie_sequence *sequences, size_t n, bool share, struct arena *arena,
                struct error *err) {
    *trie = (struct trie){.sequences = sequences};
    if (n) qsort(sequences, n, sizeof *sequences, compare);
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        size_t tokens = length(&sequences[i]);
        if (tokens > trie->deepest) trie->deepest = tokens;
        total += tokens - (share && i ? trie_shared(&sequences[i - 1], &sequences[i]) : 0);
    }
    if (total >= TRIE_NONE) return error_set(err, ERROR_DATA, "%zu tokens at once are too many, ask in parts", total);
    trie->nodes = arena_new(arena, struct trie_node, total, err);
    uint32_t *path = trie->nodes ? arena_new(arena, uint32_t, trie->deepest, err) : NULL;
    if (!path) return false;
    for (size_t i = 0; i < n; i++) {
        struct trie_sequence *s = &sequences[i];
        for (size_t d = share && i ? trie_shared(s - 1, s) : 0; d < length(s); d++) {
            uint32_t parent = d ? path[d - 1] : TRIE_NONE;
            path[d] = (uint32_t)trie->n;
            trie->nodes[trie->n++] = (struct trie_node){
                .token = token_at(s, d), .depth = (uint32_t)d, .parent = parent, .first = TRIE_NONE, .next = TRIE_NONE,
                .sequence = (uint32_t)i};
        }
        s->end = path[length(s) - 1];
    }
    return true;
}
