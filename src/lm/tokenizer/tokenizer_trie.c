/* A trie of byte strings: edges (node, byte) -> node in one open-addressing table, the first byte in a table of its
 * own. It finds all strings of a vocabulary that begin at one place of a text. */
#include "lm/tokenizer/tokenizer_internal.h"

#define NO_NODE 0u /* the root is no one's child */

static size_t edge_place(const struct byte_trie *trie, uint32_t node, unsigned char byte) {
    uint64_t key = ((uint64_t)node << 8 | byte) * 0x9E3779B97F4A7C15u;
    return (size_t)(key >> 32) & (trie->capacity - 1);
}

static struct trie_edge *edge_slot(const struct byte_trie *trie, uint32_t node, unsigned char byte) {
    for (size_t i = edge_place(trie, node, byte);; i = (i + 1) & (trie->capacity - 1)) {
        struct trie_edge *e = &trie->edges[i];
        if (e->child == NO_NODE || (e->node == node && e->byte == byte)) return e;
    }
}

static bool grow_edges(struct byte_trie *trie, struct error *err) {
    struct byte_trie more = *trie;
    more.capacity = trie->capacity ? trie->capacity * 2 : 1024;
    more.edges = memory_zeroed(more.capacity, sizeof *more.edges);
    if (!more.edges) return error_memory(err, "token trie");
    for (size_t i = 0; i < trie->capacity; i++) {
        const struct trie_edge *e = &trie->edges[i];
        if (e->child != NO_NODE) *edge_slot(&more, e->node, e->byte) = *e;
    }
    memory_free(trie->edges);
    *trie = more;
    return true;
}

static bool grow_nodes(struct byte_trie *trie, struct error *err) {
    size_t wanted = trie->node_capacity ? trie->node_capacity * 2 : 1024;
    int32_t *more = memory_grow(trie->values, wanted, sizeof *more);
    if (!more) return error_memory(err, "token trie");
    trie->values = more;
    trie->node_capacity = wanted;
    return true;
}

/* The child of a node for a byte, made when there is none. */
static bool child_of(struct byte_trie *trie, uint32_t node, unsigned char byte, uint32_t *child, struct error *err) {
    if (trie->n_edges * 2 >= trie->capacity && !grow_edges(trie, err)) return false;
    struct trie_edge *e = edge_slot(trie, node, byte);
    if (e->child == NO_NODE) {
        if (trie->n_nodes == trie->node_capacity && !grow_nodes(trie, err)) return false;
        if (trie->n_nodes >= UINT32_MAX) return error_set(err, ERROR_DATA, "tokens of more than 4 GiB");
        trie->values[trie->n_nodes] = -1;
        *e = (struct trie_edge){node, (uint32_t)trie->n_nodes++, byte};
        trie->n_edges++;
    }
    *child = e->child;
    return true;
}

bool byte_trie_put(struct byte_trie *trie, struct text key, int32_t value, struct error *err) {
    uint32_t node = 0;
    if (trie->n_nodes == 0) {
        if (!grow_nodes(trie, err)) return false;
        trie->values[trie->n_nodes++] = -1;
    }
    for (size_t i = 0; i < key.len; i++)
        if (!child_of(trie, node, (unsigned char)key.at[i], &node, err)) return false;
    if (trie->values[node] < 0) trie->values[node] = value;
    return true;
}

void byte_trie_done(struct byte_trie *trie) {
    memory_free(trie->edges);
    memory_free(trie->values);
    *trie = (struct byte_trie){0};
}

bool byte_trie_step(const struct byte_trie *trie, uint32_t *node, unsigned char byte, int32_t *value) {
    if (trie->capacity == 0) return false;
    const struct trie_edge *e = edge_slot(trie, *node, byte);
    if (e->child == NO_NODE) return false;
    *node = e->child;
    *value = trie->values[e->child];
    return true;
}

int32_t byte_trie_longest(const struct byte_trie *trie, struct text text, size_t *len) {
    uint32_t node = 0;
    int32_t best = -1, value;
    for (size_t i = 0; i < text.len && byte_trie_step(trie, &node, (unsigned char)text.at[i], &value); i++) {
        if (value < 0) continue;
        best = value;
        *len = i + 1;
    }
    return best;
}
