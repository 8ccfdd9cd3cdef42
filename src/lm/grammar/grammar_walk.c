/* The automaton that is made as it is needed: see grammar_walk.h. */
#include "lm/grammar/grammar_walk.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { CONFIGS_MOST = 1 << 14, WORK_MOST = 1 << 20 /* states looked at in one step */ };
/* instead of the number of a set of stacks */
#define FULL UINT32_MAX
#define BROKEN (UINT32_MAX - 1)
#define DEEP (UINT32_MAX - 2)

static const char too_ambiguous[] = "the grammar is too ambiguous here; there are too many ways to read the text";

/* ---- Room ---- */

/* Room for `more` of a list, within the limit. 0: yes; FULL, BROKEN: no. */
static uint32_t reserve(struct grammar_walk *w, void *list, size_t n, size_t more, size_t size, size_t *capacity,
                        struct error *err) {
    void **at = list;
    if (n + more <= *capacity) return 0;
    size_t wanted = *capacity ? *capacity * 2 : 64;
    while (wanted < n + more) wanted *= 2;
    if (w->bytes + (wanted - *capacity) * size > w->most) return FULL;
    void *grown = memory_grow(*at, wanted, size);
    if (!grown) return error_memory(err, "following a grammar"), BROKEN;
    w->bytes += (wanted - *capacity) * size;
    *at = grown;
    *capacity = wanted;
    return 0;
}

static uint64_t hash_of(const struct grammar_walk *w, const struct walk_table *t, uint32_t i) {
    if (t == &w->stacks_table) {
        const struct walk_stacks *s = &w->stacks[i];
        return hash_xxh3(w->frames + s->first, s->n * sizeof *w->frames) + s->empty;
    }
    if (t == &w->places_table) {
        const struct walk_place *p = &w->places[i];
        return hash_xxh3(w->configs + p->first, p->n * sizeof *w->configs) + p->accepts;
    }
    return hash_xxh3(&w->union_list[i], 2 * sizeof(uint32_t));
}

static uint32_t table_grow(struct grammar_walk *w, struct walk_table *t, struct error *err) {
    if (4 * (t->n + 1) <= 3 * t->size) return 0;
    size_t size = t->size ? t->size * 2 : 64;
    if (w->bytes + size * sizeof *t->slots > w->most) return FULL;
    uint32_t *slots = memory_zeroed(size, sizeof *slots);
    if (!slots) return error_memory(err, "following a grammar"), BROKEN;
    w->bytes += (size - t->size) * sizeof *slots;
    memory_free(t->slots);
    t->slots = slots;
    t->size = size;
    for (uint32_t i = 0; i < t->n; i++) {
        size_t at = hash_of(w, t, i) & (size - 1);
        while (slots[at]) at = (at + 1) & (size - 1);
        slots[at] = i + 1;
    }
    return 0;
}

/* ---- Sets of stacks ---- */

static bool same_stacks(const struct grammar_walk *w, uint32_t a, uint32_t b) {
    const struct walk_stacks *x = &w->stacks[a], *y = &w->stacks[b];
    return x->n == y->n && x->empty == y->empty &&
           memcmp(w->frames + x->first, w->frames + y->first, x->n * sizeof *w->frames) == 0;
}

/* The number of the set whose n frames stand behind the last ones (room is reserved). */
static uint32_t intern_stacks(struct grammar_walk *w, size_t n, bool empty, struct error *err) {
    uint32_t room = reserve(w, &w->stacks, w->n_stacks, 1, sizeof *w->stacks, &w->stacks_capacity, err);
    if (!room) room = table_grow(w, &w->stacks_table, err);
    if (room) return room;
    size_t depth = 0;
    for (size_t i = 0; i < n; i++) {
        size_t below = w->stacks[w->frames[w->n_frames + i].rest].depth + (size_t)1;
        if (below > depth) depth = below;
    }
    if (depth > WALK_DEPTH_MOST) return DEEP;
    uint32_t candidate = (uint32_t)w->n_stacks;
    w->stacks[candidate] = (struct walk_stacks){(uint32_t)w->n_frames, (uint32_t)n, empty, (uint16_t)depth};
    size_t mask = w->stacks_table.size - 1, at = hash_of(w, &w->stacks_table, candidate) & mask;
    for (; w->stacks_table.slots[at]; at = (at + 1) & mask)
        if (same_stacks(w, w->stacks_table.slots[at] - 1, candidate)) return w->stacks_table.slots[at] - 1;
    w->stacks_table.slots[at] = candidate + 1;
    w->stacks_table.n++;
    w->n_stacks++;
    w->n_frames += n;
    return candidate;
}

