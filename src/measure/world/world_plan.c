/* Which items a file holds: every entity of the split once with a wording for training, and, in files for tuning and
 * tests, once more with a wording of that split; and the entities for training with a wording of that split. The three
 * are the quadrants seen/unseen entity x seen/unseen wording without the one that training texts hold. */
#include "measure/world/world_corpus.h"

struct plan {
    const struct world *world;
    enum item_part part;
    enum split split;
    uint64_t draw;
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

static void add(struct plan *p, size_t number) {
    p->items[p->n++] = (struct item){.part = p->part, .split = p->split, .number = (uint32_t)number};
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
    if (p->part == ITEM_ASK) {
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
    size_t most = p->part == ITEM_ASK ? ALL_FACTS : RELATIONS * world_kinds[OUTSIDE].n;
    size_t *list = arena_new(p->arena, size_t, most, p->err);
    unsigned wording[WORDINGS];
    if (!list) return false;
    size_t n = candidates(p, q.entity, list), n_wordings = wordings_of(p->world, q.wording, wording);
    struct rng rng = world_stream(p->world, p->part == ITEM_ASK ? "plan/ask" : "plan/unknown", p->draw,
                                  (uint64_t)p->split * 3 + number);
    rng_shuffle(&rng, list, n);
    for (size_t i = 0; i < n; i++) {
        if (p->part == ITEM_ASK)
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

static void plan_requests(struct plan *p) {
    for (size_t quad = 0; quad < QUADS; quad++)
        if (p->world->topic_split[quad / RISK_ACTS % TOPICS] == p->split) add(p, quad);
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

static size_t ask_fact(uint32_t number) {
    return number / MOST_OPTIONS / WORDINGS / N_STYLES;
}

/* Shuffles, so that any beginning of the file is a fair sample; requests stay together as quads. */
static bool put_in_order(struct plan *p, struct item **items, size_t *n) {
    size_t members = p->part == ITEM_REQUESTS ? 4 : 1, *order = arena_new(p->arena, size_t, p->n, p->err);
    struct item *out = order ? arena_new(p->arena, struct item, p->n * members, p->err) : NULL;
    if (!out) return false;
    struct rng rng = world_stream(p->world, "plan/order", p->draw, (uint64_t)p->part * N_SPLITS + p->split);
    for (size_t i = 0; i < p->n; i++) order[i] = i;
    rng_shuffle(&rng, order, p->n);
    for (size_t i = 0; i < p->n; i++)
        for (size_t m = 0; m < members; m++) {
            out[i * members + m] = p->items[order[i]];
            if (members > 1) out[i * members + m].number = out[i * members + m].number * 4 + (uint32_t)m;
        }
    *items = out, *n = p->n * members;
    return true;
}

bool world_plan_items(const struct world *w, enum item_part part, enum split split, uint64_t draw, uint64_t count,
                      struct item **items, size_t *n, struct arena *arena, struct error *err) {
    struct plan p = {.world = w,
                     .part = part,
                     .split = split,
                     .draw = draw,
                     .arena = arena,
                     .err = err,
                     .capacity = part == ITEM_REQUESTS ? QUADS : 3 * ALL_FACTS};
    if (!(p.items = arena_new(arena, struct item, p.capacity, err))) return false;
    if (part == ITEM_ASK || part == ITEM_UNKNOWN) {
        if (!plan_questions(&p)) return false;
    } else if (part == ITEM_REQUESTS)
        plan_requests(&p);
    else
        plan_identity(&p);
    if (!put_in_order(&p, items, n)) return false;
    if (count && *n > count) *n = count;
    return true;
}

/* Of what is not told as many as of what is told. */
bool world_plan_told(const struct world *w, const struct corpus_dials *dials, bool told, enum split split,
                     uint64_t draw, uint64_t count, struct item **items, size_t *n, struct arena *arena,
                     struct error *err) {
    size_t all, kept = 0, n_told = 0;
    if (!world_plan_items(w, ITEM_ASK, split, draw, 0, items, &all, arena, err)) return false;
    for (size_t i = 0; i < all; i++) n_told += world_corpus_told(w, dials, ask_fact((*items)[i].number)) > 0;
    size_t most = count && count < n_told ? (size_t)count : n_told;
    for (size_t i = 0; i < all && kept < most; i++)
        if ((world_corpus_told(w, dials, ask_fact((*items)[i].number)) > 0) == told) (*items)[kept++] = (*items)[i];
    *n = kept;
    return true;
}
