/* From spans to traces: order, parents, and what cannot be. See trace_internal.h. */
#include "measure/trace/trace_internal.h"

#include <stdlib.h>
#include <string.h>

struct linking {
    struct trace_reader *r;
    struct trace *t;
    struct text *parent; /* ids, in the order of the spans */
    uint32_t *table;     /* of span ids: index + 1 */
    size_t mask;
    bool *out; /* spans that are left out */
};

static struct trace_place place_of(const struct linking *l, size_t i) {
    return (struct trace_place){.line = l->t->spans[i].line, .path = ""};
}

/* ---- order: by beginning, else as they came */

struct keyed {
    uint64_t t0;
    size_t at;
};

static int compare_keys(const void *a, const void *b) {
    const struct keyed *x = a, *y = b;
    if (x->t0 != y->t0) return x->t0 < y->t0 ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool put_in_order(struct linking *l, const struct text *parent, struct error *err) {
    struct trace *t = l->t;
    struct keyed *keys = arena_new(l->r->arena, struct keyed, t->n, err);
    struct trace_span *spans = keys ? arena_new(l->r->arena, struct trace_span, t->n, err) : NULL;
    l->parent = spans ? arena_new(l->r->arena, struct text, t->n, err) : NULL;
    if (!l->parent) return false;
    for (size_t i = 0; i < t->n; i++) keys[i] = (struct keyed){t->spans[i].t0, i};
    qsort(keys, t->n, sizeof *keys, compare_keys);
    for (size_t i = 0; i < t->n; i++) {
        spans[i] = t->spans[keys[i].at];
        l->parent[i] = parent[keys[i].at];
    }
    t->spans = spans;
    return true;
}

/* ---- ids */

static uint32_t *slot_of(const struct linking *l, struct text id) {
    size_t at = hash_xxh3(id.at ? id.at : "", id.len) & l->mask;
    while (l->table[at] && !text_equal(l->t->spans[l->table[at] - 1].id, id)) at = (at + 1) & l->mask;
    return &l->table[at];
}

static bool enter_ids(struct linking *l, struct error *err) {
    size_t room = 16;
    while (room < 2 * l->t->n) room *= 2;
    l->table = arena_new(l->r->arena, uint32_t, room, err);
    l->mask = room - 1;
    if (!l->table) return false;
    for (size_t i = 0; i < l->t->n; i++) {
        const struct trace_span *s = &l->t->spans[i];
        uint32_t *slot = slot_of(l, s->id);
        if (*slot) {
            l->out[i] = true;
            if (!trace_bad(l->r, place_of(l, i), err, "trace '%.*s': two spans have the id '%.*s'", TEXT_ARG(l->t->id),
                           TEXT_ARG(s->id)))
                return false;
        } else
            *slot = (uint32_t)(i + 1);
    }
    return true;
}

static void find_parents(struct linking *l) {
    for (size_t i = 0; i < l->t->n; i++) {
        struct trace_span *s = &l->t->spans[i];
        uint32_t at = l->parent[i].len ? *slot_of(l, l->parent[i]) : 0;
        s->parent = at ? at - 1 : SIZE_MAX;
        s->orphan = l->parent[i].len > 0 && !at;
    }
}

/* Does the way up from a span end? */
static bool check_cycle(struct linking *l, size_t i, struct error *err) {
    size_t steps = 0;
    for (size_t at = l->t->spans[i].parent; at != SIZE_MAX; at = l->t->spans[at].parent) {
        if (at != i && ++steps <= TRACE_DEPTH_MOST) continue;
        l->t->spans[i].parent = SIZE_MAX; /* if it goes on, it stands alone */
        return trace_bad(l->r, place_of(l, i), err,
                         at == i ? "span '%.*s' is its own ancestor" : "span '%.*s' lies too deep below others",
                         TEXT_ARG(l->t->spans[i].id));
    }
    return true;
}

static bool check_times(struct linking *l, size_t i, struct error *err) {
    struct trace_span *s = &l->t->spans[i];
    const struct trace_span *p = s->parent == SIZE_MAX ? NULL : &l->t->spans[s->parent];
    if (s->t1 < s->t0) {
        l->out[i] = true;
        return trace_bad(l->r, place_of(l, i), err, "span '%.*s' ends before it begins", TEXT_ARG(s->id));
    }
    if (!p || (s->t0 + TRACE_SLACK_NS >= p->t0 && s->t1 <= p->t1 + TRACE_SLACK_NS)) return true;
    return trace_bad(l->r, place_of(l, i), err, "span '%.*s' does not lie within its parent '%.*s'", TEXT_ARG(s->id),
                     TEXT_ARG(p->id));
}

/* Takes out what is out; parents move with the spans. */
static bool leave_out(struct linking *l, struct error *err) {
    struct trace *t = l->t;
    size_t n = 0, *to = arena_new(l->r->arena, size_t, t->n, err);
    if (!to) return false;
    for (size_t i = 0; i < t->n; i++) to[i] = l->out[i] ? SIZE_MAX : n++;
    for (size_t i = 0; i < t->n; i++) {
        struct trace_span *s = &t->spans[i];
        if (s->parent != SIZE_MAX && to[s->parent] == SIZE_MAX) s->orphan = true;
        if (s->parent != SIZE_MAX) s->parent = to[s->parent];
        if (to[i] != SIZE_MAX) t->spans[to[i]] = *s;
    }
    t->n = n;
    return true;
}

static bool link_up(struct trace_reader *r, struct trace_draft *d, struct error *err) {
    struct linking l = {.r = r, .t = &d->is};
    l.out = arena_new(r->arena, bool, d->is.n + 1, err);
    if (!l.out || !put_in_order(&l, d->parent, err) || !enter_ids(&l, err)) return false;
    find_parents(&l);
    for (size_t i = 0; i < d->is.n; i++)
        if (!check_cycle(&l, i, err)) return false;
    for (size_t i = 0; d->is.clock && i < d->is.n; i++)
        if (!check_times(&l, i, err)) return false;
    return leave_out(&l, err);
}

bool trace_reader_end(struct trace_reader *r, struct error *err) {
    for (size_t i = 0; i < r->n_drafts; i++) {
        struct trace_draft *d = r->drafts[i];
        if (d->is.n && !link_up(r, d, err)) return false;
        r->counts->traces++;
        r->counts->spans += d->is.n;
        if (!r->settings->sink(r->settings->context, &d->is, err)) return false;
    }
    return true;
}