static uint32_t reserve_frames(struct grammar_walk *w, size_t more, struct error *err) {
    return reserve(w, &w->frames, w->n_frames, more, sizeof *w->frames, &w->frames_capacity, err);
}

static uint32_t push(struct grammar_walk *w, uint32_t state, uint32_t rest, struct error *err) {
    uint32_t room = reserve_frames(w, 1, err);
    if (room) return room;
    w->frames[w->n_frames] = (struct walk_frame){state, rest};
    return intern_stacks(w, 1, false, err);
}

static bool is_set(uint32_t stacks) {
    return stacks < DEEP;
}

static uint32_t unite(struct grammar_walk *w, uint32_t a, uint32_t b, struct error *err);

/* The frames of both, in order; those of one state become one. They wait on the heap while what is below is united. */
static uint32_t unite_frames(struct grammar_walk *w, uint32_t a, uint32_t b, struct error *err) {
    const struct walk_stacks x = w->stacks[a], y = w->stacks[b];
    struct walk_frame few[32], *out = x.n + y.n <= 32 ? few : memory_alloc((x.n + (size_t)y.n) * sizeof *out);
    uint32_t result = 0;
    size_t n = 0;
    if (!out) return error_memory(err, "following a grammar"), BROKEN;
    for (size_t i = 0, j = 0; is_set(result) && (i < x.n || j < y.n);) {
        struct walk_frame f = i < x.n ? w->frames[x.first + i] : w->frames[y.first + j];
        struct walk_frame g = j < y.n ? w->frames[y.first + j] : f;
        if (i < x.n && j < y.n && f.state == g.state) {
            result = unite(w, f.rest, g.rest, err);
            out[n++] = (struct walk_frame){f.state, result};
            i++, j++;
        } else if (i < x.n && (j == y.n || f.state < g.state)) {
            out[n++] = f, i++;
        } else {
            out[n++] = g, j++;
        }
    }
    if (is_set(result)) result = reserve_frames(w, n, err);
    if (is_set(result)) {
        memcpy(w->frames + w->n_frames, out, n * sizeof *out);
        result = intern_stacks(w, n, x.empty || y.empty, err);
    }
    if (out != few) memory_free(out);
    return result;
}

/* Recursion is as deep as the stacks, at most WALK_DEPTH_MOST. */
static uint32_t unite(struct grammar_walk *w, uint32_t a, uint32_t b, struct error *err) {
    if (a == b) return a;
    const uint32_t pair[2] = {a < b ? a : b, a < b ? b : a};
    size_t at = 0;
    if (w->unions.size) {
        size_t mask = w->unions.size - 1;
        for (at = hash_xxh3(pair, sizeof pair) & mask; w->unions.slots[at]; at = (at + 1) & mask) {
            const struct walk_union *u = &w->union_list[w->unions.slots[at] - 1];
            if (u->a == pair[0] && u->b == pair[1]) return u->both;
        }
    }
    uint32_t both = unite_frames(w, pair[0], pair[1], err);
    if (!is_set(both)) return both;
    uint32_t room = reserve(w, &w->union_list, w->unions.n, 1, sizeof *w->union_list, &w->unions_capacity, err);
    if (!room) room = table_grow(w, &w->unions, err);
    if (room) return room;
    size_t mask = w->unions.size - 1;
    for (at = hash_xxh3(pair, sizeof pair) & mask; w->unions.slots[at];) at = (at + 1) & mask;
    w->union_list[w->unions.n] = (struct walk_union){pair[0], pair[1], both};
    w->unions.slots[at] = (uint32_t)++w->unions.n;
    return both;
}

/* ---- One step ---- */

