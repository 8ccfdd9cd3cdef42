/* From below to above: see case_order.h. */
#include "formalize/case/case_order.h"

struct place {
    size_t node, next; /* next: of its supporting nodes */
};

size_t *case_order(const struct assurance_case *c, size_t root, struct arena *arena, size_t *n, struct error *err) {
    size_t *order = arena_new(arena, size_t, c->n_nodes + 1, err), depth = 0;
    struct place *path = arena_new(arena, struct place, c->n_nodes + 1, err);
    bool *seen = arena_new(arena, bool, c->n_nodes + 1, err);
    *n = 0;
    if (!order || !path || !seen) return NULL;
    path[depth++] = (struct place){root, 0};
    seen[root] = true;
    while (depth > 0) {
        struct place *p = &path[depth - 1];
        const struct case_node *node = &c->nodes[p->node];
        if (p->next == node->n_supported_by) {
            order[(*n)++] = p->node;
            depth--;
            continue;
        }
        size_t below = node->supported_by[p->next++];
        if (!seen[below]) path[depth++] = (struct place){below, 0};
        seen[below] = true;
    }
    return order;
}
