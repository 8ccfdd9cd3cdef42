/* Components and cycles: see moral_cycles.h. */
#include "set/moral_cycles.h"

#include <stdlib.h>
#include <string.h>

struct search {
    const struct moral_arc *arc;
    uint32_t *begin;        /* first arc of each value: [n_values + 1] */
    uint32_t *number, *low; /* in order of discovery from 1; 0: not seen */
    uint32_t *next;         /* arc that is followed next */
    uint32_t *path, *stack; /* values on the way; values without a component yet */
    uint32_t *component;    /* of each value, from 1 */
    uint32_t *came;         /* of breadth first search: from where */
    size_t on_path, on_stack, count, components;
};

static bool init(struct search *s, const struct moral_arc *arc, size_t n_arcs, size_t n, struct arena *arena,
                 struct error *err) {
    uint32_t **const all[] = {&s->number, &s->low, &s->next, &s->path, &s->stack, &s->component, &s->came};
    s->arc = arc;
    if (!(s->begin = arena_new(arena, uint32_t, n + 2, err))) return false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!(*all[i] = arena_new(arena, uint32_t, n + 1, err))) return false;
    for (size_t i = 0; i < n_arcs; i++) s->begin[arc[i].from + 1]++;
    for (size_t v = 0; v < n; v++) s->begin[v + 1] += s->begin[v];
    return true;
}

static void enter(struct search *s, uint32_t v) {
    s->number[v] = s->low[v] = (uint32_t)++s->count;
    s->next[v] = s->begin[v];
    s->path[s->on_path++] = s->stack[s->on_stack++] = v;
}

static void leave(struct search *s, uint32_t v) {
    s->on_path--;
    if (s->on_path && s->low[v] < s->low[s->path[s->on_path - 1]]) s->low[s->path[s->on_path - 1]] = s->low[v];
    if (s->low[v] != s->number[v]) return;
    s->components++;
    uint32_t member;
    do {
        member = s->stack[--s->on_stack];
        s->component[member] = (uint32_t)s->components;
    } while (member != v);
}

static void visit(struct search *s, uint32_t root) {
    enter(s, root);
    while (s->on_path) {
        uint32_t v = s->path[s->on_path - 1];
        if (s->next[v] == s->begin[v + 1]) {
            leave(s, v);
            continue;
        }
        uint32_t to = s->arc[s->next[v]++].to;
        if (!s->number[to])
            enter(s, to);
        else if (!s->component[to] && s->number[to] < s->low[v])
            s->low[v] = s->number[to];
    }
}

/* The shortest way from the first value back to it inside the component: breadth first. */
static bool shortest_cycle(struct search *s, struct moral_component *c, struct arena *arena, struct error *err) {
    uint32_t start = c->value[0], *queue = s->path, last = UINT32_MAX;
    size_t head = 0, tail = 0;
    for (size_t i = 0; i < c->n; i++) s->came[c->value[i]] = UINT32_MAX;
    queue[tail++] = start;
    while (last == UINT32_MAX && head < tail) {
        uint32_t v = queue[head++];
        for (uint32_t i = s->begin[v]; i < s->begin[v + 1] && last == UINT32_MAX; i++) {
            uint32_t to = s->arc[i].to;
            if (to == start) last = v;
            if (to == start || s->component[to] != s->component[start] || s->came[to] != UINT32_MAX) continue;
            s->came[to] = v;
            queue[tail++] = to;
        }
    }
    for (uint32_t v = last; v != UINT32_MAX && v != start; v = s->came[v]) c->length++;
    c->cycle = arena_new(arena, uint32_t, ++c->length, err);
    if (!c->cycle) return false;
    size_t at = c->length;
    for (uint32_t v = last; at > 1; v = s->came[v]) c->cycle[--at] = v;
    c->cycle[0] = start;
    return true;
}

static int by_first(const void *a, const void *b) {
    uint32_t x = ((const struct moral_component *)a)->value[0], y = ((const struct moral_component *)b)->value[0];
    return x < y ? -1 : x > y;
}

static bool gather(struct search *s, size_t n_values, struct arena *arena, struct moral_cycles *out,
                   struct error *err) {
    uint32_t *size = arena_new(arena, uint32_t, s->components + 1, err), *place = NULL;
    if (!size || !(place = arena_new(arena, uint32_t, s->components + 1, err))) return false;
    for (size_t v = 0; v < n_values; v++) size[s->component[v]]++;
    for (size_t c = 1; c <= s->components; c++)
        if (size[c] > 1) place[c] = (uint32_t)++out->n;
    out->component = arena_new(arena, struct moral_component, out->n + 1, err);
    if (!out->component) return false;
    for (size_t c = 1; c <= s->components; c++)
        if (place[c] && !(out->component[place[c] - 1].value = arena_new(arena, uint32_t, size[c], err))) return false;
    for (size_t v = 0; v < n_values; v++) {
        uint32_t at = place[s->component[v]];
        if (at) out->component[at - 1].value[out->component[at - 1].n++] = (uint32_t)v;
    }
    if (out->n) qsort(out->component, out->n, sizeof *out->component, by_first);
    return true;
}

bool moral_find_cycles(const struct moral_arc *arc, size_t n_arcs, size_t n_values, struct arena *arena,
                       struct moral_cycles *out, struct error *err) {
    struct search s = {0};
    *out = (struct moral_cycles){0};
    if (!init(&s, arc, n_arcs, n_values, arena, err)) return false;
    for (size_t v = 0; v < n_values; v++)
        if (!s.number[v]) visit(&s, (uint32_t)v);
    if (!gather(&s, n_values, arena, out, err)) return false;
    for (size_t i = 0; i < out->n; i++)
        if (!shortest_cycle(&s, &out->component[i], arena, err)) return false;
    return true;
}
