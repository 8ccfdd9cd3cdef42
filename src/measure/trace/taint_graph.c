/* See taint_graph.h. */
#include "measure/trace/taint_graph.h"

#include <string.h>

struct pair {
    uint32_t from, to;
};
/* Spans of one agent (or writes under one key), in order, and the latest end among them so far. */
struct lane {
    struct text name;
    uint32_t *span;
    uint64_t *latest;
    size_t n, room;
};
struct making {
    const struct trace *t;
    struct arena *arena;
    struct pair *pairs;
    size_t n_pairs, room;
    struct lane *lanes, *keys;
    uint32_t *slots, *key_slots; /* by name: lane + 1 */
    size_t n_lanes, n_keys, mask;
    uint32_t *waiting; /* messages that have not arrived, by lane of the addressee: span + 1, then next[] */
    uint32_t *next;
};

static bool add(struct making *m, size_t from, size_t to, struct error *err) {
    if (m->n_pairs == m->room) {
        size_t room = m->room ? 2 * m->room : 8 * m->t->n + 64;
        struct pair *pairs = arena_new(m->arena, struct pair, room, err);
        if (!pairs) return false;
        if (m->n_pairs) memcpy(pairs, m->pairs, m->n_pairs * sizeof *pairs);
        m->pairs = pairs;
        m->room = room;
    }
    m->pairs[m->n_pairs++] = (struct pair){(uint32_t)from, (uint32_t)to};
    return true;
}

static struct lane *lane_of(struct lane *lanes, uint32_t *slots, size_t mask, size_t *n, struct text name) {
    size_t at = hash_xxh3(name.at ? name.at : "", name.len) & mask;
    while (slots[at] && !text_equal(lanes[slots[at] - 1].name, name)) at = (at + 1) & mask;
    if (!slots[at]) {
        lanes[*n] = (struct lane){.name = name};
        slots[at] = (uint32_t)++ * n;
    }
    return &lanes[slots[at] - 1];
}

static bool enter(struct making *m, struct lane *l, size_t span, struct error *err) {
    if (l->n == l->room) {
        size_t room = l->room ? 2 * l->room : 8;
        uint32_t *spans = arena_new(m->arena, uint32_t, room, err);
        uint64_t *latest = spans ? arena_new(m->arena, uint64_t, room, err) : NULL;
        if (!latest) return false;
        if (l->n) {
            memcpy(spans, l->span, l->n * sizeof *spans);
            memcpy(latest, l->latest, l->n * sizeof *latest);
        }
        l->span = spans;
        l->latest = latest;
        l->room = room;
    }
    uint64_t end = m->t->spans[span].t1;
    l->span[l->n] = (uint32_t)span;
    l->latest[l->n] = l->n && l->latest[l->n - 1] > end ? l->latest[l->n - 1] : end;
    l->n++;
    return true;
}

/* Those of the same agent that ended before span j began, with no other one between. */
static bool add_before(struct making *m, const struct lane *l, size_t j, struct error *err) {
    const struct trace_span *spans = m->t->spans;
    uint64_t begun = 0;
    bool found = false;
    for (size_t i = l->n; i-- > 0;) {
        const struct trace_span *s = &spans[l->span[i]];
        if (found && l->latest[i] <= begun) break;
        if (s->t1 > spans[j].t0 || (found && s->t1 <= begun)) continue;
        if (!found) begun = s->t0; /* of all that ended, the one that began last */
        found = true;
        if (!add(m, 2 * (size_t)l->span[i] + 1, 2 * j, err)) return false;
    }
    return true;
}

static bool add_parent(struct making *m, size_t j, struct error *err) {
    const struct trace_span *s = &m->t->spans[j];
    if (s->parent == SIZE_MAX) return true;
    const struct trace_span *p = &m->t->spans[s->parent];
    return (s->parent > j || add(m, 2 * s->parent, 2 * j, err)) &&
           (s->t1 > p->t1 || s->t0 >= p->t1 || add(m, 2 * j + 1, 2 * s->parent + 1, err));
}

/* Messages to this agent that were sent before span j began. */
static bool add_messages(struct making *m, size_t lane, size_t j, struct error *err) {
    uint32_t *at = &m->waiting[lane];
    while (*at) {
        size_t i = *at - 1;
        if (m->t->spans[i].t1 > m->t->spans[j].t0) {
            at = &m->next[i];
            continue;
        }
        *at = m->next[i];
        if (!add(m, 2 * i + 1, 2 * j, err)) return false;
    }
    return true;
}