/* States reached without a byte. All return 0, FULL or BROKEN. */
static uint32_t reach(struct grammar_walk *w, uint32_t state, uint32_t stacks, struct error *err) {
    if (++w->work > WORK_MOST) return error_set(err, ERROR_DATA, "%s", too_ambiguous), BROKEN;
    uint32_t i = w->reached[state], room;
    if (!i) {
        if (w->n_list >= GRAMMAR_STATES_MOST) return BROKEN;
        room = reserve(w, &w->list, w->n_list, 1, sizeof *w->list, &w->list_capacity, err);
        if (room) return room;
        w->list[w->n_list++] = (struct walk_reached){state, stacks, false};
        i = w->reached[state] = (uint32_t)w->n_list;
    } else {
        uint32_t both = unite(w, w->list[i - 1].stacks, stacks, err);
        if (both == DEEP) return w->deep = true, 0;
        if (!is_set(both)) return both;
        if (both == w->list[i - 1].stacks) return 0;
        w->list[i - 1].stacks = both;
    }
    if (w->list[i - 1].queued) return 0;
    w->list[i - 1].queued = true;
    room = reserve(w, &w->queue, w->n_queue, 1, sizeof *w->queue, &w->queue_capacity, err);
    if (!room) w->queue[w->n_queue++] = i - 1;
    return room;
}

static uint32_t call(struct grammar_walk *w, const struct grammar_state *s, uint32_t stacks, struct error *err) {
    uint32_t start = w->g->starts[s->a];
    if (w->g->states[s->b].kind == STATE_RETURN) return reach(w, start, stacks, err); /* the last call of a rule */
    uint32_t pushed = push(w, s->b, stacks, err);
    if (pushed == DEEP) return w->deep = true, 0;
    return is_set(pushed) ? reach(w, start, pushed, err) : pushed;
}

static uint32_t leave(struct grammar_walk *w, uint32_t stacks, struct error *err) {
    const struct walk_stacks s = w->stacks[stacks];
    w->accepts |= s.empty;
    for (uint32_t i = 0; i < s.n; i++) {
        const struct walk_frame f = w->frames[s.first + i];
        uint32_t room = reach(w, f.state, f.rest, err);
        if (room) return room;
    }
    return 0;
}

static uint32_t follow(struct grammar_walk *w, struct error *err) {
    while (w->n_queue) {
        struct walk_reached *r = &w->list[w->queue[--w->n_queue]];
        const struct grammar_state *s = &w->g->states[r->state];
        uint32_t stacks = r->stacks, room = 0;
        r->queued = false;
        if (s->kind == STATE_SPLIT) {
            room = reach(w, s->a, stacks, err);
            if (!room) room = reach(w, s->b, stacks, err);
        } else if (s->kind == STATE_CALL) {
            room = call(w, s, stacks, err);
        } else if (s->kind == STATE_RETURN) {
            room = leave(w, stacks, err);
        }
        if (room) return room;
    }
    return 0;
}

static int compare_configs(const void *a, const void *b) {
    const struct walk_config *x = a, *y = b;
    return (x->state > y->state) - (x->state < y->state);
}

static bool same_place(const struct grammar_walk *w, uint32_t a, uint32_t b) {
    const struct walk_place *x = &w->places[a], *y = &w->places[b];
    return x->n == y->n && x->accepts == y->accepts &&
           memcmp(w->configs + x->first, w->configs + y->first, x->n * sizeof *w->configs) == 0;
}

