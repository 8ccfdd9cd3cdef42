/* Which items a file holds: every entity of the split once with a wording for training, and, in files for tuning and
 * tests, once more with a wording of that split; and the entities for training with a wording of that split. The three
 * are the quadrants seen/unseen entity x seen/unseen wording without the one that training texts hold. */
#include "measure/world/world_internal.h"
#include "measure/world/world_item.h"

#include <stdio.h>
#include <string.h>

struct plan {
    const struct world *world;
    const struct world_family *family;
    enum split split;
    uint64_t draw;
    const struct option_value *options;
    struct item *items;
    size_t n, capacity;
    size_t turn[MOST_OPTIONS + 1]; /* right options dealt so far, by number of options */
    struct arena *arena;
    struct error *err;
};

struct quadrant {
    enum split entity, wording;
};

static size_t quadrants_of(enum split split, struct quadrant out[3]) {
    out[0] = (struct quadrant){split, TRAIN};
    if (split == TRAIN) return 1;
    out[1] = (struct quadrant){TRAIN, split}, out[2] = (struct quadrant){split, split};
    return 3;
}

static size_t wordings_of(const struct world *w, enum split split, unsigned out[WORDINGS]) {
    size_t n = 0;
    for (unsigned i = 0; i < WORDINGS; i++)
        if (w->template_split[i] == split) out[n++] = i;
    return n;
}

static bool grow(struct plan *p) {
    struct item *more = arena_new(p->arena, struct item, 2 * p->capacity, p->err);
    if (!more) return false;
    memcpy(more, p->items, p->n * sizeof *more);
    p->items = more, p->capacity *= 2;
    return true;
}

static void add(struct plan *p, size_t number) {
    p->items[p->n++] = (struct item){.family = p->family, .split = p->split, .number = (uint32_t)number};
}

static void add_ask(struct plan *p, size_t fact, size_t place, const unsigned *wording, size_t n_wordings) {
    enum style style = (enum style)(place % N_STYLES);
    unsigned template = wording[place / N_STYLES % n_wordings];
    size_t options = world_options(p->world, fact, style, template);
    size_t right = options ? p->turn[options]++ % options : 0;
    add(p, ((fact * N_STYLES + style) * WORDINGS + template) * MOST_OPTIONS + right);
}

/* The facts, or the pairs of a relation and an outside subject, whose entity is of this split. */
static size_t candidates(const struct plan *p, enum split entity, size_t *out) {
    const struct world *w = p->world;
    size_t n = 0;
    if (p->family == &world_family_ask) {
        for (size_t i = 0; i < ALL_FACTS; i++)
            if (w->facts[i].split == entity) out[n++] = i;
        return n;
    }
    for (size_t r = 0; r < RELATIONS; r++)
        for (size_t s = 0; s < world_kinds[OUTSIDE].n; s++)
            if (w->split[OUTSIDE][s] == entity && world_outside_relation(s, r))
                out[n++] = r * world_kinds[OUTSIDE].n + s;
    return n;
}

static bool plan_quadrant(struct plan *p, size_t number, struct quadrant q) {
    size_t most = p->family == &world_family_ask ? ALL_FACTS : RELATIONS * world_kinds[OUTSIDE].n;
    size_t *list = arena_new(p->arena, size_t, most, p->err);
    unsigned wording[WORDINGS];
    if (!list) return false;
    size_t n = candidates(p, q.entity, list), n_wordings = wordings_of(p->world, q.wording, wording);
    struct rng rng = world_stream(p->world, p->family == &world_family_ask ? "plan/ask" : "plan/unknown", p->draw,
                                  (uint64_t)p->split * 3 + number);
    rng_shuffle(&rng, list, n);
    for (size_t i = 0; i < n; i++) {
        if (p->family == &world_family_ask)
            add_ask(p, list[i], i, wording, n_wordings);
        else
            add(p, list[i] * WORDINGS + wording[i % n_wordings]);
    }
    return true;
}

static bool plan_questions(struct plan *p) {
    struct quadrant q[3];
    size_t n = quadrants_of(p->split, q);
    for (size_t i = 0; i < n; i++)
        if (!plan_quadrant(p, i, q[i])) return false;
    return true;
}