static bool add_memory(struct making *m, size_t j, struct error *err) {
    const struct trace_span *s = &m->t->spans[j];
    if (!s->key.len) return true;
    struct lane *l = lane_of(m->keys, m->key_slots, m->mask, &m->n_keys, s->key);
    if (s->effects & EFFECT_REMEMBER) return enter(m, l, j, err);
    for (size_t i = l->n; i-- > 0;)
        if (m->t->spans[l->span[i]].t1 <= s->t0) return add(m, 2 * (size_t)l->span[i], 2 * j + 1, err);
    return true;
}

static bool add_span(struct making *m, size_t j, struct error *err) {
    const struct trace_span *s = &m->t->spans[j];
    struct lane *l = lane_of(m->lanes, m->slots, m->mask, &m->n_lanes, s->agent);
    if (!add(m, 2 * j, 2 * j + 1, err) || !add_parent(m, j, err)) return false;
    if (s->agent.len &&
        (!add_before(m, l, j, err) || !enter(m, l, j, err) || !add_messages(m, (size_t)(l - m->lanes), j, err)))
        return false;
    if (s->to.len) {
        struct lane *to = lane_of(m->lanes, m->slots, m->mask, &m->n_lanes, s->to);
        m->next[j] = m->waiting[to - m->lanes];
        m->waiting[to - m->lanes] = (uint32_t)(j + 1);
    }
    return add_memory(m, j, err);
}

/* Pairs by their ends, and an order in which every node stands behind those it comes after. A cycle can only come of
 * clocks that run apart; what is left of one is put at the end. */
static bool put_in_order(struct making *m, struct taint_graph *g, struct error *err) {
    size_t n = g->n, done = 0;
    uint32_t *out = arena_new(m->arena, uint32_t, m->n_pairs + 1, err),
             *left = arena_new(m->arena, uint32_t, n + 1, err);
    uint32_t *out_first = arena_new(m->arena, uint32_t, n + 2, err);
    g->edge = arena_new(m->arena, uint32_t, m->n_pairs + 1, err);
    g->first = arena_new(m->arena, uint32_t, n + 2, err);
    g->order = arena_new(m->arena, uint32_t, n + 1, err);
    if (!out || !left || !out_first || !g->edge || !g->first || !g->order) return false;
    for (size_t i = 0; i < m->n_pairs; i++) g->first[m->pairs[i].to + 2]++, out_first[m->pairs[i].from + 2]++;
    for (size_t i = 2; i < n + 2; i++) g->first[i] += g->first[i - 1], out_first[i] += out_first[i - 1];
    for (size_t i = 0; i < m->n_pairs; i++) {
        g->edge[g->first[m->pairs[i].to + 1]++] = m->pairs[i].from;
        out[out_first[m->pairs[i].from + 1]++] = m->pairs[i].to;
    }
    for (size_t i = 0; i < n; i++)
        if (!(left[i] = g->first[i + 1] - g->first[i])) g->order[done++] = (uint32_t)i;
    for (size_t at = 0; at < done; at++)
        for (size_t k = out_first[g->order[at]]; k < out_first[g->order[at] + 1]; k++)
            if (--left[out[k]] == 0) g->order[done++] = out[k];
    for (size_t i = 0; done < n && i < n; i++)
        if (left[i]) g->order[done++] = (uint32_t)i;
    return true;
}

bool taint_graph_make(const struct trace *t, struct arena *arena, struct taint_graph *out, struct error *err) {
    struct making m = {.t = t, .arena = arena};
    size_t room = 64;
    while (room < 4 * t->n + 8) room *= 2;
    m.mask = room - 1;
    m.lanes = arena_new(arena, struct lane, 2 * t->n + 1, err);
    m.keys = arena_new(arena, struct lane, t->n + 1, err);
    m.slots = arena_new(arena, uint32_t, room, err);
    m.key_slots = arena_new(arena, uint32_t, room, err);
    m.waiting = arena_new(arena, uint32_t, 2 * t->n + 1, err);
    m.next = arena_new(arena, uint32_t, t->n + 1, err);
    if (!m.lanes || !m.keys || !m.slots || !m.key_slots || !m.waiting || !m.next) return false;
    for (size_t j = 0; j < t->n; j++)
        if (!add_span(&m, j, err)) return false;
    *out = (struct taint_graph){.n = 2 * t->n};
    return put_in_order(&m, out, err);
}