/* The place of the states reached that read a byte. */
static int32_t intern_place(struct grammar_walk *w, struct error *err) {
    size_t n = 0, classes = w->g->n_classes, capacity = w->places_capacity;
    uint32_t room = reserve(w, &w->configs, w->n_configs, w->n_list, sizeof *w->configs, &w->configs_capacity, err);
    for (size_t i = 0; !room && i < w->n_list; i++) {
        uint8_t kind = w->g->states[w->list[i].state].kind;
        if (kind != STATE_RANGE && kind != STATE_SET) continue;
        w->configs[w->n_configs + n++] = (struct walk_config){w->list[i].state, w->list[i].stacks};
    }
    if (n > CONFIGS_MOST) return error_set(err, ERROR_DATA, "%s", too_ambiguous), WALK_BROKEN;
    if (!room && !n && !w->accepts) return w->deep ? WALK_DEEP : WALK_DEAD;
    if (!room) room = table_grow(w, &w->places_table, err);
    if (!room) room = reserve(w, &w->places, w->n_places, 1, sizeof *w->places, &w->places_capacity, err);
    if (!room)
        room = reserve(w, &w->next, capacity, w->places_capacity - capacity, classes * sizeof *w->next, &capacity, err);
    if (room) return room == FULL ? WALK_FULL : WALK_BROKEN;
    qsort(w->configs + w->n_configs, n, sizeof *w->configs, compare_configs);
    uint32_t candidate = (uint32_t)w->n_places;
    w->places[candidate] =
        (struct walk_place){.first = (uint32_t)w->n_configs, .n = (uint32_t)n, .accepts = w->accepts};
    size_t mask = w->places_table.size - 1, at = hash_of(w, &w->places_table, candidate) & mask;
    for (; w->places_table.slots[at]; at = (at + 1) & mask)
        if (same_place(w, w->places_table.slots[at] - 1, candidate)) return (int32_t)w->places_table.slots[at] - 1;
    w->places_table.slots[at] = candidate + 1;
    w->places_table.n++;
    w->n_places++;
    w->n_configs += n;
    for (size_t i = 0; i < classes; i++) w->next[candidate * classes + i] = WALK_UNKNOWN;
    return (int32_t)candidate;
}

static void begin_step(struct grammar_walk *w) {
    for (size_t i = 0; i < w->n_list; i++) w->reached[w->list[i].state] = 0;
    w->n_list = w->n_queue = w->work = 0;
    w->accepts = w->deep = false;
}

static int32_t end_step(struct grammar_walk *w, uint32_t room, struct error *err) {
    if (!room) room = follow(w, err);
    return !room ? intern_place(w, err) : room == FULL ? WALK_FULL : WALK_BROKEN;
}

int32_t grammar_walk_start(struct grammar_walk *w, struct error *err) {
    begin_step(w);
    uint32_t room = reserve_frames(w, 1, err), nothing = room ? room : intern_stacks(w, 0, true, err);
    return end_step(w, is_set(nothing) ? reach(w, w->g->starts[w->g->root], nothing, err) : nothing, err);
}

int32_t grammar_walk_find(struct grammar_walk *w, int32_t place, uint8_t byte, struct error *err) {
    const struct walk_place p = w->places[place];
    uint32_t room = 0;
    begin_step(w);
    for (uint32_t i = 0; !room && i < p.n; i++) {
        const struct walk_config c = w->configs[p.first + i];
        const struct grammar_state *s = &w->g->states[c.state];
        bool reads =
            s->kind == STATE_RANGE ? byte >= s->low && byte <= s->high : grammar_set_has(&w->g->sets[s->b], byte);
        if (reads) room = reach(w, s->a, c.stacks, err);
    }
    int32_t next = end_step(w, room, err);
    if (next >= WALK_DEEP) w->next[(size_t)place * w->g->n_classes + w->g->class_of[byte]] = next;
    return next;
}

/* ---- Life ---- */

bool grammar_walk_init(struct grammar_walk *w, const struct grammar *g, size_t most, struct error *err) {
    *w = (struct grammar_walk){.g = g, .most = most};
    w->reached = memory_zeroed(g->n_states, sizeof *w->reached);
    return w->reached || error_memory(err, "following a grammar");
}

void grammar_walk_reset(struct grammar_walk *w) {
    const struct grammar *g = w->g;
    uint32_t *reached = w->reached;
    size_t most = w->most;
    begin_step(w);
    w->reached = NULL;
    grammar_walk_done(w);
    *w = (struct grammar_walk){.g = g, .most = most, .reached = reached};
}

void grammar_walk_done(struct grammar_walk *w) {
    for (size_t i = 0; i < w->n_places; i++) memory_free(w->places[i].mask);
    memory_free(w->frames);
    memory_free(w->stacks);
    memory_free(w->configs);
    memory_free(w->places);
    memory_free(w->next);
    memory_free(w->stacks_table.slots);
    memory_free(w->places_table.slots);
    memory_free(w->unions.slots);
    memory_free(w->union_list);
    memory_free(w->reached);
    memory_free(w->list);
    memory_free(w->queue);
    *w = (struct grammar_walk){0};
}