/* Each template of a probe once, with another name drawn where it has one. */
static void plan_identity(struct plan *p) {
    const struct world *w = p->world;
    for (size_t t = 0; t < PROBES * PROBE_LINES * PROBE_OPENINGS; t++) {
        size_t opening = t % PROBE_OPENINGS, line = t / PROBE_OPENINGS % PROBE_LINES,
               probe = t / PROBE_OPENINGS / PROBE_LINES;
        if (w->probe_split[probe][line][opening] != p->split) continue;
        struct text ask = w->words.identity.probe[probe].ask[line];
        bool other = text_find(ask, TEXT("$N"), 0) != SIZE_MAX || text_find(ask, TEXT("$M"), 0) != SIZE_MAX;
        struct rng rng = world_stream(w, "plan/identity", p->draw, t);
        add(p, t * WORLD_FOREIGN + (other ? rng_below(&rng, WORLD_FOREIGN) : 0));
    }
}

/* Every number of the split, one for each group of members. */
static bool plan_all(struct plan *p) {
    const struct world_family *f = p->family;
    uint64_t members = f->members > 1 ? (uint64_t)f->members : 1, n = f->numbers(p->world) / members;
    for (uint64_t i = 0; i < n; i++) {
        enum split split;
        if (!f->split(p->world, i * members, &split) || split != p->split) continue;
        if (f->wanted && p->options && !f->wanted(p->world, i * members, p->options)) continue;
        if (p->n == p->capacity && !grow(p)) return false;
        add(p, i);
    }
    return true;
}

/* Shuffles, so that any beginning of the file is a fair sample; members of a number stay together. */
static bool put_in_order(struct plan *p, struct item **items, size_t *n) {
    const struct world_family *f = p->family;
    size_t members = f->members > 1 ? (size_t)f->members : 1, *order = arena_new(p->arena, size_t, p->n + 1, p->err);
    struct item *out = order ? arena_new(p->arena, struct item, p->n * members + 1, p->err) : NULL;
    char stream[64];
    if (!out) return false;
    snprintf(stream, sizeof stream, "plan/order/%s", f->name);
    struct rng rng = world_stream(p->world, stream, p->draw, (uint64_t)p->split);
    for (size_t i = 0; i < p->n; i++) order[i] = i;
    rng_shuffle(&rng, order, p->n);
    for (size_t i = 0; i < p->n; i++)
        for (size_t m = 0; m < members; m++) {
            out[i * members + m] = p->items[order[i]];
            if (members > 1)
                out[i * members + m].number = out[i * members + m].number * (uint32_t)members + (uint32_t)m;
        }
    *items = out, *n = p->n * members;
    return true;
}

/* A plan with room for this many, to be filled. */
static bool begin(struct plan *p, size_t capacity) {
    p->capacity = capacity;
    return (p->items = arena_new(p->arena, struct item, capacity, p->err)) != NULL;
}

static bool plan_asked(const struct world *w, const struct world_family *family, enum split split, uint64_t draw,
                       struct item **items, size_t *n, struct arena *arena, struct error *err) {
    struct plan p = {.world = w, .family = family, .split = split, .draw = draw, .arena = arena, .err = err};
    if (!begin(&p, 3 * (size_t)ALL_FACTS) || !plan_questions(&p)) return false;
    return put_in_order(&p, items, n);
}

bool world_plan_ask(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                    struct arena *arena, struct error *err) {
    return plan_asked(w, &world_family_ask, split, draw, items, n, arena, err);
}

bool world_plan_unknown(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                        struct arena *arena, struct error *err) {
    return plan_asked(w, world_family_find("unknown"), split, draw, items, n, arena, err);
}

bool world_plan_identity(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                         struct arena *arena, struct error *err) {
    struct plan p = {
        .world = w, .family = world_family_find("identity"), .split = split, .draw = draw, .arena = arena, .err = err};
    if (!begin(&p, PROBES * PROBE_LINES * PROBE_OPENINGS)) return false;
    plan_identity(&p);
    return put_in_order(&p, items, n);
}

bool world_plan_items(const struct world *w, const struct world_family *family, enum split split, uint64_t draw,
                      uint64_t count, const struct option_value *options, struct item **items, size_t *n,
                      struct arena *arena, struct error *err) {
    struct plan p = {
        .world = w, .family = family, .split = split, .draw = draw, .options = options, .arena = arena, .err = err};
    uint64_t most = count ? count : family->most;
    bool ok = family->plan ? family->plan(w, split, draw, items, n, arena, err)
                           : begin(&p, 1 << 12) && plan_all(&p) && put_in_order(&p, items, n);
    if (ok && most && *n > most) *n = (size_t)most;
    return ok;
}
